#pragma once
/* socks_priv: the state of one flow, while its handshake lasts. */
#include "dataplane/proto/again.h"
#include "dataplane/proto/socks/socks.h"
#include "dataplane/proto/socks/socks_text.h"

struct vg_socks_dir {
	uint16_t n_got;
	uint8_t is_begun, is_tunnel, n_replies; /* replies still to come, of the server */
	uint8_t got[VG_SOCKS_MAX_MESSAGE];
};
struct vg_socks_flow {
	struct vg_proto_flow base;
	uint8_t client, is_known; /* its direction, once it has begun */
	struct vg_socks_dir dir[2];
	struct vg_again again;
};

/* socks.c: as struct vg_parser says. */
void vg_socks_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_socks_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_socks_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_socks_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns);
void vg_socks_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);
void vg_socks_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		  int64_t wall_ns);
