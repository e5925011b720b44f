/* Loads plug-ins. Whoever may name one in the configuration is root, and so must be whoever made the file: dlopen(3)
 * runs what it loads before anything could be asked. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/log.h>
#include <vigil/media.h>
#include <vigil/trusted_path.h>

#include "hashing/plugin/plugin_priv.h"

#define ROOM       "hashing/plugin"
#define DRAWN_SIDE 64u

void vg_plugins_destroy(struct vg_plugins *plugins)
{
	for (unsigned i = 0; plugins && i < plugins->n; i++)
		if (plugins->at[i].plugin->fini)
			plugins->at[i].plugin->fini(plugins->at[i].state);
	free(plugins);
}

struct vg_plugins *vg_plugins_create(void)
{
	return calloc(1, sizeof(struct vg_plugins));
}

static bool is_taken(const struct vg_plugins *plugins, const char *algo)
{
	for (unsigned i = 0; i < plugins->n; i++)
		if (!strcmp(plugins->at[i].head.algo, algo))
			return true;
	for (unsigned i = 0; i < VG_ALGO_N; i++)
		if (!strcmp(vg_algo_str(i), algo))
			return true;
	return false;
}

/* What it says of itself before version 2, it says of nothing. */
static enum vg_err check_abi(const struct vg_plugin *p, char *why, size_t n_why)
{
	bool is_v1 = p->abi == 1 && p->n_bytes == VG_PLUGIN_BYTES_V1;

	if (is_v1 || (p->abi == VG_PLUGIN_ABI && p->n_bytes == sizeof(*p)))
		return VG_OK;
	snprintf(why, n_why, "is of version %u with %u bytes, not of version %u with %zu", p->abi, p->n_bytes,
		 VG_PLUGIN_ABI, sizeof(*p));
	return VG_EVERSION;
}

/* What its values are compared by, and whether it is what the configuration says. */
static enum vg_err check_search(const struct vg_plugin *p, const struct vg_plugin_spec *spec, char *why, size_t n_why)
{
	uint32_t version = p->abi > 1 ? p->algo_version : 0, distance = p->abi > 1 ? p->distance : 0;

	if (!version != !distance || distance > VG_PLUGIN_DISTANCE_HAMMING) {
		snprintf(why, n_why, "%s: distance %u of algorithm version %u: not one of those in plugin.h", p->algo,
			 distance, version);
		return VG_EINVAL;
	}
	if (!spec->algo[0])
		return VG_OK;
	if (strcmp(p->algo, spec->algo) != 0 || version != spec->version) {
		snprintf(why, n_why, "is %s@%u%s, not %s@%u as the configuration says", p->algo, version,
			 version ? "" : " (it names no version to search by)", spec->algo, spec->version);
		return VG_EINVAL;
	}
	return VG_OK;
}

static enum vg_err check(const struct vg_plugins *plugins, const struct vg_plugin *p, char *why, size_t n_why)
{
	enum vg_err err = check_abi(p, why, n_why);

	if (err)
		return err;
	if (!vg_plugin_algo_ok(p->algo)) {
		snprintf(why, n_why, "has no name of 1 to 15 letters a-z 0-9 _");
		return VG_EINVAL;
	}
	if (!p->n_value_bytes || p->n_value_bytes > VG_PLUGIN_VALUE_BYTES || p->reserved || !p->hash) {
		snprintf(why, n_why, "%s: values of %u bytes (1 to 256), or no hash()", p->algo, p->n_value_bytes);
		return VG_EINVAL;
	}
	if (is_taken(plugins, p->algo)) {
		snprintf(why, n_why, "the name %s is taken", p->algo);
		return VG_ECONFLICT;
	}
	if (plugins->n == VG_PLUGIN_MAX || plugins->n_value_bytes + p->n_value_bytes > VG_PLUGIN_VALUE_BYTES) {
		snprintf(why, n_why, "%s: more than %u plug-ins, or values of more than %u bytes together", p->algo,
			 VG_PLUGIN_MAX, VG_PLUGIN_VALUE_BYTES);
		return VG_EFULL;
	}
	return VG_OK;
}

/* A slope with an edge. False: no value for it, or a false one. */
static bool try_drawn(struct vg_plugins *one)
{
	float *at = aligned_alloc(64, DRAWN_SIDE * VG_LUMA_STRIDE * sizeof(*at));
	struct vg_luma luma = {
		.at = at, .n_rows = DRAWN_SIDE, .n_cols = DRAWN_SIDE, .width = DRAWN_SIDE, .height = DRAWN_SIDE
	};
	struct vg_plugin_values values;
	bool ok;

	if (!at)
		return false;
	for (uint32_t i = 0; i < DRAWN_SIDE * VG_LUMA_STRIDE; i++) {
		uint32_t row = i / VG_LUMA_STRIDE, col = i % VG_LUMA_STRIDE;
		at[i] = col < DRAWN_SIDE ? (float)(row + col + (col > row ? 96 : 0)) : 0.0f;
	}
	ok = !vg_plugins_hash(one, &luma, &values);
	free(at);
	return ok;
}

