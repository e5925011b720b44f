/* A child is a row: role, number, pid or a time at which it is started again. */
#include "control/supervise/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/log.h>

#define MAX_CHILDREN (VG_LANE_MAX_HASHERS + 4)
#define TICK_MS      20

struct child {
	int is_used, once;
	unsigned role;
	uint32_t hasher_idx;
	pid_t pid; /* 0 = waits for its restart */
	uint64_t started_ns, start_at_ns, wait_ms, n_restarts;
	uint64_t stop_since_ns; /* 0 = not told to stop */
	int was_killed;
};
struct vg_supervise {
	struct vg_loop *loop;
	char paths[VG_PROGRAM_N][PATH_MAX], run_dir[VG_CONFIG_PATH], state_dir[VG_CONFIG_PATH];
	vg_supervise_died_fn died;
	void *ctx;
	struct child children[MAX_CHILDREN];
	uint64_t timer;
	unsigned stop_mask;
	void (*stop_done)(void *ctx);
	void *stop_ctx;
};

static void find_programs(struct vg_supervise *s, const struct vg_config_programs *programs)
{
	const char *given[VG_PROGRAM_N] = { [VG_PROGRAM_FORWARD] = programs->forward,
					    [VG_PROGRAM_DATAPLANE] = programs->dataplane,
					    [VG_PROGRAM_FEED] = programs->feed,
					    [VG_PROGRAM_HASHING] = programs->hashing,
					    [VG_PROGRAM_REPORTER] = programs->reporter };
	char self[PATH_MAX] = "";
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = 0;
	char *slash = strrchr(self, '/');
	if (slash)
		*slash = 0;
	for (unsigned i = 0; i < VG_PROGRAM_N; i++)
		if (given[i][0])
			snprintf(s->paths[i], sizeof(s->paths[i]), "%s", given[i]);
		else if (snprintf(s->paths[i], sizeof(s->paths[i]), "%s/%s", self, vg_role(i)->program) < 0)
			s->paths[i][0] = 0;
}

/* The child's half: a clean process with stdio only, in a group of its own so that ^C comes through vigild. */
_Noreturn static void become(const struct vg_supervise *s, unsigned role, uint32_t hasher_idx, pid_t parent)
{
	const char *argv[VG_ROLE_MAX_ARGS];
	char room[16];
	int null = open("/dev/null", O_RDONLY);
	if (null >= 0)
		(void)dup2(null, 0);
	(void)close_range(3, ~0u, 0);
	(void)setpgid(0, 0);
	/* it holds across the execv(); getppid(): the parent may be dead already */
	if (vg_role(role)->ends_with_vigild && (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent))
		_exit(127);
	for (int signal_no = 1; signal_no < _NSIG; signal_no++)
		if (signal_no != SIGKILL && signal_no != SIGSTOP)
			(void)signal(signal_no, SIG_DFL);
	vg_loop_unblock_signals();
	vg_role_argv(role, s->paths[role], s->run_dir, s->state_dir, hasher_idx, room, sizeof(room), argv,
		     VG_ROLE_MAX_ARGS);
	execv(s->paths[role], (char *const *)(uintptr_t)argv);
	vg_log(VG_LOG_ERROR, "control/supervise", "%s: %s", s->paths[role], strerror(errno));
	_exit(127);
}

static void spawn(struct vg_supervise *s, struct child *c)
{
	pid_t parent = getpid(), pid = fork();
	if (!pid)
		become(s, c->role, c->hasher_idx, parent);
	c->started_ns = vg_mono_now().ns;
	if (pid > 0) {
		c->pid = pid;
		return;
	}
	vg_log(VG_LOG_ERROR, "control/supervise", "%s cannot be started: %s", vg_role(c->role)->program,
	       strerror(errno));
	c->start_at_ns = c->started_ns + vg_role(c->role)->longest_ms * 1000000ull;
}

static void plan_restart(struct child *c)
{
	const struct vg_role_row *row = vg_role(c->role);
	uint64_t now_ns = vg_mono_now().ns;
	if (!c->wait_ms || now_ns - c->started_ns > VG_SUPERVISE_CALM_MS * 1000000ull)
		c->wait_ms = row->first_ms;
	else
		c->wait_ms *= 2;
	c->wait_ms = c->wait_ms > row->longest_ms ? row->longest_ms : c->wait_ms;
	c->start_at_ns = now_ns + c->wait_ms * 1000000ull;
	c->n_restarts++;
}

static void reaped(struct vg_supervise *s, struct child *c, int status)
{
	int will_restart = !c->once && !c->stop_since_ns && !(s->stop_mask >> c->role & 1);
	unsigned role = c->role;
	uint32_t hasher_idx = c->hasher_idx;
	if (!c->stop_since_ns && (!WIFEXITED(status) || WEXITSTATUS(status)))
		vg_log(VG_LOG_ERROR, "control/supervise", "%s died (%s %d)%s", vg_role(role)->program,
		       WIFSIGNALED(status) ? "signal" : "exit",
		       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		       will_restart ? ", will be started again" : "");
	c->pid = 0;
	if (will_restart)
		plan_restart(c);
	else
		memset(c, 0, sizeof(*c));
	if (s->died)
		s->died(s->ctx, role, hasher_idx, status, will_restart);
}

static void on_child(void *ctx, int signal_no)
{
	struct vg_supervise *s = ctx;
	(void)signal_no;
	for (unsigned i = 0; i < MAX_CHILDREN; i++) {
		int status;
		if (s->children[i].pid > 0 && waitpid(s->children[i].pid, &status, WNOHANG) == s->children[i].pid)
			reaped(s, &s->children[i], status);
	}
}

