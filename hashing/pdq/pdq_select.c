/* pdq_select: the table of tiers. */
#include <vigil/base.h>

#include "hashing/pdq/pdq_priv.h"

static const struct vg_pdq_tier *const tiers[] = { &vg_pdq_tier_avx512, &vg_pdq_tier_avx2, &vg_pdq_tier_generic };

const struct vg_pdq_tier *const *vg_pdq_tiers(unsigned *n_tiers)
{
	*n_tiers = VG_ARRAY_LEN(tiers);
	return tiers;
}

const struct vg_pdq_tier *vg_pdq_select(void)
{
	unsigned i = 0;
	while (!vg_isa_chosen(tiers[i]->isa)) /* generic, the last, always may */
		i++;
	return tiers[i];
}
