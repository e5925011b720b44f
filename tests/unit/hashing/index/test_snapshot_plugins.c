/* snapshot, plug-ins: every listed value within its own distance is found, the strongest stay, and sections that do
 * not fit together are no index. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "hashing/index/snapshot.h"
#include "tests/lib/index_make_plugin.h"

#define N_VALUES 400u
#define N_BYTES  9u

static struct vg_plugin_values value_of(const char *algo, uint32_t version, const uint8_t *bytes, uint16_t n)
{
	struct vg_plugin_values v = { .n = 2 };
	v.at[0] = (struct vg_plugin_value){ "before", 3, 100, 0, 1 }; /* the value lies behind another's */
	v.at[1] = (struct vg_plugin_value){ "", n, 50, 0, version };
	memcpy(v.at[1].algo, algo, strlen(algo));
	memcpy(v.bytes + 3, bytes, n);
	return v;
}

static unsigned bits(const uint8_t *a, const uint8_t *b)
{
	unsigned n = 0;
	for (unsigned i = 0; i < N_BYTES * 8; i++)
		n += (a[i / 8] >> i % 8 & 1) != (b[i / 8] >> i % 8 & 1);
	return n;
}

static void take(struct vg_index *index, struct vg_index_make *m)
{
	size_t n_bytes;
	uint8_t *bytes = vg_index_make_bytes(m, 1, &n_bytes);
	int fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
	assert_int_equal(vg_index_take(index, fd, -1, 1), VG_OK);
	close(fd);
	free(bytes);
}

static void every_value_within_its_own_distance_is_found(void **state)
{
	static uint8_t values[N_VALUES][N_BYTES];
	struct vg_index_make m = { .n_lists = 0 };
	struct vg_index *index = vg_index_create();
	unsigned seed = (unsigned)time(NULL), n_found = 0;
	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	vg_index_make_list(&m, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	for (unsigned i = 0; i < N_VALUES; i++) {
		memcpy(values[i], values[i / 2], N_BYTES); /* families that lie near each other */
		for (unsigned k = 0; k < 4; k++)
			values[i][(unsigned)rand() % N_BYTES] ^= (uint8_t)(1 << rand() % 8);
		vg_index_make_plugin(&m, 0, i < N_VALUES / 2 ? "algo_a" : "algo_b", 2, (uint16_t)(i % 19), values[i],
				     N_BYTES);
	}
	take(index, &m);
	for (unsigned q = 0; q < N_VALUES; q++) {
		struct vg_plugin_values v = value_of("algo_a", 2, values[q], N_BYTES);
		struct vg_hit hits[N_VALUES];
		uint32_t n = vg_index_query_plugins(index, &v, hits, 0, N_VALUES), n_want = 0;
		for (unsigned i = 0; i < N_VALUES / 2; i++)
			n_want += bits(values[i], values[q]) <= i % 19;
		assert_int_equal(n, n_want);
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(hits[i].algo, VG_ALGO_PLUGIN);
			assert_int_equal(hits[i].distance, bits(values[hits[i].entry_idx], values[q]));
			assert_true(!i || hits[i].distance >= hits[i - 1].distance);
		}
		n_found += n;
		if (n > 2) { /* the strongest stay */
			struct vg_hit two[2];
			assert_int_equal(vg_index_query_plugins(index, &v, two, 0, 2), 2);
			assert_memory_equal(two, hits, sizeof(two));
		}
	}
	assert_true(n_found >= N_VALUES / 2);
	vg_index_destroy(index);
	vg_index_make_free(&m);
}

