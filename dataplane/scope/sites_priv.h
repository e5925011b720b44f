#pragma once
/* sites_priv: what was compiled of the patterns. */
#include <hs/hs.h>

#include "dataplane/scope/sites.h"

enum { VG_SITE_OUT, VG_SITE_IN }; /* ids of the patterns */

struct vg_sites {
	hs_database_t *database;
	hs_scratch_t *scratch;
	int has_inclusions;
};
