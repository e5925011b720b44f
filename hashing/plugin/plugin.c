#include "hashing/plugin/plugin.h"

#include <string.h>

#include "hashing/plugin/plugin_priv.h"

_Static_assert(VG_PLUGIN_MAX_SIDE == VG_LUMA_SIDE, "a plane is PDQ's");

unsigned vg_plugins_n(const struct vg_plugins *plugins)
{
	return plugins->n;
}

bool vg_plugins_serve(const struct vg_plugins *plugins, const struct vg_index_group *group)
{
	for (unsigned i = 0; i < plugins->n; i++) {
		const struct vg_plugin_value *head = &plugins->at[i].head;

		if (!memcmp(head->algo, group->algo, sizeof(head->algo)) && head->version == group->version)
			return head->n_bytes == group->n_value_bytes;
	}
	return false;
}

static void round_plane(const struct vg_luma *luma, uint8_t *plane)
{
	for (uint32_t row = 0; row < luma->n_rows; row++)
		for (uint32_t col = 0; col < luma->n_cols; col++) {
			float level = luma->at[row * VG_LUMA_STRIDE + col] + 0.5f;
			plane[row * VG_PLUGIN_MAX_SIDE + col] = level >= 255.0f ? 255
								: level > 0.0f  ? (uint8_t)level
										: 0;
		}
}

unsigned vg_plugins_hash(struct vg_plugins *plugins, const struct vg_luma *luma, struct vg_plugin_values *out)
{
	struct vg_plugin_picture picture = { .luma = plugins->plane,
					     .n_cols = luma->n_cols,
					     .n_rows = luma->n_rows,
					     .stride = VG_PLUGIN_MAX_SIDE,
					     .width = luma->width,
					     .height = luma->height,
					     .is_partial = luma->partial };
	unsigned n_bytes = 0, n_failed = 0;

	memset(out, 0, sizeof(*out));
	if (luma->eighths || luma->n_rows > VG_PLUGIN_MAX_SIDE || luma->n_cols > VG_PLUGIN_MAX_SIDE)
		return plugins->n;
	for (unsigned i = 0; i < plugins->n; i++) {
		struct vg_plugin_slot *slot = &plugins->at[i];
		uint8_t value[VG_PLUGIN_VALUE_BYTES] = { 0 };
		uint32_t quality = UINT32_MAX;

		/* Each gets a plane of its own making only: the one before may have written into it. */
		round_plane(luma, plugins->plane);
		if (slot->plugin->hash(slot->state, &picture, value, &quality) || quality > VG_PLUGIN_MAX_QUALITY) {
			n_failed++;
			continue;
		}
		out->at[out->n] = slot->head;
		out->at[out->n++].quality = (uint8_t)quality;
		memcpy(out->bytes + n_bytes, value, slot->head.n_bytes);
		n_bytes += slot->head.n_bytes;
	}
	return n_failed;
}