enum vg_err vg_plugins_add(struct vg_plugins *plugins, const struct vg_plugin *plugin,
			   const struct vg_plugin_spec *spec, char *why, size_t n_why)
{
	struct vg_plugin_slot slot = { .plugin = plugin };
	struct vg_plugins *alone;
	enum vg_err err = check(plugins, plugin, why, n_why);
	int code;

	if (!err)
		err = check_search(plugin, spec, why, n_why);
	if (err)
		return err;
	memcpy(slot.head.algo, plugin->algo, sizeof(slot.head.algo));
	slot.head.n_bytes = (uint16_t)plugin->n_value_bytes;
	slot.head.version = plugin->abi > 1 ? plugin->algo_version : 0;
	code = plugin->init ? plugin->init(&slot.state) : 0;
	if (code) {
		snprintf(why, n_why, "%s does not start: its init() says %d", slot.head.algo, code);
		return VG_EINVAL;
	}
	alone = calloc(1, sizeof(*alone)); /* tried before it is counted among the others */
	if (alone) {
		alone->at[alone->n++] = slot;
		if (!try_drawn(alone)) {
			snprintf(why, n_why, "%s has no value, or a false one, for a drawn picture", slot.head.algo);
			err = VG_EINVAL;
		}
	} else {
		snprintf(why, n_why, "%s: out of memory", slot.head.algo);
		err = VG_ENOMEM;
	}
	free(alone);
	if (err && plugin->fini)
		plugin->fini(slot.state);
	if (err)
		return err;
	plugins->at[plugins->n++] = slot;
	plugins->n_value_bytes += slot.head.n_bytes;
	return VG_OK;
}

enum vg_err vg_plugins_load(struct vg_plugins *plugins, const struct vg_plugin_spec *spec, char *why, size_t n_why)
{
	const char *fault = vg_trusted_path_fault(spec->path);
	const struct vg_plugin *plugin;
	vg_plugin_entry_fn entry;
	enum vg_err err;
	void *library;

	if (fault) {
		snprintf(why, n_why, "%s", fault);
		return VG_EINVAL;
	}
	library = dlopen(spec->path, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		snprintf(why, n_why, "cannot be loaded: %s", dlerror());
		return VG_EINVAL;
	}
	*(void **)&entry = dlsym(library, VG_PLUGIN_ENTRY);
	plugin = entry ? entry() : NULL;
	if (plugin) {
		err = vg_plugins_add(plugins, plugin, spec, why, n_why);
	} else {
		snprintf(why, n_why, "has no %s()", VG_PLUGIN_ENTRY);
		err = VG_EVERSION;
	}
	if (err)
		dlclose(library);
	return err;
}

int vg_plugins_load_all(const struct vg_hashing_conf *conf, struct vg_plugins **plugins)
{
	struct vg_plugins *all = conf->n_plugins ? vg_plugins_create() : NULL;
	char why[256];

	*plugins = all;
	if (conf->n_plugins && !all)
		return 1;
	for (uint32_t i = 0; i < conf->n_plugins; i++) {
		const char *item = conf->plugins[i];
		struct vg_plugin_spec spec;
		enum vg_err err = VG_EINVAL;

		if (vg_plugin_spec_parse(item, &spec))
			err = vg_plugins_load(all, &spec, why, sizeof(why));
		else
			snprintf(why, sizeof(why), "is neither a path nor NAME@VERSION:PATH");
		vg_log(err ? VG_LOG_ERROR : VG_LOG_INFO, ROOM, "plug-in %s %s", item, err ? why : "is loaded");
		if (err)
			return VG_HASHING_EXIT_PLUGIN + (int)i;
	}
	return 0;
}

bool vg_plugins_search(const struct vg_plugins *plugins, const struct vg_index_view *view)
{
	bool any = false;

	for (uint64_t g = 0; g < view->n_groups; g++) {
		const struct vg_index_group *group = &view->groups[g];

		if (plugins && vg_plugins_serve(plugins, group))
			any = true;
		else
			vg_log(VG_LOG_WARN, ROOM,
			       "%u listed values of %s@%u with %u bytes: no plug-in here makes such, they are not "
			       "searched",
			       group->n_plugins, group->algo, group->version, group->n_value_bytes);
	}
	return any;
}
