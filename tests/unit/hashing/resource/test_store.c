/* Blocks by resource and number: what is given back is gone, and nobody else's is. */
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

#define N_BLOCKS 64u

/* Random takes and gives against a table of who holds what. */
static void blocks_are_found_by_owner_and_number_until_given_back(void **state)
{
	static struct vg_stats_page stats;
	struct vg_resources_setup setup = { .hold_bytes = (uint64_t)N_BLOCKS * VG_RESOURCE_BLOCK,
					    .keep_bytes = 1 << 30,
					    .n_resources = 4,
					    .stats = &stats };
	struct vg_resources *rs = vg_resources_create(&setup);
	struct vg_resource_writer w[3];
	uint8_t *held[3][40] = { { NULL } };
	uint32_t n_held = 0;
	unsigned seed = (unsigned)time(NULL);
	(void)state;
	printf("seed %u\n", seed);
	srandom(seed);
	for (uint32_t i = 0; i < 3; i++)
		assert_true(vg_resource_open(rs, i + 1, 0, 1 << 29, 0, i, &w[i]));
	for (unsigned round = 0; round < 20000; round++) {
		uint32_t who = (uint32_t)random() % 3, no = (uint32_t)random() % 40;
		if (random() % 3 && (held[who][no] || n_held < N_BLOCKS)) {
			uint8_t *at = vg_resource_store_take(rs, w[who].idx, no * 1000ull);
			assert_non_null(at);
			if (held[who][no]) {
				assert_ptr_equal(at, held[who][no]);
				assert_int_equal(at[7], who * 64 + no);
			} else {
				assert_int_equal(at[7], 0); /* nothing of who held it before */
				n_held++;
			}
			at[7] = (uint8_t)(who * 64 + no);
			held[who][no] = at;
		} else {
			vg_resource_store_give(rs, w[who].idx, no * 1000ull);
			n_held -= held[who][no] != NULL;
			held[who][no] = NULL;
		}
		assert_int_equal(vg_resource_n_blocks(rs), n_held);
		assert_ptr_equal(vg_resource_store_find(rs, w[who].idx, no * 1000ull), held[who][no]);
	}
	vg_resource_store_give_all(rs, w[0].idx);
	for (uint32_t no = 0; no < 40; no++) {
		n_held -= held[0][no] != NULL;
		assert_null(vg_resource_store_find(rs, w[0].idx, no * 1000ull));
	}
	assert_int_equal(vg_resource_n_blocks(rs), n_held);
	vg_resources_destroy(rs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_found_by_owner_and_number_until_given_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
