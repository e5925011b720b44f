#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <vigil/bytes.h>

#include "control/lists/suppress.h"
#include "tests/lib/scratch.h"

#define MD5 "0123456789abcdef0123456789abcdef"

static void values_and_entries_are_found(void **state)
{
	struct scratch scratch;
	uint8_t value[32] = { 0 }, other[32] = { 1 };
	char why[200];
	(void)state;
	scratch_init(&scratch);
	struct vg_suppress *s = vg_suppress_load(
		scratch_write(&scratch, "s", "# c\nentry,B,one\nmd5," MD5 "\nentry,A\n\nentry,B,two\n"), why,
		sizeof(why));
	assert_non_null(s);
	assert_int_equal(vg_suppress_n(s), 4);
	vg_unhex(MD5, value, 16);
	assert_true(vg_suppress_has(s, VG_ALGO_MD5, value, "x", "y"));
	assert_false(vg_suppress_has(s, VG_ALGO_MD5, other, "x", "y"));
	assert_false(vg_suppress_has(s, VG_ALGO_PDQ, value, "x", "y"));
	assert_true(vg_suppress_has(s, VG_ALGO_MD5, other, "any", "A"));
	assert_true(vg_suppress_has(s, VG_ALGO_PDQ, other, "one", "B"));
	assert_true(vg_suppress_has(s, VG_ALGO_PDQ, other, "two", "B"));
	assert_false(vg_suppress_has(s, VG_ALGO_PDQ, other, "three", "B"));
	assert_false(vg_suppress_has(s, VG_ALGO_PDQ, other, "one", ""));
	assert_false(vg_suppress_has(NULL, VG_ALGO_PDQ, other, "one", "B"));
	vg_suppress_destroy(s);
	scratch_fini(&scratch);
}

static void a_bad_line_refuses_the_file(void **state)
{
	static const char *const bad[] = { "md5,12\n", "entry\n", "entry,\n", "vpdq,x\n", "what\n", "md5\n" };
	struct scratch scratch;
	char why[200];
	(void)state;
	scratch_init(&scratch);
	for (size_t i = 0; i < VG_ARRAY_LEN(bad); i++) {
		char text[100];
		snprintf(text, sizeof(text), "entry,A\n%s", bad[i]);
		assert_null(vg_suppress_load(scratch_write(&scratch, "s", text), why, sizeof(why)));
		assert_non_null(strstr(why, "s:2: "));
	}
	assert_null(vg_suppress_load("/nonexistent/s", why, sizeof(why)));
	struct vg_suppress *none = vg_suppress_load("", why, sizeof(why));
	assert_int_equal(vg_suppress_n(none), 0);
	vg_suppress_destroy(none);
	scratch_fini(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_entries_are_found),
		cmocka_unit_test(a_bad_line_refuses_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
