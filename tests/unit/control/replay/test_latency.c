/* latency: percentiles against a sorted array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/replay/latency.h"

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}
static void nothing_added_is_zero(void **state)
{
	static struct vg_latency l;
	(void)state;
	assert_int_equal(vg_latency_at(&l, 500), 0);
}
static void one_value_is_every_percentile(void **state)
{
	static struct vg_latency l;
	(void)state;
	vg_latency_add(&l, 123456789);
	assert_int_equal(vg_latency_at(&l, 0), 123456789);
	assert_int_equal(vg_latency_at(&l, 500), 123456789);
	assert_int_equal(vg_latency_at(&l, 1000), 123456789);
}
static void small_values_are_exact(void **state)
{
	static struct vg_latency l;
	(void)state;
	for (uint64_t ns = 0; ns < 64; ns++)
		vg_latency_add(&l, ns);
	assert_int_equal(vg_latency_at(&l, 500), 31);
	assert_int_equal(vg_latency_at(&l, 990), 63);
	assert_int_equal(vg_latency_at(&l, 1), 0);
}
static void the_largest_value_has_a_place(void **state)
{
	static struct vg_latency l;
	(void)state;
	vg_latency_add(&l, UINT64_MAX);
	vg_latency_add(&l, 0);
	assert_int_equal(l.max_ns, UINT64_MAX);
	assert_int_equal(vg_latency_at(&l, 1000), UINT64_MAX);
	assert_int_equal(vg_latency_at(&l, 500), 0);
}
static void percentiles_are_within_a_64th_of_the_nearest_rank(void **state)
{
	enum { N = 5000 };
	static uint64_t values[N];
	static struct vg_latency l;
	unsigned seed = (unsigned)getpid();
	(void)state;
	print_message("seed %u\n", seed);
	for (unsigned round = 0; round < 20; round++) {
		memset(&l, 0, sizeof(l));
		unsigned n = 1 + (unsigned)rand_r(&seed) % N;
		for (unsigned i = 0; i < n; i++) {
			values[i] = ((uint64_t)rand_r(&seed) << 31 | (uint64_t)rand_r(&seed)) >> (rand_r(&seed) % 60);
			vg_latency_add(&l, values[i]);
		}
		qsort(values, n, sizeof(values[0]), compare);
		for (unsigned p = 1; p <= 1000; p += 37) {
			uint64_t rank = ((uint64_t)n * p + 999) / 1000, want = values[rank - 1];
			uint64_t got = vg_latency_at(&l, p);
			assert_true(got >= want);
			assert_true(got - want <= want / 64 + 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_added_is_zero),
		cmocka_unit_test(one_value_is_every_percentile),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(the_largest_value_has_a_place),
		cmocka_unit_test(percentiles_are_within_a_64th_of_the_nearest_rank),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
