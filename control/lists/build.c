#include "control/lists/build.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vigil/index_format.h>
#include <vigil/memfd.h>
#include <vigil/url_table.h>

#include "control/lists/lists.h"
#include "control/lists/plugins.h"

#define N_RECENT   16
#define N_SECTIONS 13

/* A growing array of equal items. */
struct heap {
	uint8_t *at;
	size_t n, cap, n_item;
};
struct vg_build {
	struct heap lists, entries, videos, frames, strings, values[VG_ALGO_N];
	struct heap groups, plugins, plugin_values; /* borrowed of plugin_rows, at the end */
	struct vg_list_plugins *plugin_rows;
	int in_video; /* the last of videos is being filled, with frames in order of time */
	uint64_t n_blank, n_thinned;
	uint32_t recent[N_RECENT], next_recent; /* texts seen lately: classes and notes repeat */
};

static void *add(struct heap *h, const void *items, size_t n)
{
	if (n > h->cap - h->n) {
		size_t cap = h->cap ? h->cap * 2 : 4096;
		while (cap - h->n < n)
			cap *= 2;
		uint8_t *bigger = realloc(h->at, cap * h->n_item);
		if (!bigger)
			return NULL;
		h->at = bigger;
		h->cap = cap;
	}
	void *to = h->at + h->n * h->n_item;
	memcpy(to, items, n * h->n_item);
	h->n += n;
	return to;
}

static void release(struct vg_build *b)
{
	free(b->lists.at);
	free(b->entries.at);
	free(b->strings.at);
	free(b->videos.at);
	free(b->frames.at);
	for (unsigned i = 0; i < VG_ALGO_N; i++)
		free(b->values[i].at);
	vg_list_plugins_destroy(b->plugin_rows);
	free(b);
}

struct vg_build *vg_build_create(void)
{
	struct vg_build *b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->lists.n_item = sizeof(struct vg_index_list);
	b->entries.n_item = sizeof(struct vg_index_entry);
	b->strings.n_item = 1;
	b->videos.n_item = sizeof(struct vg_index_video);
	b->frames.n_item = sizeof(struct vg_index_frame);
	for (unsigned algo = VG_ALGO_MD5; algo < VG_ALGO_N; algo++)
		b->values[algo].n_item = vg_list_value_bytes((enum vg_algo)algo) + sizeof(uint32_t);
	b->plugin_rows = vg_list_plugins_create();
	if (b->plugin_rows && add(&b->strings, "", 1))
		return b;
	release(b);
	return NULL;
}

void vg_build_destroy(struct vg_build *build)
{
	if (build)
		release(build);
}

static enum vg_err intern(struct vg_build *b, const char *text, uint32_t *off)
{
	size_t n = strlen(text) + 1;
	*off = 0;
	if (n == 1)
		return VG_OK;
	for (unsigned i = 0; i < N_RECENT; i++)
		if (b->recent[i] && !strcmp((const char *)b->strings.at + b->recent[i], text)) {
			*off = b->recent[i];
			return VG_OK;
		}
	if (b->strings.n + n > UINT32_MAX - 1)
		return VG_EFULL;
	*off = (uint32_t)b->strings.n;
	if (!add(&b->strings, text, n))
		return VG_ENOMEM;
	b->recent[b->next_recent++ % N_RECENT] = *off;
	return VG_OK;
}

