#pragma once
/* http2_priv: what the files of this folder share: the pools of one core and the state of one flow. */
#include <nghttp2/nghttp2.h>

#include "dataplane/proto/ask.h"
#include "dataplane/proto/http2/http2.h"
#include "dataplane/proto/http2/http2_frame.h"
#include "dataplane/proto/http2/http2_heap.h"
#include "dataplane/proto/http2/http2_tunnel.h"
#include "dataplane/proto/pieces.h"

/* A direction that never showed a frame is let go after this many bytes of something else. */
#define VG_HTTP2_MAX_STRANGE_BYTES 65536u

/* One message head, as far as it was read. */
#define VG_HTTP2_LIST_BYTES    256u
#define VG_HTTP2_VERSION_BYTES 64u
struct vg_http2_head {
	struct vg_ask ask; /* requests; method and url of responses are empty */
	uint16_t status, n_type, n_boundary, n_disposition;
	uint8_t is_request, is_connect, is_grpc, has_length, is_bad /* not read to its end: anything may be missing */;
	uint8_t is_websocket, deflate; /* :protocol; VG_UPGRADE_* of what is offered or chosen */
	uint32_t codings, grpc_codings, n_fields;
	uint64_t length;
	/* the ends of the last lines of X-Forwarded-For and Forwarded */
	uint16_t n_list[2];
	uint8_t is_list_partial[2];
	char list[2][VG_HTTP2_LIST_BYTES];
	char type[VG_ATTR_TYPE], boundary[VG_ATTR_BOUNDARY], disposition[VG_ATTR_FILENAME];
	/* which version of what it is, and which piece of it: the beginnings of Etag and Last-Modified */
	struct vg_range range;
	uint16_t n_etag, n_modified;
	char etag[VG_HTTP2_VERSION_BYTES], modified[VG_HTTP2_VERSION_BYTES];
	uint16_t n_long; /* the normal form of a path that is longer than ask.url: for the look-up */
	char long_url[VG_ATTR_URL];
};

enum vg_http2_side_state {
	VG_SIDE_IDLE,   /* no final head yet */
	VG_SIDE_BODY,   /* in a body */
	VG_SIDE_GRPC,   /* in a sequence of messages */
	VG_SIDE_TUNNEL, /* CONNECT */
	VG_SIDE_DONE,
};
/* One direction of a stream. */
struct vg_http2_side {
	struct vg_body *body;       /* NULL: not wanted, or between messages */
	struct vg_http2_head *head; /* GRPC: of all its messages */
	uint64_t length, n_seen;    /* of the body; Content-Length is UINT64_MAX where there was none */
	uint32_t message_left;
	uint8_t state, had_gap, in_message, n_prefix, prefix[5];
};
struct vg_http2_stream {
	uint32_t id, age; /* age: number of the stream within its flow */
	struct vg_ask *ask;
	struct vg_proto_flow *inner; /* of a tunnel, from its first DATA on */
	uint8_t tunnel;              /* enum vg_app of what CONNECT asked for; OPAQUE: let go; 0: it is none */
	uint8_t deflate;             /* WebSocket: VG_UPGRADE_* */
	uint8_t is_told;             /* a body of its response has begun: it says that the request was listed */
	uint16_t status;             /* of the response; 0: not seen */
	struct vg_http2_side side[2];
};

/* What an inflater's memory is accounted to. */
struct vg_http2_purse {
	nghttp2_mem mem;
	struct vg_http2_heap *heap;
	size_t n_bytes;
};
enum vg_http2_state {
	VG_HTTP2_START,      /* before the first bytes */
	VG_HTTP2_IN_PREFACE, /* in the client's preface, of which `left` bytes are to come */
	VG_HTTP2_OLD,        /* in the head of the 101 that began it */
	VG_HTTP2_FRAME,      /* in a frame header */
	VG_HTTP2_PREFIX,     /* in the fields before a payload */
	VG_HTTP2_PAYLOAD,
	VG_HTTP2_HUNT,
	VG_HTTP2_OFF,
};
struct vg_http2_dir {
	uint8_t state, has_ended, is_known /* a frame was seen */, has_conflict, is_lost /* frames may be missing */;
	uint8_t is_tentative; /* the frame was found by hunting */
	uint8_t n_gather, n_prefix, n_line_ends;
	uint8_t in_block, block_ends_stream, block_flags;
	uint8_t gather[VG_HTTP2_STRONG_BYTES];
	struct vg_http2_frame frame;
	uint32_t left, n_pad;           /* of the payload: yet to come without padding; padding */
	uint32_t block_id, promised_id; /* the header block that is being read; the stream it promises, or 0 */
	uint32_t n_block_bytes, n_strange;
	struct vg_http2_stream *stream; /* of the DATA frame, while it lasts */
	struct vg_http2_head *head;     /* of the block; NULL: its texts are not wanted */
	nghttp2_hd_inflater *inflater;
	struct vg_http2_purse purse;
};
struct vg_http2_flow {
	struct vg_proto_flow base;
	struct vg_http2_dir dir[2];
	uint8_t role_known, client_dir;
	const struct vg_http2_stream *opening; /* whose inner flow is being made */
	uint32_t n_streams, n_ages;
	uint32_t ids[VG_HTTP2_MAX_STREAMS];
	struct vg_http2_stream *streams[VG_HTTP2_MAX_STREAMS];
};

