/* exact_setup: counts, then sums up. */
#include <stdlib.h>

#include "hashing/index/exact.h"

#define MIN_RECORDS 1024u /* fewer are in the cache anyhow */
#define MAX_BITS    28u

void vg_exact_fini(struct vg_exact *exact)
{
	free(exact->first);
	*exact = (struct vg_exact){ NULL, 0 };
}

void vg_exact_init(struct vg_exact *exact, const struct vg_index_view *view, enum vg_algo algo)
{
	const uint8_t *at = algo == VG_ALGO_MD5    ? (const uint8_t *)view->md5
			    : algo == VG_ALGO_SHA1 ? (const uint8_t *)view->sha1
						   : (const uint8_t *)view->sha256;
	size_t stride = algo == VG_ALGO_MD5 ? 20 : algo == VG_ALGO_SHA1 ? 24 : 36;
	uint64_t n = vg_index_n_exact(view, algo);
	uint32_t n_bits = 8;

	*exact = (struct vg_exact){ NULL, 0 };
	if (n < MIN_RECORDS)
		return;
	while (n_bits < MAX_BITS && n >> n_bits > 4)
		n_bits++;
	exact->first = calloc(((size_t)1 << n_bits) + 1, sizeof(*exact->first));
	if (!exact->first)
		return;
	exact->n_bits = n_bits;
	for (uint64_t i = 0; i < n; i++, at += stride)
		exact->first[vg_exact_range(at, n_bits) + 1]++;
	for (uint32_t i = 0; i < 1u << n_bits; i++)
		exact->first[i + 1] += exact->first[i];
}
