/* One scan says which sorts of patterns fit. */
#include "dataplane/scope/sites_priv.h"

/* The scan may end where an exclusion fits: nothing overrules it. */
static int fits(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	unsigned *found = context;

	(void)from;
	(void)to;
	(void)flags;
	*found |= 1u << id;
	return id == VG_SITE_OUT;
}

int vg_sites_has(const struct vg_sites *sites, const char *text, size_t n_text)
{
	unsigned found = 0;
	hs_error_t err = hs_scan(sites->database, text, (unsigned)n_text, 0, sites->scratch, fits, &found);

	if (err != HS_SUCCESS && err != HS_SCAN_TERMINATED)
		return 0; /* it cannot fail; and what is not known to be in scope is not looked at */
	if (found >> VG_SITE_OUT & 1)
		return 0;
	return !sites->has_inclusions || found >> VG_SITE_IN & 1;
}
