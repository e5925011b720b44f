/* plugins: groups by algorithm and version, sorted, each value of an entry once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/lists/plugins.h"

#define N_ROWS 3000u

static struct vg_list_plugin row_of(const char *algo, uint32_t version, uint32_t distance, const char *value)
{
	struct vg_list_plugin row = { .version = version,
				      .max_distance = distance,
				      .n_value_bytes = (uint32_t)strlen(value) };
	memcpy(row.algo, algo, strlen(algo));
	memcpy(row.value, value, row.n_value_bytes);
	return row;
}

/* Entries of one tens digit are one. */
static int same(const void *ctx, uint32_t left, uint32_t right)
{
	(void)ctx;
	return left / 10 == right / 10;
}

static void rows_that_repeat_are_folded_with_the_larger_distance(void **state)
{
	struct vg_list_plugins *plugins = vg_list_plugins_create();
	const struct vg_list_plugin rows[] = { row_of("b", 1, 2, "xx"), row_of("a", 1, 1, "zzz"),
					       row_of("b", 1, 4, "xx"), row_of("b", 1, 3, "xx"),
					       row_of("a", 2, 0, "q"),  row_of("b", 1, 0, "ww"),
					       row_of("a", 1, 1, "yyy") };
	const uint32_t entries[] = { 10, 11, 12, 50, 14, 15, 16 };
	struct vg_list_plugins_made made;
	uint64_t n_folded = 5;
	(void)state;
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(vg_list_plugins_add(plugins, &rows[i], entries[i]), VG_OK);
	assert_int_equal(vg_list_plugins_finish(plugins, same, NULL, &made, &n_folded), VG_OK);
	assert_int_equal(n_folded, 6);
	assert_int_equal(made.n_groups, 3);
	assert_int_equal(made.n_plugins, 6);
	assert_true(
		vg_index_plugins_ok(made.groups, made.n_groups, made.plugins, made.n_plugins, made.n_value_bytes, 51));
	assert_memory_equal(made.values, "wwxxxxyyyzzzq", 13);
	assert_string_equal(made.groups[0].algo, "b");
	assert_int_equal(made.plugins[1].entry_idx, 10);
	assert_int_equal(made.plugins[1].max_distance, 4);
	assert_int_equal(made.plugins[2].entry_idx, 50);
	vg_list_plugins_destroy(plugins);
}

static void one_algorithm_and_version_has_one_length_and_there_are_not_too_many(void **state)
{
	struct vg_list_plugins *plugins = vg_list_plugins_create();
	struct vg_list_plugin row = row_of("a", 1, 0, "xx");
	(void)state;
	assert_int_equal(vg_list_plugins_add(plugins, &row, 0), VG_OK);
	row.n_value_bytes = 3;
	assert_int_equal(vg_list_plugins_add(plugins, &row, 0), VG_ECONFLICT);
	for (unsigned v = 2; v <= VG_INDEX_MAX_GROUPS; v++) {
		row.version = v;
		assert_int_equal(vg_list_plugins_add(plugins, &row, 0), VG_OK);
	}
	row.version = 99;
	assert_int_equal(vg_list_plugins_add(plugins, &row, 0), VG_EFULL);
	vg_list_plugins_destroy(plugins);
}

static void any_rows_make_sections_that_fit(void **state)
{
	struct vg_list_plugins *plugins = vg_list_plugins_create();
	struct vg_list_plugins_made made;
	unsigned seed = (unsigned)time(NULL);
	uint64_t n_folded = 0;
	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (uint32_t i = 0; i < N_ROWS; i++) {
		char value[3] = { (char)('a' + rand() % 26), (char)('a' + rand() % 26), 0 };
		struct vg_list_plugin row = row_of(rand() % 2 ? "one" : "two", 1 + (unsigned)rand() % 3,
						   (unsigned)rand() % 5, value);
		assert_int_equal(vg_list_plugins_add(plugins, &row, i), VG_OK);
	}
	assert_int_equal(vg_list_plugins_finish(plugins, same, NULL, &made, &n_folded), VG_OK);
	assert_int_equal(made.n_plugins + n_folded, N_ROWS);
	assert_true(vg_index_plugins_ok(made.groups, made.n_groups, made.plugins, made.n_plugins, made.n_value_bytes,
					N_ROWS));
	for (size_t i = 1; i < made.n_plugins; i++)
		if (i != vg_index_group_of(made.groups, made.n_groups, i)->first)
			assert_true(memcmp(made.values + 2 * (i - 1), made.values + 2 * i, 2) <= 0);
	vg_list_plugins_destroy(plugins);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_that_repeat_are_folded_with_the_larger_distance),
		cmocka_unit_test(one_algorithm_and_version_has_one_length_and_there_are_not_too_many),
		cmocka_unit_test(any_rows_make_sections_that_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
