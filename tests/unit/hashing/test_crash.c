/* crash: children that break in every way there is leave the object's name behind, or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vigil/clock.h>

#include "hashing/crash.h"
#include "hashing/sandbox.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SKIP_SANITIZED() (print_message("skip: a sanitizer build keeps its own handlers\n"), skip())
#else
#define SKIP_SANITIZED() (void)0
#endif

struct outcome {
	int status;
	uint64_t named;
};

/* Runs act in a child, inside the sandbox, while object 42 is (or was) looked at, within these limits (0: none). */
static struct outcome die_within(void (*act)(void), bool retry, bool over, uint64_t cpu_ms, uint64_t wall_ms)
{
	_Atomic uint64_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct outcome o;
	pid_t child = fork();
	if (!child) {
		for (int i = 1; i < 32; i++)
			signal(i, SIG_DFL); /* not the test's own handlers */
		if (vg_crash_install() || (cpu_ms && vg_crash_limit(cpu_ms, wall_ms)) || vg_hashing_sandbox_close(NULL))
			_exit(99);
		vg_crash_begin(word, 42, retry);
		if (over)
			vg_crash_end(word);
		act();
		_exit(0);
	}
	waitpid(child, &o.status, 0);
	o.named = atomic_load(word);
	munmap(word, 4096);
	return o;
}
static struct outcome die(void (*act)(void), bool retry, bool over)
{
	return die_within(act, retry, over, 0, 0);
}

static void touch_nothing(void)
{
	volatile int *volatile nowhere = NULL;
	*nowhere = 1;
}
static int deeper(volatile int *go_on)
{
	volatile char here[4096];
	here[0] = (char)*go_on;
	return *go_on ? deeper(go_on) + here[0] : 0;
}
static void overflow_stack(void)
{
	volatile int go_on = 1;
	_exit(deeper(&go_on) & 1);
}
static void never_end(void)
{
	volatile uint64_t n = 0;
	for (;;)
		n++;
}
static void sleep_for_ever(void)
{
	for (;;)
		(void)poll(NULL, 0, 1000);
}
/* Longer than the limit in all, each look much shorter. */
static void look_often(void)
{
	_Atomic uint64_t word = 0;
	for (uint64_t i = 0, until_ns = vg_mono_now().ns + 100000000; vg_mono_now().ns < until_ns; i++) {
		vg_crash_begin(&word, i, false);
		vg_crash_end(&word);
	}
	_exit(0);
}
static void look_at_nothing(void)
{
	for (uint64_t until_ns = vg_mono_now().ns + 100000000; vg_mono_now().ns < until_ns;)
		(void)poll(NULL, 0, 10);
	_exit(0);
}
static void be_killed(void)
{
	(void)!write(2, "", 0); /* allowed; the kill comes from outside */
	for (;;)
		pause(); /* not allowed: SIGSYS, which nobody can see */
}

static void whatever_breaks_a_decoder_names_the_object(void **state)
{
	struct outcome o;
	(void)state;
	SKIP_SANITIZED();
	o = die(touch_nothing, false, false);
	assert_true(WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGSEGV);
	assert_int_equal(o.named, 42);
	o = die(overflow_stack, false, false);
	assert_true(WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGSEGV);
	assert_int_equal(o.named, 42);
	o = die(abort, false, false);
	assert_true(WIFSIGNALED(o.status));
	assert_int_equal(o.named, 42);
	o = die_within(never_end, false, false, 20, 20000);
	assert_true(WIFEXITED(o.status) && WEXITSTATUS(o.status) == 128 + SIGPROF);
	assert_int_equal(o.named, 42);
}

static void what_nobody_can_see_names_only_what_was_offered_again(void **state)
{
	(void)state;
	SKIP_SANITIZED();
	assert_int_equal(die(be_killed, false, false).named, 0);
	assert_int_equal(die(be_killed, true, false).named, 42);
}

static void between_two_objects_nobody_is_named(void **state)
{
	(void)state;
	SKIP_SANITIZED();
	assert_int_equal(die(touch_nothing, true, true).named, 0);
}

static void a_limit_is_for_one_look(void **state)
{
	struct outcome o;
	(void)state;
	SKIP_SANITIZED();
	o = die_within(sleep_for_ever, false, false, 20000, 20);
	assert_true(WIFEXITED(o.status) && WEXITSTATUS(o.status) == 128 + SIGALRM);
	assert_int_equal(o.named, 42);
	o = die_within(look_often, false, false, 20, 20);
	assert_true(WIFEXITED(o.status) && !WEXITSTATUS(o.status));
	assert_int_equal(o.named, 0);
	o = die_within(look_at_nothing, false, true, 20, 20);
	assert_true(WIFEXITED(o.status) && !WEXITSTATUS(o.status));
	assert_int_equal(o.named, 0);
}

static void without_handlers_every_object_is_named_from_the_start(void **state)
{
	_Atomic uint64_t word = 0;
	(void)state;
	vg_crash_begin(&word, 7, false);
	assert_int_equal(atomic_load(&word), 7);
	vg_crash_end(&word);
	assert_int_equal(atomic_load(&word), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_breaks_a_decoder_names_the_object),
		cmocka_unit_test(what_nobody_can_see_names_only_what_was_offered_again),
		cmocka_unit_test(between_two_objects_nobody_is_named),
		cmocka_unit_test(a_limit_is_for_one_look),
		cmocka_unit_test(without_handlers_every_object_is_named_from_the_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
