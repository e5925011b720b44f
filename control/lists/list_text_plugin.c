/* list_text, plug-ins: vigild knows nothing of these algorithms but what the line says. */
#include <string.h>

#include <vigil/bytes.h>
#include <vigil/plugin_index.h>
#include <vigil/plugin_spec.h>

#include "control/lists/list_text.h"

static enum vg_err name_of(struct vg_list_text *text, const char *name, struct vg_list_plugin *plugin)
{
	const char *at = name ? strchr(name, '@') : NULL, *end = "";
	size_t n = at ? (size_t)(at - name) : 0;
	if (at && n < sizeof(plugin->algo)) {
		memcpy(plugin->algo, name, n);
		plugin->version = vg_plugin_version(at + 1, &end);
	}
	return vg_plugin_algo_ok(plugin->algo) && plugin->version && !*end
		       ? VG_OK
		       : vg_list_text_wrong(text, "no NAME@VERSION follows the word plugin; write "
						  "plugin,NAME@VERSION,DISTANCE,value[,entry_id[,class[,note]]]");
}

enum vg_err vg_list_text_plugin(struct vg_list_text *text, const char *name, const char *distance, const char *value,
				struct vg_list_plugin *plugin)
{
	size_t n_digits = value ? strlen(value) : 0;
	uint32_t n_same = 1;
	memset(plugin, 0, sizeof(*plugin));
	enum vg_err err = name_of(text, name, plugin);
	if (err)
		return err;
	plugin->n_value_bytes = (uint32_t)(n_digits / 2);
	if (!n_digits || n_digits > 2 * VG_PLUGIN_VALUE_BYTES || n_digits % 2 ||
	    vg_unhex(value, plugin->value, plugin->n_value_bytes))
		return vg_list_text_wrong(text,
					  "a plug-in's value has 2 to %u hex digits, two for each byte; correct it",
					  2 * VG_PLUGIN_VALUE_BYTES);
	if (!distance || !*distance || strlen(distance) > 4 || distance[strspn(distance, "0123456789")])
		return vg_list_text_wrong(text, "no distance in bits stands before the value; write a number");
	for (; *distance; distance++)
		plugin->max_distance = plugin->max_distance * 10 + (uint32_t)(*distance - '0');
	if (plugin->max_distance > vg_plugin_max_distance(plugin->n_value_bytes))
		return vg_list_text_wrong(text, "a distance above %u of %u bits would match by chance; lower it",
					  vg_plugin_max_distance(plugin->n_value_bytes), plugin->n_value_bytes * 8);
	while (n_same < plugin->n_value_bytes && plugin->value[n_same] == plugin->value[0])
		n_same++;
	if (n_same == plugin->n_value_bytes && (plugin->value[0] == 0 || plugin->value[0] == 0xff))
		return vg_list_text_wrong(
			text,
			"a value of only one bit is that of a blank picture and would match everywhere; remove it");
	return VG_OK;
}
