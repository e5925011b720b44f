#pragma once
/* index_format: one immutable, checksummed generation of the hash lists, as built by control/lists and mapped read-only
 * by hashers (and by vigild, which looks a claimed match up itself). Little-endian, sections 64-byte aligned:
 *   header | lists | entries | md5 | sha1 | sha256 | pdq | urls | videos | frames
 *          | groups | plugins | plugin_values | strings
 *
 * A section begins where the one before it ends, padded with zeros; the last one's padding ends the file.
 * Exact sections and urls are sorted by value (memcmp), duplicates allowed; pdq is in any order. Frames stand in the
 * order of their videos, without a gap; within a video each value once, sorted; none below VG_PDQ_MIN_QUALITY.
 * Listed values of plug-ins: plugin_index.h. The checksum is SHA-256 over everything behind the header. vg_index_open()
 * checks every offset. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <vigil/err.h>
#include <vigil/media.h>
#include <vigil/plugin_index.h>

#define VG_INDEX_MAGIC   0x31584449474956ull /* "VIGIDX1" */
#define VG_INDEX_VERSION 4u
#define VG_INDEX_ALIGN   64u

struct vg_index_section {
	uint64_t off, n_items;
};
struct vg_index_header {
	uint64_t magic;
	uint32_t version, reserved;
	uint64_t generation, n_bytes; /* whole file */
	int64_t built_ns;             /* UTC */
	uint8_t sha256[32];           /* of bytes sizeof(header) .. n_bytes */
	struct vg_index_section lists, entries, md5, sha1, sha256s, pdq, urls, videos, frames, groups, plugins,
		plugin_values, strings;
};
struct vg_index_list {
	uint32_t name_off, source_off; /* NUL-terminated in strings */
	uint8_t action;                /* enum vg_action for exact matches */
	uint8_t perceptual_action;     /* enum vg_action for perceptual-only matches; REPORT only by file_distance */
	uint8_t match_distance;        /* PDQ: report hits up to this distance (<= 63) */
	uint8_t file_distance;         /* PDQ: file without review up to this distance; 0xff = never (the default) */
	/* vPDQ: two frames are alike up to frame_distance bits (<= 31), and a film matches where as many per cent of
	 * its distinct frames are like one of the video, and of the video's like one of its. */
	uint8_t frame_distance, query_percent, compared_percent;
	uint8_t not_profiles; /* of URLs: bit per profile (scope.h) that does not use it */
	uint32_t n_entries;
};
/* What a list has where nothing is said (those of the vPDQ reference in Python). */
#define VG_VPDQ_DISTANCE         31
#define VG_VPDQ_QUERY_PERCENT    80
#define VG_VPDQ_COMPARED_PERCENT 0
#define VG_VIDEO_MAX_FRAMES      16384u /* distinct ones of a listed video */
struct vg_index_entry {
	uint32_t list_idx, id_off, class_off, note_off; /* strings; an empty string where absent */
};
struct vg_index_md5 {
	uint8_t value[16];
	uint32_t entry_idx;
};
struct vg_index_sha1 {
	uint8_t value[20];
	uint32_t entry_idx;
};
struct vg_index_sha256 {
	uint8_t value[32];
	uint32_t entry_idx;
};
struct vg_index_pdq {
	uint8_t value[32];
	uint32_t entry_idx;
}; /* printed order: most significant byte first */
struct vg_index_video {
	uint32_t entry_idx, first_frame, n_frames;
};
struct vg_index_frame {
	uint8_t value[32];
	uint32_t video_idx;
};

struct vg_index_view {
	const uint8_t *base;
	const struct vg_index_header *header;
	const struct vg_index_list *lists;
	const struct vg_index_entry *entries;
	const struct vg_index_md5 *md5;
	const struct vg_index_sha1 *sha1;
	const struct vg_index_sha256 *sha256;
	const struct vg_index_pdq *pdq;
	const struct vg_index_sha256 *urls; /* no texts: hashes of URL and host (url_table.h), SHA-256: list_url.h */
	const struct vg_index_video *videos;
	const struct vg_index_frame *frames;
	const struct vg_index_group *groups;
	const struct vg_index_plugin *plugins;
	const uint8_t *plugin_values;
	const char *strings;
	uint64_t n_lists, n_entries, n_md5, n_sha1, n_sha256, n_pdq, n_urls, n_videos, n_frames, n_groups, n_plugins,
		n_plugin_values, n_strings;
};

