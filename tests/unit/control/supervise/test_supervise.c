#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <vigil/clock.h>

#include "control/supervise/supervise.h"
#include "tests/lib/scratch.h"

struct fixture {
	struct scratch scratch;
	struct vg_loop *loop;
	struct vg_supervise *s;
	int n_died, n_restarts, last_status, n_done;
};

static void on_died(void *ctx, unsigned role, uint32_t hasher_idx, int status, int will_restart)
{
	struct fixture *f = ctx;
	(void)role;
	(void)hasher_idx;
	f->n_died++;
	f->n_restarts += will_restart;
	f->last_status = status;
}

static void on_done(void *ctx)
{
	((struct fixture *)ctx)->n_done++;
}

/* Every program is a script of this text; "$0" tells which. */
static void set_up_with(struct fixture *f, const char *script)
{
	struct vg_config_programs p;
	memset(f, 0, sizeof(*f));
	scratch_init(&f->scratch);
	char *paths[] = { p.dataplane, p.hashing, p.reporter, p.feed };
	const char *names[] = { "dataplane", "hashing", "reporter", "feed" };
	for (int i = 0; i < 4; i++) {
		const char *path = scratch_write(&f->scratch, names[i], script);
		chmod(path, 0755);
		strcpy(paths[i], path);
	}
	f->loop = vg_loop_create();
	f->s = vg_supervise_create(f->loop, &p, f->scratch.dir, "/state", on_died, f);
	assert_non_null(f->s);
}

static void fini(struct fixture *f)
{
	vg_supervise_destroy(f->s);
	vg_loop_destroy(f->loop);
	vg_loop_unblock_signals();
	assert_true(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD); /* no zombie, no orphan */
	scratch_fini(&f->scratch);
}

/* Runs the loop until *what >= n or 5 seconds are over. */
static void wait_until(struct fixture *f, const int *what, int n)
{
	uint64_t end_ns = vg_mono_now().ns + 5000000000u;
	while (*what < n && vg_mono_now().ns < end_ns)
		vg_loop_step(f->loop, 50);
	assert_true(*what >= n);
}

static char *text_of(const struct scratch *scratch, const char *name, char *text, size_t n_text)
{
	FILE *in = fopen(scratch_path(scratch, name), "re");
	size_t n = in ? fread(text, 1, n_text - 1, in) : 0;
	text[n] = 0;
	if (in)
		fclose(in);
	return text;
}

#define STAYS                                                                                              \
	"#!/bin/sh\ncd $(dirname $0)\ntrap 'echo term $(basename $0) >>log; exit 0' TERM\necho $* >>log\n" \
	"while :; do sleep 0.02; done\n"

static void a_child_gets_its_arguments_and_ends_on_term(void **state)
{
	struct fixture f;
	char log[400], expected[400];
	(void)state;
	set_up_with(&f, STAYS);
	assert_int_equal(vg_supervise_start(f.s, VG_PROGRAM_HASHING, 3, 0), VG_OK);
	assert_int_equal(vg_supervise_start(f.s, VG_PROGRAM_HASHING, 3, 0), VG_ECONFLICT);
	assert_int_equal(vg_supervise_start(f.s, 99, 0, 0), VG_EINVAL);
	assert_true(vg_supervise_pid(f.s, VG_PROGRAM_HASHING, 3) > 0);
	for (int i = 0; i < 100 && !text_of(&f.scratch, "log", log, sizeof(log))[0]; i++)
		vg_loop_step(f.loop, 20);
	vg_supervise_stop(f.s, VG_SUPERVISE_ALL, on_done, &f);
	wait_until(&f, &f.n_done, 1);
	snprintf(expected, sizeof(expected), "--run-dir %s --hasher 3\nterm hashing\n", f.scratch.dir);
	assert_string_equal(text_of(&f.scratch, "log", log, sizeof(log)), expected);
	assert_int_equal(f.n_died, 1);
	assert_int_equal(f.n_restarts, 0);
	assert_int_equal(vg_supervise_n_running(f.s, VG_PROGRAM_HASHING), 0);
	fini(&f);
}

static void a_child_that_dies_is_started_again_more_and_more_slowly(void **state)
{
	struct fixture f;
	(void)state;
	set_up_with(&f, "#!/bin/sh\nkill -9 $$\n");
	uint64_t begin_ns = vg_mono_now().ns;
	assert_int_equal(vg_supervise_start(f.s, VG_PROGRAM_DATAPLANE, 0, 0), VG_OK);
	wait_until(&f, &f.n_died, 4);
	assert_true(vg_mono_now().ns - begin_ns > 650000000u); /* 100 + 200 + 400 ms */
	assert_true(WIFSIGNALED(f.last_status));
	assert_int_equal(vg_supervise_n_restarts(f.s, VG_PROGRAM_DATAPLANE, 0), 4);
	vg_supervise_stop(f.s, 1u << VG_PROGRAM_DATAPLANE, on_done, &f);
	wait_until(&f, &f.n_done, 1);
	int n = f.n_died;
	for (int i = 0; i < 50; i++)
		vg_loop_step(f.loop, 20);
	assert_int_equal(f.n_died, n);
	fini(&f);
}

