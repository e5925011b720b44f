#pragma once
/* index_make: builds a sealed index (index_format.h) inside a test: lists with names list0, list1 ..., entries in
 * the order they are added. Aborts where memory ends. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include <vigil/index_format.h>
#include <vigil/memfd.h>

#define VG_INDEX_MAKE_LISTS 16

struct vg_index_make {
	struct vg_index_list lists[VG_INDEX_MAKE_LISTS];
	uint32_t n_lists;
	struct vg_index_entry *entries;
	uint32_t n_entries, n_room;
	uint8_t *records[VG_ALGO_N]; /* by algorithm: {value, entry_idx} */
	uint32_t n_records[VG_ALGO_N], n_record_room[VG_ALGO_N];
	struct vg_index_video *videos;
	struct vg_index_frame *frames;
	uint32_t n_videos, n_frames;
	struct vg_index_group groups[VG_INDEX_MAX_GROUPS];
	struct vg_index_plugin *plugins;
	uint8_t *plugin_values;
	uint32_t n_groups, n_plugins, n_plugin_bytes;
};

static inline size_t vg_index_make_stride(enum vg_algo algo)
{
	return 4 + (algo == VG_ALGO_MD5 ? 16 : algo == VG_ALGO_SHA1 ? 20 : 32);
}
/* A further list; its number. */
static inline uint32_t vg_index_make_list(struct vg_index_make *m, enum vg_action action, enum vg_action perceptual,
					  uint8_t match_distance)
{
	if (m->n_lists == VG_INDEX_MAKE_LISTS)
		abort();
	m->lists[m->n_lists] = (struct vg_index_list){ .name_off = 1,
						       .action = (uint8_t)action,
						       .perceptual_action = (uint8_t)perceptual,
						       .match_distance = match_distance,
						       .file_distance = 0xff,
						       .frame_distance = VG_VPDQ_DISTANCE,
						       .query_percent = VG_VPDQ_QUERY_PERCENT,
						       .compared_percent = VG_VPDQ_COMPARED_PERCENT };
	return m->n_lists++;
}
/* A further hash of an entry. */
static inline void vg_index_make_record(struct vg_index_make *m, enum vg_algo algo, const uint8_t *value,
					uint32_t entry_idx)
{
	size_t stride = vg_index_make_stride(algo);
	if (m->n_records[algo] == m->n_record_room[algo]) {
		m->n_record_room[algo] = 2 * m->n_record_room[algo] + 64;
		m->records[algo] = realloc(m->records[algo], m->n_record_room[algo] * stride);
		if (!m->records[algo])
			abort();
	}
	uint8_t *at = m->records[algo] + m->n_records[algo]++ * stride;
	memcpy(at, value, stride - 4);
	memcpy(at + stride - 4, &entry_idx, 4);
}
/* A further entry without a hash; its number. */
static inline uint32_t vg_index_make_entry(struct vg_index_make *m, uint32_t list_idx)
{
	if (m->n_entries == m->n_room) {
		m->n_room = 2 * m->n_room + 64;
		m->entries = realloc(m->entries, m->n_room * sizeof(*m->entries));
		if (!m->entries)
			abort();
	}
	m->entries[m->n_entries] = (struct vg_index_entry){ .list_idx = list_idx };
	m->lists[list_idx].n_entries++;
	return m->n_entries++;
}
/* A further entry with one hash; its number. */
static inline uint32_t vg_index_make_add(struct vg_index_make *m, uint32_t list_idx, enum vg_algo algo,
					 const uint8_t *value)
{
	uint32_t entry_idx = vg_index_make_entry(m, list_idx);
	vg_index_make_record(m, algo, value, entry_idx);
	return entry_idx;
}
static inline int vg_index_make_compare16(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}
static inline int vg_index_make_compare20(const void *a, const void *b)
{
	return memcmp(a, b, 20);
}
static inline int vg_index_make_compare32(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}
/* A further entry with a video of these frames, of which each value stays once; its number. */
static inline uint32_t vg_index_make_video(struct vg_index_make *m, uint32_t list_idx, const uint8_t (*values)[32],
					   uint32_t n_values)
{
	m->videos = realloc(m->videos, (m->n_videos + 1) * sizeof(*m->videos));
	m->frames = realloc(m->frames, (m->n_frames + n_values) * sizeof(*m->frames));
	if (!m->videos || !m->frames)
		abort();
	struct vg_index_video *video = &m->videos[m->n_videos];
	struct vg_index_frame *frames = m->frames + m->n_frames;
	*video = (struct vg_index_video){ vg_index_make_entry(m, list_idx), m->n_frames, 0 };
	for (uint32_t i = 0; i < n_values; i++) {
		memcpy(frames[i].value, values[i], 32);
		frames[i].video_idx = m->n_videos;
	}
	qsort(frames, n_values, sizeof(*frames), vg_index_make_compare32);
	for (uint32_t i = 0; i < n_values; i++)
		if (!i || memcmp(frames[i].value, frames[video->n_frames - 1].value, 32) != 0)
			frames[video->n_frames++] = frames[i];
	m->n_frames += video->n_frames;
	m->n_videos++;
	return video->entry_idx;
}
static inline void vg_index_make_section(uint8_t *base, uint64_t *end, struct vg_index_section *section,
					 const void *items, uint64_t n_items, size_t item_bytes)
{
	*section = (struct vg_index_section){ *end, n_items };
	if (base && n_items)
		memcpy(base + *end, items, n_items * item_bytes);
	*end += (n_items * item_bytes + VG_INDEX_ALIGN - 1) / VG_INDEX_ALIGN * VG_INDEX_ALIGN;
}
/* Lays the sections out behind base (NULL: only counts); returns the size. */
static inline uint64_t vg_index_make_layout(const struct vg_index_make *m, uint8_t *base, struct vg_index_header *h)
{
	static const char strings[] = "\0list";
	uint64_t end = (sizeof(*h) + VG_INDEX_ALIGN - 1) / VG_INDEX_ALIGN * VG_INDEX_ALIGN;
	struct vg_index_section *of[VG_ALGO_N] = { NULL, &h->md5, &h->sha1, &h->sha256s, &h->pdq, NULL };
	vg_index_make_section(base, &end, &h->lists, m->lists, m->n_lists, sizeof(*m->lists));
	vg_index_make_section(base, &end, &h->entries, m->entries, m->n_entries, sizeof(*m->entries));
	for (unsigned a = VG_ALGO_MD5; a <= VG_ALGO_PDQ; a++)
		vg_index_make_section(base, &end, of[a], m->records[a], m->n_records[a], vg_index_make_stride(a));
	vg_index_make_section(base, &end, &h->urls, m->records[VG_ALGO_URL], m->n_records[VG_ALGO_URL],
			      vg_index_make_stride(VG_ALGO_URL));
	vg_index_make_section(base, &end, &h->videos, m->videos, m->n_videos, sizeof(*m->videos));
	vg_index_make_section(base, &end, &h->frames, m->frames, m->n_frames, sizeof(*m->frames));
	vg_index_make_section(base, &end, &h->groups, m->groups, m->n_groups, sizeof(*m->groups));
	vg_index_make_section(base, &end, &h->plugins, m->plugins, m->n_plugins, sizeof(*m->plugins));
	vg_index_make_section(base, &end, &h->plugin_values, m->plugin_values, m->n_plugin_bytes, 1);
	vg_index_make_section(base, &end, &h->strings, strings, sizeof(strings), 1);
	return end;
}
/* The whole file; the caller frees it. */
static inline uint8_t *vg_index_make_bytes(struct vg_index_make *m, uint64_t generation, size_t *n_bytes)
{
	struct vg_index_header h = { .magic = VG_INDEX_MAGIC, .version = VG_INDEX_VERSION, .generation = generation };
	if (m->n_records[VG_ALGO_MD5])
		qsort(m->records[VG_ALGO_MD5], m->n_records[VG_ALGO_MD5], 20, vg_index_make_compare16);
	if (m->n_records[VG_ALGO_SHA1])
		qsort(m->records[VG_ALGO_SHA1], m->n_records[VG_ALGO_SHA1], 24, vg_index_make_compare20);
	if (m->n_records[VG_ALGO_SHA256])
		qsort(m->records[VG_ALGO_SHA256], m->n_records[VG_ALGO_SHA256], 36, vg_index_make_compare32);
	if (m->n_records[VG_ALGO_URL])
		qsort(m->records[VG_ALGO_URL], m->n_records[VG_ALGO_URL], 36, vg_index_make_compare32);
	h.n_bytes = *n_bytes = vg_index_make_layout(m, NULL, &h);
	uint8_t *base = calloc(1, *n_bytes);
	if (!base)
		abort();
	vg_index_make_layout(m, base, &h);
	SHA256(base + sizeof(h), *n_bytes - sizeof(h), h.sha256);
	memcpy(base, &h, sizeof(h));
	return base;
}
static inline void vg_index_make_free(struct vg_index_make *m)
{
	free(m->entries);
	free(m->videos);
	free(m->frames);
	free(m->plugins);
	free(m->plugin_values);
	for (unsigned a = 0; a < VG_ALGO_N; a++)
		free(m->records[a]);
	memset(m, 0, sizeof(*m));
}
/* A memfd of these bytes with these seals. */
static inline int vg_index_make_memfd(const void *bytes, size_t n_bytes, int seals)
{
	int fd = vg_memfd_new("index", n_bytes);
	if (fd < 0 || pwrite(fd, bytes, n_bytes, 0) != (ssize_t)n_bytes || vg_memfd_seal(fd, seals))
		abort();
	return fd;
}