static void another_version_length_or_no_quality_is_not_compared(void **state)
{
	static const uint8_t value[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct vg_index_make m = { .n_lists = 0 };
	struct vg_index *index = vg_index_create();
	struct vg_hit hits[4] = { { .entry_idx = 0, .algo = VG_ALGO_PDQ, .distance = 9 } };
	struct vg_plugin_values v = value_of("algo", 2, value, 8);
	(void)state;
	assert_int_equal(vg_index_query_plugins(index, &v, hits, 0, 4), 0); /* no index */
	vg_index_make_list(&m, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	vg_index_make_add(&m, 0, VG_ALGO_PDQ, (const uint8_t[32]){ 1 });
	vg_index_make_plugin(&m, 0, "algo", 2, 0, value, 8);
	take(index, &m);
	assert_int_equal(vg_index_query_plugins(index, &v, hits, 1, 4), 2); /* nearer than the one before */
	assert_int_equal(hits[0].algo, VG_ALGO_PLUGIN);
	assert_int_equal(hits[1].algo, VG_ALGO_PDQ);
	v.at[1].version = 1;
	assert_int_equal(vg_index_query_plugins(index, &v, hits, 0, 4), 0);
	v = value_of("algo", 2, value, 7);
	assert_int_equal(vg_index_query_plugins(index, &v, hits, 0, 4), 0);
	v = value_of("algo", 2, value, 8), v.at[1].quality = 0;
	assert_int_equal(vg_index_query_plugins(index, &v, hits, 0, 4), 0);
	v = value_of("algo", 2, value, 8), v.bytes[3] ^= 1;
	assert_int_equal(vg_index_query_plugins(index, &v, hits, 0, 4), 0);
	vg_index_destroy(index);
	vg_index_make_free(&m);
}

static void sections_that_do_not_fit_together_are_refused(void **state)
{
	const struct vg_index_group good[] = { { "a", 1, 2, 0, 2, 0 }, { "b", 1, 4, 2, 1, 4 } };
	const struct vg_index_plugin entries[] = { { 0, 4, 0 }, { 1, 0, 0 }, { 1, 8, 0 } };
	struct vg_index_group g[2];
	struct vg_index_plugin p[3];
	(void)state;
#define FRESH()       (memcpy(g, good, sizeof(g)), memcpy(p, entries, sizeof(p)))
#define FITS(n_bytes) vg_index_plugins_ok(g, 2, p, 3, n_bytes, 2)
	FRESH(), assert_true(FITS(8));
	assert_true(vg_index_plugins_ok(NULL, 0, NULL, 0, 0, 0));
	assert_false(FITS(7));
	assert_false(FITS(9));
	assert_false(vg_index_plugins_ok(g, 2, p, 2, 8, 2));
	assert_false(vg_index_plugins_ok(g, 1, p, 3, 8, 2));
	assert_false(vg_index_plugins_ok(g, 2, p, 3, 8, 1));
	FRESH(), g[0].version = 0, assert_false(FITS(8));
	FRESH(), g[0].n_value_bytes = 0, assert_false(FITS(8));
	FRESH(), g[0].n_value_bytes = 257, assert_false(FITS(8));
	FRESH(), g[0].algo[15] = 'x', assert_false(FITS(8));
	FRESH(), g[1].algo[0] = 'a', assert_false(FITS(8)); /* the same twice */
	FRESH(), g[1].first = 1, assert_false(FITS(8));
	FRESH(), g[1].values_off = 5, assert_false(FITS(8));
	FRESH(), g[1].n_plugins = 2, assert_false(FITS(8));
	FRESH(), g[1].n_plugins = UINT32_MAX, assert_false(FITS(8));
	FRESH(), p[0].max_distance = 5, assert_false(FITS(8)); /* a quarter of its bits */
	FRESH(), p[2].reserved = 1, assert_false(FITS(8));
	FRESH();
	assert_ptr_equal(vg_index_group_of(g, 2, 1), &g[0]);
	assert_ptr_equal(vg_index_group_of(g, 2, 2), &g[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_within_its_own_distance_is_found),
		cmocka_unit_test(another_version_length_or_no_quality_is_not_compared),
		cmocka_unit_test(sections_that_do_not_fit_together_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
