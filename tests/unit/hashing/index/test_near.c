/* near: by scan and by bands every hash within the distance is given, against a plain loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/index/near.h"
#include "tests/lib/picture.h"
#include "tests/lib/tables_make.h"

#define N 2000u

static struct vg_index_pdq records[N];
static uint8_t queries[8][32], given[N];

static void on_given(void *ctx, uint32_t record_idx)
{
	(void)ctx;
	assert_true(record_idx < N);
	given[record_idx] = 1;
}
static void draw(uint64_t *seed)
{
	for (unsigned i = 0; i < sizeof(queries); i++)
		queries[i / 32][i % 32] = (uint8_t)vg_random(seed);
	for (unsigned i = 0; i < N; i++) {
		memcpy(records[i].value, queries[i % 8], 32);
		for (unsigned k = 0; k < i % 80; k++)
			records[i].value[vg_random(seed) % 32] ^= (uint8_t)(1u << vg_random(seed) % 8);
	}
}

static void every_hash_within_the_distance_is_given_by_both_ways(void **state)
{
	uint64_t seed = (uint64_t)time(NULL);
	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	draw(&seed);
	struct vg_bands bands = vg_bands_make(records, N);
	for (unsigned way = 0; way < 2; way++)
		for (uint32_t distance = 0; distance < 69; distance += 3) {
			struct vg_near near;
			uint32_t limit = distance < 63 ? distance : 63, n_queries = 1 + distance % 8;
			assert_int_equal(
				vg_near_init(&near, vg_hamming_select(), records, N, distance, way ? &bands : NULL),
				VG_OK);
			assert_int_equal(near.bands != NULL, way && distance <= 31);
			memset(given, 0, sizeof(given));
			assert_true(vg_near_search(&near, queries, n_queries, 0, on_given, NULL) > 0);
			for (unsigned i = 0; i < N; i++)
				for (unsigned q = 0; q < n_queries && !given[i]; q++)
					assert_true(vg_hamming_distance(records[i].value, queries[q]) > limit);
			vg_near_fini(&near);
		}
	vg_bands_make_free(&bands);
}

static void tables_of_another_number_of_hashes_are_not_used(void **state)
{
	struct vg_near near;
	(void)state;
	struct vg_bands bands = vg_bands_make(records, N - 1);
	assert_int_equal(vg_near_init(&near, vg_hamming_select(), records, N, 31, &bands), VG_OK);
	assert_null(near.bands);
	vg_near_fini(&near);
	assert_int_equal(vg_near_init(&near, vg_hamming_select(), NULL, 0, 31, NULL), VG_OK);
	assert_int_equal(vg_near_search(&near, queries, 8, 0, on_given, NULL), 0);
	vg_near_fini(&near);
	vg_bands_make_free(&bands);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_hash_within_the_distance_is_given_by_both_ways),
		cmocka_unit_test(tables_of_another_number_of_hashes_are_not_used),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
