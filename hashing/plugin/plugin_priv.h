#pragma once
/* plugin_priv: what both halves of the plug-ins know. */
#include "hashing/plugin/plugin.h"

struct vg_plugin_slot {
	const struct vg_plugin *plugin;
	struct vg_plugin_value head; /* its name and size as they were when it was loaded */
	void *state;
};
struct vg_plugins {
	struct vg_plugin_slot at[VG_PLUGIN_MAX];
	unsigned n, n_value_bytes;
	uint8_t plane[VG_PLUGIN_MAX_SIDE * VG_PLUGIN_MAX_SIDE];
};
