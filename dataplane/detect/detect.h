#pragma once
/* detect: which protocol does a flow speak? The cheap question first (first bytes), nDPI for what stays undecided.
 * One struct vg_detect per core. Not a hot room by its libraries: nDPI allocates, but from
 * memory of a fixed size (ndpi_memory.h); how often it is asked is bounded per flow, and how many flows it may hold at
 * a time per core. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/stats_page.h>

/* NONE: not decided yet. OPAQUE: known and of no interest (encrypted, other protocols). UNKNOWN: undecided after all
 * budgets. OPAQUE and UNKNOWN flows are let go: one look-up per packet from then on. All others go to proto: each is a
 * row of dataplane/protocols.c. */
enum vg_app {
	VG_APP_NONE,
	VG_APP_OPAQUE,
	VG_APP_UNKNOWN,
	VG_APP_HTTP1,
	VG_APP_HTTP2,
	VG_APP_WEBSOCKET,
	VG_APP_FTP,      /* control connection */
	VG_APP_FTP_DATA, /* expected by a control connection */
	VG_APP_TFTP,
	VG_APP_SMB,
	VG_APP_NFS, /* ONC RPC over TCP */
	VG_APP_SMTP,
	VG_APP_IMAP,
	VG_APP_POP3,
	VG_APP_RSYNC,
	VG_APP_FASTCGI,
	VG_APP_PROXY, /* PROXY protocol; then something else */
	VG_APP_SOCKS, /* the same */
	VG_APP_HTTP09,
	VG_APP_RAW,    /* nobody's, but it carries pictures */
	VG_APP_TUNNEL, /* what is behind CONNECT; then something else */
	VG_APP_N
};
#define VG_APP_IS_PARSED(app) ((app) > VG_APP_UNKNOWN)

/* How a protocol is recognised. Pure functions, never NULL bytes. */
struct vg_recogniser {
	/* The first bytes of a direction: the protocol's app (or that of another it knows better), OPAQUE; NONE where
	 * more are needed (never with VG_DETECT_HELD_BYTES or more), UNKNOWN: it is not this one. May be NULL: found by
	 * other means only. */
	enum vg_app (*first)(const uint8_t *bytes, uint32_t n_bytes);
	/* True where bytes somewhere inside a flow certainly begin a message of it: flows that were picked up midway.
	 * May be NULL. */
	int (*begins)(const uint8_t *bytes, uint32_t n_bytes);
	uint8_t app;
};

#define VG_DETECT_HELD_BYTES 32u   /* kept of a direction until its first bytes suffice */
#define VG_DETECT_PACKETS    6u    /* nDPI is asked about so many packets of a flow */
#define VG_DETECT_FLOWS      1024u /* flows that nDPI holds at a time, per core */
#define VG_DETECT_MAX_SPANS  64u   /* in-order pieces after which an undecided flow is let go, nDPI or not */

/* What is known of one undecided flow. Zeroed by the caller at its beginning. */
struct vg_detect_flow {
	uint64_t n_lost_bytes[2]; /* in-order bytes that were not kept; they came before what is held later */
	uint32_t ndpi_1;          /* nDPI's state of it, index + 1 */
	uint8_t n_held[2], n_packets, n_spans, is_past[2] /* its first bytes did not tell */;
	uint8_t held[2][VG_DETECT_HELD_BYTES];
};

struct vg_detect;
/* rows are copied, at most VG_APP_N. at_once: nDPI's engine is made now, else when the first flow asks for it, which
 * then waits 15 ms; two threads must not make one at the same time. NULL: out of memory. Cold. */
void vg_detect_destroy(struct vg_detect *detect);
struct vg_detect *vg_detect_create(struct vg_stats_page *stats, const struct vg_recogniser *rows, uint32_t n_rows,
				   int at_once) VG_DEALLOC(vg_detect_destroy);

/* The first bytes of a direction, asked of all rows: the first app that knows them, else NONE where one needs more,
 * else UNKNOWN. */
enum vg_app vg_detect_first(const struct vg_detect *detect, const uint8_t *bytes, uint32_t n_bytes);
/* What vg_detect_first() says of all first bytes of dir, those that are held and these; UNKNOWN where dir is past its
 * first bytes. */
enum vg_app vg_detect_look(const struct vg_detect *detect, const struct vg_detect_flow *flow, unsigned dir,
			   const uint8_t *bytes, uint32_t n_bytes);
/* The app of which bytes certainly begin a message, somewhere inside a flow; UNKNOWN: none. */
enum vg_app vg_detect_begins(const struct vg_detect *detect, const uint8_t *bytes, uint32_t n_bytes);

/* The next in-order bytes of direction dir of an undecided flow. NONE: held or counted as lost, go on feeding. A parsed
 * app: flow->held[d] (n_held) and then, for dir, these bytes are the beginning of what proto wants, after
 * n_lost_bytes[d] lost ones. OPAQUE, UNKNOWN: let it go. */
enum vg_app vg_detect_bytes(struct vg_detect *detect, struct vg_detect_flow *flow, unsigned dir, const uint8_t *bytes,
			    uint32_t n_bytes);
/* A hole of dir was given up: what follows is not its beginning any more, but may begin a message. */
void vg_detect_gap(struct vg_detect_flow *flow, unsigned dir, uint64_t n_missing);
/* Asks nDPI about a packet with payload of an undecided flow, from its IP header on (n_bytes lie together; cut at
 * 64 KiB). NONE: not yet. A parsed app: proto must find a beginning by itself. Bounded by VG_DETECT_PACKETS
 * per flow. */
enum vg_app vg_detect_ask(struct vg_detect *detect, struct vg_detect_flow *flow, const uint8_t *ip, uint32_t n_bytes,
			  uint64_t clock_ns);
/* Frees what nDPI holds of the flow; to be called once for every flow that was fed. */
void vg_detect_end(struct vg_detect *detect, struct vg_detect_flow *flow);
