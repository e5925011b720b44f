#pragma once
/* tunnel_priv: the state of one flow until it is recognised. */
#include "dataplane/proto/again.h"
#include "dataplane/proto/tunnel/tunnel.h"

struct vg_tunnel_flow {
	struct vg_proto_flow base;
	struct vg_again again;
};

/* tunnel.c: as struct vg_parser says. */
void vg_tunnel_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_tunnel_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_tunnel_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			    uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_tunnel_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			   int64_t wall_ns);
void vg_tunnel_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);
void vg_tunnel_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		   int64_t wall_ns);
