/* exact: finds what a search of all records finds: even values, values that begin alike, equal ones, few ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/index/exact.h"
#include "tests/lib/index_make.h"
#include "tests/lib/picture.h"

static void compare(unsigned n, unsigned alike, enum vg_algo algo, uint64_t *seed)
{
	struct vg_index_make make = { .n_lists = 0 };
	struct vg_index_view view;
	struct vg_exact exact;
	uint8_t value[32], (*asked)[32] = calloc(n + 1, 32);
	size_t n_bytes;
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < 32; k++)
			value[k] = k < alike ? (uint8_t)(i % 2 ? 0xff : 0) : (uint8_t)vg_random(seed);
		for (unsigned same = i % 50 ? 1 : 3; same--;)
			vg_index_make_add(&make, 0, algo, value);
		memcpy(asked[i], value, 32);
		asked[i][vg_random(seed) % 16] ^= (uint8_t)(i % 3 == 0);
	}
	uint8_t *bytes = vg_index_make_bytes(&make, 1, &n_bytes);
	assert_int_equal(vg_index_open(bytes, n_bytes, &view), VG_OK);
	vg_exact_init(&exact, &view, algo);
	assert_int_equal(exact.lines != NULL, n >= 1024);
	for (unsigned i = 0; i <= n; i++) { /* the last one is all zero */
		uint32_t found[8] = { 0 }, expected[8] = { 0 };
		uint32_t n_expected = vg_index_find(&view, algo, asked[i], expected, 8);
		assert_int_equal(vg_exact_find(&exact, &view, algo, asked[i], found, 8), n_expected);
		assert_memory_equal(found, expected, sizeof(found));
	}
	vg_exact_fini(&exact);
	assert_null(exact.lines);
	free(bytes);
	free(asked);
	vg_index_make_free(&make);
}

static void what_is_found_is_what_a_search_of_all_records_finds(void **state)
{
	uint64_t seed = (uint64_t)time(NULL);
	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (enum vg_algo algo = VG_ALGO_MD5; algo < VG_ALGO_PDQ; algo++)
		for (unsigned alike = 0; alike < 6; alike += 2) {
			compare(0, alike, algo, &seed);
			compare(900, alike, algo, &seed);
			compare(5000, alike, algo, &seed);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_found_is_what_a_search_of_all_records_finds) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
