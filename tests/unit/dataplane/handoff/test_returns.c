/* What a hasher may say, what a lying one says, and what its death leaves. */
#include "tests/lib/handoff_bench.h"

#include <time.h>

static const struct vg_lane_geometry small = {
	.n_slots = 64, .n_returns = 128, .n_small = 8, .n_large = 8, .n_attr = 16
};

static int bench_open(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(2, small, 0, 0);
	for (unsigned i = 0; i < 2; i++) {
		vg_sim_attach(&b->sims[i], b->handoff, i);
		b->sims[i].hold_done = 1;
	}
	*state = b;
	return 0;
}

static int bench_close(void **state)
{
	struct vg_handoff_bench *b = *state;
	for (unsigned i = 0; i < 2; i++)
		vg_lane_audit(&b->handoff->lanes[i]);
	vg_bench_free(b);
	return 0;
}

/* An object of n bytes on lane 0, and on lane 1 another one. */
static struct vg_object *two_objects(struct vg_handoff_bench *b, size_t n, struct vg_object **foreign)
{
	struct vg_object *o = vg_bench_open(b, 1, n), *other = vg_bench_open(b, 2, n);
	assert_ptr_equal(o->lane, &b->handoff->lanes[0]);
	assert_ptr_equal(other->lane, &b->handoff->lanes[1]);
	assert_int_equal(vg_bench_data(b, o, 1, n), VG_MORE);
	assert_int_equal(vg_bench_data(b, other, 2, n), VG_MORE);
	if (foreign)
		*foreign = other;
	return o;
}

static void refused(struct vg_handoff_bench *b, struct vg_return r)
{
	uint64_t n = b->stats.counters[VG_C_RETURN_BAD];
	uint32_t n_free = b->handoff->lanes[0].n_small + b->handoff->lanes[0].n_large;
	vg_sim_return(&b->sims[0], r);
	vg_handoff_poll(b->handoff, 5);
	assert_int_equal(b->stats.counters[VG_C_RETURN_BAD], n + 1);
	assert_int_equal(b->handoff->lanes[0].n_small + b->handoff->lanes[0].n_large, n_free);
}

static void made_up_returns_free_nothing_and_are_counted(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_object *foreign, *o = two_objects(b, 100000, &foreign), *empty;
	uint64_t id = vg_object_id(o);
	uint32_t out = o->first, filling = o->last;
	empty = vg_bench_open(b, 3, 10); /* on lane 0, holds nothing */
	refused(b, (struct vg_return){ .type = 0, .object_id = id });
	refused(b, (struct vg_return){ .type = 3, .object_id = id });
	refused(b, (struct vg_return){ .type = VG_RETURN_CHUNK, .chunk_idx = 16, .object_id = id });
	refused(b, (struct vg_return){ .type = VG_RETURN_CHUNK, .chunk_idx = UINT32_MAX, .object_id = id });
	refused(b, (struct vg_return){ .type = VG_RETURN_CHUNK, .chunk_idx = out, .object_id = vg_object_id(empty) });
	refused(b, (struct vg_return){ .type = VG_RETURN_CHUNK, .chunk_idx = out, .object_id = id + (1ull << 32) });
	refused(b, (struct vg_return){ .type = VG_RETURN_CHUNK, .chunk_idx = 3, .object_id = id });
	assert_int_equal(atomic_load(&o->lane->state), VG_LANE_ATTACHED);
	assert_true(filling != out);
}

