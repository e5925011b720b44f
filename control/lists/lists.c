/* Reload is all or nothing: the next generation is built beside the one in use, and only a stored one is taken up. */
#include "control/lists/lists.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/log.h>

#include "control/lists/build.h"
#include "control/lists/generation.h"
#include "control/lists/list_text.h"
#include "control/lists/suppress.h"
#include "control/lists/tables.h"
#include "control/lists/unserved.h"

#define N_ON_DISK 2

struct vg_lists {
	char dir[VG_CONFIG_PATH];
	uint64_t highest;                             /* number ever seen in the folder: the next one is greater */
	struct vg_generation kept[VG_LISTS_MAX_KEPT]; /* newest first; base NULL = none */
	struct vg_suppress *suppress;
	uint64_t n_left_out, n_folded, n_blank_videos, n_thinned_videos;
	int tables_fd; /* of kept[0]; -1 = none */
	struct vg_declared declared[VG_PLUGIN_MAX];
	unsigned n_declared;
	struct vg_unserved unserved; /* of the last reload */
	uint64_t n_tables_bytes, tables_ms;
};

/* What a row on its way into a build needs to know. */
struct reading {
	struct vg_build *build;
	const struct vg_suppress *suppress;
	const char *list;
	uint64_t n_left_out;
	int skips_video; /* the frames that come are of a video left out */
	const struct vg_lists *lists;
	const char *file;
	struct vg_unserved unserved;
};

static void load_newest(struct vg_lists *lists)
{
	uint64_t numbers[64];
	size_t n = vg_generation_list(lists->dir, numbers, VG_ARRAY_LEN(numbers)), n_kept = 0;
	lists->highest = n ? numbers[0] : 0;
	for (size_t i = 0; i < n && n_kept < N_ON_DISK; i++) {
		enum vg_err err = vg_generation_load(&lists->kept[n_kept], lists->dir, numbers[i]);
		if (!err)
			n_kept++;
		else
			vg_log(VG_LOG_ERROR, "control/lists", "generation %llu on disk cannot be used: %s",
			       (unsigned long long)numbers[i], vg_err_str(err));
	}
}

/* Search tables for the newest: those of older ones are only kept by hashers that still search with them. */
static void make_tables(struct vg_lists *lists)
{
	uint64_t begin_ns = vg_mono_now().ns;
	enum vg_err err;
	if (lists->tables_fd >= 0)
		close(lists->tables_fd);
	lists->tables_fd = -1;
	lists->n_tables_bytes = lists->tables_ms = 0;
	if (!lists->kept[0].base)
		return;
	err = vg_tables_build(&lists->kept[0].view, &lists->tables_fd, &lists->n_tables_bytes);
	lists->tables_ms = (vg_mono_now().ns - begin_ns) / 1000000u;
	if (err)
		vg_log(VG_LOG_ERROR, "control/lists", "no search tables (%s): hashers scan instead, which is slower",
		       vg_err_str(err));
	else if (lists->tables_fd >= 0)
		vg_log(VG_LOG_INFO, "control/lists", "search tables of generation %llu: %llu MiB in %llu ms",
		       (unsigned long long)lists->kept[0].view.header->generation,
		       (unsigned long long)(lists->n_tables_bytes >> 20), (unsigned long long)lists->tables_ms);
}

struct vg_lists *vg_lists_create(const char *dir, char *why, size_t n_why)
{
	struct vg_lists *lists = calloc(1, sizeof(*lists));
	if (!lists) {
		snprintf(why, n_why, "out of memory");
		return NULL;
	}
	for (unsigned i = 0; i < VG_LISTS_MAX_KEPT; i++)
		lists->kept[i].fd = -1;
	if (snprintf(lists->dir, sizeof(lists->dir), "%s", dir) >= (int)sizeof(lists->dir) ||
	    (mkdir(dir, 0700) && errno != EEXIST) || access(dir, R_OK | W_OK | X_OK)) {
		snprintf(why, n_why, "%s: %s", dir, strerror(errno));
		free(lists);
		return NULL;
	}
	lists->tables_fd = -1;
	load_newest(lists);
	make_tables(lists);
	return lists;
}

void vg_lists_destroy(struct vg_lists *lists)
{
	if (!lists)
		return;
	for (unsigned i = 0; i < VG_LISTS_MAX_KEPT; i++)
		vg_generation_fini(&lists->kept[i]);
	if (lists->tables_fd >= 0)
		close(lists->tables_fd);
	vg_suppress_destroy(lists->suppress);
	free(lists);
}

