/* Lists of digests are as even as digests are; where one is not, a range is only longer. */
#include "hashing/index/exact.h"

uint32_t vg_exact_find(const struct vg_exact *exact, const struct vg_index_view *view, enum vg_algo algo,
		       const uint8_t *value, uint32_t *entry_idx, uint32_t max_hits)
{
	uint64_t low = 0, high = vg_index_n_exact(view, algo);

	if (exact->first) {
		const uint32_t *at = exact->first + vg_exact_range(value, exact->n_bits);

		low = at[0];
		high = at[1];
	}
	return vg_index_find_among(view, algo, value, low, high, entry_idx, max_hits);
}
