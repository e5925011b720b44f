/* The door of the room: which parser a flow has, and its state from the pool. HTTP/1 is the only one so far. */
#include "dataplane/proto/proto_priv.h"

struct vg_proto_flow *vg_proto_flow_take(struct vg_proto *proto, enum vg_app app, const struct vg_flow_ident *ident)
{
	struct vg_proto_flow *flow = app == VG_APP_HTTP1 ? vg_pool_take(&proto->flows) : NULL;
	if (!flow) {
		vg_count(proto->stats, VG_C_HTTP_NO_STATE, 1);
		return NULL;
	}
	flow->ident = *ident;
	vg_http1_flow_init(flow);
	return flow;
}

void vg_proto_flow_give(struct vg_proto *proto, struct vg_proto_flow **flow)
{
	if (!*flow)
		return;
	vg_http1_flow_fini(proto, *flow);
	vg_pool_give(&proto->flows, *flow);
	*flow = NULL;
}

enum vg_step vg_proto_feed(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns)
{
	return vg_http1_feed(proto, flow, dir & 1, bytes, n_bytes, wall_ns);
}

enum vg_step vg_proto_gap(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns)
{
	return vg_http1_gap(proto, flow, dir & 1, n_missing, wall_ns);
}

void vg_proto_conflict(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir)
{
	vg_http1_conflict(proto, flow, dir & 1);
}

void vg_proto_end(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		  int64_t wall_ns)
{
	vg_http1_end(proto, flow, dir & 1, how, wall_ns);
}