static enum vg_err on_row(void *ctx, const struct vg_list_row *row)
{
	struct reading *r = ctx;
	int is_frame = row->algo == VG_ALGO_VPDQ && row->n_value;
	if (is_frame)
		return r->skips_video ? VG_OK : vg_build_row(r->build, row);
	r->skips_video = 0;
	if (row->plugin && !vg_lists_declared(r->lists, row->plugin->algo, row->plugin->version)) {
		vg_unserved_add(&r->unserved, row->plugin, r->file, row->line);
		return VG_OK;
	}
	if (vg_suppress_has(r->suppress, row->algo, row->value, r->list, row->id)) {
		r->n_left_out++;
		r->skips_video = row->algo == VG_ALGO_VPDQ;
		return VG_OK;
	}
	return vg_build_row(r->build, row);
}

/* The file's name without folder and ending. */
static void name_of(const char *path, char *name, size_t cap)
{
	const char *slash = strrchr(path, '/'), *begin = slash ? slash + 1 : path, *dot = strrchr(begin, '.');
	int n = dot && dot > begin ? (int)(dot - begin) : (int)strlen(begin);
	snprintf(name, cap, "%.*s", n, begin);
}

static enum vg_err read_file(struct reading *r, const struct vg_config_list *conf, char *why, size_t n_why)
{
	static const size_t n_piece = 1 << 18;
	char default_id[VG_LIST_TEXT_ID + 1];
	struct vg_list_text *text = malloc(sizeof(*text));
	char *piece = malloc(n_piece);
	FILE *file = fopen(conf->file, "re");
	enum vg_err err = VG_OK;
	if (!text || !piece || !file) {
		snprintf(why, n_why, "%s: %s", conf->file, strerror(errno));
		err = VG_EINVAL;
		goto out;
	}
	vg_list_text_init(text, on_row, r);
	r->file = conf->file;
	name_of(conf->file, default_id, sizeof(default_id));
	text->default_id = default_id;
	if (conf->kind == VG_LIST_URLS)
		vg_list_text_urls(text);
	for (size_t n; !err && (n = fread(piece, 1, n_piece, file)) > 0;)
		err = vg_list_text_feed(text, piece, n);
	if (!err && ferror(file)) {
		snprintf(why, n_why, "%s: %s", conf->file, strerror(errno));
		err = VG_EINVAL;
		goto out;
	}
	if (!err)
		err = vg_list_text_end(text);
	if (err)
		snprintf(why, n_why, "%s:%llu: %s", conf->file, (unsigned long long)text->line,
			 text->why[0]          ? text->why
			 : err == VG_ECONFLICT ? "other values of this plug-in's algorithm and version have another "
						 "length; correct or remove the line"
					       : vg_err_str(err));
	if (err == VG_ECONFLICT)
		err = VG_EINVAL;
out:
	if (file)
		fclose(file);
	free(piece);
	free(text);
	return err;
}

/* Reads every list and makes the sealed memfd of the generation `number`. */
static enum vg_err build_next(struct reading *r, const struct vg_config_list *conf, uint32_t n_conf, uint64_t number,
			      struct vg_generation *next, uint64_t *n_folded, char *why, size_t n_why)
{
	enum vg_err err = VG_OK;
	uint64_t n_bytes;
	int fd = -1;
	for (uint32_t i = 0; i < n_conf && !err; i++) {
		r->list = conf[i].name;
		err = vg_build_list(r->build, &conf[i]);
		if (err)
			snprintf(why, n_why, "list %s: %s", conf[i].name, vg_err_str(err));
		else
			err = read_file(r, &conf[i], why, n_why);
	}
	if (err)
		return err;
	r->skips_video = 0;
	err = vg_build_finish(r->build, number, vg_wall_now().ns, &fd, &n_bytes, n_folded);
	if (!err && (err = vg_generation_take(next, fd)))
		close(fd);
	if (err)
		snprintf(why, n_why, "the index could not be built: %s", vg_err_str(err));
	return err;
}

/* The newest becomes kept[0]; the oldest goes where all places are taken. */
static void take_up(struct vg_lists *lists, struct vg_generation *next)
{
	vg_generation_fini(&lists->kept[VG_LISTS_MAX_KEPT - 1]);
	memmove(lists->kept + 1, lists->kept, (VG_LISTS_MAX_KEPT - 1) * sizeof(lists->kept[0]));
	lists->kept[0] = *next;
	memset(next, 0, sizeof(*next));
	next->fd = -1;
}

static void forget_old_files(struct vg_lists *lists)
{
	uint64_t numbers[64];
	size_t n = vg_generation_list(lists->dir, numbers, VG_ARRAY_LEN(numbers));
	for (size_t i = N_ON_DISK; i < n; i++)
		vg_generation_remove(lists->dir, numbers[i]);
}

static int is_same(const struct vg_generation *a, const struct vg_generation *b)
{
	return a->base && a->n_bytes == b->n_bytes &&
	       !memcmp(a->view.header->sha256, b->view.header->sha256, sizeof(a->view.header->sha256));
}

