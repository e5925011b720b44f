/* Hyperscan's compiler, loaded when it is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/scope/patterns.h"

static int hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	(void)from;
	(void)to;
	(void)flags;
	*(unsigned *)context |= 1u << id;
	return 0;
}

static void what_it_compiles_is_scanned_by_the_runtime_alone(void **state)
{
	static const char *const texts[] = { "^ab+c", "x$" };
	static const unsigned flags[] = { HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH, HS_FLAG_SINGLEMATCH }, ids[] = { 3, 5 };

	(void)state;
	for (int for_any = 0; for_any < 2; for_any++) {
		char why[256];
		hs_database_t *database = vg_patterns_compile(texts, flags, ids, 2, for_any, why, sizeof(why));
		hs_scratch_t *scratch = NULL;
		unsigned found = 0;

		assert_non_null(database);
		assert_int_equal(hs_alloc_scratch(database, &scratch), HS_SUCCESS);
		assert_int_equal(hs_scan(database, "abbbcx", 6, 0, scratch, hit, &found), HS_SUCCESS);
		assert_int_equal(found, 1u << 3 | 1u << 5);
		found = 0;
		assert_int_equal(hs_scan(database, "zabcxy", 6, 0, scratch, hit, &found), HS_SUCCESS);
		assert_int_equal(found, 0);
		hs_free_scratch(scratch);
		hs_free_database(database);
	}
}

static void a_pattern_that_is_none_is_named(void **state)
{
	static const char *const texts[] = { "fine", "(" };
	static const unsigned flags[] = { 0, 0 }, ids[] = { 0, 1 };
	char why[256] = "";

	(void)state;
	assert_null(vg_patterns_compile(texts, flags, ids, 2, 0, why, sizeof(why)));
	assert_non_null(strstr(why, "pattern 1: "));
	memset(why, 'x', sizeof(why));
	assert_null(vg_patterns_compile(texts, flags, ids, 2, 0, why, 8));
	assert_int_equal(strlen(why), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_compiles_is_scanned_by_the_runtime_alone),
		cmocka_unit_test(a_pattern_that_is_none_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
