/* Names and age: against a list of what was made and touched; uploads that ended make room first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/resource/resource_priv.h"

#define N 8u

static struct vg_resources *make(struct vg_stats_page *stats, uint64_t keep_bytes)
{
	struct vg_resources_setup setup = { .hold_bytes = 4 * VG_RESOURCE_BLOCK,
					    .keep_bytes = keep_bytes,
					    .age_ns = 1000,
					    .n_resources = N,
					    .stats = stats };
	struct vg_resources *rs = vg_resources_create(&setup);
	assert_non_null(rs);
	return rs;
}

static void the_one_longest_without_a_piece_goes_but_settled_ones_before(void **state)
{
	static struct vg_stats_page stats;
	struct vg_resources *rs = make(&stats, 1u << 20);
	struct {
		uint64_t name, seen;
		bool settled;
	} model[N];
	unsigned n = 0, seed = (unsigned)time(NULL);
	(void)state;
	printf("seed %u\n", seed);
	srandom(seed);
	for (uint64_t now = 1; now < 20000; now++) {
		uint64_t name = 1 + (uint64_t)random() % 20;
		uint32_t idx = vg_resource_find(rs, name);
		unsigned k = 0, victim = 0;
		bool settles = random() % 3 == 0;
		while (k < n && model[k].name != name)
			k++;
		assert_int_equal(idx != VG_RESOURCE_NONE, k < n);
		if (k == n && n == N) {
			for (unsigned i = 1; i < N; i++)
				if (model[i].settled != model[victim].settled ? model[i].settled
									      : model[i].seen < model[victim].seen)
					victim = i;
			k = victim;
		} else if (k == n) {
			n++;
		}
		if (idx == VG_RESOURCE_NONE)
			idx = vg_resource_make(rs, name, 10, VG_RESOURCE_SIZED, now);
		vg_resource_touch(rs, idx, now);
		if (settles)
			vg_resource_settle(rs, idx);
		model[k].name = name;
		model[k].seen = now;
		model[k].settled = settles;
	}
	assert_true(stats.counters[VG_H_RESOURCES_LEFT] && stats.counters[VG_H_RESOURCES_FULL]);
	vg_resource_age(rs, 1000000);
	for (uint64_t name = 1; name <= 20; name++)
		assert_int_equal(vg_resource_find(rs, name), VG_RESOURCE_NONE);
	vg_resources_destroy(rs);
}

static void a_digest_state_is_taken_from_an_upload_that_ended(void **state)
{
	static struct vg_stats_page stats;
	struct vg_resources *rs = make(&stats, 100);
	uint32_t n_streams = rs->n_streams, first, second;
	(void)state;
	rs->n_streams = 1; /* the others are lent */
	first = vg_resource_make(rs, 1, 1000, VG_RESOURCE_SIZED, 1);
	assert_int_not_equal(first, VG_RESOURCE_NONE);
	assert_int_equal(vg_resource_make(rs, 2, 1000, VG_RESOURCE_SIZED, 2), VG_RESOURCE_NONE);
	assert_int_equal(stats.counters[VG_H_RESOURCES_FULL], 1);
	vg_resource_settle(rs, first);
	second = vg_resource_make(rs, 2, 1000, VG_RESOURCE_SIZED, 3);
	assert_int_not_equal(second, VG_RESOURCE_NONE);
	assert_int_equal(vg_resource_find(rs, 1), VG_RESOURCE_NONE);
	assert_int_equal(stats.counters[VG_H_RESOURCES_LEFT], 1);
	vg_resource_forget(rs, second);
	rs->n_streams = n_streams;
	vg_resources_destroy(rs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_longest_without_a_piece_goes_but_settled_ones_before),
		cmocka_unit_test(a_digest_state_is_taken_from_an_upload_that_ended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
