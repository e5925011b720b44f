/* hamming_select: the table of tiers. */
#include <vigil/base.h>

#include "hashing/index/hamming.h"

static const struct vg_hamming_tier *const tiers[] = { &vg_hamming_tier_avx512, &vg_hamming_tier_avx2,
						       &vg_hamming_tier_generic };

const struct vg_hamming_tier *const *vg_hamming_tiers(unsigned *n_tiers)
{
	*n_tiers = VG_ARRAY_LEN(tiers);
	return tiers;
}

const struct vg_hamming_tier *vg_hamming_select(void)
{
	unsigned i = 0;
	while (!vg_isa_chosen(tiers[i]->isa)) /* generic, the last, always may */
		i++;
	return tiers[i];
}
