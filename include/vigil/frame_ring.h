#pragma once
/* frame_ring: copies of forwarded frames on their way from vigil-forward to the inspector (vigil-dataplane), one
 * ring per port pair. Two memfds, both made by the forwarder, every page with exactly one writer:
 *   frames  forwarder writes, inspector reads   head word, slots, byte area            VG_SEALS_OURS
 *   tail    inspector writes, forwarder reads   tail word                              VG_SEALS_PEER (size only)
 * `frames` lives as long as the forwarder; `tail` is made anew for each inspector (epoch). Geometry travels once
 * in the hand-over message (msg.h, VG_MSG_FRAMES), is checked against the memfd sizes and then lives in private
 * memory. The other side's word is checked on every use with vg_frame_ring_pending(); a wrong one ends the ring
 * for that inspector (counted), never more than that: the frame itself has long been sent, or goes then.
 *
 * frames: [page 0: struct vg_frame_ring_out][n_slots * 64 B slots][n_bytes byte area]
 * tail:   [page 0: struct vg_frame_ring_in]; of an inspect-first pair also [n_slots words of frames]
 *
 * Inspect-first (docs/adr/0011-verdict-hold.md): a frame waits for the word of its slot, and what is put into a queue
 * for the word of that queue, or for the forwarder's own clock. Words are 64 bits, written at once; one whose tag or
 * use is not the expected one is none. Each of the forwarder's answers is as the inspector's words: read once, checked
 * against private memory.
 *
 * A frame lies in one piece in the byte area (one that would cross its end begins at 0 again), at a multiple of 64.
 * Indices run freely (uint64_t); slot = index & (n_slots - 1). Publish with release, read with acquire. Which bytes
 * are free the forwarder keeps in private memory: the inspector only ever says how many slots it is done with. */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>

#define VG_FRAME_RING_PAGE      4096u
#define VG_FRAME_RING_MAX_SLOTS (1u << 20)
#define VG_FRAME_RING_MIN_BYTES (1u << 18) /* room for the largest frame, four times */
#define VG_FRAME_RING_MAX_BYTES (1u << 30)
#define VG_FRAME_MAX_BYTES      65536u /* of a frame that is copied; larger ones are forwarded, not copied (counted) */
#define VG_FRAME_ALIGN          64u

struct vg_frame_ring_geometry {
	uint32_t n_slots; /* power of two */
	uint32_t n_bytes; /* of the byte area: power of two */
};
#define VG_FRAME_QUEUES 128u /* of held frames, per inspect-first pair */

struct vg_frame_ring_out {
	_Alignas(64) _Atomic uint64_t head;   /* slots published since the forwarder's start */
	_Alignas(64) _Atomic uint64_t shed;   /* frames that were forwarded and not copied, whatever the reason */
	_Alignas(64) _Atomic uint64_t let_go; /* inspect-first: slots before this one do not wait for a word any more */
	_Alignas(64) _Atomic uint64_t results[VG_FRAME_QUEUES]; /* enum vg_frame_result of the queue's last use */
};
struct vg_frame_ring_in {
	_Alignas(64) _Atomic uint64_t tail; /* slots done with since start_idx of the hand-over; never goes back */
	_Alignas(64) _Atomic uint64_t queues[VG_FRAME_QUEUES]; /* enum vg_frame_queue_word */
};
_Static_assert(sizeof(struct vg_frame_ring_out) <= VG_FRAME_RING_PAGE, "one page");
_Static_assert(sizeof(struct vg_frame_ring_in) <= VG_FRAME_RING_PAGE, "one page");

/* What is to become of a frame; tag = its slot index. HOLD: in queue `queue`, in its use `use` (1, 2 ... 255, 1 ...).
 * RESET: dropped, and its sender is told that the connection is over. */
enum vg_frame_word { VG_WORD_NONE, VG_WORD_PASS, VG_WORD_HOLD, VG_WORD_DROP, VG_WORD_RESET };
/* What is to become of a queue in use `use`. RELEASE_TO: the frames up to the one of slot index tag. STOP_451: the
 * receiver's answer is an HTTP 451 (RFC 7725) instead of a reset. */