static void eight_lies_end_the_lane_and_the_rest_goes_on(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_object *foreign, *o = two_objects(b, 1000, &foreign);
	refused(b, (struct vg_return){ .type = VG_RETURN_DONE, .object_id = vg_object_id(o) }); /* before its CLOSE */
	for (unsigned i = 1; i < VG_LANE_MAX_BAD; i++)
		refused(b, (struct vg_return){ .type = VG_RETURN_DONE, .object_id = 15 });
	assert_int_equal(atomic_load(&b->handoff->lanes[0].state), VG_LANE_CUT);
	assert_int_equal(vg_handoff_n_attached(b->handoff), 1);
	assert_int_equal(b->stats.counters[VG_C_HASHER_LOST], 1);
	vg_bench_close(b, o); /* waits for the next hasher */
	vg_bench_close(b, foreign);
	b->sims[1].hold_done = 0;
	vg_sim_settle(&b->sims[1]);
	assert_int_equal(b->sims[1].last.n_bytes, 1000);
	vg_sim_detach(&b->sims[0]);
	vg_sim_attach(&b->sims[0], b->handoff, 0);
	b->sims[0].hold_done = 0;
	vg_sim_settle(&b->sims[0]);
	assert_int_equal(b->sims[0].last.n_bytes, 1000);
	assert_int_equal(b->sims[0].last.open_flags, VG_OPEN_RETRY);
	assert_int_equal(b->stats.counters[VG_C_OBJECTS_DONE], 2);
}

static void a_done_twice_is_a_lie(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_object *o = two_objects(b, 1000, NULL);
	uint64_t id = vg_object_id(o);
	vg_bench_close(b, o);
	vg_sim_settle(&b->sims[0]);
	vg_sim_return(&b->sims[0], (struct vg_return){ .type = VG_RETURN_DONE, .verdict = 1, .object_id = id });
	vg_handoff_poll(b->handoff, 5);
	assert_int_equal(b->stats.counters[VG_C_MATCHED], 1);
	refused(b, (struct vg_return){ .type = VG_RETURN_DONE, .object_id = id });
	o = vg_bench_open(b, 9, 10);
	if (o->lane != &b->handoff->lanes[0])
		o = vg_bench_open(b, 9, 10);
	assert_int_equal((uint32_t)vg_object_id(o), (uint32_t)id); /* the slot is used again, under another name */
	assert_int_not_equal(vg_object_id(o), id);
	refused(b, (struct vg_return){ .type = VG_RETURN_DONE, .object_id = id });
}

static void an_index_out_of_range_ends_the_lane_at_once(void **state)
{
	struct vg_handoff_bench *b = *state;
	for (unsigned round = 0; round < 4; round++) {
		struct vg_sim *sim = &b->sims[0];
		two_objects(b, 100, NULL);
		vg_handoff_poll(b->handoff, 5);
		if (round == 0)
			atomic_store(&sim->in->tail, sim->lane->head + 1); /* more than was published */
		else if (round == 1)
			atomic_store(&sim->in->ret_head, 129); /* more than the ring holds */
		else if (round == 2)
			atomic_store(&sim->in->tail, UINT64_MAX);
		else
			atomic_store(&sim->in->ret_head, UINT64_MAX);
		vg_handoff_poll(b->handoff, 6);
		assert_int_equal(atomic_load(&sim->lane->state), VG_LANE_CUT);
		assert_int_equal(b->stats.counters[VG_C_INDEX_BAD], round + 1);
		vg_handoff_poll(b->handoff, 7); /* and nothing more happens */
		vg_sim_detach(sim);
		vg_sim_attach(sim, b->handoff, 0);
		/* backwards is out of range too */
		(void)vg_sim_run(sim, 100);
		vg_handoff_poll(b->handoff, 8);
		assert_int_equal(atomic_load(&sim->lane->state), VG_LANE_ATTACHED);
	}
	(void)vg_sim_run(&b->sims[0], 100);
	vg_handoff_poll(b->handoff, 9);
	atomic_store(&b->sims[0].in->tail, b->sims[0].tail - 1);
	vg_handoff_poll(b->handoff, 10);
	assert_int_equal(atomic_load(&b->handoff->lanes[0].state), VG_LANE_CUT);
}

