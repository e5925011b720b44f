#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "control/loop/loop.h"

struct seen {
	struct vg_loop *loop;
	int n, other_fd;
	uint64_t timer;
};

static void count_read(void *ctx, int fd, uint32_t events)
{
	struct seen *s = ctx;
	char byte;
	assert_true(events & (EPOLLIN | EPOLLHUP));
	assert_true(read(fd, &byte, 1) >= 0);
	s->n++;
}

static void unwatch_both(void *ctx, int fd, uint32_t events)
{
	struct seen *s = ctx;
	(void)events;
	s->n++;
	vg_loop_unwatch(s->loop, fd);
	vg_loop_unwatch(s->loop, s->other_fd);
}

static void a_watched_descriptor_is_told_of_until_it_is_unwatched(void **state)
{
	struct seen s = { .loop = vg_loop_create() };
	int p[2];
	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(vg_loop_watch(s.loop, p[0], EPOLLIN, count_read, &s), VG_OK);
	assert_int_equal(vg_loop_watch(s.loop, p[0], EPOLLIN, count_read, &s), VG_ECONFLICT);
	assert_int_equal(write(p[1], "ab", 2), 2);
	assert_int_equal(vg_loop_step(s.loop, 100), VG_OK);
	assert_int_equal(vg_loop_step(s.loop, 100), VG_OK);
	assert_int_equal(s.n, 2);
	vg_loop_unwatch(s.loop, p[0]);
	assert_int_equal(write(p[1], "c", 1), 1);
	assert_int_equal(vg_loop_step(s.loop, 0), VG_OK);
	assert_int_equal(s.n, 2);
	assert_int_equal(vg_loop_rewatch(s.loop, p[0], EPOLLIN), VG_ENOTFOUND);
	close(p[0]);
	close(p[1]);
	vg_loop_destroy(s.loop);
}

static void an_event_already_fetched_does_not_reach_a_removed_watch(void **state)
{
	struct seen s = { .loop = vg_loop_create() };
	int a[2], b[2];
	(void)state;
	assert_int_equal(pipe(a) | pipe(b), 0);
	struct seen first = { .loop = s.loop, .other_fd = b[0] }, second = { .loop = s.loop, .other_fd = a[0] };
	vg_loop_watch(s.loop, a[0], EPOLLIN, unwatch_both, &first);
	vg_loop_watch(s.loop, b[0], EPOLLIN, unwatch_both, &second);
	assert_int_equal(write(a[1], "x", 1) + write(b[1], "x", 1), 2);
	vg_loop_step(s.loop, 100);
	assert_int_equal(first.n + second.n, 1);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
	vg_loop_destroy(s.loop);
}

static void replace_watch(void *ctx, int fd, uint32_t events)
{
	struct seen *s = ctx;
	(void)events;
	s->n++;
	vg_loop_unwatch(s->loop, fd);
	vg_loop_unwatch(s->loop, s->other_fd);
	assert_int_equal(vg_loop_watch(s->loop, s->other_fd, EPOLLOUT, count_read, s), VG_OK);
}

static void a_new_watch_of_the_same_number_gets_no_old_event(void **state)
{
	struct vg_loop *loop = vg_loop_create();
	int a[2], b[2];
	(void)state;
	assert_int_equal(pipe(a) | pipe(b), 0);
	struct seen first = { .loop = loop, .other_fd = b[0] }, second = { .loop = loop, .other_fd = a[0] };
	vg_loop_watch(loop, a[0], EPOLLIN, replace_watch, &first);
	vg_loop_watch(loop, b[0], EPOLLIN, replace_watch, &second);
	assert_int_equal(write(a[1], "x", 1) + write(b[1], "x", 1), 2);
	vg_loop_step(loop, 100);
	assert_int_equal(first.n + second.n, 1);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
	vg_loop_destroy(loop);
}

static void count_timer(void *ctx)
{
	((struct seen *)ctx)->n++;
}

static void cancel_other(void *ctx)
{
	struct seen *s = ctx;
	s->n++;
	vg_loop_cancel(s->loop, s->timer);
}

static void stop_loop(void *ctx)
{
	vg_loop_stop(ctx);
}

static void timers_run_once_or_again_and_again(void **state)
{
	struct vg_loop *loop = vg_loop_create();
	struct seen once = { .loop = loop }, again = { .loop = loop };
	(void)state;
	assert_true(vg_loop_after(loop, 5, count_timer, &once));
	assert_true(vg_loop_every(loop, 5, count_timer, &again));
	assert_true(vg_loop_after(loop, 60, stop_loop, loop));
	assert_int_equal(vg_loop_run(loop), VG_OK);
	assert_int_equal(once.n, 1);
	assert_in_range(again.n, 3, 13);
	vg_loop_destroy(loop);
}

static void a_timer_cancelled_by_another_does_not_run(void **state)
{
	struct vg_loop *loop = vg_loop_create();
	struct seen victim = { .loop = loop }, killer = { .loop = loop };
	(void)state;
	vg_loop_after(loop, 5, cancel_other, &killer);
	killer.timer = vg_loop_after(loop, 10, count_timer, &victim);
	vg_loop_cancel(loop, 0);
	vg_loop_after(loop, 30, stop_loop, loop);
	vg_loop_run(loop);
	assert_int_equal(killer.n, 1);
	assert_int_equal(victim.n, 0);
	vg_loop_destroy(loop);
}

static void add_again(void *ctx)
{
	struct seen *s = ctx;
	if (s->n++ < 100000)
		vg_loop_after(s->loop, 0, add_again, s);
}

static void a_timer_that_makes_timers_does_not_starve_the_rest(void **state)
{
	struct vg_loop *loop = vg_loop_create();
	struct seen s = { .loop = loop };
	(void)state;
	vg_loop_after(loop, 0, add_again, &s);
	vg_loop_step(loop, 10);
	vg_loop_step(loop, 10);
	assert_in_range(s.n, 1, 2);
	vg_loop_destroy(loop);
}

static void count_signal(void *ctx, int signal_no)
{
	assert_int_equal(signal_no, SIGUSR1);
	((struct seen *)ctx)->n++;
}

static void signals_come_through_the_loop(void **state)
{
	struct vg_loop *loop = vg_loop_create();
	struct seen s = { .loop = loop };
	(void)state;
	assert_int_equal(vg_loop_signal(loop, SIGUSR1, count_signal, &s), VG_OK);
	assert_int_equal(vg_loop_signal(loop, 0, count_signal, &s), VG_EINVAL);
	raise(SIGUSR1);
	assert_int_equal(s.n, 0);
	vg_loop_step(loop, 100);
	assert_int_equal(s.n, 1);
	vg_loop_destroy(loop);
	vg_loop_unblock_signals();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_watched_descriptor_is_told_of_until_it_is_unwatched),
		cmocka_unit_test(an_event_already_fetched_does_not_reach_a_removed_watch),
		cmocka_unit_test(a_new_watch_of_the_same_number_gets_no_old_event),
		cmocka_unit_test(timers_run_once_or_again_and_again),
		cmocka_unit_test(a_timer_cancelled_by_another_does_not_run),
		cmocka_unit_test(a_timer_that_makes_timers_does_not_starve_the_rest),
		cmocka_unit_test(signals_come_through_the_loop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