static inline int vg_index_section_ok(const struct vg_index_section *s, uint64_t item_bytes, uint64_t n_bytes)
{
	return s->off % VG_INDEX_ALIGN == 0 && s->off >= sizeof(struct vg_index_header) && s->off <= n_bytes &&
	       s->n_items <= (n_bytes - s->off) / item_bytes && s->n_items < UINT32_MAX;
}
static inline int vg_index_videos_ok(const struct vg_index_view *v)
{
	uint64_t next = 0;
	for (uint64_t i = 0; i < v->n_videos; i++) {
		const struct vg_index_video *video = &v->videos[i];
		if (video->entry_idx >= v->n_entries || video->first_frame != next || !video->n_frames ||
		    video->n_frames > VG_VIDEO_MAX_FRAMES || video->n_frames > v->n_frames - next)
			return 0;
		for (uint32_t k = 0; k < video->n_frames; k++, next++)
			if (v->frames[next].video_idx != i ||
			    (k && memcmp(v->frames[next - 1].value, v->frames[next].value, 32) >= 0))
				return 0;
	}
	return next == v->n_frames;
}
/* Checks header, bounds and every reference of a mapped index; the checksum is the caller's to compare (it needs a
 * hash).
 * Borrowed: view is valid as long as the mapping. VG_OK, VG_ECORRUPT, VG_EVERSION. */
static inline enum vg_err vg_index_open(const void *base, uint64_t n_bytes, struct vg_index_view *v)
{
	const struct vg_index_header *h = base;
	memset(v, 0, sizeof(*v));
	if (n_bytes < sizeof(*h) || h->magic != VG_INDEX_MAGIC || h->n_bytes != n_bytes)
		return VG_ECORRUPT;
	if (h->version != VG_INDEX_VERSION)
		return VG_EVERSION;
	if (!vg_index_section_ok(&h->lists, sizeof(*v->lists), n_bytes) ||
	    !vg_index_section_ok(&h->entries, sizeof(*v->entries), n_bytes) ||
	    !vg_index_section_ok(&h->md5, sizeof(*v->md5), n_bytes) ||
	    !vg_index_section_ok(&h->sha1, sizeof(*v->sha1), n_bytes) ||
	    !vg_index_section_ok(&h->sha256s, sizeof(*v->sha256), n_bytes) ||
	    !vg_index_section_ok(&h->pdq, sizeof(*v->pdq), n_bytes) ||
	    !vg_index_section_ok(&h->urls, sizeof(*v->urls), n_bytes) ||
	    !vg_index_section_ok(&h->videos, sizeof(*v->videos), n_bytes) ||
	    !vg_index_section_ok(&h->frames, sizeof(*v->frames), n_bytes) ||
	    !vg_index_section_ok(&h->groups, sizeof(*v->groups), n_bytes) ||
	    !vg_index_section_ok(&h->plugins, sizeof(*v->plugins), n_bytes) ||
	    !vg_index_section_ok(&h->plugin_values, 1, n_bytes) || !vg_index_section_ok(&h->strings, 1, n_bytes))
		return VG_ECORRUPT;
	v->base = base;
	v->header = h;
	v->lists = (const void *)(v->base + h->lists.off), v->n_lists = h->lists.n_items;
	v->entries = (const void *)(v->base + h->entries.off), v->n_entries = h->entries.n_items;
	v->md5 = (const void *)(v->base + h->md5.off), v->n_md5 = h->md5.n_items;
	v->sha1 = (const void *)(v->base + h->sha1.off), v->n_sha1 = h->sha1.n_items;
	v->sha256 = (const void *)(v->base + h->sha256s.off), v->n_sha256 = h->sha256s.n_items;
	v->pdq = (const void *)(v->base + h->pdq.off), v->n_pdq = h->pdq.n_items;
	v->urls = (const void *)(v->base + h->urls.off), v->n_urls = h->urls.n_items;
	v->videos = (const void *)(v->base + h->videos.off), v->n_videos = h->videos.n_items;
	v->frames = (const void *)(v->base + h->frames.off), v->n_frames = h->frames.n_items;
	v->groups = (const void *)(v->base + h->groups.off), v->n_groups = h->groups.n_items;
	v->plugins = (const void *)(v->base + h->plugins.off), v->n_plugins = h->plugins.n_items;
	v->plugin_values = v->base + h->plugin_values.off, v->n_plugin_values = h->plugin_values.n_items;
	v->strings = (const void *)(v->base + h->strings.off), v->n_strings = h->strings.n_items;
	if (!v->n_strings || v->strings[0] || v->strings[v->n_strings - 1])
		return VG_ECORRUPT;
	for (uint64_t i = 0; i < v->n_lists; i++)
		if (v->lists[i].name_off >= v->n_strings || v->lists[i].source_off >= v->n_strings ||
		    v->lists[i].action >= VG_ACTION_N || v->lists[i].perceptual_action >= VG_ACTION_N ||
		    v->lists[i].query_percent > 100 || v->lists[i].compared_percent > 100)
			return VG_ECORRUPT;
	for (uint64_t i = 0; i < v->n_entries; i++)
		if (v->entries[i].list_idx >= v->n_lists || v->entries[i].id_off >= v->n_strings ||
		    v->entries[i].class_off >= v->n_strings || v->entries[i].note_off >= v->n_strings)
			return VG_ECORRUPT;
	if (!vg_index_plugins_ok(v->groups, v->n_groups, v->plugins, v->n_plugins, v->n_plugin_values, v->n_entries))
		return VG_ECORRUPT;
	return vg_index_videos_ok(v) ? VG_OK : VG_ECORRUPT;
}

#include <vigil/index_find.h>
