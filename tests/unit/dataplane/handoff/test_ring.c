/* Descriptors through a ring that is too small for what is to be said. */
#include "tests/lib/handoff_bench.h"

static const struct vg_lane_geometry narrow = {
	.n_slots = 4, .n_returns = 128, .n_small = 16, .n_large = 16, .n_attr = 16
};

static void a_full_ring_delays_and_loses_nothing(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(1, narrow, 0, 0);
	struct vg_sim *sim = &b->sims[0];
	(void)state;
	vg_sim_attach(sim, b->handoff, 0);
	for (unsigned i = 1; i <= 8; i++) {
		struct vg_object *o = vg_bench_open(b, i, UINT64_MAX);
		assert_int_equal(vg_bench_data(b, o, i, 5000), VG_MORE);
		assert_int_equal(b->sink.gap(b->sink.ctx, o, 3), VG_MORE);
		assert_int_equal(vg_bench_data(b, o, i, 10), VG_MORE);
		vg_bench_close(b, o);
	}
	vg_handoff_poll(b->handoff, 7);
	assert_int_equal(sim->lane->n_published, 4);
	assert_int_equal(atomic_load(&sim->lane->out->head), 4);
	vg_sim_settle(sim);
	assert_int_equal(sim->n_closes, 8);
	assert_int_equal(sim->n_states[VG_STATE_GAP], 8);
	assert_int_equal(sim->lane->n_used, 0);
	vg_bench_free(b);
}

static void who_reads_how_far_the_core_is_finds_all_that_ended_before(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(1, narrow, 0, 0);
	struct vg_sim *sim = &b->sims[0];
	struct vg_object *objects[3];
	uint64_t n_closed = 0;
	(void)state;
	vg_sim_attach(sim, b->handoff, 0);
	vg_handoff_poll(b->handoff, 1);
	assert_int_equal(atomic_load(&sim->lane->out->passed), UINT64_MAX); /* nobody keeps an order */
	vg_handoff_passed(b->handoff, 0);
	vg_handoff_poll(b->handoff, 1);
	assert_int_equal(atomic_load(&sim->lane->out->passed), 0);
	for (unsigned i = 0; i < 3; i++)
		objects[i] = vg_bench_open(b, i + 1, 10);
	for (unsigned i = 0; i < 3; i++) {
		*vg_handoff_order(b->handoff) = 10 + i;
		vg_bench_close(b, objects[i]);
	}
	vg_handoff_passed(b->handoff, 12);
	vg_handoff_passed(b->handoff, 11); /* no news */
	vg_handoff_poll(b->handoff, 2);
	assert_int_equal(atomic_load(&sim->lane->out->passed), 0); /* one of them waits for room in the ring */
	while (n_closed < 3) {
		(void)vg_sim_run(sim, 1);
		n_closed = sim->n_closes;
		vg_handoff_poll(b->handoff, 3);
		assert_true(sim->lane->queue_first != VG_NO_CHUNK || atomic_load(&sim->lane->out->passed) == 12);
	}
	assert_int_equal(atomic_load(&sim->lane->out->passed), 12);
	vg_sim_settle(sim);
	assert_int_equal(sim->lane->slots[(sim->lane->head - 1) % narrow.n_slots].type, VG_DESC_CLOSE);
	assert_int_equal(sim->lane->slots[(sim->lane->head - 1) % narrow.n_slots].close.order, 12);
	vg_bench_free(b);
}

static void a_new_hasher_is_told_what_is_offered_again_before_how_far_the_core_is(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(1, narrow, 0, 0);
	struct vg_sim *sim = &b->sims[0];
	struct vg_object *objects[4];
	(void)state;
	vg_sim_attach(sim, b->handoff, 0);
	for (unsigned i = 0; i < 4; i++) {
		objects[i] = vg_bench_open(b, i + 1, 10);
		*vg_handoff_order(b->handoff) = i + 1;
		vg_bench_close(b, objects[i]);
	}
	vg_handoff_passed(b->handoff, 9);
	vg_handoff_poll(b->handoff, 1);
	vg_sim_detach(sim);
	vg_handoff_poll(b->handoff, 2);
	vg_sim_attach(sim, b->handoff, 0);
	vg_handoff_poll(b->handoff, 3);
	assert_int_equal(atomic_load(&sim->lane->out->passed), 0); /* not all of the four are in the ring */
	vg_sim_settle(sim);
	assert_int_equal(atomic_load(&sim->lane->out->passed), 9);
	vg_bench_free(b);
}

static void nothing_is_visible_before_it_is_published(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(1, narrow, 0, 0);
	struct vg_sim *sim = &b->sims[0];
	(void)state;
	vg_sim_attach(sim, b->handoff, 0);
	(void)vg_bench_open(b, 1, 10);
	assert_int_equal(sim->lane->head, 1);
	assert_int_equal(atomic_load(&sim->lane->out->head), 0);
	vg_handoff_poll(b->handoff, 4711);
	assert_int_equal(atomic_load(&sim->lane->out->head), 1);
	assert_int_equal(sim->lane->slots[0].enqueued_ns, 4711);
	vg_bench_free(b);
}

static void those_who_wait_speak_in_turn(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(1, narrow, 0, 0);
	struct vg_sim *sim = &b->sims[0];
	struct vg_object *objects[6];
	(void)state;
	vg_sim_attach(sim, b->handoff, 0);
	for (unsigned i = 0; i < 6; i++)
		objects[i] = vg_bench_open(b, i + 1, 10); /* two of them find the ring full */
	vg_handoff_poll(b->handoff, 5);
	(void)vg_sim_run(sim, 2);
	vg_handoff_poll(b->handoff, 5);
	vg_bench_close(b, objects[0]);
	vg_sim_settle(sim);
	assert_int_equal(sim->n_opens, 6);
	assert_int_equal(sim->last.flow_id, 1);
	vg_bench_free(b);
}

static void after_a_death_the_same_is_said_again(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(1, narrow, 0, 0);
	struct vg_sim *sim = &b->sims[0];
	(void)state;
	vg_sim_attach(sim, b->handoff, 0);
	for (unsigned i = 1; i <= 6; i++) {
		struct vg_object *o = vg_bench_open(b, i, UINT64_MAX);
		assert_int_equal(vg_bench_data(b, o, i, 70000), VG_MORE);
		vg_bench_close(b, o);
	}
	vg_handoff_poll(b->handoff, 5);
	(void)vg_sim_run(sim, 3);
	vg_sim_detach(sim);
	vg_sim_attach(sim, b->handoff, 0);
	assert_int_equal(sim->lane->start_idx, 4);
	vg_handoff_poll(b->handoff, 6); /* it has not begun to read yet: that is no lie */
	assert_int_equal(atomic_load(&sim->lane->state), VG_LANE_ATTACHED);
	vg_sim_settle(sim);
	assert_int_equal(sim->n_closes, 6);
	assert_int_equal(sim->n_states[VG_STATE_COMPLETE], 6);
	vg_bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_ring_delays_and_loses_nothing),
		cmocka_unit_test(who_reads_how_far_the_core_is_finds_all_that_ended_before),
		cmocka_unit_test(a_new_hasher_is_told_what_is_offered_again_before_how_far_the_core_is),
		cmocka_unit_test(nothing_is_visible_before_it_is_published),
		cmocka_unit_test(those_who_wait_speak_in_turn),
		cmocka_unit_test(after_a_death_the_same_is_said_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
