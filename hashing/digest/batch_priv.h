#pragma once
/* batch_priv: the inside of struct vg_batch. */
#include "hashing/digest/batch.h"
#include "hashing/digest/digest_priv.h"

struct vg_batch_piece {
	const uint8_t *at;
	size_t n_bytes;
	uint32_t next_idx;
};
/* What one lane is at: n_blocks blocks from `at` on, which may be its stream's tail. */
struct vg_batch_lane {
	struct vg_digests *d;
	size_t n_blocks;
	bool is_tail;
};
#define VG_BATCH_STAGE_BLOCKS 32u
struct vg_batch {
	/* one block more than is used, so that lanes do not begin at the same place of a cache's way */
	_Alignas(64) uint8_t stage[VG_WIDE_MAX_LANES][(VG_BATCH_STAGE_BLOCKS + 1) * VG_WIDE_BLOCK_BYTES];
	uint8_t *staged[VG_WIDE_MAX_LANES]; /* stage[i] */
	struct vg_wide_state state;         /* of the lanes, while a run goes on */
	const uint8_t *from[VG_WIDE_MAX_LANES];
	struct vg_batch_lane lanes[VG_WIDE_MAX_LANES];
	unsigned n_lanes, n_busy; /* lanes 0 .. n_busy-1 have a stream */
	const struct vg_wide_tier *tier;
	struct vg_digests *oldest, *newest; /* streams that wait, not those in lanes */
	struct vg_digests *wanted;          /* drain: the run ends when this one has nothing more; else NULL */
	uint32_t n_streams;
	uint64_t n_bytes;
	struct vg_batch_piece *pieces;
	uint32_t n_pieces, first_free;
};
