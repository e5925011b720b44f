/* bands: every record within the distance is given, for every distance up to 31, in random, clustered and equal
 * hashes; the work stays bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/index/bands.h"
#include "hashing/index/hamming.h"
#include "tests/lib/picture.h"
#include "tests/lib/tables_make.h"

#define N_RECORDS 3000u

static struct vg_index_pdq records[N_RECORDS];
static uint8_t queries[8][32];
static uint32_t n_given[N_RECORDS], n_all;

static void on_found(void *ctx, uint32_t record_idx)
{
	(void)ctx;
	assert_true(record_idx < N_RECORDS);
	n_given[record_idx]++;
	n_all++;
}
static void random_bytes(uint64_t *seed, uint8_t *at, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		at[i] = (uint8_t)vg_random(seed);
}
/* Flips n_bits different bits, spread over the bands as evenly as can be where `even`: the hardest to find. */
static void flip(uint64_t *seed, uint8_t *hash, unsigned n_bits, int even)
{
	uint8_t done[32] = { 0 };
	for (unsigned band = (unsigned)vg_random(seed) % 16; n_bits;) {
		unsigned bit = even ? band * 16 + (unsigned)(vg_random(seed) % 16) : (unsigned)(vg_random(seed) % 256);
		if (done[bit / 8] >> bit % 8 & 1)
			continue;
		done[bit / 8] |= (uint8_t)(1 << bit % 8);
		hash[bit / 8] ^= (uint8_t)(1 << bit % 8);
		band = (band + 1) % 16;
		n_bits--;
	}
}

static void every_record_within_the_distance_is_given_whatever_bits_differ(void **state)
{
	uint64_t seed = (uint64_t)time(NULL);
	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned round = 0; round < 3; round++) {
		random_bytes(&seed, queries[0], sizeof(queries));
		for (unsigned i = 0; i < N_RECORDS; i++) {
			memcpy(records[i].value, queries[i % 8], 32);
			flip(&seed, records[i].value, i % 35, i % 3 != 0);
			if (i % 5 == 0)
				random_bytes(&seed, records[i].value, 32);
		}
		struct vg_bands bands = vg_bands_make(records, N_RECORDS);
		for (uint32_t limit = 0; limit <= VG_BANDS_MAX_DISTANCE; limit++) {
			uint32_t n_queries = limit % 3 ? 8 : 1 + limit % 8;
			memset(n_given, 0, sizeof(n_given));
			(void)vg_bands_search(&bands, queries, n_queries, limit, on_found, NULL);
			for (unsigned i = 0; i < N_RECORDS; i++)
				for (unsigned q = 0; q < n_queries && !n_given[i]; q++)
					assert_true(vg_hamming_distance(records[i].value, queries[q]) > limit);
		}
		vg_bands_make_free(&bands);
	}
}

/* What a search for a hash that is some bits off relies on (docs/adr/0020): no band within one bit is rare. */
static void nearly_all_that_lie_up_to_ten_bits_farther_are_given_too(void **state)
{
	uint64_t seed = 31;
	unsigned n_missed = 0;
	(void)state;
	for (unsigned round = 0; round < 10; round++) {
		random_bytes(&seed, queries[0], sizeof(queries));
		for (unsigned i = 0; i < N_RECORDS; i++) {
			memcpy(records[i].value, queries[0], 32);
			flip(&seed, records[i].value, 32 + i % 10, 0);
		}
		struct vg_bands bands = vg_bands_make(records, N_RECORDS);
		memset(n_given, 0, sizeof(n_given));
		(void)vg_bands_search(&bands, queries, 1, VG_BANDS_MAX_DISTANCE, on_found, NULL);
		for (unsigned i = 0; i < N_RECORDS; i++)
			n_missed += !n_given[i];
		vg_bands_make_free(&bands);
	}
	print_message("missed %u of %u at 32 .. 41 bits\n", n_missed, 10 * N_RECORDS);
	assert_true(n_missed < 10 * N_RECORDS / 500);
}

static void equal_hashes_are_given_once_for_a_query_not_once_for_each_band(void **state)
{
	(void)state;
	memset(records, 0x5a, sizeof(records));
	memset(queries, 0x5a, sizeof(queries));
	struct vg_bands bands = vg_bands_make(records, N_RECORDS);
	n_all = 0;
	(void)vg_bands_search(&bands, queries, 1, VG_BANDS_MAX_DISTANCE, on_found, NULL);
	assert_int_equal(n_all, N_RECORDS);
	(void)vg_bands_search(&bands, queries, 0, VG_BANDS_MAX_DISTANCE, on_found, NULL);
	assert_int_equal(n_all, N_RECORDS);
	vg_bands_make_free(&bands);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_within_the_distance_is_given_whatever_bits_differ),
		cmocka_unit_test(nearly_all_that_lie_up_to_ten_bits_farther_are_given_too),
		cmocka_unit_test(equal_hashes_are_given_once_for_a_query_not_once_for_each_band),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
