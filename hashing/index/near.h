#pragma once
/* near: which of a section's 256-bit hashes may lie within the distance of one of up to eight: by one pass over
 * sketches where they are few or the distance is above 31 (most of them are compared in full above some 50), by bands
 * where they are many. The hashes are borrowed (36 bytes each, value first, as pictures and frames of an index are).
 * One thread. Memory of its own: 16 bytes a hash where they are scanned. */
#include <stdint.h>

#include <vigil/err.h>
#include <vigil/index_format.h>

#include "hashing/index/bands.h"
#include "hashing/index/hamming.h"

#define VG_NEAR_MAX_CANDIDATES 256u

struct vg_near {
	const struct vg_hamming_tier *tier;
	uint64_t n_hashes;
	uint32_t max_distance;
	const struct vg_bands *bands; /* borrowed; NULL: by scan */
	uint64_t *sketch;  /* first words of all hashes, then their second words; each padded to VG_HAMMING_PAD */
	uint64_t n_sketch; /* words of one half, with the padding */
	uint32_t candidates[VG_NEAR_MAX_CANDIDATES];
};

/* Makes what searching `records` takes (not hot): with their bands nothing more; without (NULL, or an empty table)
 * sketches. VG_OK, VG_ENOMEM. vg_near_fini() in both cases. */
enum vg_err vg_near_init(struct vg_near *near, const struct vg_hamming_tier *tier, const void *records,
			 uint64_t n_hashes, uint32_t max_distance, const struct vg_bands *bands);
void vg_near_fini(struct vg_near *near);

typedef void (*vg_near_fn)(void *ctx, uint32_t record_idx);

/* Gives every record within max_distance + margin (31 at most, unless max_distance alone is more) of one of the
 * queries (<= VG_HAMMING_MAX_QUERIES), some more than once, and some that are not: the caller compares in full. Returns
 * how many hashes it looked at. Hot. */
uint64_t vg_near_search(struct vg_near *near, const uint8_t (*queries)[32], uint32_t n_queries, uint32_t margin,
			vg_near_fn found, void *ctx);