/* Pools of one core. */
struct vg_http2 {
	struct vg_pool streams, asks, heads;
	struct vg_http2_heap heap;
};
static inline struct vg_http2 *vg_http2_of(const struct vg_proto *p)
{
	return p->shared[VG_APP_HTTP2];
}
static inline struct vg_http2_flow *vg_http2_flow_of(struct vg_proto_flow *flow)
{
	return (struct vg_http2_flow *)(void *)flow;
}

/* http2.c: as struct vg_parser says. */
void vg_http2_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_http2_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_http2_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_http2_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns);
void vg_http2_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);
void vg_http2_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		  int64_t wall_ns);

/* http2_block.c: a header block begins on frame.id; bytes of it; it ends (VG_DONE: d->head, perhaps NULL, is what it
 * said). */
void vg_http2_block_begin(struct vg_proto *p, struct vg_http2_dir *d);
void vg_http2_block_feed(struct vg_proto *p, struct vg_http2_dir *d, const uint8_t *bytes, size_t n_bytes);
void vg_http2_block_end(struct vg_proto *p, struct vg_http2_dir *d);
/* The block will not be read to its end, or blocks were missed: the table begins anew. */
void vg_http2_block_lost(struct vg_proto *p, struct vg_http2_dir *d);
/* Gives back head and inflater. */
void vg_http2_block_drop(struct vg_proto *p, struct vg_http2_dir *d);

/* http2_head.c: takes up one header field. */
void vg_http2_head_take(struct vg_http2_head *head, struct vg_span name, struct vg_span value);

/* http2_stream.c: the stream of that id, or NULL. */
struct vg_http2_stream *vg_http2_stream_find(struct vg_http2_flow *flow, uint32_t id);
/* The same, made where it is not there. NULL: no state is free (counted). */
struct vg_http2_stream *vg_http2_stream_get(struct vg_proto *p, struct vg_http2_flow *flow, uint32_t id,
					    int64_t wall_ns);
/* A message head of dir is complete; head may be NULL (no room) or bad. ends: END_STREAM. Takes head over. */
void vg_http2_stream_head(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			  struct vg_http2_head *head, int ends, int64_t wall_ns);
/* The request that a stream answers. Takes head over. */
void vg_http2_stream_promise(struct vg_proto *p, struct vg_http2_flow *flow, struct vg_http2_stream *s,
			     struct vg_http2_head *head, int64_t wall_ns);
/* DATA of dir, or a hole of n_missing bytes (0 = unknown many) in it. */
void vg_http2_stream_data(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			  const uint8_t *bytes, size_t n_bytes, int64_t wall_ns);
void vg_http2_stream_gap(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			 uint64_t n_missing, int64_t wall_ns);
/* END_STREAM of dir. The stream may be gone after it. */
void vg_http2_stream_end(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			 int64_t wall_ns);
/* Ends what is open of dir in state; of both directions for the next, which also gives the stream back. */
void vg_http2_side_close(struct vg_proto *p, struct vg_http2_side *side, enum vg_state state, int64_t wall_ns);
void vg_http2_stream_drop(struct vg_proto *p, struct vg_http2_flow *flow, struct vg_http2_stream *s,
			  enum vg_state state, int64_t wall_ns);

/* http2_tunnel.c: a request's head; an answer's (which may be NULL): true where the side of dir is that of a tunnel;
 * DATA of dir, a hole in it, its end. */
void vg_http2_tunnel_ask(struct vg_proto *p, struct vg_http2_stream *s, const struct vg_http2_head *head);
int vg_http2_tunnel_answer(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			   const struct vg_http2_head *head);
void vg_http2_tunnel_data(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			  const uint8_t *bytes, size_t n_bytes, int64_t wall_ns);
void vg_http2_tunnel_gap(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			 uint64_t n_missing, int64_t wall_ns);
void vg_http2_tunnel_end(struct vg_proto *p, unsigned dir, struct vg_http2_stream *s, enum vg_stream_end how,
			 int64_t wall_ns);

/* http2_card.c: fills p->card for a body of dir. head, ask may be NULL. */
void vg_http2_card(struct vg_proto *p, const struct vg_http2_flow *flow, unsigned dir, const struct vg_http2_head *head,
		   const struct vg_ask *ask);
