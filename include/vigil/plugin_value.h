#pragma once
/* plugin_value: what plug-ins (plugin.h) made of a picture, as records carry it: a hasher's word that nobody but the
 * plug-in can check. Whoever reads a record checks it by vg_plugin_values_ok(). */
#include <string.h>

#include <vigil/plugin.h>

struct vg_plugin_value {
	char algo[VG_PLUGIN_ALGO_BYTES]; /* NUL-terminated and filled up with NULs */
	uint16_t n_bytes;
	uint8_t quality, reserved;
	uint32_t version; /* of the algorithm; 0: the plug-in has none, its values are shown and never searched */
};
struct vg_plugin_values {
	uint8_t n, reserved[3];
	struct vg_plugin_value at[VG_PLUGIN_MAX];
	uint8_t bytes[VG_PLUGIN_VALUE_BYTES]; /* the values, one behind the other */
};

/* Is it 1 to 15 of a-z 0-9 _, and then NULs only? */
static inline int vg_plugin_algo_ok(const char algo[VG_PLUGIN_ALGO_BYTES])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	unsigned n = 0;
	while (n < VG_PLUGIN_ALGO_BYTES && algo[n] && memchr(letters, algo[n], sizeof(letters) - 1))
		n++;
	if (!n || n == VG_PLUGIN_ALGO_BYTES)
		return 0;
	for (unsigned i = n; i < VG_PLUGIN_ALGO_BYTES; i++)
		if (algo[i])
			return 0;
	return 1;
}

/* Names (each once), sizes and qualities of what may come from anywhere. */
static inline int vg_plugin_values_ok(const struct vg_plugin_values *v)
{
	unsigned n_bytes = 0;
	if (v->n > VG_PLUGIN_MAX)
		return 0;
	for (unsigned i = 0; i < v->n; i++) {
		if (!vg_plugin_algo_ok(v->at[i].algo) || !v->at[i].n_bytes || v->at[i].quality > VG_PLUGIN_MAX_QUALITY)
			return 0;
		for (unsigned k = 0; k < i; k++)
			if (!memcmp(v->at[k].algo, v->at[i].algo, VG_PLUGIN_ALGO_BYTES))
				return 0;
		n_bytes += v->at[i].n_bytes;
	}
	return n_bytes <= VG_PLUGIN_VALUE_BYTES;
}
