#pragma once
/* plugin_spec: one item of `hashing.plugins`: the path of a shared object, or NAME@VERSION:PATH, which says what it
 * is: then its values are searched for, and it is refused where it is another. Pure. */
#include <string.h>

#include <vigil/plugin_value.h>

/* A hasher whose plug-in number N (from 0) does not load ends with this + N. */
#define VG_HASHING_EXIT_PLUGIN 80

/* Which one a hasher ended for, by its exit code; -1: none. */
static inline int vg_plugin_refused(int exit_code)
{
	int idx = exit_code - VG_HASHING_EXIT_PLUGIN;
	return idx >= 0 && idx < (int)VG_PLUGIN_MAX ? idx : -1;
}

struct vg_plugin_spec {
	char algo[VG_PLUGIN_ALGO_BYTES]; /* "": a path only, its values are shown */
	uint32_t version;                /* 1 .. */
	const char *path;                /* borrowed of the item */
};

/* A version in decimal digits, 1 to 9 of them and not 0; *end behind it. 0: it is none. */
static inline uint32_t vg_plugin_version(const char *text, const char **end)
{
	uint32_t version = 0;
	unsigned n = 0;
	for (; n < 10 && text[n] >= '0' && text[n] <= '9'; n++)
		version = version * 10 + (uint32_t)(text[n] - '0');
	*end = text + n;
	return n < 10 && text[0] != '0' ? version : 0;
}

/* False where the item is neither. */
static inline int vg_plugin_spec_parse(const char *item, struct vg_plugin_spec *spec)
{
	const char *at = strchr(item, '@'), *end;
	memset(spec, 0, sizeof(*spec));
	spec->path = item;
	if (item[0] == '/')
		return 1;
	if (!at || (size_t)(at - item) >= sizeof(spec->algo))
		return 0;
	memcpy(spec->algo, item, (size_t)(at - item));
	spec->version = vg_plugin_version(at + 1, &end);
	if (!vg_plugin_algo_ok(spec->algo) || !spec->version || end[0] != ':' || end[1] != '/')
		return 0;
	spec->path = end + 1;
	return 1;
}
