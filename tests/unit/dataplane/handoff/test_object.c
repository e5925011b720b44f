/* One object: its record, its bytes, its end. */
#include "tests/lib/handoff_bench.h"

static const struct vg_lane_geometry geometry = {
	.n_slots = 64, .n_returns = 128, .n_small = 8, .n_large = 8, .n_attr = 4
};

static int bench_open(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(2, geometry, 0, 0);
	for (unsigned i = 0; i < 2; i++)
		vg_sim_attach(&b->sims[i], b->handoff, i);
	*state = b;
	return 0;
}

static int bench_close(void **state)
{
	vg_bench_free(*state);
	return 0;
}

static void a_record_is_readable_under_its_own_name_only(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_attribution copy = { 0 }, card;
	memset(&card, 0, sizeof(card));
	card.flow_id = 9;
	card.size_hint = 100;
	card.kind = VG_KIND_GIF;
	card.n_url = 2;
	memcpy(card.url, "/x", 2);
	struct vg_object *o = b->sink.open(b->sink.ctx, &card, VG_OPEN_ALL_FILES);
	uint64_t id = vg_object_id(o);
	assert_int_equal(vg_attribution_read(o->lane->records, 4, id, &copy), VG_OK);
	assert_int_equal(copy.state, VG_STATE_OPEN);
	assert_int_equal(copy.boot_id, 77);
	assert_int_equal(copy.core_idx, 0);
	assert_int_equal(copy.hasher_idx, o->lane - b->handoff->lanes);
	assert_int_equal(copy.flow_id, 9);
	assert_int_equal(copy.kind, VG_KIND_GIF);
	assert_memory_equal(copy.url, "/x", 2);
	assert_int_equal(vg_attribution_read(o->lane->records, 4, id + (1ull << 32), &copy), VG_ENOTFOUND);
	assert_int_equal(vg_attribution_read(o->lane->records, 4, 4 | (1ull << 32), &copy), VG_ERANGE);
	assert_int_equal(vg_bench_data(b, o, 9, 100), VG_MORE);
	b->sink.close(b->sink.ctx, o, VG_STATE_COMPLETE, 8);
	assert_int_equal(vg_attribution_read(o->lane->records, 4, id, &copy), VG_OK);
	assert_int_equal(copy.state, VG_STATE_COMPLETE);
	assert_int_equal(copy.body_bytes, 100);
	assert_int_equal(copy.first_byte_ns, 5);
	assert_int_equal(copy.last_byte_ns, 5);
	assert_int_equal(copy.n_head, VG_ATTR_HEAD_BYTES);
	vg_sim_settle(&b->sims[o->lane - b->handoff->lanes]);
	assert_int_equal(b->sims[o->lane - b->handoff->lanes].last.open_flags, VG_OPEN_ALL_FILES);
}

static void the_head_grows_with_dribbles_and_stops_at_a_hole(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_attribution copy = { 0 };
	struct vg_object *o = vg_bench_open(b, 3, UINT64_MAX);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(vg_bench_data(b, o, 3, 1), VG_MORE);
	assert_int_equal(b->sink.gap(b->sink.ctx, o, 7), VG_MORE);
	assert_int_equal(vg_bench_data(b, o, 3, 100), VG_MORE);
	assert_int_equal(vg_attribution_read(o->lane->records, 4, vg_object_id(o), &copy), VG_OK);
	assert_int_equal(copy.n_head, 40);
	assert_int_equal(copy.n_gaps, 1);
	assert_int_equal(copy.gap_bytes, 7);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(copy.head[i], vg_sim_byte(3, i));
	vg_bench_close(b, o);
}

static void holes_in_a_row_are_one(void **state)
{
	static const struct {
		uint64_t first, second, body_off;
	} rows[] = { { 5, 6, 21 }, { 0, 6, 10 }, { 5, 0, 10 }, { 0, 0, 10 } };
	struct vg_handoff_bench *b = *state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(rows); i++) {
		struct vg_object *o = vg_bench_open(b, 3, UINT64_MAX);
		struct vg_sim *sim = &b->sims[o->lane - b->handoff->lanes];
		assert_int_equal(vg_bench_data(b, o, 3, 10), VG_MORE);
		assert_int_equal(b->sink.gap(b->sink.ctx, o, rows[i].first), VG_MORE);
		assert_int_equal(b->sink.gap(b->sink.ctx, o, rows[i].second), VG_MORE);
		assert_int_equal(o->body_off, rows[i].body_off);
		vg_bench_close(b, o); /* and the last one is told before the end */
		vg_sim_settle(sim);
		assert_int_equal(sim->last.n_gaps, 1);
		assert_int_equal(sim->last.next_off, rows[i].body_off);
	}
}

