/* What is left of the counters of processes that are gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/intake/intake_priv.h"

static void *made(size_t n)
{
	void *at = aligned_alloc(64, (n + 63) & ~(size_t)63);
	assert_non_null(at);
	memset(at, 0, n);
	return at;
}

static void resources_that_a_hasher_did_not_end_are_counted_when_it_is_gone(void **state)
{
	static const struct {
		uint64_t begun, whole, aged, full, other, forgotten;
	} rows[] = { { 10, 4, 1, 2, 1, 2 }, { 3, 3, 0, 0, 0, 0 }, { 0, 0, 0, 0, 0, 0 }, { 2, 1, UINT64_MAX, 9, 9, 0 } };
	struct vg_intake *intake = made(sizeof(*intake));
	struct vg_stats_page *page = made(sizeof(*page));
	uint64_t sum = 0;
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		page->counters[VG_H_RESOURCES] = rows[i].begun;
		page->counters[VG_H_RESOURCES_WHOLE] = rows[i].whole;
		page->counters[VG_H_RESOURCES_AGED] = rows[i].aged;
		page->counters[VG_H_RESOURCES_FULL] = rows[i].full;
		page->counters[VG_H_RESOURCES_OTHER] = rows[i].other;
		page->counters[VG_H_INDEX_GENERATION] = 7;
		vg_intake_page_gone(intake, 1, page);
		sum += rows[i].forgotten;
		assert_int_equal(intake->gone[1].counters[VG_H_RESOURCES_DIED], sum);
	}
	assert_int_equal(intake->gone[1].counters[VG_H_RESOURCES], 15);
	assert_int_equal(intake->gone[1].counters[VG_H_INDEX_GENERATION], 0); /* no sum: a state */
	vg_intake_page_gone(intake, 0, page);
	assert_int_equal(intake->gone[1].counters[VG_H_RESOURCES_DIED], sum);
	free(page);
	free(intake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resources_that_a_hasher_did_not_end_are_counted_when_it_is_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
