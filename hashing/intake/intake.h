#pragma once
/* intake: takes the descriptors of one lane, checks every word of them and keeps what each open object consists of.
 * Fed by the dataplane through shared memory that it alone writes (vigil/lane.h); gives events in ring order.
 * One lane, one thread. Fixed memory, made by vg_intake_create(): one object per attribution record, one link per
 * chunk; an object's chunks are a list through the links. What is out of range is counted and left out, never
 * followed. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/attr_slot.h>
#include <vigil/base.h>
#include <vigil/lane.h>
#include <vigil/stats_page.h>

#include "hashing/chain/chain.h"

#define VG_INTAKE_BURST    32
#define VG_INTAKE_MAX_GAPS 4 /* further ones end what is looked at of the object */
#define VG_INTAKE_NONE     UINT32_MAX

enum vg_intake_phase { VG_INTAKE_FREE, VG_INTAKE_OPEN, VG_INTAKE_CLOSED };

struct vg_intake_object {
	uint64_t object_id;                  /* never 0 unless free */
	uint64_t n_bytes;                    /* seen, gaps not counted */
	uint64_t end_off;                    /* body offset the next DATA is expected at */
	uint64_t gap_at[VG_INTAKE_MAX_GAPS]; /* a hole lies before the byte of this number (of those seen) */
	uint64_t enqueued_ns;                /* of its CLOSE */
	uint64_t order;                      /* the same (vigil/lane.h) */
	uint64_t size_hint;                  /* UINT64_MAX = not announced */
	uint32_t slot, n_gaps;               /* n_gaps counts past VG_INTAKE_MAX_GAPS */
	uint32_t first_chunk, last_chunk;    /* held, in the order of the body; VG_INTAKE_NONE = none */
	uint32_t n_chunks, codings;
	uint32_t flags;                       /* VG_OPEN_*; DIGEST_ONLY is set when it comes later, too */
	uint8_t phase, kind, state, reserved; /* enum vg_intake_phase, vg_kind, vg_state */
};

enum vg_intake_event_type {
	VG_INTAKE_EV_NONE,
	VG_INTAKE_EV_OPEN,
	VG_INTAKE_EV_DATA,
	VG_INTAKE_EV_GAP,
	VG_INTAKE_EV_CLOSE,
	VG_INTAKE_EV_DIGEST_ONLY
};
struct vg_intake_event {
	enum vg_intake_event_type type;
	struct vg_intake_object *object; /* borrowed until its DONE */
	struct vg_span bytes;            /* DATA: in the arena, valid until its chunk or object is given back */
};

struct vg_intake_link {
	uint32_t next_idx, n_bytes;
	uint32_t owner; /* slot + 1 of the object that holds this chunk, 0 = not held by us */
};

/* All of a lane's private state; the pointers into shared memory are the three mappings. */
struct vg_intake {
	const uint8_t *out; /* read-only: struct vg_lane_out, slots, chunks */
	struct vg_lane_in *in;
	const struct vg_attr_slot *attr;
	struct vg_stats_page *stats;
	struct vg_lane_geometry geometry;
	uint64_t tail, head;         /* descriptors taken; the producer's word as last checked */
	uint64_t ret_head, ret_tail; /* returns given; the producer's word as last checked */
	struct vg_intake_object *objects;
	struct vg_intake_link *links;
	uint32_t core_idx, n_objects; /* n_objects: not free */
	bool broken;                  /* the producer's words cannot be true: nothing more is taken */
};

/* Looks how many descriptors wait: 0 .. VG_INTAKE_BURST, or -1 where the producer's word cannot be true (then the
 * lane is `broken` for good). */
int vg_intake_pending(struct vg_intake *lane);

/* Up to which order the lane's objects have ended: after a call that says this, all is taken once vg_intake_pending()
 * says 0. A broken lane: UINT64_MAX. */
uint64_t vg_intake_passed(const struct vg_intake *lane);

/* Takes one descriptor (only as many as vg_intake_pending() has said) and fills `event`; EV_NONE where it was refused
 * (counted). The slot is free for the producer after vg_intake_publish(). */
void vg_intake_take(struct vg_intake *lane, struct vg_intake_event *event);

/* Tells the producer how far we are: once per burst. */
void vg_intake_publish(struct vg_intake *lane);

/* Gives the first held chunk of an object back (digest-only): its bytes are gone with it. False where none is held.
 * */
bool vg_intake_return_first(struct vg_intake *lane, struct vg_intake_object *object);

/* Asks for an open object to be kept whole, at most once. False: there is no room for a word that is not owed. */
bool vg_intake_keep(struct vg_intake *lane, const struct vg_intake_object *object);

/* The verdict on a closed object that frames wait for (VG_OPEN_HOLD), before its DONE; at most once. */
void vg_intake_verdict(struct vg_intake *lane, const struct vg_intake_object *object, unsigned verdict);

/* The object is finished: its chunks and its attribution record go back, its entry is free. enum vg_verdict. */
void vg_intake_done(struct vg_intake *lane, struct vg_intake_object *object, unsigned verdict);

/* The held bytes of an object as a chain over the caller's spans (room for max_spans >= its n_chunks, else it is
 * cut). Borrowed until its chunks go back. Holes do not show: see gap_at. */
void vg_intake_chain(const struct vg_intake *lane, const struct vg_intake_object *object, struct vg_span *spans,
		     uint32_t max_spans, struct vg_chain *chain);

/* --- intake_setup.c: cold --- */
/* Checks and maps the three memfds of a lane (out and attr read-only with VG_SEALS_OURS, in with VG_SEALS_PEER; sizes
 * as the geometry says) and makes the private state; takes descriptors from start_idx on. The fds stay the caller's.
 * VG_OK and *lane, or VG_ERANGE, VG_ESEAL, VG_EIO, VG_ENOMEM. */
enum vg_err vg_intake_create(const struct vg_lane_geometry *geometry, const int fds[3], uint32_t core_idx,
			     uint64_t start_idx, struct vg_stats_page *stats, struct vg_intake **lane);
/* Unmaps and frees; NULL is nothing. */
void vg_intake_destroy(struct vg_intake *lane);
