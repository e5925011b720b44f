#pragma once
/* plugin_index: values of plug-ins (plugin.h) in the list index (index_format.h), and when a picture's value is one of
 * them: the same rule for the hasher that finds and for vigild that believes nothing. Pure.
 *
 * A group holds all values of one algorithm and version, which have one length; each (algo, version) once. Groups,
 * their records and their values stand in one order, without a gap. */
#include <stdint.h>
#include <string.h>

#include <vigil/plugin_value.h>

#define VG_INDEX_MAX_GROUPS  16u
#define VG_INDEX_MAX_PLUGINS (1u << 20) /* values of all groups: each picture is compared with all of its algorithm */

struct vg_index_group {
	char algo[VG_PLUGIN_ALGO_BYTES];
	uint32_t version, n_value_bytes;
	uint32_t first, n_plugins; /* records */
	uint64_t values_off;       /* in plugin_values: of record i, values_off + (i - first) * n_value_bytes */
};
struct vg_index_plugin {
	uint32_t entry_idx;
	uint16_t max_distance, reserved; /* bits, inclusive; at most vg_plugin_max_distance() */
};

/* A quarter of the bits: two pictures that have nothing in common differ in about a half. */
static inline uint32_t vg_plugin_max_distance(uint32_t n_value_bytes)
{
	return n_value_bytes * 8 / 4;
}

/* Every reference of the three sections. */
static inline int vg_index_plugins_ok(const struct vg_index_group *groups, uint64_t n_groups,
				      const struct vg_index_plugin *plugins, uint64_t n_plugins, uint64_t n_value_bytes,
				      uint64_t n_entries)
{
	uint64_t next = 0, off = 0;
	if (n_groups > VG_INDEX_MAX_GROUPS || n_plugins > VG_INDEX_MAX_PLUGINS)
		return 0;
	for (uint64_t g = 0; g < n_groups; g++) {
		const struct vg_index_group *group = &groups[g];
		if (!vg_plugin_algo_ok(group->algo) || !group->version || !group->n_value_bytes ||
		    group->n_value_bytes > VG_PLUGIN_VALUE_BYTES || group->first != next || group->values_off != off ||
		    !group->n_plugins || group->n_plugins > n_plugins - next)
			return 0;
		for (uint64_t k = 0; k < g; k++)
			if (!memcmp(groups[k].algo, group->algo, sizeof(group->algo)) &&
			    groups[k].version == group->version)
				return 0;
		for (uint64_t end = next + group->n_plugins; next < end; next++)
			if (plugins[next].entry_idx >= n_entries || plugins[next].reserved ||
			    plugins[next].max_distance > vg_plugin_max_distance(group->n_value_bytes))
				return 0;
		off += (uint64_t)group->n_plugins * group->n_value_bytes;
	}
	return next == n_plugins && off == n_value_bytes;
}

/* Bits in which two values differ. */
static inline uint32_t vg_plugin_distance(const uint8_t *a, const uint8_t *b, uint32_t n_bytes)
{
	uint32_t distance = 0, i = 0;
	for (; i + 8 <= n_bytes; i += 8) {
		uint64_t x, y;
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		distance += (uint32_t)__builtin_popcountll(x ^ y);
	}
	for (; i < n_bytes; i++)
		distance += (uint32_t)__builtin_popcount(a[i] ^ b[i]);
	return distance;
}

/* The value among `values` (vg_plugin_values_ok()) that may be compared with a group's: of its algorithm, version and
 * length, and not without quality. NULL: none. */
static inline const uint8_t *vg_plugin_value_for(const struct vg_plugin_values *values,
						 const struct vg_index_group *group)
{
	const uint8_t *at = values->bytes;
	for (unsigned i = 0; i < values->n; at += values->at[i++].n_bytes) {
		const struct vg_plugin_value *v = &values->at[i];
		if (!memcmp(v->algo, group->algo, sizeof(v->algo)) && v->version == group->version &&
		    v->n_bytes == group->n_value_bytes)
			return v->quality ? at : NULL;
	}
	return NULL;
}

/* The group of a record, which is one of theirs. */
static inline const struct vg_index_group *vg_index_group_of(const struct vg_index_group *groups, uint64_t n_groups,
							     uint64_t plugin_idx)
{
	while (n_groups-- > 1 && groups[n_groups].first > plugin_idx)
		;
	return &groups[n_groups];
}
