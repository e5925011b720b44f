/* pool: fixed items, last given first taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/proto/pool.h"

static void a_pool_gives_each_item_once_and_then_says_full(void **state)
{
	struct vg_pool pool;
	void *items[5];
	(void)state;
	assert_int_equal(vg_pool_create(&pool, 5, 24), VG_OK);
	for (unsigned i = 0; i < 5; i++) {
		items[i] = vg_pool_take(&pool);
		assert_non_null(items[i]);
		memset(items[i], (int)i + 1, 24);
	}
	assert_null(vg_pool_take(&pool));
	for (unsigned i = 0; i < 5; i++)
		for (unsigned k = 0; k < 24; k++)
			assert_int_equal(((uint8_t *)items[i])[k], i + 1);
	vg_pool_destroy(&pool);
}

static void the_last_item_given_is_the_first_taken(void **state)
{
	struct vg_pool pool;
	(void)state;
	assert_int_equal(vg_pool_create(&pool, 4, 8), VG_OK);
	void *a = vg_pool_take(&pool), *b = vg_pool_take(&pool);
	vg_pool_give(&pool, a);
	vg_pool_give(&pool, b);
	assert_ptr_equal(vg_pool_take(&pool), b);
	assert_ptr_equal(vg_pool_take(&pool), a);
	vg_pool_destroy(&pool);
}

static void counts_agree_with_a_model_over_random_use(void **state)
{
	struct vg_pool pool;
	void *out[16];
	unsigned n_out = 0, seed = (unsigned)time(NULL);
	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	assert_int_equal(vg_pool_create(&pool, 16, 8), VG_OK);
	for (unsigned i = 0; i < 10000; i++) {
		if (random() % 2) {
			void *item = vg_pool_take(&pool);
			assert_true(!item == (n_out == 16));
			for (unsigned k = 0; item && k < n_out; k++)
				assert_ptr_not_equal(out[k], item);
			if (item)
				out[n_out++] = item;
		} else if (n_out) {
			unsigned k = (unsigned)random() % n_out;
			vg_pool_give(&pool, out[k]);
			out[k] = out[--n_out];
		}
		assert_int_equal(vg_pool_n_out(&pool), n_out);
	}
	vg_pool_destroy(&pool);
}

static void an_empty_pool_can_be_destroyed(void **state)
{
	struct vg_pool pool = { 0 };
	(void)state;
	vg_pool_destroy(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_gives_each_item_once_and_then_says_full),
		cmocka_unit_test(the_last_item_given_is_the_first_taken),
		cmocka_unit_test(counts_agree_with_a_model_over_random_use),
		cmocka_unit_test(an_empty_pool_can_be_destroyed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
