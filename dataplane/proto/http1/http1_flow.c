/* A flow before its first byte. */
#include "dataplane/proto/http1/http1_priv.h"

void vg_http1_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_http1_flow *flow = vg_http1_flow_of(base);
	(void)p;
	(void)from;
	for (unsigned dir = 0; dir < 2; dir++) {
		memset(&flow->dir[dir], 0, sizeof(flow->dir[dir]));
		if (!flow->base.ident.midstream)
			continue;
		flow->dir[dir].state = VG_HTTP1_HUNT;
		vg_http1_hunt_init(&flow->dir[dir].hunt, VG_HUNT_REQUESTS | VG_HUNT_RESPONSES);
	}
	flow->begin_waiting = flow->n_waiting = flow->n_early = 0;
	flow->has_pipelined = flow->responses_lost = flow->is_tunnel = flow->is_ambiguous = 0;
	flow->has_preface = flow->deflate = 0;
	flow->left_ask = NULL;
}
