#pragma once
/* stream: TCP reassembly of the two directions of a flow: in-order bytes, marked gaps, and one end per direction.
 * One struct vg_streams per core: a pool of stream states and a pool of hole nodes, all made at start; no locks, no
 * clock of its own. In-order payload is passed on where it lies; only what waits for a hole is copied.
 *
 * Rules (RFC 9293 3.4, 3.8; what a passive observer can know):
 * - A hole is given up only by packet time (hole_timeout_ns without progress at it) or by the byte budget of its
 *   direction or of the core; never because of an acknowledgement: a tap may see it before the data.
 * - Overlaps: the first copy to arrive wins; where a later one differs from held bytes it is counted and told.
 * - Without a SYN the first payload begins the stream, but is held for a while where it does not look like a
 *   beginning (the caller says), because what belongs before it may only have been reordered.
 * - A FIN is a place in the stream: it ends its direction once everything before it came or was given up.
 * - A RST in the window ends both directions after hole_timeout_ns without payload: what was under way still
 *   counts. Where its sender goes on sending beyond it, or his stream never gets exactly there (RFC 5961 3.2), it was
 *   not real and is forgotten.
 * - Doubted bytes (the caller has a reason to think that their receiver did not take them) wait: a copy that is not
 *   doubted takes their place; the receiver's acknowledgement makes them plain. By time they are believed only where
 *   the other direction is not seen, and by force (budget, end) always: then as a conflict.
 * - Broken bytes (their checksum is wrong) are nothing, and their place a hole, but where their receiver acknowledges
 *   them and no better copy comes for VG_STREAM_TAKEN_NS more, or, where it is not seen, the stream goes on behind
 *   them: then as a conflict. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/stats_page.h>

#include "dataplane/flow/wheel.h"

/* How one direction of a stream ended. FIN and RST came from its sender (RST also: its receiver reset and nothing
 * more came); the others are ours: TIMEOUT = idle too long, EVICTED = the table was full, RESTARTED = a new
 * connection took the same ports, INPUT_END = the capture is used up. Holes before the end have been told as gaps. */
enum vg_stream_end {
	VG_END_FIN,
	VG_END_RST,
	VG_END_TIMEOUT,
	VG_END_EVICTED,
	VG_END_RESTARTED,
	VG_END_INPUT_END,
	VG_END_N
};

#define VG_STREAM_NONE       0xffffffffu
#define VG_STREAM_NODE_BYTES 2024u         /* payload of one hole node */
#define VG_STREAM_MAX_AHEAD  (1u << 30)    /* largest window (RFC 7323 2.3): what lies further ahead is not ours */
#define VG_STREAM_RST_WINDOW (1u << 20)    /* a FIN or RST further ahead than this is ignored */
#define VG_STREAM_HELD_BYTES (64u * 1024u) /* held at most while the beginning is unknown */
#define VG_STREAM_TAKEN_NS   (50 * UINT64_C(1000000)) /* how late a tap may bring one direction behind the other */
#define VG_STREAM_MAX_STEPS  1024u                    /* nodes of one direction, whatever hole_bytes says */

/* Where the bytes go; every call names the stream and direction. bytes and gap may say VG_SKIP or VG_BAD: the call
 * that led here returns it at once, and the caller gives the stream back. None of them may call into the streams. */
struct vg_stream_sink {
	void *owner;
	enum vg_step (*bytes)(void *owner, uint32_t stream_idx, unsigned dir, const uint8_t *bytes, uint32_t n_bytes,
			      int64_t wall_ns);
	/* n_missing bytes will never come; 0: what follows begins somewhere in the middle of the stream. */
	enum vg_step (*gap)(void *owner, uint32_t stream_idx, unsigned dir, uint64_t n_missing, int64_t wall_ns);
	void (*conflict)(void *owner, uint32_t stream_idx, unsigned dir);
	void (*end)(void *owner, uint32_t stream_idx, unsigned dir, enum vg_stream_end how, int64_t wall_ns);
};

struct vg_stream_dir {
	uint64_t deadline_ns; /* when what is waited for is given up; UINT64_MAX: nothing is */
	uint32_t next_seq;    /* of the next byte in order; only once KNOWN */
	uint32_t end_seq;     /* only once END_SEEN */
	uint32_t first_node, last_node, hint_node, n_nodes;
	uint8_t flags, end_kind;
};
struct vg_stream {
	struct vg_stream_dir dirs[2];
	int64_t wall_ns;      /* of the last packet */
	uint64_t deadline_ns; /* the earlier of the two */
	uint32_t next_free;
	uint8_t in_use;
};
_Static_assert(sizeof(struct vg_stream) <= 128, "stream states stay small");

struct vg_stream_node;
struct vg_streams {
	struct vg_stream *streams;
	struct vg_stream_node *nodes;
	struct vg_wheel *wheel; /* node = stream * 2 + direction */
	struct vg_stats_page *stats;
	struct vg_stream_sink sink;
	uint64_t hole_timeout_ns;
	uint32_t n_streams, n_nodes, max_dir_nodes;
	uint32_t free_stream, n_fresh_streams, n_used;
	uint32_t free_node, n_fresh_nodes;
};

