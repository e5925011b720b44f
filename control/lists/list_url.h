#pragma once
/* list_url: one entry of a list of URLs, and how a request is looked up among them. Pure.
 *
 * An entry is a URL or the beginning of one: `http://host/path`, `host/path?query`, `host` (all of that host), or
 * `*.host` or `.host` (that name and all under it, without a path). It covers what begins like it at a whole segment of
 * the path or a whole parameter of the query. Scheme and port do not count; the rest is brought into the normal form of
 * include/vigil/url.h; names of other alphabets become A-labels (UTS #46). */
#include <stdint.h>

#include <vigil/index_format.h>
#include <vigil/url_table.h>

#define VG_LIST_URL_VALUE 32u

/* The value of an entry (struct vg_index_url). NULL; or what is wrong with it and what to do (static text). */
const char *vg_list_url_value(const char *text, uint8_t value[VG_LIST_URL_VALUE]);
/* The entries of `view` that cover a request, at most max; *value is that of the first. Returns how many. */
uint32_t vg_list_url_find(const struct vg_index_view *view, const struct vg_url *url, uint32_t *entry_idx, uint32_t max,
			  uint8_t value[VG_LIST_URL_VALUE]);
