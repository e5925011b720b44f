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

#include "control/lists/lists_priv.h"
#include "control/lists/suppress.h"
#include "control/lists/tables.h"
#include "control/lists/unserved.h"

struct vg_lists {
	char dir[VG_CONFIG_PATH];
	uint64_t highest;                             /* number ever seen in the folder: the next one is greater */
	struct vg_generation kept[VG_LISTS_MAX_KEPT]; /* newest first; base NULL = none */
	struct vg_suppress *suppress;
	const struct vg_suppress *coming; /* of the lists that are being read; NULL = none are */
	uint64_t n_left_out, n_folded, n_blank_videos, n_thinned_videos;
	int tables_fd; /* of kept[0]; -1 = none */
	struct vg_declared declared[VG_PLUGIN_MAX];
	unsigned n_declared;
	struct vg_unserved unserved; /* of the last reload */
	uint64_t n_tables_bytes, tables_ms;
	int is_expected; /* the first one is being made */
};

/* Search tables for the newest: those of older ones are only kept by hashers that still search with them. */
static void set_tables(struct vg_lists *lists, const struct vg_lists_tables *tables)
{
	if (lists->tables_fd >= 0)
		close(lists->tables_fd);
	lists->tables_fd = tables->fd;
	lists->n_tables_bytes = tables->n_bytes;
	lists->tables_ms = tables->ms;
	if (tables->err)
		vg_log(VG_LOG_ERROR, "control/lists", "no search tables (%s): hashers scan instead, which is slower",
		       vg_err_str(tables->err));
	else if (tables->fd >= 0)
		vg_log(VG_LOG_INFO, "control/lists", "search tables of generation %llu: %llu MiB in %llu ms",
		       (unsigned long long)lists->kept[0].view.header->generation,
		       (unsigned long long)(tables->n_bytes >> 20), (unsigned long long)tables->ms);
}

static struct vg_lists_tables make_tables(const struct vg_generation *generation)
{
	struct vg_lists_tables made = { .fd = -1 };
	uint64_t begin_ns = vg_mono_now().ns;
	if (generation->base)
		made.err = vg_tables_build(&generation->view, &made.fd, &made.n_bytes);
	made.ms = (vg_mono_now().ns - begin_ns) / 1000000u;
	return made;
}

struct vg_lists *vg_lists_open(const char *dir, char *why, size_t n_why)
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
	(void)vg_generation_list(dir, &lists->highest, 1);
	return lists;
}

void vg_lists_load(const char *dir, struct vg_generation loaded[VG_LISTS_ON_DISK])
{
	uint64_t numbers[64];
	size_t n = vg_generation_list(dir, numbers, VG_ARRAY_LEN(numbers)), n_loaded = 0;
	for (size_t i = 0; i < VG_LISTS_ON_DISK; i++)
		loaded[i] = (struct vg_generation){ .fd = -1 };
	for (size_t i = 0; i < n && n_loaded < VG_LISTS_ON_DISK; i++) {
		enum vg_err err = vg_generation_load(&loaded[n_loaded], dir, numbers[i]);
		if (!err)
			n_loaded++;
		else
			vg_log(VG_LOG_ERROR, "control/lists", "generation %llu on disk cannot be used: %s",
			       (unsigned long long)numbers[i], vg_err_str(err));
	}
}

void vg_lists_take_loaded(struct vg_lists *lists, struct vg_generation loaded[VG_LISTS_ON_DISK])
{
	memcpy(lists->kept, loaded, VG_LISTS_ON_DISK * sizeof(loaded[0]));
	for (size_t i = 0; i < VG_LISTS_ON_DISK; i++)
		loaded[i] = (struct vg_generation){ .fd = -1 };
}

void vg_lists_take_disk(struct vg_lists *lists)
{
	struct vg_generation loaded[VG_LISTS_ON_DISK];
	vg_lists_load(lists->dir, loaded);
	vg_lists_take_loaded(lists, loaded);
	struct vg_lists_tables tables = make_tables(&lists->kept[0]);
	set_tables(lists, &tables);
}

struct vg_lists *vg_lists_create(const char *dir, char *why, size_t n_why)
{
	struct vg_lists *lists = vg_lists_open(dir, why, n_why);
	if (lists)
		vg_lists_take_disk(lists);
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
	for (size_t i = VG_LISTS_ON_DISK; i < n; i++)
		vg_generation_remove(lists->dir, numbers[i]);
}

uint64_t vg_lists_next_number(const struct vg_lists *lists)
{
	return lists->highest + 1;
}

