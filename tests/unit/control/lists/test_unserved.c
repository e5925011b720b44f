/* unserved: each algorithm is named once, with the place of its first entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "control/lists/unserved.h"

static void each_algorithm_is_named_with_its_first_place(void **state)
{
	struct vg_unserved u = { .n = 0 };
	struct vg_list_plugin a = { .algo = "a", .version = 1 }, a2 = { .algo = "a", .version = 2 };
	char file[1000];
	(void)state;
	memset(file, 'x', sizeof(file));
	snprintf(file + 900, 100, "/end.csv");
	vg_unserved_add(&u, &a, "one.csv", 7);
	vg_unserved_add(&u, &a, "two.csv", 8);
	vg_unserved_add(&u, &a2, file, UINT64_MAX);
	vg_unserved_log(&u);
	assert_int_equal(u.n, 2);
	assert_int_equal(u.n_entries, 3);
	assert_non_null(strstr(u.at[0].text, "one.csv:7: 2 values of a@1 are not searched"));
	assert_non_null(strstr(u.at[0].text, "write a@1:PATH"));
	assert_non_null(strstr(u.at[1].text, "x/end.csv:18446744073709551615: 1 values of a@2"));
}

static void too_many_are_counted_with_the_last(void **state)
{
	struct vg_unserved u = { .n = 0 };
	struct vg_list_plugin a = { .algo = "a", .version = 1 };
	(void)state;
	for (; a.version <= 2 * VG_UNSERVED_MAX; a.version++)
		vg_unserved_add(&u, &a, "f", a.version);
	assert_int_equal(u.n, VG_UNSERVED_MAX);
	assert_int_equal(u.n_entries, 2 * VG_UNSERVED_MAX);
	assert_int_equal(u.at[VG_UNSERVED_MAX - 1].n, VG_UNSERVED_MAX + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_algorithm_is_named_with_its_first_place),
		cmocka_unit_test(too_many_are_counted_with_the_last),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
