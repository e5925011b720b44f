/* verify, plug-ins: vigild loads none, so that a value is a hasher's word; what it comes to with a listed one is
 * computed anew. */
#include "control/intake/verify.h"

enum vg_refusal vg_verify_plugin(const struct vg_verify_args *args, const struct vg_hit *hit)
{
	const struct vg_index_view *view = args->view;
	enum vg_refusal refusal = VG_REFUSE_ENTRY;
	/* An entry has one value; nothing in the format says so. */
	for (uint64_t i = 0; i < view->n_plugins && refusal; i++) {
		const struct vg_index_plugin *plugin = &view->plugins[i];
		if (plugin->entry_idx != hit->entry_idx)
			continue;
		const struct vg_index_group *group = vg_index_group_of(view->groups, view->n_groups, i);
		const uint8_t *value = vg_plugin_value_for(&args->record->plugins, group);
		if (!value || !args->declared || !args->declared(args->ctx, group->algo, group->version)) {
			refusal = VG_REFUSE_PLUGIN;
			continue;
		}
		uint64_t off = group->values_off + (i - group->first) * group->n_value_bytes;
		uint32_t distance = vg_plugin_distance(value, view->plugin_values + off, group->n_value_bytes);
		refusal = distance == hit->distance && distance <= plugin->max_distance ? VG_REFUSE_NONE
											: VG_REFUSE_DISTANCE;
	}
	return refusal;
}
