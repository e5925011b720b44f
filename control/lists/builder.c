#include "control/lists/builder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <vigil/clock.h>
#include <vigil/log.h>
#include <vigil/sandbox.h>
#include <vigil/sock.h>

#include "control/lists/builder_msg.h"
#include "control/lists/builder_sandbox.h"
#include "control/lists/tables.h"

/* All it knows of its job. */
struct job {
	int fd;
	struct vg_build_begin begin;
	struct vg_config_list *conf;
	int *files; /* of conf */
	struct vg_suppress *suppress;
	struct vg_generation current;
	struct vg_build_failed failed;
};

static enum vg_err hear(int fd, uint32_t type, void *message, size_t n_bytes, int *got_fd)
{
	int fds[VG_SOCK_MAX_FDS];
	size_t n_got, n_fds, n_wanted = got_fd ? 1 : 0;
	enum vg_err err = vg_sock_recv(fd, message, n_bytes, &n_got, fds, &n_fds);
	if (!err && (n_got != n_bytes || *(const uint32_t *)message != type || n_fds != n_wanted)) {
		while (n_fds)
			close(fds[--n_fds]);
		err = VG_EPROTO;
	}
	if (!err && got_fd)
		*got_fd = fds[0];
	return err;
}

static enum vg_err tell(const struct job *job, const void *message, size_t n_bytes, const int *fds, size_t n_fds)
{
	return vg_sock_send(job->fd, message, n_bytes, fds, n_fds);
}

/* Nobody hears it any more: vigild is gone, or has had enough. */
static void tell_progress(const struct job *job, uint32_t phase, uint32_t list_idx, uint64_t n_rows, uint64_t n_bytes)
{
	struct vg_build_progress m = { VG_BUILD_PROGRESS, phase, list_idx, 0, n_rows, n_bytes };
	if (tell(job, &m, sizeof(m), NULL, 0))
		_exit(1);
}

static void on_progress(void *ctx, uint32_t list_idx, uint64_t n_rows, uint64_t n_bytes)
{
	const struct job *job = ctx;
	tell_progress(job, list_idx == job->begin.n_lists ? VG_PHASE_SORTING : VG_PHASE_READING, list_idx, n_rows,
		      n_bytes);
}

/* VG_OK: all that is needed is here; VG_EINVAL: the suppress list is wrong, why says so; else vigild is not there. */
static enum vg_err take_job(struct job *job)
{
	struct vg_build_list *list = calloc(1, sizeof(*list));
	struct vg_build_suppress suppress;
	struct vg_build_plain index;
	int fd = -1;
	enum vg_err err = list ? hear(job->fd, VG_BUILD_BEGIN, &job->begin, sizeof(job->begin), NULL) : VG_ENOMEM;
	if (!err && (job->begin.n_lists > VG_CONFIG_MAX_LISTS || job->begin.n_declared > VG_PLUGIN_MAX))
		err = VG_EPROTO;
	job->conf = calloc(VG_CONFIG_MAX_LISTS, sizeof(*job->conf));
	job->files = calloc(VG_CONFIG_MAX_LISTS, sizeof(*job->files));
	if (!err && (!job->conf || !job->files))
		err = VG_ENOMEM;
	for (uint32_t i = 0; i < job->begin.n_lists && !err; i++) {
		err = hear(job->fd, VG_BUILD_LIST, list, sizeof(*list), &job->files[i]);
		job->conf[i] = list->conf;
	}
	free(list);
	if (!err && job->begin.has_suppress)
		err = hear(job->fd, VG_BUILD_SUPPRESS, &suppress, sizeof(suppress), &fd);
	if (!err)
		job->suppress = vg_suppress_load_fd(fd, suppress.name, job->failed.why, sizeof(job->failed.why));
	if (!err && job->begin.has_index) {
		err = hear(job->fd, VG_BUILD_INDEX, &index, sizeof(index), &fd);
		if (!err && (err = vg_generation_take(&job->current, fd)))
			close(fd);
	}
	return !err && !job->suppress ? VG_EINVAL : err;
}

static struct vg_lists_tables make_tables(const struct job *job, uint32_t phase, const struct vg_generation *g)
{
	struct vg_lists_tables made = { .fd = -1 };
	uint64_t begin_ns = vg_mono_now().ns;
	tell_progress(job, phase, 0, g->view.n_entries, g->n_bytes);
	made.err = vg_tables_build(&g->view, &made.fd, &made.n_bytes);
	made.ms = (vg_mono_now().ns - begin_ns) / 1000000u;
	return made;
}

