/* Compiles the table of magic numbers. */
#include <stdlib.h>

#include <vigil/log.h>

#include "dataplane/media/sniff_priv.h"

static hs_database_t *table_compile(void)
{
	uint32_t n_rows;
	const struct vg_sniff_row *rows = vg_sniff_rows(&n_rows);
	const char *patterns[64];
	unsigned flags[64], ids[64];
	hs_database_t *database = NULL;
	hs_compile_error_t *why = NULL;

	VG_INVARIANT(n_rows <= VG_ARRAY_LEN(ids));
	for (unsigned i = 0; i < n_rows; i++) {
		patterns[i] = rows[i].pattern;
		flags[i] = HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH;
		ids[i] = i;
	}
	if (hs_compile_multi(patterns, flags, ids, n_rows, HS_MODE_BLOCK, NULL, &database, &why) != HS_SUCCESS) {
		vg_log(VG_LOG_ERROR, "dataplane/media", "the magic table does not compile: %s",
		       why ? why->message : "unknown");
		hs_free_compile_error(why);
		return NULL;
	}
	return database;
}

static void parts_free(struct vg_sniff *sniff)
{
	hs_free_scratch(sniff->scratch);
	hs_free_database(sniff->database);
}

struct vg_sniff *vg_sniff_create(void)
{
	struct vg_sniff *sniff = calloc(1, sizeof(*sniff));
	if (!sniff)
		return NULL;
	sniff->database = table_compile();
	if (sniff->database && hs_alloc_scratch(sniff->database, &sniff->scratch) == HS_SUCCESS)
		return sniff;
	parts_free(sniff);
	free(sniff);
	return NULL;
}

void vg_sniff_destroy(struct vg_sniff *sniff)
{
	if (!sniff)
		return;
	parts_free(sniff);
	free(sniff);
}