static void a_child_for_once_is_not_started_again(void **state)
{
	struct fixture f;
	(void)state;
	set_up_with(&f, "#!/bin/sh\nexit 3\n");
	vg_supervise_start(f.s, VG_PROGRAM_FEED, 0, 1);
	wait_until(&f, &f.n_died, 1);
	assert_int_equal(WEXITSTATUS(f.last_status), 3);
	assert_int_equal(f.n_restarts, 0);
	assert_int_equal(vg_supervise_n_running(f.s, VG_PROGRAM_FEED), 0);
	fini(&f);
}

static void programs_end_in_the_order_of_the_table(void **state)
{
	struct fixture f;
	char log[800];
	(void)state;
	set_up_with(&f, STAYS);
	vg_supervise_start(f.s, VG_PROGRAM_REPORTER, 0, 0);
	vg_supervise_start(f.s, VG_PROGRAM_HASHING, 0, 0);
	vg_supervise_start(f.s, VG_PROGRAM_DATAPLANE, 0, 0);
	for (int i = 0; i < 30; i++)
		vg_loop_step(f.loop, 10);
	vg_supervise_stop(f.s, VG_SUPERVISE_ALL, on_done, &f);
	wait_until(&f, &f.n_done, 1);
	const char *d = strstr(text_of(&f.scratch, "log", log, sizeof(log)), "term dataplane");
	const char *h = strstr(log, "term hashing"), *r = strstr(log, "term reporter");
	assert_true(d && h && r && d < h && h < r);
	fini(&f);
}

static void a_program_that_is_not_there_is_tried_again(void **state)
{
	struct fixture f;
	(void)state;
	set_up_with(&f, "#!/nonexistent/shell\n");
	vg_supervise_start(f.s, VG_PROGRAM_REPORTER, 0, 0);
	wait_until(&f, &f.n_died, 2);
	assert_int_equal(WEXITSTATUS(f.last_status), 127);
	fini(&f);
}

static void destroying_leaves_nobody_behind(void **state)
{
	struct fixture f;
	(void)state;
	set_up_with(&f, "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.02; done\n");
	for (uint32_t i = 0; i < 5; i++)
		vg_supervise_start(f.s, VG_PROGRAM_HASHING, i, 0);
	pid_t pid = vg_supervise_pid(f.s, VG_PROGRAM_HASHING, 4);
	vg_loop_step(f.loop, 30);
	fini(&f);
	assert_int_equal(kill(pid, 0), -1);
}

static long pid_in(const struct scratch *scratch, const char *name)
{
	char text[32];
	return strtol(text_of(scratch, name, text, sizeof(text)), NULL, 10);
}
/* A vigild that starts both and is killed. */
static void vigild_that_dies(const struct scratch *scratch, const struct vg_config_programs *p)
{
	struct vg_loop *loop = vg_loop_create();
	struct vg_supervise *s = vg_supervise_create(loop, p, scratch->dir, "/state", NULL, NULL);
	uint64_t end_ns = vg_mono_now().ns + 10000000000u;
	vg_supervise_start(s, VG_PROGRAM_REPORTER, 0, 0);
	vg_supervise_start(s, VG_PROGRAM_HASHING, 0, 0);
	while ((!pid_in(scratch, "reporter.pid") || !pid_in(scratch, "hashing.pid")) && vg_mono_now().ns < end_ns)
		vg_loop_step(loop, 20);
	(void)kill(getpid(), SIGKILL);
}
static void the_reporter_ends_with_a_killed_vigild_and_a_hasher_goes_on(void **state)
{
	static const char script[] = "#!/bin/sh\necho $$ >$0.pid\nwhile :; do sleep 0.02; done\n";
	struct vg_config_programs p = { 0 };
	struct scratch scratch;
	pid_t vigild;
	(void)state;
	scratch_init(&scratch);
	strcpy(p.reporter, scratch_write(&scratch, "reporter", script));
	strcpy(p.hashing, scratch_write(&scratch, "hashing", script));
	chmod(p.reporter, 0755);
	chmod(p.hashing, 0755);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	vigild = fork();
	if (!vigild)
		vigild_that_dies(&scratch, &p);
	assert_int_equal(waitpid(vigild, NULL, 0), vigild);
	long reporter = pid_in(&scratch, "reporter.pid"), hasher = pid_in(&scratch, "hashing.pid");
	int status = 0;
	pid_t ended = 0;
	for (unsigned i = 0; i < 1000 && !ended; i++) {
		const struct timespec t = { 0, 10000000 };
		ended = waitpid(-1, &status, WNOHANG);
		nanosleep(&t, NULL);
	}
	assert_int_equal(ended, reporter);
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_int_equal(kill((pid_t)hasher, SIGKILL), 0);
	while (waitpid(-1, NULL, 0) > 0)
		;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 0);
	scratch_fini(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_gets_its_arguments_and_ends_on_term),
		cmocka_unit_test(a_child_that_dies_is_started_again_more_and_more_slowly),
		cmocka_unit_test(a_child_for_once_is_not_started_again),
		cmocka_unit_test(programs_end_in_the_order_of_the_table),
		cmocka_unit_test(a_program_that_is_not_there_is_tried_again),
		cmocka_unit_test(destroying_leaves_nobody_behind),
		cmocka_unit_test(the_reporter_ends_with_a_killed_vigild_and_a_hasher_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
