/* near_setup: sketches. */
#include <stdlib.h>

#include <vigil/base.h>

#include "hashing/index/near.h"

_Static_assert(sizeof(struct vg_index_frame) == sizeof(struct vg_index_pdq), "both are hashes with a number behind");

static enum vg_err make_sketch(struct vg_near *near, const struct vg_index_pdq *records)
{
	near->n_sketch = (near->n_hashes + VG_HAMMING_PAD - 1) / VG_HAMMING_PAD * VG_HAMMING_PAD;
	near->sketch = aligned_alloc(VG_CACHE_LINE, 2 * near->n_sketch * sizeof(*near->sketch));
	if (!near->sketch)
		return VG_ENOMEM;
	memset(near->sketch, 0, 2 * near->n_sketch * sizeof(*near->sketch));
	for (uint64_t i = 0; i < near->n_hashes; i++) {
		memcpy(near->sketch + i, records[i].value, 8);
		memcpy(near->sketch + near->n_sketch + i, records[i].value + 8, 8);
	}
	return VG_OK;
}

enum vg_err vg_near_init(struct vg_near *near, const struct vg_hamming_tier *tier, const void *records,
			 uint64_t n_hashes, uint32_t max_distance, const struct vg_bands *bands)
{
	*near = (struct vg_near){ .tier = tier,
				  .n_hashes = n_hashes,
				  .max_distance = max_distance < VG_PDQ_WIDE_DISTANCE ? max_distance
										      : VG_PDQ_WIDE_DISTANCE };
	if (!n_hashes)
		return VG_OK;
	if (bands && near->max_distance <= VG_BANDS_MAX_DISTANCE && bands->first && bands->n_hashes == n_hashes)
		near->bands = bands;
	return near->bands ? VG_OK : make_sketch(near, records);
}

void vg_near_fini(struct vg_near *near)
{
	free(near->sketch);
	*near = (struct vg_near){ .tier = near->tier };
}