static void the_object_in_a_decoder_is_tried_again_undecoded_then_unopened(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_sim *sim = &b->sims[0];
	struct vg_object *o = two_objects(b, 1000, NULL), *other = vg_bench_open(b, 3, 5);
	assert_int_equal(vg_bench_data(b, other, 3, 5), VG_MORE);
	vg_bench_close(b, o);
	vg_bench_close(b, other);
	vg_handoff_poll(b->handoff, 5);
	atomic_store(&sim->in->decoding, vg_object_id(o));
	vg_sim_detach(sim);
	assert_int_equal(b->stats.counters[VG_C_OBJECT_NO_DECODE], 1);
	assert_int_equal(b->stats.counters[VG_C_OBJECT_RETRY], 2);
	vg_sim_attach(sim, b->handoff, 0);
	(void)vg_sim_run(sim, 100);
	assert_int_equal(sim->objects[o->slot].open_flags, VG_OPEN_RETRY | VG_OPEN_NO_DECODE);
	assert_int_equal(sim->objects[other->slot].open_flags, VG_OPEN_RETRY);
	assert_int_equal(sim->n_closes, 2);
	atomic_store(&sim->in->decoding, vg_object_id(o)); /* it was not the picture */
	vg_sim_detach(sim);
	vg_sim_attach(sim, b->handoff, 0);
	(void)vg_sim_run(sim, 100);
	assert_int_equal(sim->objects[o->slot].open_flags, VG_OPEN_RETRY | VG_OPEN_NO_DECODE | VG_OPEN_NO_UNPACK);
	atomic_store(&sim->in->decoding, vg_object_id(o)); /* it dies of it all the same */
	vg_sim_detach(sim);
	assert_int_equal(b->stats.counters[VG_C_OBJECT_LOST], 1);
	vg_sim_attach(sim, b->handoff, 0);
	sim->hold_done = 0;
	vg_sim_settle(sim);
	assert_int_equal(b->stats.counters[VG_C_OBJECTS_DONE], 1);
	assert_int_equal(b->handoff->lanes[0].n_used, 0);
}

static void an_object_whose_chunks_went_back_dies_with_its_hasher(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_object *o = two_objects(b, 100000, NULL);
	vg_ladder_down(o->lane, o, VG_C_LADDER_SIZE);
	vg_handoff_poll(b->handoff, 4);
	(void)vg_sim_run(&b->sims[0], 100);
	vg_handoff_poll(b->handoff, 5);
	vg_sim_detach(&b->sims[0]);
	assert_int_equal(b->stats.counters[VG_C_OBJECT_LOST], 1);
	assert_int_equal(vg_handoff_n_out(b->handoff), 2); /* its producer does not know yet */
	assert_int_equal(vg_bench_data(b, o, 1, 10), VG_SKIP);
	assert_int_equal(vg_handoff_n_out(b->handoff), 1);
}

static void nobody_kills_hashers_for_ever(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_object *o = two_objects(b, 1000, NULL);
	vg_bench_close(b, o);
	for (unsigned i = 0; i <= VG_OBJECT_MAX_TRIES; i++) {
		assert_int_equal(b->stats.counters[VG_C_OBJECT_LOST], 0);
		vg_sim_detach(&b->sims[0]);
		vg_sim_attach(&b->sims[0], b->handoff, 0);
	}
	assert_int_equal(b->stats.counters[VG_C_OBJECT_LOST], 1);
}

static void what_is_begun_between_two_hashers_is_kept_for_the_next(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_object *o = two_objects(b, 100, NULL);
	vg_sim_detach(&b->sims[0]);
	assert_int_equal(vg_bench_data(b, o, 1, 100), VG_MORE);
	assert_int_equal(b->sink.gap(b->sink.ctx, o, 50), VG_MORE);
	assert_int_equal(vg_bench_data(b, o, 1, 100), VG_MORE);
	vg_bench_close(b, o);
	vg_sim_attach(&b->sims[0], b->handoff, 0);
	b->sims[0].hold_done = 0;
	vg_sim_settle(&b->sims[0]);
	assert_int_equal(b->sims[0].last.n_bytes, 300);
	assert_int_equal(b->sims[0].last.n_gaps, 1);
	assert_int_equal(b->sims[0].last.state, VG_STATE_GAP);
}

