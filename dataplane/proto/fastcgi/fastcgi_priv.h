#pragma once
/* fastcgi_priv: what the files of this folder share: the requests of one core, the state of one flow. */
#include "dataplane/proto/fastcgi/fastcgi.h"
#include "dataplane/proto/fastcgi/fastcgi_params.h"
#include "dataplane/proto/file/keyed.h"

#define VG_FCGI_MAX_REQUESTS      64u /* of one flow at a time: the oldest goes */
#define VG_FCGI_MAX_HEAD_BYTES    8192u
#define VG_FCGI_MAX_STRANGE_BYTES (16u << 20) /* looked through for a record */
#define VG_FCGI_HEAD_BYTES        8u
/* A request that is heard after its answer comes so late at most. */
#define VG_FCGI_SKEW_NS           50000000

enum vg_fcgi_type {
	VG_FCGI_BEGIN = 1,
	VG_FCGI_ABORT,
	VG_FCGI_END,
	VG_FCGI_PARAMS,
	VG_FCGI_STDIN,
	VG_FCGI_STDOUT,
	VG_FCGI_STDERR,
	VG_FCGI_DATA,
	VG_FCGI_TYPES = 12
};

/* One way of a request. */
struct vg_fcgi_body {
	struct vg_body *body;     /* NULL: not begun, or not wanted */
	uint64_t n_bytes, length; /* length UINT64_MAX: not announced */
	uint8_t is_begun, is_ended, had_gap, has_conflict;
};
struct vg_fcgi_request {
	struct vg_keyed link; /* by id */
	struct vg_fcgi_body up, down;
	uint16_t id;
	uint8_t has_client; /* its BEGIN was seen */
	uint8_t has_params; /* all of them */
	uint8_t has_head;   /* of STDOUT: it is behind */
	uint8_t is_foreign; /* STDOUT of a request that began before the flow was seen: not looked at */
	uint8_t has_ended;  /* END_REQUEST */
	uint16_t n_head;
	int64_t ended_ns;
	struct vg_fcgi_params params;
	struct vg_fcgi_texts texts;
	uint8_t head[VG_FCGI_MAX_HEAD_BYTES]; /* begins with a status line of our own */
};

enum vg_fcgi_state { VG_FCGI_IN_HEAD, VG_FCGI_IN_CONTENT, VG_FCGI_IN_PADDING, VG_FCGI_IN_HUNT, VG_FCGI_OFF };
struct vg_fcgi_dir {
	uint8_t state, has_ended, n_got, type, n_padding, has_conflict;
	uint16_t id;
	uint32_t left; /* of the content, of the padding */
	uint32_t n_strange;
	uint8_t got[VG_FCGI_HEAD_BYTES];
};
struct vg_fcgi_flow {
	struct vg_proto_flow base;
	uint8_t client, is_known; /* its direction, once a record has told */
	struct vg_fcgi_dir dir[2];
	struct vg_keyed_set requests;
};
struct vg_fcgi {
	struct vg_keyed_pool requests;
};
static inline struct vg_fcgi *vg_fcgi_of(const struct vg_proto *p)
{
	return p->shared[VG_APP_FASTCGI];
}
struct vg_fcgi_ctx {
	struct vg_proto *proto;
	struct vg_fcgi_flow *flow;
	int64_t wall_ns;
	unsigned dir;
};

/* fastcgi.c: as struct vg_parser says. */
void vg_fcgi_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_fcgi_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_fcgi_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			  uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_fcgi_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			 int64_t wall_ns);
void vg_fcgi_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);
void vg_fcgi_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how, int64_t wall_ns);

/* fastcgi_request.c. The request of an id, NULL: there is none. */
struct vg_fcgi_request *vg_fcgi_request_find(const struct vg_fcgi_ctx *ctx, uint16_t id);
/* A record of ctx->dir begins (n_content bytes) for request id; bytes of it; it is at its end. */
void vg_fcgi_record_begin(const struct vg_fcgi_ctx *ctx, uint16_t id, unsigned type, uint32_t n_content);
void vg_fcgi_record_bytes(const struct vg_fcgi_ctx *ctx, uint16_t id, unsigned type, const uint8_t *bytes,
			  uint32_t n_bytes);
void vg_fcgi_record_end(const struct vg_fcgi_ctx *ctx, uint16_t id, unsigned type);
/* n_missing bytes (0: unknown many) of a record of that type are lost. */
void vg_fcgi_record_gap(const struct vg_fcgi_ctx *ctx, uint16_t id, unsigned type, uint64_t n_missing);
/* What ctx->dir sends is lost from here to somewhere: every open body of it has a hole. */
void vg_fcgi_requests_gap(const struct vg_fcgi_ctx *ctx);
/* Marks what is open there; true where something was. */
int vg_fcgi_requests_conflict(const struct vg_fcgi_ctx *ctx);
/* Direction ctx->dir has ended. */
void vg_fcgi_requests_end(const struct vg_fcgi_ctx *ctx, enum vg_stream_end how);
/* Gives all back. */
void vg_fcgi_requests_drop(const struct vg_fcgi_ctx *ctx);
