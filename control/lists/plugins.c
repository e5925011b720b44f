#include "control/lists/plugins.h"

#include <stdlib.h>
#include <string.h>

struct group {
	struct vg_index_group head;
	struct vg_index_plugin *plugins;
	uint8_t *values;
	size_t cap;
};
struct vg_list_plugins {
	struct group groups[VG_INDEX_MAX_GROUPS];
	size_t n_groups, n_plugins;
	struct vg_list_plugins_made made;
};

struct vg_list_plugins *vg_list_plugins_create(void)
{
	return calloc(1, sizeof(struct vg_list_plugins));
}

void vg_list_plugins_destroy(struct vg_list_plugins *plugins)
{
	if (!plugins)
		return;
	for (size_t i = 0; i < plugins->n_groups; i++) {
		free(plugins->groups[i].plugins);
		free(plugins->groups[i].values);
	}
	free(plugins->made.groups);
	free(plugins->made.plugins);
	free(plugins->made.values);
	free(plugins);
}

static struct group *group_for(struct vg_list_plugins *plugins, const struct vg_list_plugin *row)
{
	for (size_t i = 0; i < plugins->n_groups; i++)
		if (!memcmp(plugins->groups[i].head.algo, row->algo, sizeof(row->algo)) &&
		    plugins->groups[i].head.version == row->version)
			return &plugins->groups[i];
	if (plugins->n_groups == VG_INDEX_MAX_GROUPS)
		return NULL;
	struct group *fresh = &plugins->groups[plugins->n_groups++];
	memcpy(fresh->head.algo, row->algo, sizeof(row->algo));
	fresh->head.version = row->version;
	fresh->head.n_value_bytes = row->n_value_bytes;
	return fresh;
}

static enum vg_err make_room(struct group *g)
{
	size_t cap = g->cap ? g->cap * 2 : 64;
	if (g->head.n_plugins < g->cap)
		return VG_OK;
	struct vg_index_plugin *plugins = realloc(g->plugins, cap * sizeof(*plugins));
	if (!plugins)
		return VG_ENOMEM;
	g->plugins = plugins;
	uint8_t *values = realloc(g->values, cap * g->head.n_value_bytes);
	if (!values)
		return VG_ENOMEM;
	g->values = values;
	g->cap = cap;
	return VG_OK;
}

enum vg_err vg_list_plugins_add(struct vg_list_plugins *plugins, const struct vg_list_plugin *row, uint32_t entry_idx)
{
	struct group *g = group_for(plugins, row);
	if (!g || plugins->n_plugins == VG_INDEX_MAX_PLUGINS)
		return VG_EFULL;
	if (g->head.n_value_bytes != row->n_value_bytes)
		return VG_ECONFLICT;
	enum vg_err err = make_room(g);
	if (err)
		return err;
	g->plugins[g->head.n_plugins] = (struct vg_index_plugin){ entry_idx, (uint16_t)row->max_distance, 0 };
	memcpy(g->values + (size_t)g->head.n_plugins++ * row->n_value_bytes, row->value, row->n_value_bytes);
	plugins->n_plugins++;
	return VG_OK;
}

static int by_value(const void *a, const void *b, void *ctx)
{
	const struct group *g = ctx;
	size_t left = *(const uint32_t *)a, right = *(const uint32_t *)b, n = g->head.n_value_bytes;
	int order = memcmp(g->values + left * n, g->values + right * n, n);
	return order ? order : left < right ? -1 : left > right;
}

/* The one of made's records from `begin` on that this one repeats, or NULL; they are sorted by value. */
static struct vg_index_plugin *repeated(struct vg_list_plugins_made *made, size_t begin, const uint8_t *value,
					size_t n_value, uint32_t entry_idx, vg_list_plugins_same_fn same,
					const void *ctx)
{
	const uint8_t *at = made->values + made->n_value_bytes;
	for (size_t i = made->n_plugins; i > begin; i--) {
		at -= n_value;
		if (memcmp(at, value, n_value) != 0)
			return NULL;
		if (same(ctx, made->plugins[i - 1].entry_idx, entry_idx))
			return &made->plugins[i - 1];
	}
	return NULL;
}

static void put_group(struct vg_list_plugins_made *made, const struct group *g, const uint32_t *order,
		      vg_list_plugins_same_fn same, const void *ctx)
{
	struct vg_index_group *head = &made->groups[made->n_groups++];
	size_t n = g->head.n_value_bytes;
	*head = g->head;
	head->first = (uint32_t)made->n_plugins;
	head->values_off = made->n_value_bytes;
	for (uint32_t i = 0; i < g->head.n_plugins; i++) {
		const struct vg_index_plugin *from = &g->plugins[order[i]];
		const uint8_t *value = g->values + order[i] * n;
		struct vg_index_plugin *before = repeated(made, head->first, value, n, from->entry_idx, same, ctx);
		if (before) {
			if (from->max_distance > before->max_distance)
				before->max_distance = from->max_distance;
			continue;
		}
		memcpy(made->values + made->n_value_bytes, value, n);
		made->n_value_bytes += n;
		made->plugins[made->n_plugins++] = *from;
	}
	head->n_plugins = (uint32_t)(made->n_plugins - head->first);
}

enum vg_err vg_list_plugins_finish(struct vg_list_plugins *plugins, vg_list_plugins_same_fn same, const void *ctx,
				   struct vg_list_plugins_made *made, uint64_t *n_folded)
{
	size_t n_value_bytes = 0;
	uint32_t *order = calloc(plugins->n_plugins + 1, sizeof(*order));
	struct vg_list_plugins_made *m = &plugins->made;
	for (size_t i = 0; i < plugins->n_groups; i++)
		n_value_bytes += (size_t)plugins->groups[i].head.n_plugins * plugins->groups[i].head.n_value_bytes;
	m->groups = calloc(VG_INDEX_MAX_GROUPS, sizeof(*m->groups));
	m->plugins = calloc(plugins->n_plugins + 1, sizeof(*m->plugins));
	m->values = malloc(n_value_bytes + 1);
	if (!order || !m->groups || !m->plugins || !m->values) {
		free(order);
		return VG_ENOMEM;
	}
	for (size_t i = 0; i < plugins->n_groups; i++) {
		struct group *g = &plugins->groups[i];
		if (!g->head.n_plugins)
			continue;
		for (uint32_t k = 0; k < g->head.n_plugins; k++)
			order[k] = k;
		qsort_r(order, g->head.n_plugins, sizeof(*order), by_value, g);
		put_group(m, g, order, same, ctx);
	}
	free(order);
	*n_folded += plugins->n_plugins - m->n_plugins;
	*made = *m;
	return VG_OK;
}
