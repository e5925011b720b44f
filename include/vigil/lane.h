#pragma once
/* lane: the shared memory between one dataplane core and one hasher, and its three single-producer rings.
 *
 * A lane is three memfds, all made by the dataplane, every page with exactly one writer:
 *   out  dataplane writes, hasher reads   head word, ret_tail word, descriptor slots, media chunks    VG_SEALS_OURS
 *   in   hasher writes, dataplane reads   tail word, ret_head word, return slots, `decoding`          VG_SEALS_PEER
 *   attr dataplane writes, hasher and vigild read   attribution records (attr_slot.h)                 VG_SEALS_OURS
 * Geometry travels once in the hand-over message, is checked against the memfd sizes and then lives in private memory:
 * nothing in shared memory says how large anything is. The other side's index is checked on every use with
 * vg_lane_pending(); a wrong one ends the lane (counted), never more than that.
 *
 * out:  [page 0: struct vg_lane_out][n_slots * 64 B][n_small * VG_CHUNK_SMALL][n_large * VG_CHUNK_LARGE]
 *       [n_tiny * VG_CHUNK_TINY]
 * in:   [page 0: struct vg_lane_in][n_returns * 16 B]
 * Indices run freely (uint64_t, never wrap in practice); slot = index & (n - 1). Publish with release, read with
 * acquire.
 * An object: OPEN, then DATA and GAP in the order of the body, then CLOSE; objects of one lane are interleaved
 * freely. */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>

#define VG_LANE_MAX_CORES   64
#define VG_LANE_MAX_HASHERS 64
#define VG_LANE_PAGE        4096u
#define VG_CHUNK_TINY       512u
#define VG_CHUNK_SMALL      4096u
#define VG_CHUNK_LARGE      65536u
#define VG_LANE_MAX_SLOTS   (1u << 20)
#define VG_LANE_MAX_CHUNKS  (1u << 24)

struct vg_lane_geometry {
	uint32_t n_slots;   /* power of two: descriptors */
	uint32_t n_returns; /* power of two, > chunks + 2 * objects: a hasher can always return */
	uint32_t n_small;   /* chunks 0 .. n_small-1 */
	uint32_t n_large;   /* chunks n_small .. n_small+n_large-1 */
	uint32_t n_attr;    /* attribution records = most objects outstanding */
	uint32_t n_tiny;    /* chunks n_small+n_large .. n_small+n_large+n_tiny-1 */
};

struct vg_lane_out {
	_Alignas(64) _Atomic uint64_t head;     /* descriptors published */
	_Alignas(64) _Atomic uint64_t ret_tail; /* returns taken back */
	/* The CLOSE of every object of this lane whose order (vg_desc) is not above this lies before `head` as it is
	 * then: who reads this first, then `head`, and takes all up to there has them. */
	_Alignas(64) _Atomic uint64_t passed;
};
struct vg_lane_in {
	_Alignas(64) _Atomic uint64_t tail;     /* descriptors consumed; 0 = not begun */
	_Alignas(64) _Atomic uint64_t ret_head; /* returns published */
	/* Object whose bytes a content decoder broke on or, where a hasher may die without a word, is looking at now;
	 * 0 = none. After its death the dataplane offers that one object again with VG_OPEN_NO_DECODE, then with
	 * VG_OPEN_NO_UNPACK too, the others unchanged. A lie here harms the liar's own objects only. */
	_Alignas(64) _Atomic uint64_t decoding;
};

/* DIGEST_ONLY, also as a flag of OPEN: give chunks back as they are digested, at once also those held so far. */
enum vg_desc_type { VG_DESC_OPEN = 1, VG_DESC_DATA, VG_DESC_GAP, VG_DESC_CLOSE, VG_DESC_DIGEST_ONLY };
/* OPEN.flags */
#define VG_OPEN_NO_DECODE   1u   /* no picture decoder: the last one crashed; codings and parts are still opened */
#define VG_OPEN_DIGEST_ONLY 2u   /* the ladder's second step: give chunks back as they are digested */
#define VG_OPEN_RETRY       4u   /* offered again after a hasher died */
#define VG_OPEN_ALL_FILES   8u   /* digest whatever its kind is */
#define VG_OPEN_TEXT        128u /* text that may hold files as base64; of no interest itself */
#define VG_OPEN_LISTED      256u /* the URL of its request is listed: vigild gets it, whatever it is, even empty */
#define VG_OPEN_RESOURCE    64u  /* the record has a resource: keep what comes for its other pieces */
#define VG_OPEN_NO_UNPACK   16u  /* beside NO_DECODE: it crashed again, so only digests of the body as it came */
#define VG_OPEN_HOLD        32u  /* frames wait for its verdict: VG_RETURN_VERDICT as soon as it is known */

/* One descriptor. object_id is never 0: low 32 bits = attribution slot, high 32 bits = its generation.
 * order: when the object ended, comparable between the cores of one dataplane: the number, in all input, of the frame
 * that ended it (replay), CLOCK_MONOTONIC at which that was received (live). 0: nobody keeps one. */
