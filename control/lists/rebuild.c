/* The steps: load (thread, only at first) - builder - its tables of the old index: check (thread), ready - its end:
 * check (thread), take up. A check that is due while the thread is busy waits for it: on_thread_end() asks again. */
#include "control/lists/rebuild.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/log.h>

#include "control/lists/builder_link.h"
#include "control/lists/check.h"
#include "control/loop/beside.h"

#define LEAST_BYTES   (1ull << 30) /* the program, its threads and what grows by doubling */
#define BYTES_PER     16u          /* an entry's room in the builder for a byte of its line, tables included: ADR 32 */
#define WITHOUT_LIMIT 0x7fffffffu

enum work { WORK_NONE, WORK_LOAD, WORK_OLD_TABLES, WORK_NEXT };
struct ending {
	uint64_t id;
	enum vg_err err;
	char why[VG_LISTS_WHY];
};
struct vg_rebuild {
	struct vg_loop *loop;
	struct vg_rebuild_conf conf;
	struct vg_rebuild_state state;
	uint64_t weight;
	struct vg_config_list *lists; /* of the reading under way */
	char suppress_name[VG_CONFIG_PATH + 16];
	int suppress_fd;
	struct vg_builder *builder;
	/* The thread has what stands in check, loaded and next to itself while it works. */
	struct vg_beside *thread;
	enum work work;
	struct vg_check check;
	struct vg_generation loaded[VG_LISTS_ON_DISK];
	int has_loaded, has_old_tables, has_ended;
	struct vg_lists_tables old_tables;
	struct vg_builder_end ended;
	struct vg_lists_next next;
	struct ending endings[VG_REBUILD_REMEMBERED];
};

const char *vg_build_phase_str(unsigned phase)
{
	static const char *const names[VG_PHASE_N] = { "loading", "starting", "tables of the lists in use",
						       "reading", "sorting",  "tables",
						       "checking" };
	return phase < VG_PHASE_N ? names[phase] : "?";
}

static uint64_t size_of(const char *path)
{
	struct stat st;
	return path && path[0] && !stat(path, &st) && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

uint64_t vg_rebuild_weight(const struct vg_lists *lists, const struct vg_config_list *conf, uint32_t n_conf,
			   const char *suppress_file, int with_disk)
{
	uint64_t n_bytes = size_of(suppress_file), numbers[VG_LISTS_ON_DISK];
	char path[VG_CONFIG_PATH + 40];
	for (uint32_t i = 0; i < n_conf; i++)
		n_bytes += size_of(conf[i].file);
	size_t n = with_disk ? vg_generation_list(vg_lists_dir(lists), numbers, VG_LISTS_ON_DISK) : 0;
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%020llu.idx", vg_lists_dir(lists), (unsigned long long)numbers[i]);
		n_bytes += size_of(path);
	}
	return n_bytes;
}

/* Everything of the present reading goes. */
static void clear(struct vg_rebuild *r)
{
	vg_builder_destroy(r->builder);
	r->builder = NULL;
	vg_beside_destroy(r->thread);
	r->thread = NULL;
	r->work = WORK_NONE;
	vg_check_fini(&r->check);
	for (size_t i = 0; i < VG_LISTS_ON_DISK; i++)
		vg_generation_fini(&r->loaded[i]);
	if (r->old_tables.fd >= 0)
		close(r->old_tables.fd);
	if (r->ended.index_fd >= 0)
		close(r->ended.index_fd);
	if (r->ended.tables.fd >= 0)
		close(r->ended.tables.fd);
	r->old_tables.fd = r->ended.index_fd = r->ended.tables.fd = -1;
	r->has_loaded = r->has_old_tables = r->has_ended = 0;
	vg_lists_suppress_soon(r->conf.lists, NULL);
	vg_lists_next_fini(&r->next);
	if (r->suppress_fd >= 0)
		close(r->suppress_fd);
	r->suppress_fd = -1;
	free(r->lists);
	r->lists = NULL;
	r->state.is_running = 0;
}

/* What was loaded is in use from now on, with tables or without. */
static void take_loaded(struct vg_rebuild *r)
{
	if (!r->has_loaded)
		return;
	r->has_loaded = 0;
	vg_lists_take_loaded(r->conf.lists, r->loaded);
	if (vg_lists_current(r->conf.lists)->base)
		vg_lists_take_tables(r->conf.lists, &r->old_tables);
	if (vg_lists_current(r->conf.lists)->base && r->conf.ready)
		r->conf.ready(r->conf.ctx);
}

static void finish(struct vg_rebuild *r, enum vg_err err, const char *why)
{
	struct ending *ending = &r->endings[r->state.id % VG_REBUILD_REMEMBERED];
	*ending = (struct ending){ .id = r->state.id, .err = err };
	if (err)
		snprintf(ending->why, sizeof(ending->why), "%s", why);
	r->state.n_failed += err != VG_OK;
	take_loaded(r);
	vg_lists_suppress_soon(r->conf.lists, NULL);
	if (!err)
		vg_lists_take(r->conf.lists, &r->next);
	clear(r);
	vg_lists_expect(r->conf.lists, 0);
	r->conf.done(r->conf.ctx, ending->id, err, ending->why);
}

