#pragma once
/* handoff_priv: private bookkeeping of one core's lanes. What a hasher can write is only `in`. */
#include <vigil/attr_slot.h>
#include <vigil/lane.h>

#include "dataplane/handoff/handoff.h"
#include "dataplane/proto/pool.h"

#define VG_NO_CHUNK            UINT32_MAX
/* Bad returns of one hasher before it is put off its lane; an index out of range does that at once. */
#define VG_LANE_MAX_BAD        8u
/* Returns taken from one lane per poll. */
#define VG_LANE_MAX_RETURNS    4096u
/* Deaths an object survives that are not laid to its decoder; then it is given up. */
#define VG_OBJECT_MAX_TRIES    8u
/* A lossless replay waits so long for a hasher to come (back), once: not again for each object. */
#define VG_LANE_WAIT_HASHER_NS 60000000000ull
/* Objects are ranked for the ladder by the binary logarithm of their size. */
#define VG_LANE_N_RANKS        40u
/* Objects of one rank that are compared for completeness. */
#define VG_LANE_RANK_LOOK      8u

/* Who may act on a lane: the server makes VACANT -> OFFERED and (link lost) ATTACHED -> LEAVING, OFFERED or CUT ->
 * VACANT; the worker makes OFFERED -> TAKING -> ATTACHED, LEAVING -> VACANT and (violation) ATTACHED -> CUT. */
enum vg_lane_state {
	VG_LANE_VACANT,   /* no hasher; `in` is the server's */
	VG_LANE_OFFERED,  /* `in` and epoch are set, the worker may take it */
	VG_LANE_TAKING,   /* the worker is at it */
	VG_LANE_ATTACHED, /* `in` is read by the worker, start_idx is set */
	VG_LANE_LEAVING,  /* the hasher is gone, the worker is to let `in` go */
	VG_LANE_CUT,      /* the worker has let go: the hasher broke the rules */
};

/* A chunk in private memory. */
struct vg_chunk {
	uint32_t next, prev; /* of its object, in the order of the body */
	uint32_t slot;       /* of its object, VG_NO_CHUNK = free */
	uint32_t n_bytes;
	uint64_t body_off;
	uint64_t gap_bytes; /* missing before it; 0 with has_gap: unknown many */
	uint8_t has_gap, gap_pushed;
	uint8_t is_out; /* its DATA was written: the hasher may return it */
};

struct vg_lane;
struct vg_object {
	struct vg_lane *lane;
	uint32_t slot, generation;
	uint32_t first, last;  /* chunks held */
	uint32_t next_push;    /* first chunk whose DATA is not written yet */
	uint32_t fill, n_fill; /* the chunk being filled, or VG_NO_CHUNK, and its bytes */
	uint32_t n_chunks;
	uint64_t size_hint, body_bytes;
	uint64_t body_off, tail_gap_bytes; /* where the next byte stands in the body, holes of known size counted */
	int64_t last_byte_ns;
	uint64_t order; /* closed: when that was */
	uint32_t codings, open_flags;
	uint32_t queue_next;           /* slot; valid while is_queued */
	uint32_t rank_next, rank_prev; /* slots; valid while is_ranked */
	uint8_t kind, state, rank, n_tries;
	uint8_t is_used, is_closed, is_dead; /* dead: lost or given up, its producer does not know yet */
	uint8_t digest_only, no_decode /* 2: nor unpack */, was_offered, was_returned;
	uint8_t open_pushed, digest_pushed, has_tail_gap, tail_gap_pushed, close_pushed;
	uint8_t is_queued, is_ranked, is_ended; /* ended: no producer any more */
	uint8_t has_verdict;                    /* from the present hasher */
	uint8_t is_kept;                        /* it asked that others go before this one */
	uint32_t tag;                           /* of the verdict hold; 0 = none */
};

struct vg_lane {
	struct vg_handoff *home;
	/* shared with the server */
	_Atomic uint32_t state; /* enum vg_lane_state */
	const struct vg_lane_in *in;
	uint32_t epoch;
	uint64_t start_idx;
	/* the worker's */
	struct vg_lane_geometry geometry;
	struct vg_lane_out *out;
	struct vg_desc *slots;
	struct vg_attr_slot *records;
	uint64_t head, n_published, tail, ret_tail;
	uint64_t passed;                   /* as it was published last */
	uint64_t alone_ns;                 /* a lossless producer waits for a hasher since then; 0 = does not */
	uint32_t n_bad, n_used, n_closed;  /* closed: by their producers, not DONE */
	uint8_t is_attached, has_begun;    /* begun: this hasher has written its tail */
	uint32_t n_small, n_large, n_tiny; /* free ones */
	uint32_t *small, *large, *tiny;    /* stacks of free chunks */
	uint32_t n_slots, *free_slots;     /* stack of free object slots */
	uint32_t n_blocks, *free_blocks;   /* stack of free blocks for texts of records */
	struct vg_chunk *chunks;
	struct vg_object *objects;
	uint32_t queue_first, queue_last;     /* objects with descriptors to write */
	uint32_t rank_first[VG_LANE_N_RANKS]; /* open whole objects that hold chunks */
	/* cold */
	int out_fd, attr_fd;
	size_t out_bytes, attr_bytes;
};

