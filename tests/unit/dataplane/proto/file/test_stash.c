/* Bytes that wait, against a plain buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/proto/file/stash.h"

static void what_is_put_comes_out_in_order(void **state)
{
	struct vg_file_pool *pool = *state;
	struct vg_stash stash = { 0 };
	unsigned seed = (unsigned)time(NULL);
	uint32_t n_in = 0, n_out = 0, n;
	static uint8_t piece[100000];
	const uint8_t *at;
	printf("seed %u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 2000; round++) {
		n = (uint32_t)random() % (uint32_t)(random() % 4 ? 1000 : sizeof(piece));
		for (uint32_t i = 0; i < n; i++)
			piece[i] = (uint8_t)((n_in + i) * 7 + ((n_in + i) >> 8));
		n_in += vg_stash_put(pool, &stash, piece, n);
		while (random() % 3 && (at = vg_stash_peek(pool, &stash, &n))) {
			n = 1 + (uint32_t)random() % n;
			for (uint32_t i = 0; i < n; i++)
				assert_int_equal(at[i], (uint8_t)((n_out + i) * 7 + ((n_out + i) >> 8)));
			n_out += n;
			vg_stash_eat(pool, &stash, n);
		}
		assert_int_equal(vg_pool_n_out(&pool->blocks), stash.n_blocks);
	}
	vg_stash_drop(pool, &stash);
	assert_int_equal(vg_pool_n_out(&pool->blocks), 0);
	assert_true(n_out > 1000000);
}

static void a_full_stash_takes_a_part(void **state)
{
	struct vg_file_pool *pool = *state;
	struct vg_stash stash = { 0 };
	static uint8_t much[8 * VG_FILE_BLOCK_BYTES];
	assert_int_equal(vg_stash_put(pool, &stash, much, sizeof(much)), 5 * VG_FILE_BLOCK_BYTES);
	assert_int_equal(vg_stash_put(pool, &stash, much, 1), 0);
	vg_stash_drop(pool, &stash);
	assert_int_equal(vg_stash_put(pool, &stash, much, 1), 1);
	vg_stash_drop(pool, &stash);
}

static int pool_open(void **state)
{
	static struct vg_file_pool pool;
	*state = &pool;
	return vg_file_pool_create(&pool, 1, 16) ? -1 : 0;
}

static int pool_close(void **state)
{
	vg_file_pool_destroy(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_comes_out_in_order),
		cmocka_unit_test(a_full_stash_takes_a_part),
	};
	return cmocka_run_group_tests(tests, pool_open, pool_close);
}
