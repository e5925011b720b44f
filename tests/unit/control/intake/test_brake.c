#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/intake/brake.h"

#define MINUTE 60000000000u

static void a_minutes_ration_is_let_through_and_comes_again(void **state)
{
	struct vg_brake b;
	uint64_t now = 5 * (uint64_t)MINUTE;
	(void)state;
	vg_brake_init(&b, 2);
	assert_null(vg_brake_match(&b, now));
	assert_null(vg_brake_match(&b, now + 1));
	assert_false(vg_brake_is_on(&b, now + 1));
	assert_non_null(vg_brake_match(&b, now + 2));
	assert_true(vg_brake_is_on(&b, now + 2));
	assert_false(vg_brake_is_on(&b, now + MINUTE));
	assert_null(vg_brake_match(&b, now + MINUTE));
}

static void a_lie_holds_until_another_process_is_there(void **state)
{
	struct vg_brake b;
	(void)state;
	vg_brake_init(&b, 100);
	vg_brake_peer(&b, 10);
	vg_brake_lie(&b);
	vg_brake_peer(&b, 10); /* the same process on a new link */
	assert_non_null(vg_brake_match(&b, 1));
	assert_true(vg_brake_is_on(&b, 100 * (uint64_t)MINUTE));
	vg_brake_peer(&b, 11);
	assert_null(vg_brake_match(&b, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_minutes_ration_is_let_through_and_comes_again),
		cmocka_unit_test(a_lie_holds_until_another_process_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