enum vg_err vg_lists_reload(struct vg_lists *lists, const struct vg_config_list *conf, uint32_t n_conf,
			    const char *suppress_file, char *why, size_t n_why)
{
	struct vg_generation next = { .fd = -1 };
	struct reading r = { .build = vg_build_create(), .lists = lists };
	struct vg_suppress *suppress = vg_suppress_load(suppress_file, why, n_why);
	uint64_t n_folded = 0;
	enum vg_err err = VG_EINVAL;
	if (!suppress)
		goto out;
	r.suppress = suppress;
	if (!r.build) {
		snprintf(why, n_why, "out of memory");
		err = VG_ENOMEM;
		goto out;
	}
	err = build_next(&r, conf, n_conf, lists->highest + 1, &next, &n_folded, why, n_why);
	if (err)
		goto out;
	if (!is_same(&lists->kept[0], &next)) {
		err = vg_generation_store(&next, lists->dir);
		if (err) {
			snprintf(why, n_why, "%s: the generation could not be written", lists->dir);
			goto out;
		}
		lists->highest++;
		take_up(lists, &next);
		make_tables(lists);
		forget_old_files(lists);
	}
	lists->n_left_out = r.n_left_out;
	lists->n_folded = n_folded;
	lists->unserved = r.unserved;
	vg_unserved_log(&lists->unserved);
	vg_build_videos(r.build, &lists->n_blank_videos, &lists->n_thinned_videos);
	vg_suppress_destroy(lists->suppress);
	lists->suppress = suppress;
	suppress = NULL;
out:
	vg_generation_fini(&next);
	vg_suppress_destroy(suppress);
	vg_build_destroy(r.build);
	return err;
}

void vg_lists_info(const struct vg_lists *lists, struct vg_lists_info *info)
{
	const struct vg_generation *g = &lists->kept[0];
	memset(info, 0, sizeof(*info));
	info->n_suppressed = vg_suppress_n(lists->suppress);
	info->n_left_out = lists->n_left_out;
	info->n_unserved = lists->unserved.n_entries;
	info->n_folded = lists->n_folded;
	info->n_blank_videos = lists->n_blank_videos;
	info->n_thinned_videos = lists->n_thinned_videos;
	if (!g->base)
		return;
	info->generation = g->view.header->generation;
	info->n_bytes = g->n_bytes;
	info->built_ns = g->view.header->built_ns;
	info->n_md5 = g->view.n_md5;
	info->n_sha1 = g->view.n_sha1;
	info->n_sha256 = g->view.n_sha256;
	info->n_pdq = g->view.n_pdq;
	info->n_urls = g->view.n_urls;
	info->n_videos = g->view.n_videos;
	info->n_frames = g->view.n_frames;
	info->n_plugins = g->view.n_plugins;
	info->n_tables_bytes = lists->n_tables_bytes;
	info->tables_ms = lists->tables_ms;
	info->n_lists = (uint32_t)g->view.n_lists;
	memcpy(info->sha256, g->view.header->sha256, sizeof(info->sha256));
}

void vg_lists_declare(struct vg_lists *lists, const struct vg_config_hashing *conf)
{
	struct vg_plugin_spec spec;
	lists->n_declared = 0;
	for (uint32_t i = 0; i < conf->n_plugins && i < VG_PLUGIN_MAX; i++)
		if (vg_plugin_spec_parse(conf->plugins[i], &spec) && spec.algo[0]) {
			struct vg_declared *to = &lists->declared[lists->n_declared++];
			memcpy(to->algo, spec.algo, sizeof(to->algo));
			to->version = spec.version;
		}
}

int vg_lists_declared(const struct vg_lists *lists, const char algo[VG_PLUGIN_ALGO_BYTES], uint32_t version)
{
	for (unsigned i = 0; i < lists->n_declared; i++)
		if (lists->declared[i].version == version &&
		    !memcmp(lists->declared[i].algo, algo, VG_PLUGIN_ALGO_BYTES))
			return 1;
	return 0;
}

const char *vg_lists_warning(const struct vg_lists *lists, unsigned idx)
{
	return idx < lists->unserved.n ? lists->unserved.at[idx].text : NULL;
}

int vg_lists_fd(const struct vg_lists *lists)
{
	return lists->kept[0].base ? lists->kept[0].fd : -1;
}

int vg_lists_tables_fd(const struct vg_lists *lists)
{
	return lists->tables_fd;
}

const struct vg_index_view *vg_lists_view(const struct vg_lists *lists, uint64_t generation)
{
	for (unsigned i = 0; i < VG_LISTS_MAX_KEPT; i++)
		if (lists->kept[i].base && lists->kept[i].view.header->generation == generation)
			return &lists->kept[i].view;
	return NULL;
}

int vg_lists_suppressed(const struct vg_lists *lists, enum vg_algo algo, const uint8_t *value, const char *list,
			const char *entry_id)
{
	return vg_suppress_has(lists->suppress, algo, value, list, entry_id);
}
