/* The steps down: who goes, when, and that each is counted. */
#include "tests/lib/handoff_bench.h"

static const struct vg_lane_geometry geometry = {
	.n_slots = 256, .n_returns = 128, .n_small = 16, .n_large = 16, .n_attr = 24
};

static struct vg_handoff_bench *bench(uint32_t flags, uint64_t hold_bytes)
{
	struct vg_handoff_bench *b = vg_bench_make(1, geometry, flags, hold_bytes);
	vg_sim_attach(&b->sims[0], b->handoff, 0);
	b->sims[0].hold_done = 1;
	return b;
}

static void a_large_object_is_digest_only_from_its_start_or_from_the_limit_on(void **state)
{
	struct vg_handoff_bench *b = bench(0, 100000);
	struct vg_object *announced = vg_bench_open(b, 1, 100001), *fits = vg_bench_open(b, 2, 100000),
			 *grows = vg_bench_open(b, 3, UINT64_MAX);
	(void)state;
	assert_true(announced->digest_only);
	assert_false(fits->digest_only);
	assert_int_equal(vg_bench_data(b, grows, 3, 100000), VG_MORE);
	assert_false(grows->digest_only);
	assert_int_equal(vg_bench_data(b, grows, 3, 1), VG_MORE);
	assert_true(grows->digest_only);
	assert_int_equal(b->stats.counters[VG_C_LADDER_SIZE], 2);
	vg_handoff_poll(b->handoff, 5);
	(void)vg_sim_run(&b->sims[0], 100);
	assert_int_equal(b->sims[0].objects[announced->slot].open_flags, VG_OPEN_DIGEST_ONLY);
	assert_int_equal(b->sims[0].objects[grows->slot].open_flags, 0);
	assert_true(b->sims[0].objects[grows->slot].digest_only); /* by a descriptor of its own */
	vg_bench_free(b);
}

static void pressure_moves_the_largest_and_least_complete_first(void **state)
{
	struct vg_handoff_bench *b = bench(0, 0);
	struct vg_object *small = vg_bench_open(b, 1, 100000), *near = vg_bench_open(b, 2, 1000000),
			 *far = vg_bench_open(b, 3, 1000000), *idle = vg_bench_open(b, 4, 9000000);
	(void)state;
	assert_int_equal(vg_bench_data(b, small, 1, 1000), VG_MORE);
	assert_int_equal(vg_bench_data(b, near, 2, 300000), VG_MORE);
	assert_int_equal(vg_bench_data(b, far, 3, 100000), VG_MORE);
	assert_int_equal(vg_ladder_relieve(small->lane), 1);
	assert_true(far->digest_only && !near->digest_only && !small->digest_only);
	assert_int_equal(vg_ladder_relieve(small->lane), 1);
	assert_true(near->digest_only && !small->digest_only);
	assert_int_equal(vg_ladder_relieve(small->lane), 1);
	assert_true(small->digest_only && !idle->digest_only); /* who holds nothing is no help */
	assert_int_equal(vg_ladder_relieve(small->lane), 0);
	assert_int_equal(b->stats.counters[VG_C_LADDER_PRESSURE], 3);
	vg_bench_free(b);
}

/* By a hasher's word; where it says so of all, they go all the same. */
static void what_an_early_look_asked_to_keep_goes_last(void **state)
{
	struct vg_handoff_bench *b = bench(0, 0);
	struct vg_object *small = vg_bench_open(b, 1, 100000), *large = vg_bench_open(b, 2, 1000000);
	struct vg_return keep = { .type = VG_RETURN_KEEP, .object_id = vg_object_id(large) };
	(void)state;
	assert_int_equal(vg_bench_data(b, small, 1, 70000), VG_MORE);
	assert_int_equal(vg_bench_data(b, large, 2, 300000), VG_MORE);
	vg_handoff_poll(b->handoff, 5);
	(void)vg_sim_run(&b->sims[0], 100);
	vg_sim_return(&b->sims[0], keep);
	vg_handoff_poll(b->handoff, 6);
	assert_int_equal(b->stats.counters[VG_C_KEPT], 1);
	vg_sim_return(&b->sims[0], keep); /* twice */
	vg_handoff_poll(b->handoff, 7);
	assert_int_equal(b->stats.counters[VG_C_RETURN_BAD], 1);
	assert_int_equal(vg_bench_data(b, large, 2, 300000), VG_MORE); /* grows, and stays where it is */
	assert_int_equal(vg_ladder_relieve(small->lane), 1);
	assert_true(small->digest_only && !large->digest_only);
	assert_int_equal(vg_ladder_relieve(small->lane), 1);
	assert_true(large->digest_only);
	vg_bench_free(b);
}