enum vg_frame_queue_word { VG_QUEUE_NONE, VG_QUEUE_RELEASE_TO, VG_QUEUE_RELEASE, VG_QUEUE_STOP, VG_QUEUE_STOP_451 };
/* What became of it: HOLDING while frames are in it; RELEASED and STOPPED by the inspector's word; TIME: hold_ms were
 * over; FULL: no room for more frames; LATE: the inspector was; BRAKE: no budget to stop anything. */
enum vg_frame_result {
	VG_RESULT_NONE,
	VG_RESULT_HOLDING,
	VG_RESULT_RELEASED,
	VG_RESULT_STOPPED,
	VG_RESULT_TIME,
	VG_RESULT_FULL,
	VG_RESULT_LATE,
	VG_RESULT_BRAKE,
	VG_RESULT_N
};
static inline uint64_t vg_word_make(uint32_t tag, unsigned what, unsigned use, unsigned queue)
{
	return tag | (uint64_t)(what & 255) << 32 | (uint64_t)(use & 255) << 40 | (uint64_t)(queue & 0xffff) << 48;
}
static inline uint32_t vg_word_tag(uint64_t word)
{
	return (uint32_t)word;
}
static inline unsigned vg_word_what(uint64_t word)
{
	return (unsigned)(word >> 32) & 255;
}
static inline unsigned vg_word_use(uint64_t word)
{
	return (unsigned)(word >> 40) & 255;
}
static inline unsigned vg_word_queue(uint64_t word)
{
	return (unsigned)(word >> 48);
}

/* Which way a frame went. */
enum vg_frame_direction { VG_FRAME_A_TO_B, VG_FRAME_B_TO_A };
struct vg_frame_slot {
	int64_t wall_ns;   /* UTC, of the poll that received it */
	uint64_t mono_ns;  /* CLOCK_MONOTONIC of the same */
	uint32_t data_off; /* in the byte area */
	uint32_t n_bytes;  /* 1 .. VG_FRAME_MAX_BYTES, as it was on the wire, without FCS */
	uint16_t pair_idx; /* of the configuration */
	uint8_t direction; /* enum vg_frame_direction */
	uint8_t reserved[37];
};
_Static_assert(sizeof(struct vg_frame_slot) == 64, "one slot, one cache line");

static inline size_t vg_frame_ring_area_off(const struct vg_frame_ring_geometry *g)
{
	return VG_FRAME_RING_PAGE + (size_t)g->n_slots * sizeof(struct vg_frame_slot);
}
static inline size_t vg_frame_ring_out_bytes(const struct vg_frame_ring_geometry *g)
{
	return vg_frame_ring_area_off(g) + g->n_bytes;
}
/* Size of `tail`. */
static inline size_t vg_frame_ring_in_bytes(const struct vg_frame_ring_geometry *g, int is_inspect_first)
{
	size_t n_words = is_inspect_first ? (size_t)g->n_slots * sizeof(uint64_t) : 0;
	return VG_FRAME_RING_PAGE + ((n_words + VG_FRAME_RING_PAGE - 1) & ~(size_t)(VG_FRAME_RING_PAGE - 1));
}
/* Geometry from a message or a snapshot: powers of two and limits; VG_OK or VG_ERANGE. */
static inline enum vg_err vg_frame_ring_check(const struct vg_frame_ring_geometry *g)
{
	if (g->n_slots < 64 || g->n_slots > VG_FRAME_RING_MAX_SLOTS || (g->n_slots & (g->n_slots - 1)))
		return VG_ERANGE;
	if (g->n_bytes < VG_FRAME_RING_MIN_BYTES || g->n_bytes > VG_FRAME_RING_MAX_BYTES ||
	    (g->n_bytes & (g->n_bytes - 1)))
		return VG_ERANGE;
	return VG_OK;
}
/* How many slots lie between our index and the peer's, or -1 where the peer's word cannot be true. */
static inline int64_t vg_frame_ring_pending(uint64_t theirs, uint64_t ours, uint64_t n)
{
	uint64_t diff = theirs - ours;
	return diff > n ? -1 : (int64_t)diff;
}
