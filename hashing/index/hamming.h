#pragma once
/* hamming: which of many 256-bit hashes may lie within a distance of one of up to eight queries. Works on a sketch
 * of the first 128 bits of each hash, kept as two arrays: a random pair agrees that well with p of about 1e-8, and a
 * true match always does, so that whoever calls compares the few candidates in full. Pure; tiers like those of
 * hashing/pdq. */
#include <stdint.h>
#include <string.h>

#include <vigil/isa.h>

#define VG_HAMMING_BYTES       32u
#define VG_HAMMING_SKETCH      16u /* bytes of a hash that the sketch holds */
#define VG_HAMMING_PAD         8u  /* both arrays are readable to a multiple of this many words */
#define VG_HAMMING_MAX_QUERIES 8u

/* A query or hash as words; bytes in memory order, which word is which does not matter for a distance. */
struct vg_hamming_query {
	uint64_t low, high; /* first and second half of the sketch */
};

/* Looks at hashes *next .. n_hashes and writes the indices of candidates (some query lies within `limit` bits in the
 * sketch), ascending, until all are looked at or `candidates` has no room for another group of the tier. Returns
 * their number and moves *next behind what it looked at: begin with 0 and call until *next reaches n_hashes.
 * max_candidates >= VG_HAMMING_PAD. */
typedef uint32_t (*vg_hamming_scan_fn)(const uint64_t *low, const uint64_t *high, uint64_t n_hashes, uint64_t *next,
				       const struct vg_hamming_query *queries, uint32_t n_queries, uint32_t limit,
				       uint32_t *candidates, uint32_t max_candidates);

struct vg_hamming_tier {
	enum vg_isa isa;
	vg_hamming_scan_fn scan;
};
extern const struct vg_hamming_tier vg_hamming_tier_generic, vg_hamming_tier_avx2, vg_hamming_tier_avx512;

/* The tiers that are built in, best first, *n_tiers of them. */
const struct vg_hamming_tier *const *vg_hamming_tiers(unsigned *n_tiers);

/* The best tier that may be used here. Start-up only: reads the environment. */
const struct vg_hamming_tier *vg_hamming_select(void);

/* Bits in which two hashes of VG_HAMMING_BYTES differ. */
static inline uint32_t vg_hamming_distance(const uint8_t *a, const uint8_t *b)
{
	uint32_t distance = 0;
	for (unsigned i = 0; i < VG_HAMMING_BYTES; i += 8) {
		uint64_t x, y;
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		distance += (uint32_t)__builtin_popcountll(x ^ y);
	}
	return distance;
}
