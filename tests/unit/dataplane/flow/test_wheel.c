/* wheel: against a list of deadlines; and what happens at the horizon and when time jumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/flow/wheel.h"

#define N_NODES    200u
#define HORIZON_NS UINT64_C(254000)

static void everything_fires_after_its_time_and_within_a_slot_of_it(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	struct vg_wheel *wheel = vg_wheel_create(N_NODES, HORIZON_NS);
	uint64_t due[N_NODES] = { 0 }, now = 123456789;

	(void)state;
	print_message("seed %u\n", seed);
	vg_wheel_reset(wheel, now);
	for (int round = 0; round < 20000; round++) {
		uint32_t node = (uint32_t)rand_r(&seed) % N_NODES;

		if (rand_r(&seed) % 4) {
			due[node] = now + 1 + (uint64_t)rand_r(&seed) % HORIZON_NS;
			vg_wheel_arm(wheel, node, due[node]);
		} else {
			due[node] = 0;
			vg_wheel_disarm(wheel, node);
		}
		now += (uint64_t)rand_r(&seed) % 3000;
		while ((node = vg_wheel_fire(wheel, now)) != VG_WHEEL_NONE) {
			assert_true(due[node] && due[node] <= now);
			due[node] = 0;
		}
		for (node = 0; node < N_NODES; node++)
			assert_true(!due[node] || due[node] + 2 * wheel->slot_ns > now);
	}
	vg_wheel_destroy(wheel);
}

static void a_jump_of_time_fires_all_and_leaves_none(void **state)
{
	struct vg_wheel *wheel = vg_wheel_create(N_NODES, HORIZON_NS);
	uint32_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < N_NODES; i++)
		vg_wheel_arm(wheel, i, i * 1000);
	while (vg_wheel_fire(wheel, UINT64_MAX / 2) != VG_WHEEL_NONE)
		n++;
	assert_int_equal(n, N_NODES);
	assert_int_equal(wheel->n_armed, 0);
	assert_int_equal(vg_wheel_first(wheel), VG_WHEEL_NONE);
	vg_wheel_destroy(wheel);
}

static void a_deadline_beyond_the_horizon_fires_early_and_can_be_armed_again(void **state)
{
	struct vg_wheel *wheel = vg_wheel_create(1, HORIZON_NS);
	uint64_t now = 0, deadline = 10 * HORIZON_NS;
	int n_early = 0;

	(void)state;
	vg_wheel_arm(wheel, 0, deadline);
	for (;;) {
		now += 500;
		if (vg_wheel_fire(wheel, now) == VG_WHEEL_NONE)
			continue;
		if (now >= deadline)
			break;
		n_early++;
		vg_wheel_arm(wheel, 0, deadline);
	}
	assert_true(n_early >= 8 && n_early <= 12);
	vg_wheel_destroy(wheel);
}

static void an_empty_wheel_can_go_back_in_time(void **state)
{
	struct vg_wheel *wheel = vg_wheel_create(2, HORIZON_NS);

	(void)state;
	assert_int_equal(vg_wheel_fire(wheel, UINT64_C(1) << 60), VG_WHEEL_NONE);
	vg_wheel_reset(wheel, 5000);
	vg_wheel_arm(wheel, 1, 9000);
	vg_wheel_reset(wheel, UINT64_C(1) << 60); /* not empty: nothing happens */
	assert_int_equal(vg_wheel_fire(wheel, 8000), VG_WHEEL_NONE);
	assert_int_equal(vg_wheel_fire(wheel, 12000), 1);
	vg_wheel_destroy(wheel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_fires_after_its_time_and_within_a_slot_of_it),
		cmocka_unit_test(a_jump_of_time_fires_all_and_leaves_none),
		cmocka_unit_test(a_deadline_beyond_the_horizon_fires_early_and_can_be_armed_again),
		cmocka_unit_test(an_empty_wheel_can_go_back_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