/* Random words in all of its page, random returns near the truth: whatever it says, our books stay right. */
static void a_liar_harms_only_itself(void **state)
{
	struct vg_handoff_bench *b = *state;
	unsigned seed = (unsigned)time(NULL);
	struct vg_object *open[8] = { NULL };
	uint64_t flow_id = 100;
	print_message("seed %u\n", seed);
	srandom(seed);
	b->sims[1].any_bytes = 1;
	for (unsigned round = 0; round < 30000; round++) {
		struct vg_sim *sim = &b->sims[0];
		unsigned k = (unsigned)random() % 8;
		if (!open[k]) {
			open[k] = vg_bench_open(b, ++flow_id, (uint64_t)random() % 100000);
		} else if (random() % 4) {
			static uint8_t bytes[9000];
			if (b->sink.data(b->sink.ctx, open[k], bytes, 1 + (uint32_t)random() % 9000, 1) != VG_MORE)
				open[k] = NULL;
		} else {
			vg_bench_close(b, open[k]);
			open[k] = NULL;
		}
		uint32_t slot = (uint32_t)random() % 18;
		uint64_t id = slot < 16 ? vg_object_id(&sim->lane->objects[slot]) : (uint64_t)random() << 31 | slot;
		struct vg_return r = { .type = (uint8_t)(random() % 20 ? 1 + random() % 2 : random()),
				       .verdict = (uint8_t)random(),
				       .chunk_idx = (uint32_t)random() % 18,
				       .object_id = id };
		vg_sim_return(sim, r);
		if (!(random() % 50)) {
			uint8_t *page = (uint8_t *)sim->in;
			for (unsigned i = 0; i < 200; i++)
				page[(size_t)random() % vg_lane_in_bytes(&small)] = (uint8_t)random();
		} else {
			atomic_store(&sim->in->tail, sim->lane->n_published - (uint64_t)(random() % 3));
		}
		vg_handoff_poll(b->handoff, round + 1);
		(void)vg_sim_run(&b->sims[1], 100); /* the other one is honest */
		for (unsigned i = 0; i < VG_SIM_OBJECTS; i++)
			if (b->sims[1].objects[i].is_closed) {
				b->sims[1].objects[i].is_closed = 0;
				vg_sim_done(&b->sims[1], b->sims[1].objects[i].id);
			}
		vg_lane_audit(&b->handoff->lanes[0]);
		assert_int_equal(atomic_load(&b->handoff->lanes[1].state), VG_LANE_ATTACHED);
		if (atomic_load(&sim->lane->state) == VG_LANE_CUT) {
			vg_sim_detach(sim);
			vg_sim_attach(sim, b->handoff, 0);
		}
	}
	assert_true(b->stats.counters[VG_C_RETURN_BAD] > 100 && b->stats.counters[VG_C_INDEX_BAD] > 10);
}

int main(void)
{
#define ON_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_open, bench_close)
	const struct CMUnitTest tests[] = {
		ON_BENCH(made_up_returns_free_nothing_and_are_counted),
		ON_BENCH(eight_lies_end_the_lane_and_the_rest_goes_on),
		ON_BENCH(a_done_twice_is_a_lie),
		ON_BENCH(an_index_out_of_range_ends_the_lane_at_once),
		ON_BENCH(the_object_in_a_decoder_is_tried_again_undecoded_then_unopened),
		ON_BENCH(an_object_whose_chunks_went_back_dies_with_its_hasher),
		ON_BENCH(nobody_kills_hashers_for_ever),
		ON_BENCH(what_is_begun_between_two_hashers_is_kept_for_the_next),
		ON_BENCH(a_liar_harms_only_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