/* n_streams states and pool_bytes for held segments, of which one direction may use hole_bytes. stats and the sink's
 * owner are borrowed until destroy. NULL: out of memory. Cold. */
void vg_streams_destroy(struct vg_streams *streams);
struct vg_streams *vg_streams_create(uint32_t n_streams, uint32_t hole_bytes, uint64_t pool_bytes,
				     uint64_t hole_timeout_ns, struct vg_stats_page *stats,
				     const struct vg_stream_sink *sink) VG_DEALLOC(vg_streams_destroy);

/* A fresh stream, or VG_STREAM_NONE where the pool is empty (counted). */
uint32_t vg_streams_take(struct vg_streams *streams);
/* Gives a stream back with all it holds and sets *idx to VG_STREAM_NONE; the sink hears nothing. */
void vg_streams_give(struct vg_streams *streams, uint32_t *idx);

/* Whether the first sequence number of dir is known. */
static inline int vg_stream_is_known(const struct vg_streams *streams, uint32_t idx, unsigned dir)
{
	return streams->streams[idx].dirs[dir].flags & 1;
}
/* Whether doubted or broken bytes of dir wait. */
static inline int vg_stream_has_doubts(const struct vg_streams *streams, uint32_t idx, unsigned dir)
{
	return streams->streams[idx].dirs[dir].flags & 32;
}
/* Whether doubted bytes of dir were told since the last call. */
static inline int vg_stream_believed(struct vg_streams *streams, uint32_t idx, unsigned dir)
{
	uint8_t flags = streams->streams[idx].dirs[dir].flags;
	streams->streams[idx].dirs[dir].flags = flags & (uint8_t)~64u;
	return flags & 64;
}
/* True where vg_stream_expire() has something to do at clock_ns: call it before the flow's next packet, so that the
 * outcome depends on that packet's time only. */
static inline int vg_stream_is_due(const struct vg_streams *streams, uint32_t idx, uint64_t clock_ns)
{
	return clock_ns >= streams->streams[idx].deadline_ns;
}

/* The next ten return VG_MORE (go on), VG_DONE (both directions have ended) or the sink's VG_SKIP/VG_BAD; after all
 * but VG_MORE the stream is to be given back. clock_ns never goes back; wall_ns is handed through. */

/* dir begins at seq: by_syn = a SYN says so, what is held from before is another connection's and dropped;
 * otherwise its bytes there look like a beginning, and what is held from before goes first. Nothing where it was
 * known. */
enum vg_step vg_stream_begin(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq, int by_syn,
			     uint64_t clock_ns, int64_t wall_ns);
/* n_bytes of payload of dir at seq. */
enum vg_step vg_stream_segment(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq,
			       const uint8_t *bytes, uint32_t n_bytes, uint64_t clock_ns, int64_t wall_ns);
/* The same, doubted. */
enum vg_step vg_stream_doubt(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq, const uint8_t *bytes,
			     uint32_t n_bytes, uint64_t clock_ns, int64_t wall_ns);
/* The same, broken: nothing is kept where the beginning is unknown, or without room. */
enum vg_step vg_stream_broken(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq,
			      const uint8_t *bytes, uint32_t n_bytes, uint64_t clock_ns, int64_t wall_ns);
/* The urgent byte of dir at seq: it takes its place, but receivers do not read it in line; told as a conflict, as some
 * do. */
enum vg_step vg_stream_urgent(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq, const uint8_t *byte,
			      uint64_t clock_ns, int64_t wall_ns);
/* The receiver of dir has acknowledged all before ack. */
enum vg_step vg_stream_confirm(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t ack, uint64_t clock_ns,
			       int64_t wall_ns);
/* A FIN of dir after the byte before end_seq. */
enum vg_step vg_stream_fin(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t end_seq, uint64_t clock_ns,
			   int64_t wall_ns);
/* A RST sent by dir with sequence number seq. */
enum vg_step vg_stream_rst(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq, uint64_t clock_ns,
			   int64_t wall_ns);
/* Gives up what is due at clock_ns. */
enum vg_step vg_stream_expire(struct vg_streams *streams, uint32_t idx, uint64_t clock_ns);
/* Tells all that is held, with its gaps, and ends what has not ended, by a FIN or RST that was seen, else `how`. */
enum vg_step vg_stream_finish(struct vg_streams *streams, uint32_t idx, enum vg_stream_end how);

/* The next stream that is due at clock_ns, to be given to vg_stream_expire(), or VG_STREAM_NONE. */
uint32_t vg_streams_due(struct vg_streams *streams, uint64_t clock_ns);
/* A new capture: time may begin anew. To be called when no stream is in use. */
void vg_streams_reset(struct vg_streams *streams, uint64_t clock_ns);
