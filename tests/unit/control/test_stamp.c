#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "control/stamp.h"
#include "tests/lib/scratch.h"

static void expect(const char *have, unsigned environment, int demo, enum vg_err expected, const char *after)
{
	struct scratch s;
	char why[400] = "", text[32] = "";
	int is_demo;
	scratch_init(&s);
	if (have[0])
		scratch_write(&s, "STAMP", have);
	assert_int_equal(vg_stamp_check(s.dir, environment, demo, &is_demo, why, sizeof(why)), expected);
	assert_int_equal(why[0] != 0, expected != VG_OK);
	if (!expected)
		assert_int_equal(is_demo, !strcmp(after, "demo\n"));
	FILE *in = fopen(scratch_path(&s, "STAMP"), "re");
	if (in) {
		assert_true(fread(text, 1, sizeof(text) - 1, in) > 0);
		fclose(in);
	}
	assert_string_equal(text, after);
	scratch_fini(&s);
}

static void a_fresh_folder_is_stamped_for_what_it_serves(void **state)
{
	(void)state;
	expect("", VG_ENV_OFF, 0, VG_OK, "");
	expect("", VG_ENV_TEST, 0, VG_OK, "test\n");
	expect("", VG_ENV_PRODUCTION, 0, VG_OK, "production\n");
	expect("", VG_ENV_OFF, 1, VG_OK, "demo\n");
	expect("", VG_ENV_TEST, 1, VG_OK, "demo\n");
}

static void a_demo_never_becomes_production_nor_the_reverse(void **state)
{
	(void)state;
	expect("", VG_ENV_PRODUCTION, 1, VG_ECONFLICT, "");
	expect("demo\n", VG_ENV_PRODUCTION, 0, VG_ECONFLICT, "demo\n");
	expect("demo", VG_ENV_PRODUCTION, 0, VG_ECONFLICT, "demo");
	expect("test\n", VG_ENV_PRODUCTION, 0, VG_ECONFLICT, "test\n");
	expect("production\n", VG_ENV_TEST, 0, VG_ECONFLICT, "production\n");
	expect("production\n", VG_ENV_OFF, 1, VG_ECONFLICT, "production\n");
	expect("rubbish\n", VG_ENV_PRODUCTION, 0, VG_ECONFLICT, "rubbish\n");
	expect("production\n", VG_ENV_PRODUCTION, 0, VG_OK, "production\n");
	expect("production\n", VG_ENV_OFF, 0, VG_OK, "production\n");
	expect("demo\n", VG_ENV_TEST, 0, VG_OK, "demo\n");
	expect("demo\n", VG_ENV_OFF, 1, VG_OK, "demo\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_folder_is_stamped_for_what_it_serves),
		cmocka_unit_test(a_demo_never_becomes_production_nor_the_reverse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
