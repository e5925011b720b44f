#pragma once
/* http1_priv: what the files of this folder share: the pools of one core and the state of one flow. */
#include "dataplane/proto/http1/http1_chunked.h"
#include "dataplane/proto/http1/http1_head.h"
#include "dataplane/proto/http1/http1_hunt.h"
#include "dataplane/proto/parser.h"

/* A head that spans segments is gathered in a small buffer first, then in a large one. */
#define VG_GATHER_SMALL            4096u
#define VG_GATHER_LARGE            VG_HTTP1_MAX_HEAD_BYTES
/* Requests of one flow that wait for their responses; more than that and pairing starts over. */
#define VG_HTTP1_MAX_WAITING       64u
/* A response that was captured before its request (skew between two taps) is paired with it for so long. */
#define VG_HTTP1_SKEW_NS           50000000
/* A direction that never showed a message is let go after this many bytes of something else. */
#define VG_HTTP1_MAX_STRANGE_BYTES 65536u
/* The start line of a candidate that hunt found. */
#define VG_HTTP1_MAX_START_BYTES   8192u

/* Kept of a Sec-WebSocket-Extensions. */
#define VG_HTTP1_MAX_EXTENSIONS 128u

enum vg_http1_kind { VG_ASK_PLAIN, VG_ASK_HEAD, VG_ASK_CONNECT, VG_ASK_LOST };

/* What a response inherits from its request: the texts in this order one after the other, so that a short request is
 * kept in few bytes. */
struct vg_http1_ask {
	uint16_t n_method, n_host, n_url, n_filename, n_agent, n_forwarded;
	uint8_t cut, is_long; /* long: kept in the pool of those */
	uint8_t is_client;    /* forwarded is a trusted proxy's word */
	uint16_t marks;       /* of target.h */
	int64_t wall_ns;
	char texts[VG_ATTR_METHOD + VG_ATTR_HOST + VG_ATTR_URL + VG_ATTR_FILENAME + VG_ATTR_AGENT + VG_ATTR_FORWARDED];
};
/* Bytes of a short one: what most requests need. */
#define VG_HTTP1_SHORT_ASK   384u
/* One outstanding request: its kind and marks (VG_HTTP1_MARKS), and its texts where the pool had room (index + 1, else
 * 0). LOST: at this place an unknown number of requests was not seen. */
#define VG_HTTP1_MARKS_SHIFT 7u /* VG_ATTR_LISTED, VG_ATTR_STOP, VG_ATTR_OUT */
struct vg_http1_waiting {
	uint32_t ask_1 : 25, marks : 3, kind : 2, expects_continue : 1, is_long : 1;
};

enum vg_http1_role { VG_ROLE_UNKNOWN, VG_ROLE_REQUESTS, VG_ROLE_RESPONSES };
enum vg_http1_state {
	VG_HTTP1_START,   /* before a message */
	VG_HTTP1_HEAD,    /* in a head */
	VG_HTTP1_LENGTH,  /* in a body of `left` bytes */
	VG_HTTP1_CHUNKED, /* in a chunked body */
	VG_HTTP1_DOUBT,   /* at the beginning of a body that may be chunked or not */
	VG_HTTP1_CLOSE,   /* in a body that ends with the connection */
	VG_HTTP1_HUNT,    /* looking for the next message */
	VG_HTTP1_OFF,     /* let go */
};
struct vg_http1_dir {
	uint8_t state, role, is_tentative, has_line, is_known, had_gap, has_conflict, has_ended;
	uint8_t awaits_continue; /* in a request's body of which nothing came yet, 100-continue was asked for */
	uint8_t is_peeking;      /* unpaired response: is this body the next head (it was a HEAD's response)? */
	uint8_t n_peeked;
	uint8_t other_state;                                   /* DOUBT: what it is where it is not chunked */
	uint8_t n_start, start[VG_HTTP1_MAX_METHOD_BYTES + 8]; /* START: bytes that decide nothing yet */
	uint8_t *gather;                                       /* HEAD: where it is gathered, or NULL */
	uint32_t n_gather, gather_cap, n_strange;
	uint32_t marks; /* of the request that this direction sent last */
	uint64_t left;
	struct vg_http1_hunt hunt;
	struct vg_http1_chunked chunked;
	struct vg_body *body; /* NULL: not wanted */
};

struct vg_http1_flow {
	struct vg_proto_flow base;
	struct vg_http1_dir dir[2];
	uint32_t begin_waiting, n_waiting; /* ring */
	uint8_t has_pipelined, responses_lost, is_tunnel;
	uint8_t is_ambiguous;          /* a head so far could be read in two ways */
	uint32_t n_early;              /* responses that came before their requests */
	int64_t early_ns;              /* the first of them */
	uint8_t has_preface;           /* HTTP/2's was seen */
	uint8_t client_dir;            /* once the flow is left to another protocol */
	uint8_t deflate;               /* http1_upgrade.h */
	struct vg_http1_ask *left_ask; /* the request that asked for that protocol */
	struct vg_http1_waiting waiting[VG_HTTP1_MAX_WAITING];
};

