/* near: the two ways of searching; both give the same records. */
#include "hashing/index/near.h"

uint64_t vg_near_search(struct vg_near *near, const uint8_t (*queries)[32], uint32_t n_queries, uint32_t margin,
			vg_near_fn found, void *ctx)
{
	struct vg_hamming_query sketches[VG_HAMMING_MAX_QUERIES];
	uint32_t distance = near->max_distance + margin,
		 most = near->max_distance > VG_BANDS_MAX_DISTANCE ? VG_HAMMING_SKETCH * 8 : VG_BANDS_MAX_DISTANCE;

	distance = distance < most ? distance : most;
	if (!near->n_hashes)
		return 0;
	if (near->bands)
		return vg_bands_search(near->bands, queries, n_queries, distance, found, ctx);
	for (uint32_t q = 0; q < n_queries; q++) {
		memcpy(&sketches[q].low, queries[q], 8);
		memcpy(&sketches[q].high, queries[q] + 8, 8);
	}
	for (uint64_t next = 0; next < near->n_hashes;) {
		uint32_t n = near->tier->scan(near->sketch, near->sketch + near->n_sketch, near->n_hashes, &next,
					      sketches, n_queries, distance, near->candidates, VG_NEAR_MAX_CANDIDATES);

		for (uint32_t i = 0; i < n; i++)
			found(ctx, near->candidates[i]);
	}
	return near->n_hashes;
}