struct vg_reading vg_lists_reading(const struct vg_lists *lists)
{
	return (struct vg_reading){ .declared = lists->declared,
				    .n_declared = lists->n_declared,
				    .number = vg_lists_next_number(lists) };
}

void vg_lists_take_tables(struct vg_lists *lists, struct vg_lists_tables *tables)
{
	set_tables(lists, tables);
	*tables = (struct vg_lists_tables){ .fd = -1 };
}

/* What a reading says beside the index. */
static void take_counts(struct vg_lists *lists, struct vg_lists_next *next)
{
	lists->n_left_out = next->counts.n_left_out;
	lists->n_folded = next->counts.n_folded;
	lists->n_blank_videos = next->counts.n_blank_videos;
	lists->n_thinned_videos = next->counts.n_thinned_videos;
	lists->unserved = next->counts.unserved;
	vg_unserved_log(&lists->unserved);
	vg_suppress_destroy(lists->suppress);
	lists->suppress = next->suppress;
	next->suppress = NULL;
}

void vg_lists_take(struct vg_lists *lists, struct vg_lists_next *next)
{
	if (next->generation.base) {
		lists->highest = next->generation.view.header->generation;
		take_up(lists, &next->generation);
		vg_lists_take_tables(lists, &next->tables);
		forget_old_files(lists);
	}
	take_counts(lists, next);
}

void vg_lists_next_init(struct vg_lists_next *next)
{
	memset(next, 0, sizeof(*next));
	next->generation.fd = next->tables.fd = -1;
}

void vg_lists_next_fini(struct vg_lists_next *next)
{
	vg_generation_fini(&next->generation);
	if (next->tables.fd >= 0)
		close(next->tables.fd);
	vg_suppress_destroy(next->suppress);
	vg_lists_next_init(next);
}

/* Builds, and stores what is new; next has a generation only then. */
static enum vg_err make_next(const struct vg_lists *lists, const struct vg_reading *reading, struct vg_lists_next *next,
			     char *why, size_t n_why)
{
	int fd = -1;
	enum vg_err err = vg_reading_make(reading, &next->counts, &fd, why, n_why);
	if (err)
		return err;
	err = vg_generation_take(&next->generation, fd);
	if (err) {
		close(fd);
		snprintf(why, n_why, "the index could not be built: %s", vg_err_str(err));
		return err;
	}
	if (vg_generation_same(&lists->kept[0], &next->generation)) {
		vg_generation_fini(&next->generation);
		return VG_OK;
	}
	err = vg_generation_store(&next->generation, lists->dir);
	if (err)
		snprintf(why, n_why, "%s: the generation could not be written", lists->dir);
	else
		next->tables = make_tables(&next->generation);
	return err;
}

enum vg_err vg_lists_reload(struct vg_lists *lists, const struct vg_config_list *conf, uint32_t n_conf,
			    const char *suppress_file, char *why, size_t n_why)
{
	struct vg_reading reading = vg_lists_reading(lists);
	struct vg_lists_next next;
	enum vg_err err = VG_EINVAL;
	vg_lists_next_init(&next);
	next.suppress = vg_suppress_load(suppress_file, why, n_why);
	reading.conf = conf;
	reading.n_conf = n_conf;
	reading.suppress = next.suppress;
	if (next.suppress)
		err = make_next(lists, &reading, &next, why, n_why);
	if (!err)
		vg_lists_take(lists, &next);
	vg_lists_next_fini(&next);
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
	return vg_declared_has(lists->declared, lists->n_declared, algo, version);
}

const char *vg_lists_warning(const struct vg_lists *lists, unsigned idx)
{
	return idx < lists->unserved.n ? lists->unserved.at[idx].text : NULL;
}

const struct vg_generation *vg_lists_current(const struct vg_lists *lists)
{
	return &lists->kept[0];
}

const char *vg_lists_dir(const struct vg_lists *lists)
{
	return lists->dir;
}

void vg_lists_suppress_soon(struct vg_lists *lists, const struct vg_suppress *coming)
{
	lists->coming = coming;
}

void vg_lists_expect(struct vg_lists *lists, int is_expected)
{
	lists->is_expected = is_expected;
}

int vg_lists_expected(const struct vg_lists *lists)
{
	return lists->is_expected && !lists->kept[0].base;
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
	return vg_suppress_has(lists->suppress, algo, value, list, entry_id) ||
	       vg_suppress_has(lists->coming, algo, value, list, entry_id);
}
