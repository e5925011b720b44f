/* known: a table is taken whole or not at all, and what stands in it is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <vigil/memfd.h>

#include "dataplane/hold/known.h"

static int table_fd(const struct vg_known_head *heads, uint32_t n, int seals)
{
	size_t n_bytes = n * sizeof(*heads);
	int fd = vg_memfd_new("t", n_bytes);
	void *at = vg_memfd_map(fd, n_bytes, PROT_READ | PROT_WRITE);
	memcpy(at, heads, n_bytes);
	munmap(at, n_bytes);
	if (seals)
		assert_int_equal(vg_memfd_seal(fd, seals), VG_OK);
	return fd;
}

static enum vg_err offer(struct vg_known *known, const struct vg_known_head *heads, uint32_t n, uint32_t said,
			 int seals)
{
	struct vg_msg_known m = { .generation = 1, .n_heads = said };
	int fd = table_fd(heads, n, seals);
	enum vg_err err = vg_known_take(known, &m, fd);
	close(fd);
	return err;
}

static void what_is_in_the_table_is_found_and_nothing_else(void **state)
{
	static const struct vg_known_head heads[4] = { { 0, { 0 } }, { 9, { 1 } }, { 9, { 2 } }, { 70, { 1 } } };
	static const uint8_t one[32] = { 1 }, two[32] = { 2 };
	struct vg_known known = { 0 };
	(void)state;
	assert_null(vg_known_poll(&known));
	assert_false(vg_known_has_size(NULL, 9));
	assert_int_equal(offer(&known, heads, 4, 4, VG_SEALS_FINAL), VG_OK);
	const struct vg_known_table *t = vg_known_poll(&known);
	assert_true(vg_known_has_size(t, 9) && vg_known_has_size(t, 70));
	assert_false(vg_known_has_size(t, 8) || vg_known_has_size(t, 71) || vg_known_has_size(t, UINT64_MAX));
	assert_true(vg_known_has(t, 9, one) && vg_known_has(t, 9, two) && vg_known_has(t, 70, one));
	assert_false(vg_known_has(t, 70, two) || vg_known_has(t, 8, one));
	assert_int_equal(offer(&known, heads, 1, 1, VG_SEALS_FINAL), VG_OK); /* the next one takes its place */
	assert_false(vg_known_has_size(vg_known_poll(&known), 9));
	assert_int_equal(offer(&known, heads, 4, 4, VG_SEALS_FINAL), VG_OK);
	assert_int_equal(offer(&known, heads, 4, 4, VG_SEALS_FINAL), VG_EAGAIN); /* the worker has not looked */
	vg_known_destroy(&known);
}

static void a_table_that_breaks_the_rules_changes_nothing(void **state)
{
	static const struct vg_known_head good[2] = { { 0, { 0 } }, { 5, { 1 } } };
	static const struct vg_known_head falling[2] = { { 5, { 0 } }, { 4, { 1 } } };
	static const struct vg_known_head twice[2] = { { 5, { 1 } }, { 5, { 1 } } };
	struct vg_known known = { 0 };
	(void)state;
	assert_int_equal(offer(&known, good, 2, 2, VG_SEALS_FINAL), VG_OK);
	(void)vg_known_poll(&known);
	assert_int_equal(offer(&known, good, 2, 2, 0), VG_ESEAL);
	assert_int_equal(offer(&known, good, 2, 2, VG_SEALS_OURS), VG_ESEAL);
	assert_int_equal(offer(&known, good, 2, 3, VG_SEALS_FINAL), VG_ERANGE);
	assert_int_equal(offer(&known, good, 2, 0, VG_SEALS_FINAL), VG_ERANGE);
	assert_int_equal(offer(&known, good, 2, VG_KNOWN_MAX_HEADS + 1, VG_SEALS_FINAL), VG_ERANGE);
	assert_int_equal(offer(&known, falling, 2, 2, VG_SEALS_FINAL), VG_ECORRUPT);
	assert_int_equal(offer(&known, twice, 2, 2, VG_SEALS_FINAL), VG_ECORRUPT);
	assert_true(vg_known_has_size(vg_known_poll(&known), 5));
	vg_known_destroy(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_in_the_table_is_found_and_nothing_else),
					    cmocka_unit_test(a_table_that_breaks_the_rules_changes_nothing) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
