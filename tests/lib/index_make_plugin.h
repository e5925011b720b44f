#pragma once
/* index_make_plugin: values of plug-ins in an index made by index_make.h. */
#include "tests/lib/index_make.h"

/* A further entry with a value of a plug-in, of the group made last or of a new one; its number. */
static inline uint32_t vg_index_make_plugin(struct vg_index_make *m, uint32_t list_idx, const char *algo,
					    uint32_t version, uint16_t max_distance, const void *value,
					    uint32_t n_bytes)
{
	struct vg_index_group *group = m->n_groups ? &m->groups[m->n_groups - 1] : NULL;
	if (!group || strcmp(group->algo, algo) != 0 || group->version != version) {
		group = &m->groups[m->n_groups++];
		*group = (struct vg_index_group){ "", version, n_bytes, m->n_plugins, 0, m->n_plugin_bytes };
		memcpy(group->algo, algo, strlen(algo));
	}
	m->plugins = realloc(m->plugins, (m->n_plugins + 1) * sizeof(*m->plugins));
	m->plugin_values = realloc(m->plugin_values, m->n_plugin_bytes + n_bytes);
	if (!m->plugins || !m->plugin_values)
		abort();
	uint32_t entry_idx = vg_index_make_entry(m, list_idx);
	m->plugins[m->n_plugins++] = (struct vg_index_plugin){ entry_idx, max_distance, 0 };
	memcpy(m->plugin_values + m->n_plugin_bytes, value, n_bytes);
	m->n_plugin_bytes += n_bytes;
	group->n_plugins++;
	return entry_idx;
}
