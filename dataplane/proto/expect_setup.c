/* The cold half of expect. */
#include "dataplane/proto/expect.h"

enum vg_err vg_expect_create(struct vg_expect *table, uint32_t n_entries, struct vg_stats_page *stats)
{
	uint32_t n_heads = 1;

	while (n_heads < n_entries && n_heads < 1u << 30)
		n_heads *= 2;
	*table = (struct vg_expect){
		.stats = stats, .life_ns = VG_EXPECT_NS, .n_entries = n_entries, .head_mask = n_heads - 1
	};
	table->entries = calloc(n_entries, sizeof(table->entries[0]));
	table->heads = calloc(n_heads, sizeof(table->heads[0]));
	if (table->entries && table->heads)
		return VG_OK;
	vg_expect_destroy(table);
	return VG_ENOMEM;
}

void vg_expect_destroy(struct vg_expect *table)
{
	free(table->entries);
	free(table->heads);
	memset(table, 0, sizeof(*table));
}
