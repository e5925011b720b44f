#pragma once
/* plugins: rows of plug-ins' values gathered, and made into the groups of an index (vigil/plugin_index.h). One
 * thread. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/plugin_index.h>

#include "control/lists/list_text.h"

struct vg_list_plugins;
/* Sections of an index, borrowed of the room that made them. */
struct vg_list_plugins_made {
	struct vg_index_group *groups;
	struct vg_index_plugin *plugins;
	uint8_t *values;
	size_t n_groups, n_plugins, n_value_bytes;
};

void vg_list_plugins_destroy(struct vg_list_plugins *plugins);
struct vg_list_plugins *vg_list_plugins_create(void) VG_DEALLOC(vg_list_plugins_destroy);
/* VG_OK; VG_ECONFLICT: values of this algorithm and version have another length elsewhere; VG_EFULL: more than
 * VG_INDEX_MAX_GROUPS algorithms or VG_INDEX_MAX_PLUGINS values; VG_ENOMEM. */
enum vg_err vg_list_plugins_add(struct vg_list_plugins *plugins, const struct vg_list_plugin *row, uint32_t entry_idx);
/* Whether two entries are one, but for their number. */
typedef int (*vg_list_plugins_same_fn)(const void *ctx, uint32_t left, uint32_t right);
/* Once: sorts, and folds rows that repeat (same value, same entry; the larger distance stays), counting them. VG_OK,
 * VG_ENOMEM. */
enum vg_err vg_list_plugins_finish(struct vg_list_plugins *plugins, vg_list_plugins_same_fn same, const void *ctx,
				   struct vg_list_plugins_made *made, uint64_t *n_folded);
