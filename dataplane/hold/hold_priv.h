#pragma once
/* hold_priv: private state of one core's verdict hold. */
#include "dataplane/hold/hold.h"
#include "dataplane/proto/pool.h"
#include "dataplane/scope/sha256.h"

#define VG_HOLD_NONE   UINT32_MAX
#define VG_HOLD_WAYS   4u
#define VG_HOLD_SLIDE  128u /* frames of a queue whose sizes are remembered */
#define VG_HOLD_NO_CUE 0xffffu

/* UNDECIDED: media has not said; WATCHED: handed over; OFF: nothing waits for it (any more). */
enum vg_hold_state { VG_BODY_UNDECIDED, VG_BODY_WATCHED, VG_BODY_OFF };
struct vg_hold_flow;
struct vg_hold_body {
	struct vg_body *inner;     /* media's; NULL once it ended */
	struct vg_object *object;  /* NULL: not handed over, or gone */
	struct vg_hold_flow *flow; /* NULL: not of an inspect-first pair, or no state was free */
	uint64_t size;             /* UINT64_MAX: not announced */
	uint64_t off, passed;      /* bytes seen; bytes in frames that were let through */
	uint32_t next;             /* of its direction */
	uint32_t born;             /* the packet it began in: hold->packet_no */
	uint32_t digest;           /* of the pool, or VG_HOLD_NONE: is not (or no longer) like a known one */
	uint8_t dir, state, is_ended, is_known, is_download, can_451;
	uint8_t by_url;     /* known because of its request's URL: from its first byte on */
	uint8_t has_waited; /* UNDECIDED, and its head waited in vain for its first bytes */
	uint8_t outcome;    /* enum vg_hold_outcome as it was last written */
};
struct vg_hold_dir {
	uint32_t first_body;
	uint32_t sent_seq, acked_seq; /* where known */
	uint32_t mss_bytes, flight_bytes;
	uint16_t queue, pair; /* VG_HOLD_NO_CUE: none */
	uint8_t has_sent, has_acked;
};
struct vg_hold_flow {
	struct vg_flow_key key;
	uint8_t is_used, is_stopped;
	uint32_t hash;
	uint64_t last_ns;
	struct vg_hold_dir dirs[2];
};
/* ENDING: released, STOPPING: stopped, by our word; the forwarder's answer is awaited. */
enum vg_hold_phase { VG_CUE_FREE, VG_CUE_HOLDING, VG_CUE_ENDING, VG_CUE_STOPPING };
struct vg_hold_queue {
	struct vg_hold_flow *flow;  /* NULL: nobody wants to know any more */
	uint64_t begun_ns, last_ns; /* of the frame that came last */
	uint32_t first_tag, stopped_body, n_bytes;
	uint32_t begin, n; /* of frames, free-running */
	uint8_t dir, use, phase, begins_with_head, is_slid;
	struct {
		uint32_t tag, n_bytes;
		uint64_t off; /* of the body behind this frame */
	} frames[VG_HOLD_SLIDE];
};
struct vg_hold_pair {
	struct vg_frames *frames;
	uint32_t n_free, n_active;
	uint16_t free[VG_FRAME_QUEUES], active[VG_FRAME_QUEUES];
	struct vg_hold_queue queues[VG_FRAME_QUEUES];
};
struct vg_hold {
	struct vg_handoff *handoff;
	struct vg_stats_page *stats;
	struct vg_media_sink media; /* handoff's */
	struct vg_body_sink inner;  /* media's */
	struct vg_known known;
	const struct vg_known_table *table;
	uint32_t hold_bytes, stops_per_minute;
	uint8_t cuts_http2;
	uint64_t now_ns;
	/* the burst, and the packet of it that is inspected */
	struct vg_hold_pair *pair; /* NULL: none */
	uint64_t words[VG_BURST];
	uint32_t tags[VG_BURST], n_frames, packet_no;
	const struct vg_packet *now;
	struct vg_hold_flow *flow;    /* of it, or NULL */
	struct vg_hold_body *current; /* that media is called for */
	uint32_t n_pairs;
	struct vg_hold_pair *pairs[VG_FORWARD_MAX_PAIRS];
	struct {
		uint64_t minute_ns;
		uint32_t n;
	} brakes[VG_LANE_MAX_HASHERS];
	struct vg_pool bodies, digests;
	struct vg_hold_flow flows[VG_HOLD_FLOWS];
};

/* hold_flow.c */
struct vg_hold_flow *vg_hold_flow_find(struct vg_hold *h, const struct vg_packet *pkt);
/* The same, or a new one in the place of the oldest that nobody needs; NULL: all are needed. */
struct vg_hold_flow *vg_hold_flow_get(struct vg_hold *h, const struct vg_packet *pkt);
void vg_hold_flow_forget(struct vg_hold *h, struct vg_hold_flow *flow);
/* What a sender may have in flight, seen from here, and how much of a body's end can wait. */
void vg_hold_flow_note(struct vg_hold_flow *flow, const struct vg_packet *pkt);
uint32_t vg_hold_window(const struct vg_hold_dir *d);

/* hold_queue.c */
/* A queue for flow's direction, beginning with the frame of hold->now. 0: none is free. */
int vg_hold_queue_begin(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir, int with_head);
/* The frame of hold->now goes into the direction's queue. */
void vg_hold_queue_add(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir, uint64_t off);
/* Lets the oldest frames go until less than max_bytes are held; returns the offset behind the last of them, 0: none. */
uint64_t vg_hold_queue_slide(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir, uint32_t max_bytes);
void vg_hold_queue_release(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir);
/* Drops what is held and ends the connection, because of a body. 0: nothing is held. */
int vg_hold_queue_stop(struct vg_hold *h, struct vg_hold_body *body);
void vg_hold_queues_poll(struct vg_hold *h);

/* hold.c */
static inline struct vg_hold_body *vg_hold_body_at(struct vg_hold *h, uint32_t idx)
{
	return vg_pool_at(&h->bodies, idx);
}
/* Does anything of the direction ask to be held? *slides: nothing that needs what is held already. */
int vg_hold_is_wanted(struct vg_hold *h, const struct vg_hold_flow *flow, unsigned dir, int *slides);
/* The sender of a direction sends no more, and its body is not at its end: it may be waiting for what is held. */
void vg_hold_stalled(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir);
/* All that was seen of the direction's bodies so far, or up to `off` where that is not 0, has been let through. */
void vg_hold_note_passed(struct vg_hold *h, const struct vg_hold_dir *d, uint64_t off);
/* A queue of the direction ended without a verdict, or was stopped because of `stopped` (VG_HOLD_NONE). */
void vg_hold_ended(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir, enum vg_frame_result result,
		   uint32_t stopped);
/* Writes what became of a body into its record, where it still has one. */
void vg_hold_say(struct vg_hold_body *b, enum vg_hold_outcome outcome);

/* Lets the direction's queue go where nothing asks for it any more. */
void vg_hold_recheck(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir);
/* May this hasher's word stop one more? */
int vg_hold_may_stop(struct vg_hold *h, uint32_t hasher_idx);

/* hold_body.c: takes a body off its connection: it is watched no longer. */
void vg_hold_body_unlink(struct vg_hold *h, struct vg_hold_body *b);
void vg_hold_on_verdict(void *ctx, uint32_t tag, uint32_t hasher_idx, enum vg_verdict verdict);
void vg_hold_on_gone(void *ctx, uint32_t tag);
