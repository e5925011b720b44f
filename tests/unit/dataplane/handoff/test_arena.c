/* Chunks: three classes, last given first taken, one class helps the other out. */
#include "tests/lib/handoff_bench.h"

static const struct vg_lane_geometry geometry = {
	.n_slots = 64, .n_returns = 128, .n_small = 4, .n_large = 4, .n_attr = 16
};

static int bench_open(void **state)
{
	*state = vg_bench_make(1, geometry, 0, 0);
	vg_sim_attach(&((struct vg_handoff_bench *)*state)->sims[0], ((struct vg_handoff_bench *)*state)->handoff, 0);
	return 0;
}

static int bench_close(void **state)
{
	struct vg_handoff_bench *b = *state;
	vg_lane_audit(&b->handoff->lanes[0]);
	vg_bench_free(b);
	return 0;
}

static void the_announced_size_chooses_the_class(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_lane *lane = &b->handoff->lanes[0];
	struct vg_object *o = vg_bench_open(b, 1, VG_CHUNK_SMALL);
	assert_true(vg_arena_take(lane, o, VG_CHUNK_SMALL) < 4);
	assert_true(vg_arena_take(lane, o, 4 * VG_CHUNK_SMALL) < 4);
	assert_true(vg_arena_take(lane, o, 4 * VG_CHUNK_SMALL + 1) >= 4);
	o = vg_bench_open(b, 2, UINT64_MAX);
	assert_true(vg_arena_take(lane, o, 0) < 4); /* not announced: begins small */
	o->body_bytes = VG_CHUNK_SMALL;
	assert_true(vg_arena_take(lane, o, 0) >= 4); /* and goes on large */
}

static void a_rest_takes_a_tiny_one_and_a_large_body_only_where_nothing_else_is(void **state)
{
	static const struct vg_lane_geometry three = {
		.n_slots = 64, .n_returns = 128, .n_small = 2, .n_large = 1, .n_tiny = 3, .n_attr = 16
	};
	struct vg_handoff_bench *b = vg_bench_make(1, three, 0, 0);
	struct vg_lane *lane = &b->handoff->lanes[0];
	struct vg_object *o;

	(void)state;
	vg_sim_attach(&b->sims[0], b->handoff, 0);
	o = vg_bench_open(b, 1, VG_CHUNK_SMALL + 300);
	assert_int_equal(vg_arena_take(lane, o, VG_CHUNK_SMALL + 300), 0);
	assert_int_equal(vg_arena_take(lane, o, 300), 3);
	assert_int_equal(vg_arena_take(lane, o, 2 * VG_CHUNK_TINY), 4);
	assert_int_equal(vg_lane_chunk_bytes(&three, 2), VG_CHUNK_LARGE);
	assert_int_equal(vg_lane_chunk_bytes(&three, 3), VG_CHUNK_TINY);
	assert_int_equal(vg_lane_chunk_off(&three, 4), vg_lane_chunk_off(&three, 3) + VG_CHUNK_TINY);
	assert_true(vg_lane_chunk_off(&three, 5) + VG_CHUNK_TINY <= vg_lane_out_bytes(&three));
	assert_int_equal(vg_arena_take(lane, o, 2 * VG_CHUNK_TINY + 1), 1);
	assert_int_equal(vg_arena_take(lane, o, 100000), 2);
	assert_int_equal(vg_arena_take(lane, o, 100000), 5);
	assert_int_equal(vg_arena_take(lane, o, 100000), VG_NO_CHUNK);
	vg_arena_give(lane, o, 4);
	assert_int_equal(vg_arena_take(lane, o, 1), 4);
	vg_lane_audit(lane);
	vg_bench_free(b);
}

static void one_class_helps_the_other_out(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_lane *lane = &b->handoff->lanes[0];
	struct vg_object *o = vg_bench_open(b, 1, 10);
	for (unsigned i = 0; i < 4; i++)
		assert_true(vg_arena_take(lane, o, 10) < 4);
	for (unsigned i = 0; i < 3; i++)
		assert_true(vg_arena_take(lane, o, 10) >= 4);
	assert_true(vg_arena_take(lane, o, 100000) >= 4);
	assert_int_equal(vg_arena_take(lane, o, 10), VG_NO_CHUNK);
	vg_arena_give(lane, o, 2);
	assert_int_equal(vg_arena_take(lane, o, 100000), 2);
}

static void the_last_chunk_given_is_the_first_taken(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_lane *lane = &b->handoff->lanes[0];
	struct vg_object *o = vg_bench_open(b, 1, 10);
	uint32_t first = vg_arena_take(lane, o, 10), second = vg_arena_take(lane, o, 10),
		 third = vg_arena_take(lane, o, 10);
	vg_arena_give(lane, o, second); /* from the middle */
	assert_int_equal(o->first, first);
	assert_int_equal(lane->chunks[first].next, third);
	vg_lane_audit(lane);
	assert_int_equal(vg_arena_take(lane, o, 10), second);
	vg_arena_give_all(lane, o);
	assert_int_equal(o->n_chunks, 0);
	assert_int_equal(vg_arena_take(lane, o, 10), first);
}

int main(void)
{
#define ON_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_open, bench_close)
	const struct CMUnitTest tests[] = {
		ON_BENCH(the_announced_size_chooses_the_class),
		cmocka_unit_test(a_rest_takes_a_tiny_one_and_a_large_body_only_where_nothing_else_is),
		ON_BENCH(one_class_helps_the_other_out),
		ON_BENCH(the_last_chunk_given_is_the_first_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
