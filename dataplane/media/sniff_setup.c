/* The table of magic numbers is compiled while Vigil is built: it takes 50 ms of a core, which a replay of a small
 * capture would pay each time. */
#include <stdlib.h>

#include <vigil/log.h>

#include "dataplane/media/sniff_priv.h"

hs_database_t *vg_sniff_table_stored(void)
{
	hs_database_t *database = NULL;

	/* Refused: another version of Hyperscan, or a CPU that it does not run on. */
	if (hs_deserialize_database((const char *)vg_magic_bytes, vg_magic_n_bytes, &database) != HS_SUCCESS)
		return NULL;
	return database;
}

static hs_database_t *table(void)
{
	hs_database_t *database = vg_sniff_table_stored();
	char why[256];

	if (database)
		return database;
	database = vg_sniff_table_compile(0, why, sizeof(why));
	if (!database)
		vg_log(VG_LOG_ERROR, "dataplane/media", "the magic table does not compile: %s", why);
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
	sniff->database = table();
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
