/* One epoll descriptor. A watch is found by its descriptor and known by a serial number that goes through the kernel
 * with it: an event that was fetched before its watch was removed (or replaced) carries an old serial and is
 * dropped. */
#include "control/loop/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <vigil/clock.h>

#define MAX_EVENTS 64

struct watch {
	vg_loop_fd_fn fn; /* NULL = this descriptor is not watched */
	void *ctx;
	uint32_t serial;
};
struct timer {
	uint64_t id, due_ns, every_ns; /* every_ns 0 = once */
	vg_loop_timer_fn fn;
	void *ctx;
};
struct vg_loop {
	int epoll_fd, signal_fd, is_stopped;
	uint32_t next_serial;
	struct watch *watches; /* by descriptor */
	size_t n_watches;
	struct timer *timers; /* any order: there are some dozens */
	size_t n_timers, cap_timers;
	uint64_t next_timer_id;
	sigset_t signals;
	struct {
		vg_loop_signal_fn fn;
		void *ctx;
	} handlers[_NSIG];
};

struct vg_loop *vg_loop_create(void)
{
	struct vg_loop *loop = calloc(1, sizeof(*loop));
	if (!loop)
		return NULL;
	sigemptyset(&loop->signals);
	loop->signal_fd = -1;
	loop->next_timer_id = 1;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

void vg_loop_destroy(struct vg_loop *loop)
{
	if (!loop)
		return;
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	close(loop->epoll_fd);
	free(loop->watches);
	free(loop->timers);
	free(loop);
}

static enum vg_err room_for(struct vg_loop *loop, int fd)
{
	size_t want = (size_t)fd + 1;
	if (want <= loop->n_watches)
		return VG_OK;
	want = want < 64 ? 64 : want * 2;
	struct watch *bigger = realloc(loop->watches, want * sizeof(*bigger));
	if (!bigger)
		return VG_ENOMEM;
	memset(bigger + loop->n_watches, 0, (want - loop->n_watches) * sizeof(*bigger));
	loop->watches = bigger;
	loop->n_watches = want;
	return VG_OK;
}

static enum vg_err control(struct vg_loop *loop, int op, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events,
				 .data.u64 = (uint64_t)loop->watches[fd].serial << 32 | (uint32_t)fd };
	return epoll_ctl(loop->epoll_fd, op, fd, &e) ? VG_EIO : VG_OK;
}

enum vg_err vg_loop_watch(struct vg_loop *loop, int fd, uint32_t events, vg_loop_fd_fn fn, void *ctx)
{
	if (fd < 0 || !fn)
		return VG_EINVAL;
	if (room_for(loop, fd))
		return VG_ENOMEM;
	struct watch *w = &loop->watches[fd];
	if (w->fn)
		return VG_ECONFLICT;
	w->serial = ++loop->next_serial;
	if (control(loop, EPOLL_CTL_ADD, fd, events))
		return VG_EIO;
	w->fn = fn;
	w->ctx = ctx;
	return VG_OK;
}

static struct watch *find(struct vg_loop *loop, int fd)
{
	return fd >= 0 && (size_t)fd < loop->n_watches && loop->watches[fd].fn ? &loop->watches[fd] : NULL;
}

enum vg_err vg_loop_rewatch(struct vg_loop *loop, int fd, uint32_t events)
{
	return find(loop, fd) ? control(loop, EPOLL_CTL_MOD, fd, events) : VG_ENOTFOUND;
}

void vg_loop_unwatch(struct vg_loop *loop, int fd)
{
	struct watch *w = find(loop, fd);
	if (!w)
		return;
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	memset(w, 0, sizeof(*w));
}

static uint64_t add_timer(struct vg_loop *loop, uint64_t ms, uint64_t every_ns, vg_loop_timer_fn fn, void *ctx)
{
	if (loop->n_timers == loop->cap_timers) {
		size_t cap = loop->cap_timers ? loop->cap_timers * 2 : 16;
		struct timer *bigger = realloc(loop->timers, cap * sizeof(*bigger));
		if (!bigger)
			return 0;
		loop->timers = bigger;
		loop->cap_timers = cap;
	}
	uint64_t id = loop->next_timer_id++;
	ms = ms > UINT32_MAX ? UINT32_MAX : ms;
	loop->timers[loop->n_timers++] = (struct timer){ id, vg_mono_now().ns + ms * 1000000u, every_ns, fn, ctx };
	return id;
}