static void what_a_step_down_frees_serves_the_next(void **state)
{
	struct vg_handoff_bench *b = bench(0, 0);
	struct vg_object *large = vg_bench_open(b, 1, 10 << 20), *next;
	(void)state;
	assert_int_equal(vg_bench_data(b, large, 1, 15 * 65536), VG_MORE); /* the sixteenth is the last free one */
	assert_false(large->digest_only);
	assert_int_equal(vg_bench_data(b, large, 1, 10), VG_MORE);
	assert_true(large->digest_only);
	vg_handoff_poll(b->handoff, 5);
	(void)vg_sim_run(&b->sims[0], 100);
	vg_handoff_poll(b->handoff, 6);
	assert_true(large->lane->n_large >= 15);
	next = vg_bench_open(b, 2, 500000);
	assert_int_equal(vg_bench_data(b, next, 2, 500000), VG_MORE);
	assert_false(next->digest_only);
	vg_bench_free(b);
}

static void an_exhausted_arena_sheds_and_closes_what_was_begun(void **state)
{
	struct vg_handoff_bench *b = bench(0, 0);
	struct vg_object *o = vg_bench_open(b, 1, 10 << 20);
	(void)state;
	assert_int_equal(vg_bench_data(b, o, 1, 1 << 20), VG_MORE);
	assert_int_equal(vg_bench_data(b, o, 1, 1 << 20), VG_SKIP);
	assert_int_equal(b->stats.counters[VG_C_SHED_CHUNKS], 1);
	assert_int_equal(b->stats.counters[VG_C_CLOSE_TRUNCATED], 1);
	b->sims[0].hold_done = 0;
	vg_sim_settle(&b->sims[0]);
	assert_int_equal(b->sims[0].last.state, VG_STATE_TRUNCATED);
	assert_int_equal(vg_handoff_n_out(b->handoff), 0);
	vg_bench_free(b);
}

static void a_lane_is_stuck_only_if_nothing_will_come_back(void **state)
{
	struct vg_handoff_bench *b = bench(0, 0);
	struct vg_object *o = vg_bench_open(b, 1, 200000), *done = vg_bench_open(b, 2, 10);
	(void)state;
	assert_int_equal(vg_bench_data(b, o, 1, 70000), VG_MORE);
	assert_int_equal(vg_bench_data(b, done, 2, 10), VG_MORE);
	assert_true(vg_ladder_is_stuck(o->lane));
	vg_bench_close(b, done);
	assert_false(vg_ladder_is_stuck(o->lane)); /* a DONE will come */
	b->sims[0].hold_done = 0;
	vg_sim_settle(&b->sims[0]);
	assert_true(vg_ladder_is_stuck(o->lane));
	vg_ladder_down(o->lane, o, VG_C_LADDER_PRESSURE);
	assert_false(vg_ladder_is_stuck(o->lane)); /* its first chunk will come */
	vg_sim_settle(&b->sims[0]);
	assert_true(vg_ladder_is_stuck(o->lane)); /* the one being filled will not */
	assert_int_equal(vg_ladder_flush(o->lane), 1);
	assert_false(vg_ladder_is_stuck(o->lane));
	vg_bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_large_object_is_digest_only_from_its_start_or_from_the_limit_on),
		cmocka_unit_test(pressure_moves_the_largest_and_least_complete_first),
		cmocka_unit_test(what_an_early_look_asked_to_keep_goes_last),
		cmocka_unit_test(what_a_step_down_frees_serves_the_next),
		cmocka_unit_test(an_exhausted_arena_sheds_and_closes_what_was_begun),
		cmocka_unit_test(a_lane_is_stuck_only_if_nothing_will_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
