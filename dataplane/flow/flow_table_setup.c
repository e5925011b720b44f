/* The cold half of flow_table.h. The arrays are mapped on first touch: a table for a million flows costs what is
 * used. */
#include <stdlib.h>
#include <string.h>

#include <vigil/pages.h>

#include "dataplane/flow/flow_table.h"

static void release(struct vg_flow_table *table)
{
	if (!table)
		return;
	vg_wheel_destroy(table->wheel);
	vg_pages_free(table->heads, ((size_t)table->head_mask + 1) * sizeof(table->heads[0]));
	vg_pages_free(table->links, table->n_flows * sizeof(table->links[0]));
	vg_pages_free(table->rare, table->n_flows * sizeof(table->rare[0]));
	vg_pages_free(table->flows, table->n_flows * sizeof(table->flows[0]));
	free(table);
}

struct vg_flow_table *vg_flow_table_create(uint32_t n_flows, uint64_t idle_ns, const uint64_t seed[3],
					   struct vg_stats_page *stats, vg_flow_end_fn on_end, void *owner)
{
	struct vg_flow_table *table = calloc(1, sizeof(*table));
	uint32_t n_heads = 1;

	if (!table || !n_flows || n_flows > VG_WHEEL_MAX_NODES)
		goto fail;
	while (n_heads < n_flows)
		n_heads *= 2;
	table->n_flows = n_flows;
	table->head_mask = n_heads - 1;
	table->idle_ns = idle_ns;
	table->closed_ns = idle_ns < VG_FLOW_CLOSED_NS ? idle_ns : VG_FLOW_CLOSED_NS;
	memcpy(table->seed, seed, sizeof(table->seed));
	table->stats = stats;
	table->on_end = on_end;
	table->owner = owner;
	table->flows = vg_pages_new(n_flows * sizeof(table->flows[0]));
	table->links = vg_pages_new(n_flows * sizeof(table->links[0]));
	table->rare = vg_pages_new(n_flows * sizeof(table->rare[0]));
	table->heads = vg_pages_new(n_heads * sizeof(table->heads[0]));
	table->wheel = vg_wheel_create(n_flows, idle_ns);
	if (table->flows && table->links && table->rare && table->heads && table->wheel)
		return table;
fail:
	release(table);
	return NULL;
}

void vg_flow_table_destroy(struct vg_flow_table *table)
{
	release(table);
}