uint64_t vg_loop_after(struct vg_loop *loop, uint64_t ms, vg_loop_timer_fn fn, void *ctx)
{
	return add_timer(loop, ms, 0, fn, ctx);
}

uint64_t vg_loop_every(struct vg_loop *loop, uint64_t ms, vg_loop_timer_fn fn, void *ctx)
{
	ms = ms ? ms : 1;
	ms = ms > UINT32_MAX ? UINT32_MAX : ms;
	return add_timer(loop, ms, ms * 1000000u, fn, ctx);
}

void vg_loop_cancel(struct vg_loop *loop, uint64_t timer_id)
{
	for (size_t i = 0; timer_id && i < loop->n_timers; i++)
		if (loop->timers[i].id == timer_id) {
			loop->timers[i] = loop->timers[--loop->n_timers];
			return;
		}
}

static void on_signals(void *ctx, int fd, uint32_t events)
{
	struct vg_loop *loop = ctx;
	struct signalfd_siginfo info;
	(void)events;
	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo < _NSIG && loop->handlers[info.ssi_signo].fn)
			loop->handlers[info.ssi_signo].fn(loop->handlers[info.ssi_signo].ctx, (int)info.ssi_signo);
}

enum vg_err vg_loop_signal(struct vg_loop *loop, int signal_no, vg_loop_signal_fn fn, void *ctx)
{
	if (signal_no <= 0 || signal_no >= _NSIG || !fn)
		return VG_EINVAL;
	sigaddset(&loop->signals, signal_no);
	if (sigprocmask(SIG_BLOCK, &loop->signals, NULL))
		return VG_EIO;
	int fd = signalfd(loop->signal_fd, &loop->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return VG_EIO;
	loop->handlers[signal_no].fn = fn;
	loop->handlers[signal_no].ctx = ctx;
	if (loop->signal_fd >= 0)
		return VG_OK;
	loop->signal_fd = fd;
	return vg_loop_watch(loop, fd, EPOLLIN, on_signals, loop);
}

void vg_loop_unblock_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The earliest timer of those made before `before_id`, or NULL. */
static struct timer *earliest(struct vg_loop *loop, uint64_t before_id)
{
	struct timer *best = NULL;
	for (size_t i = 0; i < loop->n_timers; i++)
		if (loop->timers[i].id < before_id && (!best || loop->timers[i].due_ns < best->due_ns))
			best = &loop->timers[i];
	return best;
}

static void run_timers(struct vg_loop *loop)
{
	uint64_t now_ns = vg_mono_now().ns, before_id = loop->next_timer_id;
	for (struct timer *t; (t = earliest(loop, before_id)) && t->due_ns <= now_ns;) {
		struct timer due = *t;
		if (due.every_ns)
			t->due_ns = now_ns + due.every_ns;
		else
			vg_loop_cancel(loop, due.id);
		due.fn(due.ctx);
	}
}

enum vg_err vg_loop_step(struct vg_loop *loop, int max_wait_ms)
{
	struct epoll_event events[MAX_EVENTS];
	struct timer *t = earliest(loop, UINT64_MAX);
	if (t) {
		uint64_t now_ns = vg_mono_now().ns;
		uint64_t wait_ms = t->due_ns <= now_ns ? 0 : (t->due_ns - now_ns + 999999) / 1000000;
		if (max_wait_ms < 0 || wait_ms < (uint64_t)max_wait_ms)
			max_wait_ms = wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms;
	}
	int n = epoll_wait(loop->epoll_fd, events, MAX_EVENTS, max_wait_ms);
	if (n < 0 && errno != EINTR)
		return VG_EIO;
	for (int i = 0; i < n; i++) {
		int fd = (int)(uint32_t)events[i].data.u64;
		struct watch *w = find(loop, fd);
		if (w && w->serial == events[i].data.u64 >> 32)
			w->fn(w->ctx, fd, events[i].events);
	}
	run_timers(loop);
	return VG_OK;
}

enum vg_err vg_loop_run(struct vg_loop *loop)
{
	enum vg_err err = VG_OK;
	loop->is_stopped = 0;
	while (!loop->is_stopped && !err)
		err = vg_loop_step(loop, -1);
	return err;
}

void vg_loop_stop(struct vg_loop *loop)
{
	loop->is_stopped = 1;
}