static void work(void *ctx)
{
	struct vg_rebuild *r = ctx;
	if (r->work == WORK_LOAD)
		vg_lists_load(vg_lists_dir(r->conf.lists), r->loaded);
	else if (r->work == WORK_OLD_TABLES)
		vg_check_tables(&r->check, &r->loaded[0]);
	else
		vg_check_next(&r->check);
}

static void on_thread_end(void *ctx);

static int begin_work(struct vg_rebuild *r, enum work what)
{
	r->work = what;
	r->thread = vg_beside_create(r->loop, work, on_thread_end, r);
	return r->thread != NULL;
}

/* Tables that cannot be checked are not used. (The builder is at work, so nothing ends here.) */
static void check_old_tables(struct vg_rebuild *r)
{
	r->has_old_tables = 0;
	vg_check_init(&r->check);
	r->check.tables = r->old_tables;
	r->old_tables = (struct vg_lists_tables){ .fd = -1, .err = VG_ENOMEM };
	if (begin_work(r, WORK_OLD_TABLES))
		return;
	vg_check_fini(&r->check);
	take_loaded(r);
}

static void check_next(struct vg_rebuild *r)
{
	r->state.phase = VG_PHASE_CHECKING;
	vg_check_init(&r->check);
	r->check.index_fd = r->ended.index_fd;
	r->check.tables = r->ended.tables;
	r->check.number = vg_lists_next_number(r->conf.lists);
	r->check.dir = vg_lists_dir(r->conf.lists);
	r->next.counts = r->ended.counts;
	r->ended.index_fd = r->ended.tables.fd = -1;
	if (!begin_work(r, WORK_NEXT))
		finish(r, VG_ENOMEM, "there is no thread to be had that checks the lists");
}

/* The next step that is due, when the thread is idle. */
static void go_on(struct vg_rebuild *r)
{
	if (r->thread)
		return;
	if (r->has_old_tables) {
		check_old_tables(r);
	} else if (r->has_ended && r->ended.err) {
		finish(r, r->ended.err, r->ended.why);
	} else if (r->has_ended && r->ended.is_same) {
		r->next.counts = r->ended.counts;
		finish(r, VG_OK, "");
	} else if (r->has_ended) {
		check_next(r);
	}
}

static void on_progress(void *ctx, const struct vg_build_progress *m)
{
	struct vg_rebuild *r = ctx;
	r->state.phase = m->phase;
	r->state.n_lists_read = m->list_idx < r->state.n_lists ? m->list_idx : r->state.n_lists;
	if (m->phase >= VG_PHASE_READING)
		r->state.n_entries = m->n_rows;
	if (m->phase > VG_PHASE_READING)
		r->state.n_lists_read = r->state.n_lists;
}

static void on_tables(void *ctx, const struct vg_lists_tables *tables)
{
	struct vg_rebuild *r = ctx;
	r->old_tables = *tables;
	r->has_old_tables = 1;
	go_on(r);
}

static void on_ended(void *ctx, const struct vg_builder_end *end)
{
	struct vg_rebuild *r = ctx;
	vg_builder_destroy(r->builder);
	r->builder = NULL;
	r->ended = *end;
	r->has_ended = 1;
	go_on(r);
}

static enum vg_err start_builder(struct vg_rebuild *r, char *why, size_t n_why)
{
	const struct vg_generation *current = r->has_loaded ? &r->loaded[0] : vg_lists_current(r->conf.lists);
	struct vg_builder_hooks hooks = { r, on_progress, on_tables, on_ended };
	struct vg_builder_conf conf = { r->conf.program, r->conf.max_s ? r->conf.max_s * 1000 : WITHOUT_LIMIT,
					r->conf.max_bytes ? r->conf.max_bytes : LEAST_BYTES + BYTES_PER * r->weight };
	struct vg_builder_job job = { .reading = vg_lists_reading(r->conf.lists),
				      .suppress_name = r->suppress_name,
				      .suppress_fd = r->suppress_fd,
				      .current = current,
				      .wants_tables = r->has_loaded };
	enum vg_err err;
	job.reading.conf = r->lists;
	job.reading.n_conf = r->state.n_lists;
	r->state.phase = VG_PHASE_STARTING;
	r->builder = vg_builder_create(r->loop, &conf, &job, &hooks, &err, why, n_why);
	return r->builder ? VG_OK : err;
}

static void on_loaded(struct vg_rebuild *r)
{
	char why[VG_LISTS_WHY];
	r->has_loaded = 1;
	enum vg_err err = start_builder(r, why, sizeof(why));
	if (err)
		finish(r, err, why);
}

