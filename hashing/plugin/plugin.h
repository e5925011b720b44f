#pragma once
/* plugin: the plug-ins (include/vigil/plugin.h) of this hasher: loaded at start, asked for each picture. What they
 * write lands in buffers of ours with room for the longest value; what they answer is checked. They run in this
 * process: what they do besides is the sandbox's to stop. One thread. */
#include <stdbool.h>
#include <stddef.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>
#include <vigil/err.h>
#include <vigil/index_format.h>
#include <vigil/plugin_spec.h>

#include "hashing/image/luma.h"

struct vg_plugins;

/* Calls their fini(); the shared objects stay loaded. */
void vg_plugins_destroy(struct vg_plugins *plugins);
/* Start-up only, about 260 KiB. NULL: out of memory. */
struct vg_plugins *vg_plugins_create(void) VG_DEALLOC(vg_plugins_destroy);

/* Loads one, and hashes a drawn picture with it. VG_EINVAL: its path may be written by others, it is no plug-in, it
 * is not what it says, or not what `spec` says: another name or version, or without a distance to search by;
 * VG_EVERSION: of another version of the ABI; VG_EFULL: more than VG_PLUGIN_MAX, or values of more than
 * VG_PLUGIN_VALUE_BYTES together; VG_ECONFLICT: another has its name. `why` (n_why bytes) says it for people. */
enum vg_err vg_plugins_load(struct vg_plugins *plugins, const struct vg_plugin_spec *spec, char *why, size_t n_why);
/* The same for one that is linked in already. */
enum vg_err vg_plugins_add(struct vg_plugins *plugins, const struct vg_plugin *plugin,
			   const struct vg_plugin_spec *spec, char *why, size_t n_why);

/* Loads those of the configuration, before the sandbox closes; what is loaded, and why one is not, is logged. One that
 * does not load is a false configuration, and never left out. 0 and *plugins, NULL where none is configured; else the
 * exit code that says which one (plugin_spec.h), 1: out of memory. */
int vg_plugins_load_all(const struct vg_hashing_conf *conf, struct vg_plugins **plugins);
/* Has an index values that one of `plugins` (or NULL) makes? Those that none of them makes are logged. Not hot. */
bool vg_plugins_search(const struct vg_plugins *plugins, const struct vg_index_view *view);

/* How many are loaded. */
unsigned vg_plugins_n(const struct vg_plugins *plugins);

/* Does one of them make values that a group of listed ones may be compared with? */
bool vg_plugins_serve(const struct vg_plugins *plugins, const struct vg_index_group *group);

/* Asks each for its value of a plane of full scale (luma->eighths 0); out is set anew. Returns how many had none. */
unsigned vg_plugins_hash(struct vg_plugins *plugins, const struct vg_luma *luma, struct vg_plugin_values *out);
