#include "control/lists/builder_link.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vigil/log.h>
#include <vigil/sock.h>

#include "control/lists/builder.h"

#define MAX_IN_A_ROW 32

struct vg_builder {
	struct vg_loop *loop;
	struct vg_builder_conf conf;
	struct vg_builder_hooks hooks;
	pid_t pid;
	int fd;
	uint64_t timer;
	int awaits_tables, has_answer, was_reset;
	struct vg_builder_end end;
};

union message {
	uint32_t type;
	struct vg_build_progress progress;
	struct vg_build_tables tables;
	struct vg_build_done done;
	struct vg_build_failed failed;
};

static void close_all(const int *fds, size_t n_fds)
{
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
}

/* Its words go to logs and terminals. */
static void make_plain(char *text, size_t n_text)
{
	text[n_text - 1] = 0;
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/* What it says it failed of, of what it says there was: a name is text, a number is bounded by nothing it indexes. */
static void take_counts(struct vg_reading_counts *to, const struct vg_reading_counts *from)
{
	*to = *from;
	if (to->unserved.n > VG_UNSERVED_MAX)
		to->unserved.n = VG_UNSERVED_MAX;
	for (unsigned i = 0; i < VG_UNSERVED_MAX; i++) {
		make_plain(to->unserved.at[i].what.algo, sizeof(to->unserved.at[i].what.algo));
		make_plain(to->unserved.at[i].where, sizeof(to->unserved.at[i].where));
		to->unserved.at[i].text[0] = 0;
	}
}

static void drop_answer(struct vg_builder *b)
{
	if (b->end.index_fd >= 0)
		close(b->end.index_fd);
	if (b->end.tables.fd >= 0)
		close(b->end.tables.fd);
	b->end.index_fd = b->end.tables.fd = -1;
}

/* The first reason stands. Its end is heard on the socket. */
static void put_down(struct vg_builder *b, enum vg_err err, const char *why)
{
	if (!b->end.err)
		snprintf(b->end.why, sizeof(b->end.why), "%s", why);
	b->end.err = b->end.err ? b->end.err : err;
	drop_answer(b);
	(void)kill(b->pid, SIGKILL);
}

static enum vg_err take_tables(struct vg_builder *b, const struct vg_build_tables *m, const int *fds, size_t n_fds)
{
	struct vg_lists_tables tables = { n_fds ? fds[0] : -1, m->err ? VG_ENOMEM : VG_OK, 0, m->ms };
	if (!b->awaits_tables || n_fds > 1 || (m->err && n_fds))
		return VG_EPROTO;
	b->awaits_tables = 0;
	b->hooks.tables(b->hooks.ctx, &tables);
	return VG_OK;
}

static enum vg_err take_done(struct vg_builder *b, const struct vg_build_done *m, const int *fds, size_t n_fds)
{
	if (b->awaits_tables || n_fds > 2 || (m->is_same != 0) != !n_fds || (m->tables_err && n_fds > 1))
		return VG_EPROTO;
	b->has_answer = 1;
	b->end.is_same = m->is_same != 0;
	b->end.index_fd = n_fds ? fds[0] : -1;
	b->end.tables = (struct vg_lists_tables){ n_fds > 1 ? fds[1] : -1, m->tables_err ? VG_ENOMEM : VG_OK, 0,
						  m->tables_ms };
	take_counts(&b->end.counts, &m->counts);
	return VG_OK;
}

static enum vg_err take_failed(struct vg_builder *b, const struct vg_build_failed *m)
{
	b->has_answer = 1;
	b->end.err = m->err == VG_EINVAL || m->err == VG_ENOMEM || m->err == VG_EFULL ? m->err : VG_EIO;
	memcpy(b->end.why, m->why, sizeof(b->end.why));
	make_plain(b->end.why, sizeof(b->end.why));
	return VG_OK;
}

/* Takes the descriptors over where it is VG_OK. */
static enum vg_err take(struct vg_builder *b, const union message *m, size_t n_bytes, const int *fds, size_t n_fds)
{
	if (n_bytes < sizeof(m->type) || b->has_answer)
		return VG_EPROTO;
	if (m->type == VG_BUILD_PROGRESS && n_bytes == sizeof(m->progress) && !n_fds &&
	    m->progress.phase < VG_PHASE_N) {
		b->hooks.progress(b->hooks.ctx, &m->progress);
		return VG_OK;
	}
	if (m->type == VG_BUILD_TABLES && n_bytes == sizeof(m->tables))
		return take_tables(b, &m->tables, fds, n_fds);
	if (m->type == VG_BUILD_DONE && n_bytes == sizeof(m->done))
		return take_done(b, &m->done, fds, n_fds);
	if (m->type == VG_BUILD_FAILED && n_bytes == sizeof(m->failed) && !n_fds)
		return take_failed(b, &m->failed);
	return VG_EPROTO;
}

static void reap(struct vg_builder *b, int *status)
{
	*status = 0;
	while (b->pid > 0 && waitpid(b->pid, status, 0) < 0 && errno == EINTR)
		;
	b->pid = 0;
}

/* The socket has ended, so the process has, or does nothing more that counts. */
static void end(struct vg_builder *b)
{
	struct vg_builder_end ended;
	int status;
	(void)kill(b->pid, SIGKILL);
	reap(b, &status);
	vg_loop_unwatch(b->loop, b->fd);
	close(b->fd);
	b->fd = -1;
	vg_loop_cancel(b->loop, b->timer);
	b->timer = 0;
	if (!b->end.err && !b->has_answer) {
		b->end.err = VG_EIO;
		snprintf(b->end.why, sizeof(b->end.why),
			 "the builder that reads the lists ended before it was done (%s %d)",
			 WIFSIGNALED(status) ? "signal" : "exit",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	ended = b->end;
	b->end.index_fd = b->end.tables.fd = -1;
	b->hooks.ended(b->hooks.ctx, &ended); /* b may be gone now */
}

static void on_message(void *ctx, int fd, uint32_t events)
{
	struct vg_builder *b = ctx;
	union message *m = malloc(sizeof(*m));
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	enum vg_err err = m ? VG_OK : VG_ENOMEM;
	(void)events;
	for (unsigned i = 0; i < MAX_IN_A_ROW && !err; i++) {
		err = vg_sock_recv(fd, m, sizeof(*m), &n_bytes, fds, &n_fds);
		/* One that ended without having heard all resets the link: what it said before stands behind that. */
		if (err == VG_ECLOSED && !b->was_reset) {
			b->was_reset = 1;
			err = VG_OK;
			continue;
		}
		if (err)
			break;
		err = b->end.err ? VG_EPROTO : take(b, m, n_bytes, fds, n_fds);
		if (err)
			close_all(fds, n_fds);
	}
	free(m);
	if (err == VG_EAGAIN || !err)
		return;
	if (err != VG_ECLOSED && err != VG_EIO) {
		put_down(b, VG_EPROTO, "the builder that reads the lists broke its rules and was killed");
		return;
	}
	end(b);
}

static void on_late(void *ctx)
{
	struct vg_builder *b = ctx;
	char why[160];
	b->timer = 0;
	snprintf(why, sizeof(why),
		 "the builder took longer than %u s and was killed; raise control.builder_s or shorten the lists",
		 b->conf.max_ms / 1000);
	put_down(b, VG_EAGAIN, why);
}

/* The child's half: stdio and the socket, nothing else. */
_Noreturn static void become(const struct vg_builder *b, int fd, pid_t parent, const char *max_bytes)
{
	const char *program = b->conf.program ? b->conf.program : "/proc/self/exe";
	const char *argv[] = { "vigild", VG_BUILDER_OPTION, max_bytes, NULL };
	int null = open("/dev/null", O_RDONLY);
	if (null >= 0)
		(void)dup2(null, 0);
	if (fd == VG_BUILDER_FD ? fcntl(fd, F_SETFD, 0) : dup2(fd, VG_BUILDER_FD) < 0)
		_exit(127);
	(void)close_range(VG_BUILDER_FD + 1, ~0u, 0);
	(void)setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(127);
	for (int signal_no = 1; signal_no < _NSIG; signal_no++)
		if (signal_no != SIGKILL && signal_no != SIGSTOP)
			(void)signal(signal_no, SIG_DFL);
	vg_loop_unblock_signals();
	execv(program, (char *const *)(uintptr_t)argv);
	_exit(127);
}

static enum vg_err spawn(struct vg_builder *b)
{
	int pair[2], flags;
	char max_bytes[24];
	pid_t parent = getpid();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return VG_EIO;
	snprintf(max_bytes, sizeof(max_bytes), "%llu", (unsigned long long)b->conf.max_bytes);
	b->pid = fork();
	if (!b->pid)
		become(b, pair[1], parent, max_bytes);
	close(pair[1]);
	b->fd = pair[0];
	flags = fcntl(b->fd, F_GETFL);
	return b->pid < 0 || flags < 0 || fcntl(b->fd, F_SETFL, flags | O_NONBLOCK) ? VG_EIO : VG_OK;
}

/* All of it fits into the socket (VG_CONFIG_MAX_LISTS small messages), so nothing waits for the builder. */
static enum vg_err tell_lists(struct vg_builder *b, const struct vg_reading *reading, char *why, size_t n_why)
{
	struct vg_build_list *m = calloc(1, sizeof(*m));
	enum vg_err err = m ? VG_OK : VG_ENOMEM;
	for (uint32_t i = 0; i < reading->n_conf && !err; i++) {
		int fd = open(reading->conf[i].file, O_RDONLY | O_CLOEXEC);
		m->type = VG_BUILD_LIST;
		m->conf = reading->conf[i];
		if (fd < 0)
			snprintf(why, n_why, "%s: %s", m->conf.file, strerror(errno));
		err = fd < 0 ? VG_EINVAL : vg_sock_send(b->fd, m, sizeof(*m), &fd, 1);
		if (fd >= 0)
			close(fd);
	}
	free(m);
	return err;
}

static enum vg_err tell(struct vg_builder *b, const struct vg_builder_job *job, char *why, size_t n_why)
{
	struct vg_build_begin begin;
	struct vg_build_suppress suppress;
	struct vg_build_plain index = { VG_BUILD_INDEX, 0 };
	enum vg_err err;
	memset(&begin, 0, sizeof(begin));
	memset(&suppress, 0, sizeof(suppress));
	begin.type = VG_BUILD_BEGIN;
	begin.n_lists = job->reading.n_conf;
	begin.number = job->reading.number;
	begin.has_suppress = job->suppress_name[0] != 0;
	begin.has_index = job->current->base != NULL;
	begin.wants_tables = begin.has_index && job->wants_tables;
	begin.n_declared = job->reading.n_declared;
	memcpy(begin.declared, job->reading.declared, job->reading.n_declared * sizeof(begin.declared[0]));
	suppress.type = VG_BUILD_SUPPRESS;
	snprintf(suppress.name, sizeof(suppress.name), "%s", job->suppress_name);
	b->awaits_tables = (int)begin.wants_tables;
	err = vg_sock_send(b->fd, &begin, sizeof(begin), NULL, 0);
	if (!err)
		err = tell_lists(b, &job->reading, why, n_why);
	if (!err && begin.has_suppress)
		err = vg_sock_send(b->fd, &suppress, sizeof(suppress), &job->suppress_fd, 1);
	return err || !begin.has_index ? err : vg_sock_send(b->fd, &index, sizeof(index), &job->current->fd, 1);
}

static void release(struct vg_builder *b)
{
	int status;
	if (b->pid > 0)
		(void)kill(b->pid, SIGKILL);
	reap(b, &status);
	vg_loop_cancel(b->loop, b->timer);
	if (b->fd >= 0) {
		vg_loop_unwatch(b->loop, b->fd);
		close(b->fd);
	}
	drop_answer(b);
	free(b);
}

void vg_builder_destroy(struct vg_builder *builder)
{
	if (builder)
		release(builder);
}

struct vg_builder *vg_builder_create(struct vg_loop *loop, const struct vg_builder_conf *conf,
				     const struct vg_builder_job *job, const struct vg_builder_hooks *hooks,
				     enum vg_err *err, char *why, size_t n_why)
{
	struct vg_builder *b = calloc(1, sizeof(*b));
	*err = VG_ENOMEM;
	snprintf(why, n_why, "the builder that reads the lists cannot be started");
	if (!b)
		return NULL;
	b->loop = loop;
	b->conf = *conf;
	b->hooks = *hooks;
	b->fd = b->end.index_fd = b->end.tables.fd = -1;
	*err = spawn(b);
	if (!*err)
		*err = tell(b, job, why, n_why);
	if (*err == VG_ECLOSED) /* it is gone already: heard as any other end */
		*err = VG_OK;
	if (!*err)
		*err = vg_loop_watch(loop, b->fd, EPOLLIN, on_message, b);
	if (!*err && !(b->timer = vg_loop_after(loop, conf->max_ms, on_late, b)))
		*err = VG_ENOMEM;
	if (!*err)
		return b;
	release(b);
	return NULL;
}
