#pragma once
/* proxy_priv: the state of one flow, while its header lasts. */
#include "dataplane/proto/again.h"
#include "dataplane/proto/proxy/proxy.h"

struct vg_proxy_flow {
	struct vg_proto_flow base;
	uint32_t left; /* of a header of version 2, behind what is kept */
	uint8_t is_begun, is_read, dir, n_head;
	uint8_t head[VG_PROXY_LINE_BYTES + 1];
	struct vg_again again;
};

/* proxy.c: as struct vg_parser says. */
void vg_proxy_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_proxy_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_proxy_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_proxy_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns);
void vg_proxy_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);
void vg_proxy_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		  int64_t wall_ns);
/* The first bytes of a direction. */
enum vg_app vg_proxy_first(const uint8_t *bytes, uint32_t n_bytes);