static int by_value(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

/* Thins a long one out, evenly over its time; then each value once, sorted. Without a frame it is not there. */
static void end_video(struct vg_build *b)
{
	if (!b->in_video)
		return;
	struct vg_index_video *video = (struct vg_index_video *)(void *)b->videos.at + b->videos.n - 1;
	struct vg_index_frame *frames = (struct vg_index_frame *)(void *)b->frames.at + video->first_frame;
	uint64_t n = b->frames.n - video->first_frame, n_kept = 0;
	b->in_video = 0;
	if (n > VG_VIDEO_MAX_FRAMES) {
		for (uint64_t i = 0; i < VG_VIDEO_MAX_FRAMES; i++)
			frames[i] = frames[i * n / VG_VIDEO_MAX_FRAMES];
		n = VG_VIDEO_MAX_FRAMES;
		b->n_thinned++;
	}
	if (n)
		qsort(frames, n, sizeof(*frames), by_value);
	for (uint64_t i = 0; i < n; i++)
		if (!i || memcmp(frames[i].value, frames[n_kept - 1].value, 32) != 0)
			frames[n_kept++] = frames[i];
	b->frames.n = video->first_frame + n_kept;
	video->n_frames = (uint32_t)n_kept;
	if (n_kept) {
		struct vg_index_entry *entry = (struct vg_index_entry *)(void *)b->entries.at + video->entry_idx;
		((struct vg_index_list *)(void *)b->lists.at)[entry->list_idx].n_entries++;
		return;
	}
	b->videos.n--;
	b->n_blank++;
}

void vg_build_videos(const struct vg_build *build, uint64_t *n_blank, uint64_t *n_thinned)
{
	*n_blank = build->n_blank;
	*n_thinned = build->n_thinned;
}

static enum vg_err add_frame(struct vg_build *b, const struct vg_list_row *row)
{
	struct vg_index_frame frame;
	if (row->quality < VG_PDQ_MIN_QUALITY)
		return VG_OK;
	if (!b->in_video || b->frames.n >= VG_LISTS_MAX_ENTRIES)
		return b->in_video ? VG_EFULL : VG_EINVAL;
	memcpy(frame.value, row->value, sizeof(frame.value));
	frame.video_idx = (uint32_t)b->videos.n - 1;
	return add(&b->frames, &frame, 1) ? VG_OK : VG_ENOMEM;
}

static enum vg_err add_value(struct vg_build *b, const struct vg_list_row *row, uint32_t entry_idx)
{
	uint8_t record[36];
	memcpy(record, row->value, row->n_value);
	memcpy(record + row->n_value, &entry_idx, sizeof(entry_idx));
	return add(&b->values[row->algo], record, 1) ? VG_OK : VG_ENOMEM;
}

static enum vg_err begin_video(struct vg_build *b, uint32_t entry_idx)
{
	struct vg_index_video video = { entry_idx, (uint32_t)b->frames.n, 0 };
	b->in_video = add(&b->videos, &video, 1) != NULL;
	return b->in_video ? VG_OK : VG_ENOMEM;
}

enum vg_err vg_build_list(struct vg_build *build, const struct vg_config_list *conf)
{
	struct vg_index_list list = {
		.action = (uint8_t)conf->action,
		.perceptual_action = (uint8_t)conf->perceptual_action,
		.match_distance = (uint8_t)conf->match_distance,
		.file_distance = (uint8_t)conf->file_distance,
		.frame_distance = (uint8_t)conf->frame_distance,
		.query_percent = (uint8_t)conf->query_percent,
		.compared_percent = (uint8_t)conf->compared_percent,
		.not_profiles = (uint8_t)conf->not_profiles,
	};
	if (conf->action >= VG_ACTION_N || conf->perceptual_action >= VG_ACTION_REPORT ||
	    conf->match_distance > VG_PDQ_WIDE_DISTANCE || conf->frame_distance > VG_PDQ_MAX_DISTANCE ||
	    conf->query_percent > 100 || conf->compared_percent > 100)
		return VG_EINVAL;
	end_video(build);
	enum vg_err err = intern(build, conf->name, &list.name_off);
	if (!err)
		err = intern(build, conf->source, &list.source_off);
	if (err)
		return err;
	return add(&build->lists, &list, 1) ? VG_OK : VG_ENOMEM;
}

enum vg_err vg_build_row(struct vg_build *build, const struct vg_list_row *row)
{
	struct vg_index_entry entry;
	if (row->algo == VG_ALGO_VPDQ && row->n_value)
		return add_frame(build, row);
	end_video(build);
	if (build->entries.n >= VG_LISTS_MAX_ENTRIES ||
	    (row->algo == VG_ALGO_URL && build->values[VG_ALGO_URL].n >= VG_URL_MAX_ENTRIES))
		return VG_EFULL;
	memset(&entry, 0, sizeof(entry));
	entry.list_idx = (uint32_t)build->lists.n - 1;
	enum vg_err err = intern(build, row->id, &entry.id_off);
	if (!err)
		err = intern(build, row->entry_class, &entry.class_off);
	if (!err)
		err = intern(build, row->note, &entry.note_off);
	if (err)
		return err;
	uint32_t entry_idx = (uint32_t)build->entries.n;
	if (!add(&build->entries, &entry, 1))
		return VG_ENOMEM;
	if (row->algo == VG_ALGO_PLUGIN)
		return row->plugin ? vg_list_plugins_add(build->plugin_rows, row->plugin, entry_idx) : VG_EINVAL;
	return row->algo == VG_ALGO_VPDQ ? begin_video(build, entry_idx) : add_value(build, row, entry_idx);
}

static int compare(const void *a, const void *b, void *n_value)
{
	size_t n = *(const size_t *)n_value;
	uint32_t left, right;
	int order = memcmp(a, b, n);
	if (order)
		return order;
	memcpy(&left, (const uint8_t *)a + n, sizeof(left));
	memcpy(&right, (const uint8_t *)b + n, sizeof(right));
	return left < right ? -1 : left > right;
}

static int same_entry(const struct vg_build *b, uint32_t left, uint32_t right)
{
	const struct vg_index_entry *entries = (const void *)b->entries.at, *l = entries + left, *r = entries + right;
	const char *strings = (const char *)b->strings.at;
	return l->list_idx == r->list_idx && !strcmp(strings + l->id_off, strings + r->id_off) &&
	       !strcmp(strings + l->class_off, strings + r->class_off);
}

/* Sorts a section and drops records that repeat one before them in their group of equal values. */
static uint64_t sort_and_fold(struct vg_build *b, struct heap *h)
{
	size_t n_value = h->n_item - sizeof(uint32_t), n_kept = 0, group = 0;
	if (!h->n)
		return 0;
	qsort_r(h->at, h->n, h->n_item, compare, &n_value);
	for (size_t i = 0; i < h->n; i++) {
		uint8_t *record = h->at + i * h->n_item;
		int is_repeat = 0;
		uint32_t mine, theirs;
		if (!n_kept || memcmp(h->at + group * h->n_item, record, n_value) != 0)
			group = n_kept;
		memcpy(&mine, record + n_value, sizeof(mine));
		for (size_t k = group; k < n_kept && !is_repeat; k++) {
			memcpy(&theirs, h->at + k * h->n_item + n_value, sizeof(theirs));
			is_repeat = same_entry(b, mine, theirs);
		}
		if (!is_repeat) {
			memmove(h->at + n_kept++ * h->n_item, record, h->n_item);
			struct vg_index_entry *entry = (struct vg_index_entry *)(void *)b->entries.at + mine;
			((struct vg_index_list *)(void *)b->lists.at)[entry->list_idx].n_entries++;
		}
	}
	size_t n_folded = h->n - n_kept;
	h->n = n_kept;
	return n_folded;
}

static int same_plugin(const void *ctx, uint32_t left, uint32_t right)
{
	return same_entry(ctx, left, right);
}

static enum vg_err finish_plugins(struct vg_build *b, uint64_t *n_folded)
{
	struct vg_list_plugins_made made;
	enum vg_err err = vg_list_plugins_finish(b->plugin_rows, same_plugin, b, &made, n_folded);
	if (err)
		return err;
	for (size_t i = 0; i < made.n_plugins; i++) {
		struct vg_index_entry *entry = (struct vg_index_entry *)(void *)b->entries.at +
					       made.plugins[i].entry_idx;
		((struct vg_index_list *)(void *)b->lists.at)[entry->list_idx].n_entries++;
	}
	b->groups = (struct heap){ (void *)made.groups, made.n_groups, 0, sizeof(*made.groups) };
	b->plugins = (struct heap){ (void *)made.plugins, made.n_plugins, 0, sizeof(*made.plugins) };
	b->plugin_values = (struct heap){ made.values, made.n_value_bytes, 0, 1 };
	return VG_OK;
}

static uint64_t aligned(uint64_t n)
{
	return (n + VG_INDEX_ALIGN - 1) & ~(uint64_t)(VG_INDEX_ALIGN - 1);
}

/* Lays the sections out one behind the other; returns the whole size. */
static uint64_t lay_out(struct vg_build *b, struct vg_index_header *h, struct vg_index_section *sections[N_SECTIONS],
			struct heap *heaps[N_SECTIONS])
{
	struct vg_index_section *s[N_SECTIONS] = { &h->lists,   &h->entries,       &h->md5,    &h->sha1,   &h->sha256s,
						   &h->pdq,     &h->urls,          &h->videos, &h->frames, &h->groups,
						   &h->plugins, &h->plugin_values, &h->strings };
	struct heap *from[N_SECTIONS] = { &b->lists,
					  &b->entries,
					  &b->values[VG_ALGO_MD5],
					  &b->values[VG_ALGO_SHA1],
					  &b->values[VG_ALGO_SHA256],
					  &b->values[VG_ALGO_PDQ],
					  &b->values[VG_ALGO_URL],
					  &b->videos,
					  &b->frames,
					  &b->groups,
					  &b->plugins,
					  &b->plugin_values,
					  &b->strings };
	uint64_t at = aligned(sizeof(*h));
	for (unsigned i = 0; i < N_SECTIONS; i++) {
		sections[i] = s[i];
		heaps[i] = from[i];
		s[i]->off = at;
		s[i]->n_items = from[i]->n;
		at = aligned(at + from[i]->n * from[i]->n_item);
	}
	return at;
}

static enum vg_err write_out(struct vg_index_header *h, struct vg_index_section *sections[N_SECTIONS],
			     struct heap *heaps[N_SECTIONS], int fd)
{
	uint8_t *at = vg_memfd_map(fd, h->n_bytes, PROT_READ | PROT_WRITE);
	if (!at)
		return VG_EIO;
	for (unsigned i = 0; i < N_SECTIONS; i++)
		if (heaps[i]->n)
			memcpy(at + sections[i]->off, heaps[i]->at, heaps[i]->n * heaps[i]->n_item);
	int is_ok = EVP_Digest(at + sizeof(*h), h->n_bytes - sizeof(*h), h->sha256, NULL, EVP_sha256(), NULL);
	memcpy(at, h, sizeof(*h));
	munmap(at, h->n_bytes);
	return is_ok ? vg_memfd_seal(fd, VG_SEALS_FINAL) : VG_EIO;
}

enum vg_err vg_build_finish(struct vg_build *build, uint64_t generation, int64_t built_ns, int *fd, uint64_t *n_bytes,
			    uint64_t *n_folded)
{
	struct vg_index_header h;
	struct vg_index_section *sections[N_SECTIONS];
	struct heap *heaps[N_SECTIONS];
	memset(&h, 0, sizeof(h));
	h.magic = VG_INDEX_MAGIC;
	h.version = VG_INDEX_VERSION;
	h.generation = generation;
	h.built_ns = built_ns;
	*n_folded = 0;
	*fd = -1;
	end_video(build);
	for (unsigned algo = VG_ALGO_MD5; algo < VG_ALGO_N; algo++)
		*n_folded += sort_and_fold(build, &build->values[algo]);
	enum vg_err err = finish_plugins(build, n_folded);
	if (err)
		return err;
	h.n_bytes = lay_out(build, &h, sections, heaps);
	*fd = vg_memfd_new("vigil-index", h.n_bytes);
	if (*fd < 0)
		return VG_EIO;
	err = write_out(&h, sections, heaps, *fd);
	if (err) {
		close(*fd);
		*fd = -1;
		return err;
	}
	*n_bytes = h.n_bytes;
	return VG_OK;
}
