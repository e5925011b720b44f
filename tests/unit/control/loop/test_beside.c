/* beside: work is done in another thread, its end comes on the loop's; destroying waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>

#include "control/loop/beside.h"

struct piece {
	struct vg_loop *loop;
	struct vg_beside *beside;
	pthread_t worker, teller;
	sigset_t blocked;
	int n_worked, n_done, wants_more;
};

static void work(void *ctx)
{
	struct piece *p = ctx;
	p->worker = pthread_self();
	(void)pthread_sigmask(SIG_BLOCK, NULL, &p->blocked);
	p->n_worked++;
}

static void done(void *ctx)
{
	struct piece *p = ctx;
	p->teller = pthread_self();
	p->n_done++;
	vg_beside_destroy(p->beside);
	p->beside = NULL;
	if (p->wants_more-- > 0)
		p->beside = vg_beside_create(p->loop, work, done, p);
	else
		vg_loop_stop(p->loop);
}

static void work_runs_in_another_thread_and_ends_on_the_loop(void **state)
{
	struct piece p = { .loop = vg_loop_create() };
	(void)state;
	p.beside = vg_beside_create(p.loop, work, done, &p);
	assert_non_null(p.beside);
	assert_int_equal(vg_loop_run(p.loop), VG_OK);
	assert_int_equal(p.n_worked, 1);
	assert_int_equal(p.n_done, 1);
	assert_false(pthread_equal(p.worker, pthread_self()));
	assert_true(pthread_equal(p.teller, pthread_self()));
	assert_int_equal(sigismember(&p.blocked, SIGTERM), 1);
	vg_loop_destroy(p.loop);
}

static void the_next_piece_may_begin_where_the_last_one_ended(void **state)
{
	struct piece p = { .loop = vg_loop_create(), .wants_more = 20 };
	(void)state;
	p.beside = vg_beside_create(p.loop, work, done, &p);
	assert_int_equal(vg_loop_run(p.loop), VG_OK);
	assert_int_equal(p.n_worked, 21);
	assert_int_equal(p.n_done, 21);
	vg_loop_destroy(p.loop);
}

static void destroying_waits_for_the_work_and_tells_nobody(void **state)
{
	struct piece p = { .loop = vg_loop_create() };
	(void)state;
	p.beside = vg_beside_create(p.loop, work, done, &p);
	vg_beside_destroy(p.beside);
	assert_int_equal(p.n_worked, 1);
	assert_int_equal(vg_loop_step(p.loop, 0), VG_OK);
	assert_int_equal(p.n_done, 0);
	vg_beside_destroy(NULL);
	vg_loop_destroy(p.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_runs_in_another_thread_and_ends_on_the_loop),
		cmocka_unit_test(the_next_piece_may_begin_where_the_last_one_ended),
		cmocka_unit_test(destroying_waits_for_the_work_and_tells_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