struct vg_desc {
	uint8_t type;  /* enum vg_desc_type */
	uint8_t kind;  /* OPEN: enum vg_kind by first bytes (of the coded body where a coding is applied: UNKNOWN) */
	uint8_t state; /* CLOSE: enum vg_state */
	uint8_t reserved;
	uint32_t flags; /* OPEN: VG_OPEN_* */
	uint64_t object_id;
	union {
		struct {
			uint64_t size_hint;
			uint32_t codings;
		} open; /* size UINT64_MAX = not announced; media.h */
		struct {
			uint64_t body_off;
			uint32_t chunk_idx, n_bytes;
		} data; /* bytes 0..n_bytes of that chunk */
		struct {
			uint64_t body_off, n_bytes;
		} gap; /* n_bytes 0 = unknown many */
		struct {
			uint64_t body_bytes;  /* that were seen */
			int64_t last_byte_ns; /* UTC */
			uint64_t order;
		} close;
		uint8_t room[40];
	};
	uint64_t enqueued_ns; /* dataplane clock (CLOCK_MONOTONIC) when it was published, for latency figures */
};
_Static_assert(sizeof(struct vg_desc) == 64, "one descriptor, one cache line");

enum vg_return_type {
	VG_RETURN_CHUNK = 1, /* this chunk is digested and not needed again */
	VG_RETURN_DONE,      /* the object is finished: its remaining chunks and its attribution record are free */
	VG_RETURN_VERDICT,   /* of a closed object that was opened with VG_OPEN_HOLD: once, before its DONE */
	VG_RETURN_KEEP,      /* an open object may turn out to match: under pressure others go first; at most once */
};
/* STOP: an exact match of a list that says block. A hasher's word: it stops its own objects only, within a budget. */
enum vg_verdict { VG_VERDICT_NONE, VG_VERDICT_MATCH, VG_VERDICT_STOP, VG_VERDICT_N };
struct vg_return {
	uint8_t type;
	uint8_t verdict; /* DONE, VERDICT: enum vg_verdict; anything else is refused */
	uint16_t reserved;
	uint32_t chunk_idx; /* CHUNK */
	uint64_t object_id;
};
_Static_assert(sizeof(struct vg_return) == 16, "four returns, one cache line");

static inline size_t vg_lane_slots_off(void)
{
	return VG_LANE_PAGE;
}
/* Of all classes together; never wraps in a geometry that was checked. */
static inline uint32_t vg_lane_n_chunks(const struct vg_lane_geometry *g)
{
	return g->n_small + g->n_large + g->n_tiny;
}
static inline size_t vg_lane_chunk_off(const struct vg_lane_geometry *g, uint32_t chunk_idx)
{
	size_t off = VG_LANE_PAGE + (size_t)g->n_slots * sizeof(struct vg_desc);
	if (chunk_idx < g->n_small)
		return off + (size_t)chunk_idx * VG_CHUNK_SMALL;
	off += (size_t)g->n_small * VG_CHUNK_SMALL;
	chunk_idx -= g->n_small;
	if (chunk_idx < g->n_large)
		return off + (size_t)chunk_idx * VG_CHUNK_LARGE;
	return off + (size_t)g->n_large * VG_CHUNK_LARGE + (size_t)(chunk_idx - g->n_large) * VG_CHUNK_TINY;
}
static inline uint32_t vg_lane_chunk_bytes(const struct vg_lane_geometry *g, uint32_t chunk_idx)
{
	return chunk_idx < g->n_small                ? VG_CHUNK_SMALL
	       : chunk_idx - g->n_small < g->n_large ? VG_CHUNK_LARGE
						     : VG_CHUNK_TINY;
}
static inline size_t vg_lane_out_bytes(const struct vg_lane_geometry *g)
{
	size_t n = vg_lane_chunk_off(g, vg_lane_n_chunks(g));
	return (n + VG_LANE_PAGE - 1) & ~(size_t)(VG_LANE_PAGE - 1);
}
static inline size_t vg_lane_in_bytes(const struct vg_lane_geometry *g)
{
	return VG_LANE_PAGE +
	       (((size_t)g->n_returns * sizeof(struct vg_return) + VG_LANE_PAGE - 1) & ~(size_t)(VG_LANE_PAGE - 1));
}
/* Geometry from a message: powers of two and limits; VG_OK or VG_ERANGE. */
static inline enum vg_err vg_lane_check(const struct vg_lane_geometry *g)
{
	uint64_t n_chunks = (uint64_t)g->n_small + g->n_large + g->n_tiny;
	if (!g->n_slots || g->n_slots > VG_LANE_MAX_SLOTS || (g->n_slots & (g->n_slots - 1)))
		return VG_ERANGE;
	if (!g->n_returns || g->n_returns > 4 * VG_LANE_MAX_CHUNKS || (g->n_returns & (g->n_returns - 1)))
		return VG_ERANGE;
	if (!n_chunks || n_chunks > VG_LANE_MAX_CHUNKS || !g->n_attr || g->n_attr > VG_LANE_MAX_SLOTS)
		return VG_ERANGE;
	return g->n_returns > n_chunks + 2ull * g->n_attr ? VG_OK : VG_ERANGE;
}
/* How many items lie between our index and the peer's, or -1 where the peer's word cannot be true. */
static inline int64_t vg_lane_pending(uint64_t theirs, uint64_t ours, uint32_t n)
{
	uint64_t diff = theirs - ours;
	return diff > n ? -1 : (int64_t)diff;
}