static void on_thread_end(void *ctx)
{
	struct vg_rebuild *r = ctx;
	enum work what = r->work;
	vg_beside_destroy(r->thread);
	r->thread = NULL;
	r->work = WORK_NONE;
	if (what == WORK_LOAD) {
		on_loaded(r);
		return;
	}
	if (what == WORK_OLD_TABLES && !r->check.err) {
		r->old_tables = r->check.tables;
		r->check.tables.fd = -1;
		take_loaded(r);
		go_on(r);
	} else if (what == WORK_OLD_TABLES || r->check.err) {
		finish(r, r->check.err, r->check.why);
	} else {
		struct vg_suppress *suppress = r->next.suppress;
		struct vg_reading_counts counts = r->next.counts;
		r->next = r->check.next;
		r->next.suppress = suppress;
		r->next.counts = counts;
		vg_lists_next_init(&r->check.next);
		finish(r, VG_OK, "");
	}
}

static enum vg_err take_suppress(struct vg_rebuild *r, const char *suppress_file, char *why, size_t n_why)
{
	int fd = -1;
	snprintf(r->suppress_name, sizeof(r->suppress_name), "%s", suppress_file ? suppress_file : "");
	if (r->suppress_name[0]) {
		r->suppress_fd = open(r->suppress_name, O_RDONLY | O_CLOEXEC);
		fd = r->suppress_fd < 0 ? -1 : fcntl(r->suppress_fd, F_DUPFD_CLOEXEC, 0);
		if (fd < 0) {
			snprintf(why, n_why, "%s: %m", r->suppress_name);
			return VG_EINVAL;
		}
	}
	r->next.suppress = vg_suppress_load_fd(fd, r->suppress_name, why, n_why);
	vg_lists_suppress_soon(r->conf.lists, r->next.suppress);
	return r->next.suppress ? VG_OK : VG_EINVAL;
}

enum vg_err vg_rebuild_start(struct vg_rebuild *r, const struct vg_config_list *conf, uint32_t n_conf,
			     const char *suppress_file, int with_disk, char *why, size_t n_why)
{
	enum vg_err err;
	if (r->state.is_running) {
		snprintf(why, n_why, "the lists are being read already (build %llu, %s); again when it is done",
			 (unsigned long long)r->state.id, vg_build_phase_str(r->state.phase));
		return VG_EAGAIN;
	}
	r->lists = calloc(n_conf ? n_conf : 1, sizeof(*r->lists));
	if (!r->lists) {
		snprintf(why, n_why, "out of memory");
		return VG_ENOMEM;
	}
	memcpy(r->lists, conf, n_conf * sizeof(*conf));
	r->weight = vg_rebuild_weight(r->conf.lists, conf, n_conf, suppress_file, 1);
	r->state = (struct vg_rebuild_state){ r->state.id + 1, 1, VG_PHASE_LOADING, 0,
					      n_conf,          0, vg_mono_now().ns, r->state.n_failed };
	err = take_suppress(r, suppress_file, why, n_why);
	if (!err && !with_disk)
		err = start_builder(r, why, n_why);
	if (!err && with_disk) {
		r->work = WORK_LOAD;
		r->thread = vg_beside_create(r->loop, work, on_thread_end, r);
		if (!r->thread)
			snprintf(why, n_why, "there is no thread to be had that loads the lists");
		err = r->thread ? VG_OK : VG_ENOMEM;
	}
	if (err) {
		r->state.id--;
		r->state.n_failed++;
		clear(r);
	}
	return err;
}

void vg_rebuild_stop(struct vg_rebuild *r)
{
	if (r->state.is_running)
		clear(r);
}

void vg_rebuild_state(const struct vg_rebuild *r, struct vg_rebuild_state *state)
{
	*state = r->state;
}

enum vg_err vg_rebuild_ending(const struct vg_rebuild *r, uint64_t id, const char **why)
{
	const struct ending *ending = &r->endings[id % VG_REBUILD_REMEMBERED];
	*why = "";
	if (r->state.is_running && r->state.id == id)
		return VG_EAGAIN;
	if (!id || ending->id != id)
		return VG_ENOTFOUND;
	*why = ending->why;
	return ending->err;
}

struct vg_rebuild *vg_rebuild_create(struct vg_loop *loop, const struct vg_rebuild_conf *conf)
{
	struct vg_rebuild *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->loop = loop;
	r->conf = *conf;
	r->suppress_fd = r->old_tables.fd = r->ended.index_fd = r->ended.tables.fd = -1;
	for (size_t i = 0; i < VG_LISTS_ON_DISK; i++)
		r->loaded[i].fd = -1;
	vg_lists_next_init(&r->next);
	vg_check_init(&r->check);
	return r;
}

void vg_rebuild_destroy(struct vg_rebuild *r)
{
	if (!r)
		return;
	clear(r);
	free(r);
}
