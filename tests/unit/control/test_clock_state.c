#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/clock_state.h"

static void a_disciplined_clock_has_its_bounds(void **state)
{
	struct vg_case_origin o = { 0 };
	const struct timex kernel = { .status = STA_PLL, .maxerror = 1234, .esterror = 56 };
	(void)state;
	vg_clock_state_of(&kernel, TIME_OK, &o);
	assert_int_equal(o.clock, VG_CLOCK_SYNCED);
	assert_int_equal(o.clock_max_error_us, 1234);
	assert_int_equal(o.clock_error_us, 56);
}

static void the_bounds_of_a_clock_that_nobody_disciplines_are_not_known(void **state)
{
	struct vg_case_origin o = { 0 };
	const struct timex unsynced = { .status = STA_UNSYNC, .maxerror = 16000000 }, plain = { .maxerror = 5 };
	(void)state;
	vg_clock_state_of(&unsynced, TIME_OK, &o);
	assert_int_equal(o.clock, VG_CLOCK_FREE);
	assert_int_equal(o.clock_max_error_us, -1);
	vg_clock_state_of(&plain, TIME_ERROR, &o);
	assert_int_equal(o.clock, VG_CLOCK_FREE);
	assert_int_equal(o.clock_error_us, -1);
}

static void where_the_kernel_may_not_be_asked_nothing_is_said(void **state)
{
	struct vg_case_origin o = { .clock = VG_CLOCK_SYNCED };
	const struct timex kernel = { 0 };
	(void)state;
	vg_clock_state_of(&kernel, -1, &o);
	assert_int_equal(o.clock, VG_CLOCK_UNKNOWN);
	assert_int_equal(o.clock_max_error_us, -1);
}

static void times_of_a_capture_are_by_its_clock(void **state)
{
	struct vg_case_origin o = { 0 };
	(void)state;
	vg_clock_state_take(1, &o);
	assert_int_equal(o.clock, VG_CLOCK_CAPTURE);
	assert_int_equal(o.clock_max_error_us, -1);
	vg_clock_state_take(0, &o);
	assert_in_range(o.clock, VG_CLOCK_UNKNOWN, VG_CLOCK_FREE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disciplined_clock_has_its_bounds),
		cmocka_unit_test(the_bounds_of_a_clock_that_nobody_disciplines_are_not_known),
		cmocka_unit_test(where_the_kernel_may_not_be_asked_nothing_is_said),
		cmocka_unit_test(times_of_a_capture_are_by_its_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