static enum vg_err give_old_tables(const struct job *job)
{
	struct vg_lists_tables made = make_tables(job, VG_PHASE_OLD_TABLES, &job->current);
	struct vg_build_tables m = { VG_BUILD_TABLES, made.err, made.ms };
	enum vg_err err = tell(job, &m, sizeof(m), &made.fd, made.fd >= 0);
	if (made.fd >= 0)
		close(made.fd);
	return err;
}

static enum vg_err give_next(struct job *job, struct vg_build_done *done, int fd)
{
	struct vg_generation next;
	struct vg_lists_tables made = { .fd = -1 };
	size_t n_fds = 0;
	int fds[2];
	enum vg_err err = vg_generation_take(&next, fd);
	if (err) {
		close(fd);
		snprintf(job->failed.why, sizeof(job->failed.why), "the index could not be built: %s", vg_err_str(err));
		return err;
	}
	done->type = VG_BUILD_DONE;
	done->is_same = (uint32_t)vg_generation_same(&job->current, &next);
	if (!done->is_same) {
		made = make_tables(job, VG_PHASE_TABLES, &next);
		done->tables_err = made.err;
		done->tables_ms = made.ms;
		fds[n_fds++] = next.fd;
		if (made.fd >= 0)
			fds[n_fds++] = made.fd;
	}
	err = tell(job, done, sizeof(*done), fds, n_fds);
	if (made.fd >= 0)
		close(made.fd);
	vg_generation_fini(&next);
	return err ? VG_ECLOSED : VG_OK;
}

static enum vg_err work(struct job *job)
{
	struct vg_reading reading = { .conf = job->conf,
				      .n_conf = job->begin.n_lists,
				      .fds = job->files,
				      .suppress = job->suppress,
				      .declared = job->begin.declared,
				      .n_declared = job->begin.n_declared,
				      .number = job->begin.number,
				      .progress = on_progress,
				      .ctx = job };
	struct vg_build_done done;
	int fd = -1;
	enum vg_err err = VG_OK;
	memset(&done, 0, sizeof(done));
	if (job->begin.has_index && job->begin.wants_tables)
		err = give_old_tables(job);
	if (err)
		return VG_ECLOSED;
	err = vg_reading_make(&reading, &done.counts, &fd, job->failed.why, sizeof(job->failed.why));
	return err ? err : give_next(job, &done, fd);
}

static void let_go(struct job *job)
{
	for (uint32_t i = 0; job->files && i < VG_CONFIG_MAX_LISTS; i++)
		if (job->files[i] > 0)
			close(job->files[i]);
	free(job->files);
	free(job->conf);
	vg_suppress_destroy(job->suppress);
	vg_generation_fini(&job->current);
}

/* Where memory is short it goes before anything else; in lists of processes it has its own name. */
static void set_apart(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!write(fd, "1000", 4);
		close(fd);
	}
	(void)prctl(PR_SET_NAME, "vigil-builder", 0, 0, 0);
}

int vg_builder_run(int fd, unsigned long long max_bytes)
{
	static const char nothing[1];
	struct job job = { .fd = fd, .current = { .fd = -1 }, .failed = { .type = VG_BUILD_FAILED } };
	uint8_t digest[32];
	set_apart();
	/* Once before the filter: the library reads its configuration. */
	(void)EVP_Digest(nothing, 0, digest, NULL, EVP_sha256(), NULL);
	enum vg_err err = vg_sandbox_quiet();
	if (!err)
		err = vg_builder_sandbox(max_bytes);
	if (err) {
		vg_log(VG_LOG_ERROR, "control/lists", "the builder's sandbox cannot be closed: %s", vg_err_str(err));
		snprintf(job.failed.why, sizeof(job.failed.why), "the builder's sandbox cannot be closed");
	} else {
		err = take_job(&job);
		if (!err)
			err = work(&job);
	}
	if (err && err != VG_ECLOSED) {
		job.failed.err = err;
		if (!job.failed.why[0])
			snprintf(job.failed.why, sizeof(job.failed.why), "the builder: %s", vg_err_str(err));
		err = tell(&job, &job.failed, sizeof(job.failed), NULL, 0);
	}
	let_go(&job);
	return err != VG_OK;
}
