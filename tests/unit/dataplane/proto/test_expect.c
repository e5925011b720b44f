/* expect: announced endpoints against a plain list; ageing; what is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/proto/expect.h"

#define N_MODEL 64u

struct noted {
	int is_there;
	uint64_t value;
	int64_t last_ns;
};
static struct vg_stats_page stats;

static struct vg_endpoint place(unsigned i)
{
	struct vg_endpoint at = { .ip = { 10, 0, 0, (uint8_t)(i & 7) }, .port = (uint16_t)(i >> 3) };
	return at;
}

static void a_table_knows_what_a_list_knows(void **state)
{
	static struct noted model[N_MODEL];
	struct vg_expect table;
	unsigned seed = (unsigned)time(NULL);
	int64_t now = 0;
	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	assert_int_equal(vg_expect_create(&table, N_MODEL, &stats), VG_OK);
	for (unsigned k = 0; k < 50000; k++) {
		unsigned i = (unsigned)random() % N_MODEL;
		struct vg_endpoint at = place(i);
		struct vg_expected *met;
		now += random() % 8 ? 1000000 : random() % (VG_EXPECT_NS / 8);
		switch (random() % 4) {
		case 0:
			vg_expect_put(&table, &at, 1, k, now);
			model[i] = (struct noted){ 1, k, now };
			break;
		case 1:
			met = vg_expect_find(&table, &at, now);
			if (met) {
				vg_expect_drop(&table, met);
				model[i].is_there = 0;
			}
			break;
		default:
			met = vg_expect_find(&table, &at, now);
			if (model[i].is_there && now - model[i].last_ns > VG_EXPECT_NS)
				model[i].is_there = 0;
			assert_int_equal(met != NULL, model[i].is_there);
			if (!met)
				break;
			assert_int_equal(met->value, model[i].value);
			model[i].last_ns = met->last_ns;
		}
	}
	vg_expect_reset(&table);
	assert_int_equal(table.n_used, 0);
	vg_expect_destroy(&table);
}

static void where_it_is_full_the_longest_forgotten_goes_first(void **state)
{
	struct vg_expect table;
	struct vg_endpoint at;
	uint64_t n_full = stats.counters[VG_C_EXPECT_FULL];
	(void)state;
	assert_int_equal(vg_expect_create(&table, 4, &stats), VG_OK);
	for (unsigned i = 0; i < 4; i++) {
		at = place(i);
		vg_expect_put(&table, &at, 1, i, 10);
	}
	at = place(0);
	assert_non_null(vg_expect_find(&table, &at, 2000000000));
	at = place(9);
	vg_expect_put(&table, &at, 1, 9, 2000000000);
	assert_int_equal(stats.counters[VG_C_EXPECT_FULL] - n_full, 1);
	at = place(1);
	assert_null(vg_expect_find(&table, &at, 2000000000));
	at = place(0);
	assert_non_null(vg_expect_find(&table, &at, 2000000000));
	vg_expect_destroy(&table);
}

static void an_endpoint_is_one_of_its_own_network_only(void **state)
{
	struct vg_expect table;
	struct vg_flow_key key = { .ip = { { 1 }, { 2 } }, .port = { 3, 4 }, .vlan = { 5, 6 }, .net = 4 };
	struct vg_endpoint at = vg_endpoint_of(&key, 1);
	(void)state;
	assert_int_equal(vg_expect_create(&table, 4, &stats), VG_OK);
	vg_expect_put(&table, &at, 1, 7, 1);
	key.vlan[0] = 9;
	at = vg_endpoint_of(&key, 1);
	assert_null(vg_expect_find(&table, &at, 1));
	vg_expect_destroy(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_knows_what_a_list_knows),
		cmocka_unit_test(where_it_is_full_the_longest_forgotten_goes_first),
		cmocka_unit_test(an_endpoint_is_one_of_its_own_network_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
