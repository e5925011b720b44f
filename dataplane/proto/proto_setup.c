/* The pools of one core. */
#include <stdlib.h>

#include "dataplane/proto/proto_priv.h"

static uint32_t at_least(uint32_t n, uint32_t least)
{
	return n < least ? least : n;
}

static void pools_destroy(struct vg_proto *p)
{
	vg_pool_destroy(&p->flows);
	vg_pool_destroy(&p->asks);
	vg_pool_destroy(&p->small);
	vg_pool_destroy(&p->large);
}

struct vg_proto *vg_proto_create(const struct vg_dataplane_conf *conf, struct vg_stats_page *stats,
				 const struct vg_body_sink *sink)
{
	struct vg_proto *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	uint32_t n = at_least(conf->n_streams, 1);
	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	p->stats = stats;
	p->sink = *sink;
	/* heads in pieces are short-lived: an eighth of the flows may have one at a time, few may have a huge one */
	if (vg_pool_create(&p->flows, n, (sizeof(struct vg_proto_flow) + 63) & ~(size_t)63) ||
	    vg_pool_create(&p->asks, at_least(n, 256), (sizeof(struct vg_http1_ask) + 63) & ~(size_t)63) ||
	    vg_pool_create(&p->small, at_least(n / 8, 256), VG_GATHER_SMALL) ||
	    vg_pool_create(&p->large, at_least(n / 1024, 16), VG_GATHER_LARGE)) {
		pools_destroy(p);
		free(p);
		return NULL;
	}
	return p;
}

void vg_proto_destroy(struct vg_proto *p)
{
	if (!p)
		return;
	pools_destroy(p);
	free(p);
}