/* Pools of one core. */
struct vg_http1 {
	struct vg_pool asks, long_asks, small, large;
};
static inline struct vg_http1 *vg_http1_of(const struct vg_proto *p)
{
	return p->shared[VG_APP_HTTP1];
}
static inline struct vg_http1_flow *vg_http1_flow_of(struct vg_proto_flow *flow)
{
	return (struct vg_http1_flow *)flow;
}

/* http1.c: as struct vg_parser says. */
void vg_http1_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_http1_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_http1_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_http1_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns);
void vg_http1_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		  int64_t wall_ns);
void vg_http1_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);

/* http1_gather.c: finds the end of a head, in place or gathered. VG_DONE: *head is parsed (its spans live until
 * vg_http1_gather_drop() or the next bytes), VG_BAD: there is no head here, VG_SKIP: no buffer is free. */
enum vg_step vg_http1_gather_feed(struct vg_proto *p, struct vg_http1_dir *d, const uint8_t *bytes, size_t n_bytes,
				  size_t *n_eaten, struct vg_http1_head *head);
/* Puts bytes that were seen before in front. VG_MORE or VG_SKIP. */
enum vg_step vg_http1_gather_put(struct vg_proto *p, struct vg_http1_dir *d, const uint8_t *bytes, size_t n_bytes);
void vg_http1_gather_drop(struct vg_proto *p, struct vg_http1_dir *d);

/* http1_upgrade.c: the head of a 101 of direction dir, or (head NULL) HTTP/2's preface of it: names the next
 * protocol, if it is one that we know. True: the flow is left to it. */
int vg_http1_upgrade_take(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir,
			  const struct vg_http1_head *head, int64_t wall_ns);

/* The same after a 2xx of direction dir to a CONNECT (ask, or NULL). */
int vg_http1_upgrade_tunnel(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir,
			    const struct vg_http1_ask *ask);

/* http1_simple.c: true where the first line of the connection is a simple request: *n_eaten bytes belong to it, and the
 * flow is left to HTTP/0.9. */
int vg_http1_simple_take(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			 size_t *n_eaten);

/* http1_pair.c: a request is looked up (dir[dir].marks) and put in line, unless it belongs to a response that came
 * early: then *late is that response's direction's body to amend (card filled), or NULL. */
void vg_http1_pair_request(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, struct vg_http1_head *head,
			   int64_t wall_ns);
/* The request of a final response, taken out of line: its kind; VG_ASK_LOST where it is not known. *ask (may be NULL)
 * goes back by vg_http1_pair_give(); *marks are its, also without texts. */
enum vg_http1_kind vg_http1_pair_response(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir,
					  const struct vg_http1_head *head, int64_t wall_ns, struct vg_http1_ask **ask,
					  uint32_t *marks);
void vg_http1_pair_give(struct vg_proto *p, struct vg_http1_ask *ask);
/* Heads of direction dir may have been missed. */
void vg_http1_pair_lost(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir);
void vg_http1_pair_clear(struct vg_proto *p, struct vg_http1_flow *flow);

/* http1_card.c: fills p->card for a body that direction dir sends. */
void vg_http1_card_upload(struct vg_proto *p, const struct vg_http1_flow *flow, unsigned dir,
			  const struct vg_http1_head *head);
void vg_http1_card_download(struct vg_proto *p, const struct vg_http1_flow *flow, unsigned dir,
			    const struct vg_http1_head *head, const struct vg_http1_ask *ask, uint32_t marks);
/* What is said of a request (of target.h), by the host of its target or by its Host header; says which in head. */
uint32_t vg_http1_card_marks(struct vg_proto *p, struct vg_http1_flow *flow, struct vg_http1_head *head);
/* A listed request whose response (head; NULL: it was not seen) has no body: dir is that of the response. */
void vg_http1_card_sight(struct vg_proto *p, const struct vg_http1_flow *flow, unsigned dir,
			 const struct vg_http1_head *head, const struct vg_http1_ask *ask, uint32_t marks);
/* Only the request's texts and marks of an ask, for vg_body_sink.amend. */
void vg_http1_card_ask(struct vg_proto *p, const struct vg_http1_ask *ask);
/* Returns how many bytes of ask are in use. */
uint32_t vg_http1_ask_fill(struct vg_http1_ask *ask, const struct vg_http1_head *head);
/* The same of a request of direction dir: the client that a trusted proxy names, where one does. */
uint32_t vg_http1_ask_make(const struct vg_proto *p, const struct vg_http1_flow *flow, unsigned dir,
			   struct vg_http1_ask *ask, const struct vg_http1_head *head);
