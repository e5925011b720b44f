/* wide: every tier that runs here against one lane after the other by OpenSSL, for each set of algorithms, each number
 * of lanes. The published vectors are in test_digest.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/base.h>

#include "hashing/digest/digest.h"
#include "hashing/digest/wide.h"
#include "tests/lib/guard.h"
#include "tests/lib/picture.h"

#define MAX_BLOCKS 9u

/* Lane `lane` of a state, into lane 0 of another. */
static void pick(struct vg_wide_state *to, const struct vg_wide_state *from, unsigned lane)
{
	for (unsigned i = 0; i < 4; i++)
		to->md5[i][0] = from->md5[i][lane];
	for (unsigned i = 0; i < 5; i++)
		to->sha1[i][0] = from->sha1[i][lane];
	for (unsigned i = 0; i < 8; i++)
		to->sha256[i][0] = from->sha256[i][lane];
}

static void check(const struct vg_wide_tier *tier, unsigned n_lanes, unsigned mask, uint64_t *seed)
{
	static uint8_t room[VG_WIDE_MAX_LANES][MAX_BLOCKS * VG_WIDE_BLOCK_BYTES], *copies[VG_WIDE_MAX_LANES];
	static struct vg_wide_state before, after, one, expected;
	const uint8_t *from[VG_WIDE_MAX_LANES] = { NULL };
	uint8_t *bytes[VG_WIDE_MAX_LANES], text[MAX_BLOCKS * VG_WIDE_BLOCK_BYTES];
	size_t n_blocks = 1 + vg_random(seed) % MAX_BLOCKS, n_bytes = n_blocks * VG_WIDE_BLOCK_BYTES;

	for (size_t i = 0; i < sizeof(before) / 4; i++)
		((uint32_t *)&before)[i] = (uint32_t)vg_random(seed);
	for (unsigned lane = 0; lane < n_lanes; lane++) {
		for (size_t i = 0; i < n_bytes; i++)
			text[i] = (uint8_t)vg_random(seed);
		bytes[lane] = vg_guard_copy(text, n_bytes); /* ends at its page's end: no lane reads on */
		from[lane] = bytes[lane];
	}
	for (unsigned lane = n_lanes; lane < VG_WIDE_MAX_LANES; lane++)
		from[lane] = bytes[0];
	after = before;
	for (unsigned lane = 0; lane < VG_WIDE_MAX_LANES; lane++)
		copies[lane] = room[lane];
	tier->run(&after, from, vg_random(seed) % 2 ? copies : NULL, n_blocks, n_lanes, mask);
	for (unsigned lane = 0; lane < n_lanes; lane++) {
		memset(&one, 0, sizeof(one));
		memset(&expected, 0, sizeof(expected));
		pick(&one, &after, lane);
		pick(&expected, &before, lane);
		vg_wide_tier_generic.run(&expected, &from[lane], NULL, n_blocks, 1, mask);
		assert_memory_equal(&one, &expected, sizeof(one));
		vg_guard_free(bytes[lane], n_bytes);
	}
}

static void every_tier_gives_what_one_lane_at_a_time_gives(void **state)
{
	unsigned n_tiers;
	const struct vg_wide_tier *const *tiers = vg_wide_tiers(&n_tiers);
	uint64_t seed = 20261124;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned t = 0; t < n_tiers; t++)
		for (unsigned round = 0; vg_wide_runs_here(tiers[t]) && round < 256;
		     round++) /* each number of lanes, each mask */
			check(tiers[t], 1 + round / 8 % (2 * tiers[t]->n_set_lanes), round % 8, &seed);
}

static void the_order_of_the_table_is_best_first(void **state)
{
	unsigned n_tiers;
	const struct vg_wide_tier *const *tiers = vg_wide_tiers(&n_tiers);

	(void)state;
	for (unsigned t = 1; t < n_tiers; t++)
		assert_true(tiers[t]->n_set_lanes < tiers[t - 1]->n_set_lanes ||
			    (tiers[t]->n_set_lanes == tiers[t - 1]->n_set_lanes && !tiers[t]->needs_sha));
	assert_int_equal(tiers[n_tiers - 1]->isa, VG_ISA_GENERIC);
	assert_false(tiers[n_tiers - 1]->needs_sha);
}

static void a_forced_tier_is_taken_where_it_runs(void **state)
{
	(void)state;
	setenv("VIGIL_FORCE_ISA", "generic", 1);
	assert_ptr_equal(vg_wide_select(), &vg_wide_tier_generic);
	unsetenv("VIGIL_FORCE_ISA");
	assert_true(vg_wide_runs_here(vg_wide_select()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tier_gives_what_one_lane_at_a_time_gives),
		cmocka_unit_test(the_order_of_the_table_is_best_first),
		cmocka_unit_test(a_forced_tier_is_taken_where_it_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
