#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "control/supervise/roles.h"

static void every_role_is_described_and_named_apart(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VG_PROGRAM_N; i++) {
		const struct vg_role_row *r = vg_role(i);
		assert_true(r->program[0] && r->trust[0] && r->stop_ms && r->stop_order);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(r->program, vg_role(k)->program);
	}
	assert_null(vg_role(VG_PROGRAM_N));
}

static void arguments_are_those_of_the_contract(void **state)
{
	const char *argv[VG_ROLE_MAX_ARGS];
	char room[16];
	(void)state;
	assert_int_equal(
		vg_role_argv(VG_PROGRAM_DATAPLANE, "/p", "/run", "/s", 0, room, sizeof(room), argv, VG_ROLE_MAX_ARGS),
		3);
	assert_string_equal(argv[2], "/run");
	assert_null(argv[3]);
	assert_int_equal(
		vg_role_argv(VG_PROGRAM_HASHING, "/p", "/run", "/s", 63, room, sizeof(room), argv, VG_ROLE_MAX_ARGS),
		5);
	assert_string_equal(argv[3], "--hasher");
	assert_string_equal(argv[4], "63");
	assert_int_equal(
		vg_role_argv(VG_PROGRAM_REPORTER, "/p", "/run", "/s", 0, room, sizeof(room), argv, VG_ROLE_MAX_ARGS),
		5);
	assert_string_equal(argv[3], "--state-dir");
	assert_string_equal(argv[4], "/s");
	assert_int_equal(vg_role_argv(VG_PROGRAM_N, "/p", "/run", "/s", 0, room, sizeof(room), argv, VG_ROLE_MAX_ARGS),
			 0);
	assert_int_equal(vg_role_argv(VG_PROGRAM_FEED, "/p", "/run", "/s", 0, room, sizeof(room), argv, 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_is_described_and_named_apart),
		cmocka_unit_test(arguments_are_those_of_the_contract),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
