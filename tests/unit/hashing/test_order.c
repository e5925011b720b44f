/* order: against a linear scan for the best of what waits, over random pushes and pops; and the rule in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/order.h"
#include "tests/lib/picture.h"

#define N_ROOM 500u

/* Of a model: the first in class, then the one with the least of since + bytes * 16, then lane, then slot. */
struct waiting {
	enum vg_order_class rank;
	uint64_t since_ns, n_bytes;
	uint32_t lane_idx, slot;
};
static int is_better(const struct waiting *a, const struct waiting *b)
{
	uint64_t x = a->since_ns + 16 * a->n_bytes, y = b->since_ns + 16 * b->n_bytes;
	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (x != y)
		return x < y;
	return a->lane_idx != b->lane_idx ? a->lane_idx < b->lane_idx : a->slot < b->slot;
}

static void it_gives_what_a_linear_scan_gives(void **state)
{
	static struct waiting model[N_ROOM];
	static struct vg_order_item room[N_ROOM];
	struct vg_order order = { room, 0, N_ROOM };
	uint64_t seed = (uint64_t)time(NULL), now_ns = 1000000000u;
	uint32_t n = 0;
	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned round = 0; round < 20000; round++) {
		unsigned is_growing = round / 1000 % 2 ? 70 : 40;
		now_ns += vg_random(&seed) % 100000;
		if (n < N_ROOM && vg_random(&seed) % 100 < is_growing) {
			struct waiting w = { (enum vg_order_class)(vg_random(&seed) % 3), now_ns,
					     1ull << vg_random(&seed) % 24, (uint32_t)(vg_random(&seed) % 3), round };
			model[n++] = w;
			vg_order_push(&order,
				      &(struct vg_order_item){ .key = vg_order_key(w.rank, w.since_ns, w.n_bytes),
							       .lane_idx = w.lane_idx,
							       .slot = w.slot });
			continue;
		}
		struct vg_order_item got;
		uint32_t best = 0;
		assert_int_equal(vg_order_pop(&order, &got), n != 0);
		if (!n)
			continue;
		for (uint32_t i = 1; i < n; i++)
			best = is_better(&model[i], &model[best]) ? i : best;
		assert_int_equal(got.slot, model[best].slot);
		assert_int_equal(got.lane_idx, model[best].lane_idx);
		model[best] = model[--n];
		assert_int_equal(order.n, n);
	}
}

static void of_the_same_key_the_rest_decides(void **state)
{
	struct vg_order_item room[4], got;
	struct vg_order order = { room, 0, 4 };
	(void)state;
	assert_null(vg_order_first(&order));
	vg_order_push(&order, &(struct vg_order_item){ .key = 7, .slot = 1, .then = { 2, 1 } });
	vg_order_push(&order, &(struct vg_order_item){ .key = 7, .slot = 2, .then = { 1, 9 } });
	vg_order_push(&order, &(struct vg_order_item){ .key = 7, .slot = 3, .then = { 1, 8 }, .lane_idx = 5 });
	vg_order_push(&order, &(struct vg_order_item){ .key = 6, .slot = 4, .then = { 9, 9 }, .lane_idx = 9 });
	assert_int_equal(vg_order_first(&order)->slot, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(vg_order_pop(&order, &got));
		assert_int_equal(got.slot, 4 - i);
	}
}

static void watched_ones_go_before_all_and_small_ones_before_large_ones_but_not_for_ever(void **state)
{
	const uint64_t second = 1000000000u, mb = 1000000;
	(void)state;
	assert_true(vg_order_key(VG_ORDER_WATCHED, 100 * second, 100 * mb) < vg_order_key(VG_ORDER_EARLY, 0, 1));
	assert_true(vg_order_key(VG_ORDER_EARLY, 100 * second, 100 * mb) < vg_order_key(VG_ORDER_OTHERS, 0, 1));
	assert_true(vg_order_key(VG_ORDER_OTHERS, second, 1000) < vg_order_key(VG_ORDER_OTHERS, second, mb));
	/* 10 MB are 160 ms: small ones that come later than that wait */
	assert_true(vg_order_key(VG_ORDER_OTHERS, second + second / 10, 1000) <
		    vg_order_key(VG_ORDER_OTHERS, second, 10 * mb));
	assert_true(vg_order_key(VG_ORDER_OTHERS, second, 10 * mb) <
		    vg_order_key(VG_ORDER_OTHERS, second + second / 5, 1000));
	/* and nothing waits for longer than ten seconds behind what came after it */
	assert_true(vg_order_key(VG_ORDER_OTHERS, second, UINT64_MAX) < vg_order_key(VG_ORDER_OTHERS, 12 * second, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_gives_what_a_linear_scan_gives),
		cmocka_unit_test(of_the_same_key_the_rest_decides),
		cmocka_unit_test(watched_ones_go_before_all_and_small_ones_before_large_ones_but_not_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