static void late_facts_reach_the_record(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_attribution copy = { 0 }, late;
	struct vg_object *o = vg_bench_open(b, 3, 10);
	memset(&late, 0, sizeof(late));
	late.flags = VG_ATTR_CONFLICT;
	late.n_method = late.n_host = 1;
	late.method[0] = 'M';
	late.host[0] = 'h';
	b->sink.amend(b->sink.ctx, o, &late);
	assert_int_equal(vg_attribution_read(o->lane->records, 4, vg_object_id(o), &copy), VG_OK);
	assert_int_equal(copy.flags, VG_ATTR_CONFLICT);
	assert_int_equal(copy.host[0], 'h');
	vg_bench_close(b, o);
}

static void objects_are_spread_and_a_full_table_sheds(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_object *objects[8];
	unsigned n[2] = { 0, 0 };
	for (unsigned i = 0; i < 8; i++) {
		objects[i] = vg_bench_open(b, i, 10);
		assert_non_null(objects[i]);
		n[objects[i]->lane - b->handoff->lanes]++;
	}
	assert_int_equal(n[0], 4);
	assert_int_equal(n[1], 4);
	assert_null(vg_bench_open(b, 9, 10));
	assert_int_equal(b->stats.counters[VG_C_SHED_ATTR], 1);
	assert_int_equal(b->stats.n_objects_out, 8);
	for (unsigned i = 0; i < 8; i++)
		vg_bench_close(b, objects[i]);
}

static void who_owes_verdicts_gets_nothing_while_another_owes_none(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_object *o = vg_bench_open(b, 1, 10);
	struct vg_lane *busy = o->lane;
	vg_bench_close(b, o);
	for (unsigned i = 2; i < 5; i++) {
		o = vg_bench_open(b, i, 10);
		assert_ptr_not_equal(o->lane, busy);
	}
	vg_bench_close(b, o); /* now both owe one */
	assert_ptr_equal(vg_bench_open(b, 5, 10)->lane, busy);
	vg_sim_settle(&b->sims[o->lane - b->handoff->lanes]);
	assert_ptr_equal(vg_bench_open(b, 6, 10)->lane, o->lane);
	assert_ptr_equal(vg_bench_open(b, 7, 10)->lane, o->lane);
}

static void without_a_hasher_objects_are_shed_under_that_name(void **state)
{
	struct vg_handoff_bench *b = *state;
	for (unsigned i = 0; i < 2; i++)
		vg_sim_detach(&b->sims[i]);
	assert_null(vg_bench_open(b, 1, 10));
	assert_int_equal(b->stats.counters[VG_C_SHED_NO_HASHER], 1);
	vg_sim_attach(&b->sims[1], b->handoff, 1);
	assert_non_null(vg_bench_open(b, 1, 10));
}

static void every_end_is_counted_by_its_state(void **state)
{
	static const unsigned counters[] = { 0, VG_C_CLOSE_COMPLETE, VG_C_CLOSE_TRUNCATED, VG_C_CLOSE_GAP,
					     VG_C_CLOSE_ABORTED };
	struct vg_handoff_bench *b = *state;
	for (unsigned s = VG_STATE_COMPLETE; s < VG_STATE_N; s++) {
		struct vg_object *o = vg_bench_open(b, s, 10);
		struct vg_sim *sim = &b->sims[o->lane - b->handoff->lanes];
		b->sink.close(b->sink.ctx, o, (enum vg_state)s, 1);
		vg_sim_settle(sim);
		assert_int_equal(sim->last.state, s);
		assert_int_equal(b->stats.counters[counters[s]], 1);
	}
}

int main(void)
{
#define ON_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_open, bench_close)
	const struct CMUnitTest tests[] = {
		ON_BENCH(a_record_is_readable_under_its_own_name_only),
		ON_BENCH(the_head_grows_with_dribbles_and_stops_at_a_hole),
		ON_BENCH(holes_in_a_row_are_one),
		ON_BENCH(late_facts_reach_the_record),
		ON_BENCH(objects_are_spread_and_a_full_table_sheds),
		ON_BENCH(who_owes_verdicts_gets_nothing_while_another_owes_none),
		ON_BENCH(without_a_hasher_objects_are_shed_under_that_name),
		ON_BENCH(every_end_is_counted_by_its_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