struct vg_handoff {
	struct vg_stats_page *stats;
	vg_handoff_wait_fn *wait; /* NULL: never wait */
	void *wait_ctx;
	const _Atomic int *stop;
	struct vg_handoff_watch watch;
	uint64_t boot_id, mono_ns, hold_bytes;
	uint64_t alone_ns;      /* as a lane's, for any hasher */
	uint64_t order, passed; /* of the frame at hand; nothing ends any more that has one up to this */
	int has_order;
	uint32_t core_idx, n_lanes, next_lane;
	struct vg_lane *lanes;
};

/* object.c: the functions of the media sink. */
struct vg_object *vg_object_open(void *ctx, const struct vg_attribution *card, uint32_t flags);
enum vg_step vg_object_data(void *ctx, struct vg_object *o, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_object_gap(void *ctx, struct vg_object *o, uint64_t n_missing);
void vg_object_amend(void *ctx, struct vg_object *o, const struct vg_attribution *card);
void vg_object_close(void *ctx, struct vg_object *o, enum vg_state state, int64_t wall_ns);
/* The chunk being filled is complete as it is. */
void vg_object_seal(struct vg_object *o);
/* Frees chunks and slot. */
void vg_object_free(struct vg_object *o);

/* record.c: the attribution record of an object, in shared memory. */
/* True where the lane has blocks for all texts of the card. */
int vg_record_fits(const struct vg_lane *lane, const struct vg_attribution *card);
/* Writes it; texts for which there is no block are cut, flagged and counted. */
void vg_record_begin(struct vg_object *o, const struct vg_attribution *card);
void vg_record_amend(struct vg_object *o, const struct vg_attribution *late);
/* Its blocks are free. */
void vg_record_free(struct vg_object *o);

/* ring.c: descriptors out. Writes what the object has to say while the ring has room; the rest is queued. */
void vg_ring_push(struct vg_lane *lane, struct vg_object *o);
void vg_ring_push_queued(struct vg_lane *lane);
void vg_ring_publish(struct vg_lane *lane, uint64_t mono_ns);

/* arena.c: chunks. A free chunk fit for `want_bytes` more (0 = unknown), linked to the object as the one being
 * filled; VG_NO_CHUNK: none is free. */
uint32_t vg_arena_take(struct vg_lane *lane, struct vg_object *o, uint64_t want_bytes);
void vg_arena_give(struct vg_lane *lane, struct vg_object *o, uint32_t chunk_idx);
void vg_arena_give_all(struct vg_lane *lane, struct vg_object *o);

/* ladder.c: the steps down. */
void vg_ladder_rank(struct vg_lane *lane, struct vg_object *o);
void vg_ladder_unrank(struct vg_lane *lane, struct vg_object *o);
/* Makes o digest-only, counted by `counter`. */
void vg_ladder_down(struct vg_lane *lane, struct vg_object *o, unsigned counter);
/* Moves the largest and least complete whole object down; 0: there is none. */
int vg_ladder_relieve(struct vg_lane *lane);
/* Offers also the chunks that are not full yet; 0: there was none. For when even digest-only objects hold the arena.
 * */
int vg_ladder_flush(struct vg_lane *lane);
/* True where nothing that the hasher holds will come back by itself. */
int vg_ladder_is_stuck(const struct vg_lane *lane);

/* Objects begun and not freed, for everybody to see. */
static inline void vg_lane_count_out(struct vg_lane *lane, int change)
{
	_Atomic uint64_t *n = &lane->home->stats->n_objects_out;
	lane->n_used += (uint32_t)change;
	atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + (uint64_t)(int64_t)change,
			      memory_order_release);
}

/* returns.c: chunks and verdicts back; attach and detach. */
void vg_returns_take(struct vg_lane *lane);
void vg_lane_poll(struct vg_lane *lane);

/* handoff.c: one round of a lossless wait. Non-zero: stop waiting. began_ns is 0 at first. */
int vg_handoff_wait(struct vg_handoff *h, struct vg_lane *lane, uint64_t *began_ns);

static inline uint64_t vg_object_id(const struct vg_object *o)
{
	return (uint64_t)o->generation << 32 | o->slot;
}
static inline uint8_t *vg_lane_chunk(const struct vg_lane *lane, uint32_t chunk_idx)
{
	return (uint8_t *)lane->out + vg_lane_chunk_off(&lane->geometry, chunk_idx);
}
