#pragma once
/* websocket_priv: the state of one flow. */
#include "dataplane/proto/ask.h"
#include "dataplane/proto/websocket/websocket.h"

#define VG_WEBSOCKET_HEADER_BYTES 14u   /* the longest frame header (RFC 6455 5.2) */
#define VG_WEBSOCKET_PIECE        4096u /* unmasked at a time */

enum vg_websocket_state { VG_WS_HEADER, VG_WS_PAYLOAD, VG_WS_OFF };
/* Where the payload of the frame goes. */
enum vg_websocket_way { VG_WS_SKIP, VG_WS_MESSAGE, VG_WS_STREAM };

struct vg_websocket_dir {
	uint64_t left; /* of the frame's payload */
	uint8_t state, has_ended, is_doubtful /* the next header may be none: a hole was before it */;
	uint8_t n_header, header[VG_WEBSOCKET_HEADER_BYTES];
	uint8_t is_final, is_masked, way, mask_at, mask[4];
	uint8_t in_message, is_deflated, in_stream, had_gap, has_conflict;
	uint8_t takeover;       /* compressed messages hang together */
	uint8_t has_deflate;    /* permessage-deflate was agreed */
	struct vg_body *body;   /* of the message; NULL: not wanted */
	struct vg_body *stream; /* of all compressed messages */
};
struct vg_websocket_flow {
	struct vg_proto_flow base;
	struct vg_websocket_dir dir[2];
	uint8_t client_dir;
	struct vg_ask *ask; /* the request that began it; NULL: not known */
};
/* Pools of one core. */
struct vg_websocket {
	struct vg_pool asks;
};
static inline struct vg_websocket *vg_websocket_of(const struct vg_proto *p)
{
	return p->shared[VG_APP_WEBSOCKET];
}
static inline struct vg_websocket_flow *vg_websocket_flow_of(struct vg_proto_flow *flow)
{
	return (struct vg_websocket_flow *)(void *)flow;
}

/* websocket.c: as struct vg_parser says. */
void vg_websocket_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_websocket_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_websocket_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			       uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_websocket_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			      int64_t wall_ns);
void vg_websocket_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);
void vg_websocket_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		      int64_t wall_ns);
