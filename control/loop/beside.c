#include "control/loop/beside.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct vg_beside {
	struct vg_loop *loop;
	vg_beside_fn work, done;
	void *ctx;
	int event_fd, is_joined;
	pthread_t thread;
};

static void *run(void *arg)
{
	struct vg_beside *b = arg;
	b->work(b->ctx);
	(void)eventfd_write(b->event_fd, 1);
	return NULL;
}

static void join(struct vg_beside *b)
{
	if (!b->is_joined)
		(void)pthread_join(b->thread, NULL);
	b->is_joined = 1;
}

static void on_end(void *ctx, int fd, uint32_t events)
{
	struct vg_beside *b = ctx;
	(void)events;
	vg_loop_unwatch(b->loop, fd);
	join(b);
	b->done(b->ctx); /* b may be gone now */
}

void vg_beside_destroy(struct vg_beside *b)
{
	if (!b)
		return;
	join(b);
	vg_loop_unwatch(b->loop, b->event_fd);
	close(b->event_fd);
	free(b);
}

struct vg_beside *vg_beside_create(struct vg_loop *loop, vg_beside_fn work, vg_beside_fn done, void *ctx)
{
	struct vg_beside *b = calloc(1, sizeof(*b));
	sigset_t all, before;
	int is_started = 0;
	if (!b)
		return NULL;
	*b = (struct vg_beside){ .loop = loop, .work = work, .done = done, .ctx = ctx };
	b->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->event_fd >= 0 && !vg_loop_watch(loop, b->event_fd, EPOLLIN, on_end, b)) {
		sigfillset(&all);
		(void)pthread_sigmask(SIG_SETMASK, &all, &before);
		is_started = !pthread_create(&b->thread, NULL, run, b);
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
		if (!is_started)
			vg_loop_unwatch(loop, b->event_fd);
	}
	if (is_started)
		return b;
	if (b->event_fd >= 0)
		close(b->event_fd);
	free(b);
	return NULL;
}