/* The lowest stop order that still has a child among the roles being stopped; -1 = none is left. */
static int stop_order(const struct vg_supervise *s)
{
	int lowest = -1;
	for (unsigned i = 0; i < MAX_CHILDREN; i++) {
		const struct child *c = &s->children[i];
		if (c->is_used && s->stop_mask >> c->role & 1 && (lowest < 0 || vg_role(c->role)->stop_order < lowest))
			lowest = vg_role(c->role)->stop_order;
	}
	return lowest;
}

static void stop_child(struct child *c, uint64_t now_ns)
{
	if (!c->pid) { /* it only waited for its restart */
		memset(c, 0, sizeof(*c));
	} else if (!c->stop_since_ns) {
		c->stop_since_ns = now_ns;
		(void)kill(c->pid, SIGTERM);
	} else if (!c->was_killed && now_ns - c->stop_since_ns > vg_role(c->role)->stop_ms * 1000000ull) {
		vg_log(VG_LOG_WARN, "control/supervise", "%s did not end in time and is killed",
		       vg_role(c->role)->program);
		c->was_killed = 1;
		(void)kill(c->pid, SIGKILL);
	}
}

static void work_stop(struct vg_supervise *s, uint64_t now_ns)
{
	int order = stop_order(s);
	for (unsigned i = 0; i < MAX_CHILDREN && order >= 0; i++) {
		struct child *c = &s->children[i];
		if (c->is_used && s->stop_mask >> c->role & 1 && vg_role(c->role)->stop_order == order)
			stop_child(c, now_ns);
	}
	if (stop_order(s) >= 0)
		return;
	void (*done)(void *ctx) = s->stop_done;
	s->stop_mask = 0;
	s->stop_done = NULL;
	if (done)
		done(s->stop_ctx);
}

static void on_tick(void *ctx)
{
	struct vg_supervise *s = ctx;
	uint64_t now_ns = vg_mono_now().ns;
	on_child(s, SIGCHLD); /* signals of one kind merge: look again */
	for (unsigned i = 0; i < MAX_CHILDREN; i++) {
		struct child *c = &s->children[i];
		if (c->is_used && !c->pid && now_ns >= c->start_at_ns && !(s->stop_mask >> c->role & 1))
			spawn(s, c);
	}
	if (s->stop_mask)
		work_stop(s, now_ns);
}

struct vg_supervise *vg_supervise_create(struct vg_loop *loop, const struct vg_config_programs *programs,
					 const char *run_dir, const char *state_dir, vg_supervise_died_fn died,
					 void *ctx)
{
	struct vg_supervise *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->loop = loop;
	s->died = died;
	s->ctx = ctx;
	snprintf(s->run_dir, sizeof(s->run_dir), "%s", run_dir);
	snprintf(s->state_dir, sizeof(s->state_dir), "%s", state_dir);
	find_programs(s, programs);
	s->timer = vg_loop_every(loop, TICK_MS, on_tick, s);
	if (s->timer && !vg_loop_signal(loop, SIGCHLD, on_child, s))
		return s;
	vg_loop_cancel(loop, s->timer);
	free(s);
	return NULL;
}

static void ignore_child(void *ctx, int signal_no)
{
	(void)ctx;
	(void)signal_no;
}

void vg_supervise_destroy(struct vg_supervise *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < MAX_CHILDREN; i++)
		if (s->children[i].pid > 0) {
			(void)kill(s->children[i].pid, SIGKILL);
			while (waitpid(s->children[i].pid, NULL, 0) < 0 && errno == EINTR)
				;
		}
	vg_loop_cancel(s->loop, s->timer);
	(void)vg_loop_signal(s->loop, SIGCHLD, ignore_child, NULL);
	free(s);
}

static struct child *find(const struct vg_supervise *s, unsigned role, uint32_t hasher_idx)
{
	for (unsigned i = 0; i < MAX_CHILDREN; i++) {
		const struct child *c = &s->children[i];
		if (c->is_used && c->role == role && c->hasher_idx == hasher_idx)
			return (struct child *)(uintptr_t)c;
	}
	return NULL;
}

enum vg_err vg_supervise_start(struct vg_supervise *s, unsigned role, uint32_t hasher_idx, int once)
{
	if (role >= VG_PROGRAM_N)
		return VG_EINVAL;
	if (find(s, role, hasher_idx))
		return VG_ECONFLICT;
	for (unsigned i = 0; i < MAX_CHILDREN; i++) {
		struct child *c = &s->children[i];
		if (c->is_used)
			continue;
		memset(c, 0, sizeof(*c));
		c->is_used = 1;
		c->role = role;
		c->hasher_idx = hasher_idx;
		c->once = once;
		spawn(s, c);
		return VG_OK;
	}
	return VG_EFULL;
}

void vg_supervise_stop(struct vg_supervise *s, unsigned role_mask, void (*done)(void *ctx), void *ctx)
{
	s->stop_mask |= role_mask & VG_SUPERVISE_ALL;
	s->stop_done = done;
	s->stop_ctx = ctx;
}

unsigned vg_supervise_n_running(const struct vg_supervise *s, unsigned role)
{
	unsigned n = 0;
	for (unsigned i = 0; i < MAX_CHILDREN; i++)
		n += s->children[i].is_used && s->children[i].role == role;
	return n;
}

pid_t vg_supervise_pid(const struct vg_supervise *s, unsigned role, uint32_t hasher_idx)
{
	const struct child *c = find(s, role, hasher_idx);
	return c ? c->pid : 0;
}

uint64_t vg_supervise_n_restarts(const struct vg_supervise *s, unsigned role, uint32_t hasher_idx)
{
	const struct child *c = find(s, role, hasher_idx);
	return c ? c->n_restarts : 0;
}
