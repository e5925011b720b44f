#pragma once
/* sniff_priv: the table, and what was compiled of it. */
#include <hs/hs.h>

#include "dataplane/media/sniff.h"
#include "dataplane/media/sniff_table.h"

struct vg_sniff_row {
	enum vg_kind kind;
	const char *pattern;
};
/* The table; where several rows fit, the first counts. */
const struct vg_sniff_row *vg_sniff_rows(uint32_t *n_rows);

struct vg_sniff {
	hs_database_t *database;
	hs_scratch_t *scratch;
};
