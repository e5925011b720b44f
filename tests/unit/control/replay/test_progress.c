/* progress: share, rate and time to go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/replay/progress.h"

static char line[200];

static void share_rate_and_time_to_go_are_shown(void **state)
{
	const struct vg_progress p = { 25000000, 100000000, 10, 3, 1, 5.0 };
	(void)state;
	size_t n = vg_progress_line(&p, line, sizeof(line));
	assert_int_equal(n, strlen(line));
	assert_string_equal(line, " 25 %  5.0 MB/s  10 packets  3 objects  1 matches  0:15 to go");
}
static void without_a_size_there_is_no_share(void **state)
{
	const struct vg_progress p = { 25000000, 0, 10, 3, 1, 5.0 };
	(void)state;
	vg_progress_line(&p, line, sizeof(line));
	assert_null(strchr(line, '%'));
	assert_null(strstr(line, "to go"));
}
static void more_than_all_is_all(void **state)
{
	const struct vg_progress p = { 300, 100, 0, 0, 0, 0.5 };
	(void)state;
	vg_progress_line(&p, line, sizeof(line));
	assert_non_null(strstr(line, "100 %"));
	assert_non_null(strstr(line, "0:00 to go"));
}
static void nothing_yet_divides_nothing(void **state)
{
	const struct vg_progress p = { 0 };
	(void)state;
	assert_true(vg_progress_line(&p, line, sizeof(line)) > 0);
	assert_non_null(strstr(line, "0.0 MB/s"));
}
static void a_short_line_is_cut(void **state)
{
	const struct vg_progress p = { 25000000, 100000000, 10, 3, 1, 5.0 };
	(void)state;
	for (size_t cap = 1; cap < 70; cap++) {
		size_t n = vg_progress_line(&p, line, cap);
		assert_true(n < cap);
		assert_int_equal(strlen(line), n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(share_rate_and_time_to_go_are_shown),
		cmocka_unit_test(without_a_size_there_is_no_share),
		cmocka_unit_test(more_than_all_is_all),
		cmocka_unit_test(nothing_yet_divides_nothing),
		cmocka_unit_test(a_short_line_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
