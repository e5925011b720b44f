/* wide_select: the table of tiers. */
#include <cpuid.h>

#include <vigil/base.h>

#include "hashing/digest/wide.h"

static const struct vg_wide_tier *const tiers[] = { &vg_wide_tier_avx512_sha, &vg_wide_tier_avx512,
						    &vg_wide_tier_avx2_sha, &vg_wide_tier_avx2, &vg_wide_tier_generic };

const struct vg_wide_tier *const *vg_wide_tiers(unsigned *n_tiers)
{
	*n_tiers = VG_ARRAY_LEN(tiers);
	return tiers;
}

/* Leaf 7, EBX bit 29. */
static bool has_sha(void)
{
	unsigned eax, ebx, ecx, edx;

	return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && ebx >> 29 & 1;
}

bool vg_wide_runs_here(const struct vg_wide_tier *tier)
{
	return vg_isa_runs_here(tier->isa) && (!tier->needs_sha || has_sha());
}

const struct vg_wide_tier *vg_wide_select(void)
{
	unsigned i = 0;
	while (!vg_isa_chosen(tiers[i]->isa) || !vg_wide_runs_here(tiers[i])) /* generic, the last, always may */
		i++;
	return tiers[i];
}
