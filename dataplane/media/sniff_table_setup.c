/* Compiles the table of magic numbers: at build time for the programs (main_magic.c), at start where that does not
 * fit. */
#include <string.h>

#include "dataplane/media/sniff_priv.h"
#include "dataplane/scope/patterns.h"

hs_database_t *vg_sniff_table_compile(int for_any_cpu, char *why, size_t n_why)
{
	uint32_t n_rows;
	const struct vg_sniff_row *rows = vg_sniff_rows(&n_rows);
	const char *patterns[64];
	unsigned flags[64], ids[64];

	VG_INVARIANT(n_rows <= VG_ARRAY_LEN(ids));
	for (unsigned i = 0; i < n_rows; i++) {
		patterns[i] = rows[i].pattern;
		flags[i] = HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH;
		ids[i] = i;
	}
	return vg_patterns_compile(patterns, flags, ids, n_rows, for_any_cpu, why, n_why);
}
