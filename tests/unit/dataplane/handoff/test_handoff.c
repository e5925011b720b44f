/* Lanes with honest hashers that come, work, die and come again, against what was put in. */
#include "tests/lib/handoff_bench.h"

#include <time.h>

#define N_OPEN 12

static const struct vg_lane_geometry tiny = {
	.n_slots = 16, .n_returns = 128, .n_small = 8, .n_large = 8, .n_attr = 20
};

struct producer {
	struct vg_object *object;
	uint64_t flow_id, left;
};

static void seed_print(void)
{
	unsigned seed = (unsigned)time(NULL);
	print_message("seed %u\n", seed);
	srandom(seed);
}

/* One random step of one producer. */
static void produce(struct vg_handoff_bench *b, struct producer *p, uint64_t *next_flow_id)
{
	if (!p->object) {
		p->flow_id = ++*next_flow_id;
		p->left = (uint64_t)random() % (random() % 4 ? 9000 : 200000);
		p->object = vg_bench_open(b, p->flow_id, random() % 2 ? p->left : UINT64_MAX);
		return;
	}
	if (!p->left || !(random() % 30)) {
		vg_bench_close(b, p->object);
		p->object = NULL;
		return;
	}
	size_t n = 1 + (size_t)random() % (random() % 2 ? 1500 : 70000);
	n = n < p->left ? n : (size_t)p->left;
	p->left -= n;
	enum vg_step step = random() % 12 ? vg_bench_data(b, p->object, p->flow_id, n)
					  : b->sink.gap(b->sink.ctx, p->object, random() % 3 ? n : 0);
	if (step != VG_MORE)
		p->object = NULL;
}

static void everything_begun_is_delivered_or_counted(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(2, tiny, 0, 100000);
	struct producer producers[N_OPEN] = { { 0 } };
	uint64_t flow_id = 0, n_deaths = 0;
	(void)state;
	seed_print();
	for (unsigned i = 0; i < 2; i++)
		vg_sim_attach(&b->sims[i], b->handoff, i);
	for (unsigned round = 0; round < 60000; round++) {
		struct vg_sim *sim = &b->sims[random() % 2];
		produce(b, &producers[random() % N_OPEN], &flow_id);
		if (!(random() % 4))
			vg_handoff_poll(b->handoff, round + 1);
		if (sim->in && !(random() % 3))
			(void)vg_sim_run(sim, (unsigned)random() % 20);
		if (sim->in && !(random() % 2000)) {
			vg_sim_detach(sim);
			n_deaths++;
		} else if (!sim->in && !(random() % 50)) {
			vg_sim_attach(sim, b->handoff, (uint32_t)(sim - b->sims));
		}
		if (!(round % 100))
			for (unsigned i = 0; i < 2; i++)
				vg_lane_audit(&b->handoff->lanes[i]);
	}
	for (unsigned i = 0; i < N_OPEN; i++)
		if (producers[i].object)
			vg_bench_close(b, producers[i].object);
	for (unsigned i = 0; i < 2; i++) {
		if (!b->sims[i].in)
			vg_sim_attach(&b->sims[i], b->handoff, i);
		vg_sim_settle(&b->sims[i]);
		vg_lane_audit(&b->handoff->lanes[i]);
	}
	assert_int_equal(vg_handoff_n_out(b->handoff), 0);
	assert_int_equal(b->stats.n_objects_out, 0);
	assert_int_equal(b->stats.counters[VG_C_OBJECTS],
			 b->stats.counters[VG_C_OBJECTS_DONE] + b->stats.counters[VG_C_OBJECT_LOST]);
	assert_int_equal(b->stats.counters[VG_C_HASHER_LOST], n_deaths);
	assert_int_equal(b->stats.counters[VG_C_RETURN_BAD] + b->stats.counters[VG_C_INDEX_BAD], 0);
	/* all of it was tried */
	assert_true(b->stats.counters[VG_C_OBJECT_RETRY] && b->stats.counters[VG_C_SHED_CHUNKS] &&
		    b->stats.counters[VG_C_LADDER_PRESSURE] && b->stats.counters[VG_C_LADDER_SIZE]);
	vg_bench_free(b);
}

static int work_while_waiting(void *ctx, uint64_t *mono_ns)
{
	struct vg_handoff_bench *b = ctx;
	for (unsigned i = 0; i < b->conf.n_hashers; i++)
		if (b->sims[i].in)
			(void)vg_sim_run(&b->sims[i], 3);
	*mono_ns = b->handoff->mono_ns + 1000;
	return 0;
}

static void a_lossless_producer_waits_and_loses_nothing(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(2, tiny, VG_CONF_LOSSLESS, 0);
	struct producer producers[N_OPEN] = { { 0 } };
	uint64_t flow_id = 0;
	(void)state;
	seed_print();
	vg_handoff_wait_with(b->handoff, work_while_waiting, b);
	for (unsigned i = 0; i < 2; i++)
		vg_sim_attach(&b->sims[i], b->handoff, i);
	for (unsigned round = 0; round < 20000; round++)
		produce(b, &producers[random() % N_OPEN], &flow_id);
	for (unsigned i = 0; i < N_OPEN; i++)
		if (producers[i].object)
			vg_bench_close(b, producers[i].object);
	for (unsigned i = 0; i < 2; i++)
		vg_sim_settle(&b->sims[i]);
	assert_true(b->stats.counters[VG_C_LOSSLESS_WAITS] > 0);
	assert_int_equal(b->stats.counters[VG_C_OBJECTS], b->stats.counters[VG_C_OBJECTS_DONE]);
	assert_int_equal(b->stats.counters[VG_C_SHED_CHUNKS] + b->stats.counters[VG_C_SHED_ATTR] +
				 b->stats.counters[VG_C_SHED_NO_HASHER],
			 0);
	assert_int_equal(b->sims[0].n_closes + b->sims[1].n_closes, b->stats.counters[VG_C_OBJECTS]);
	vg_bench_free(b);
}

static void an_object_larger_than_the_arena_passes_digest_only(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(1, tiny, VG_CONF_LOSSLESS, 0);
	struct vg_object *o;
	(void)state;
	vg_handoff_wait_with(b->handoff, work_while_waiting, b);
	vg_sim_attach(&b->sims[0], b->handoff, 0);
	o = vg_bench_open(b, 5, 3 << 20);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(vg_bench_data(b, o, 5, 1 << 20), VG_MORE);
	vg_bench_close(b, o);
	vg_sim_settle(&b->sims[0]);
	assert_int_equal(b->sims[0].last.n_bytes, 3 << 20);
	assert_int_equal(b->sims[0].last.state, VG_STATE_COMPLETE);
	assert_true(b->sims[0].last.digest_only);
	assert_int_equal(b->stats.counters[VG_C_LADDER_PRESSURE], 1);
	vg_bench_free(b);
}

static int tell_to_stop(void *ctx, uint64_t *mono_ns)
{
	*mono_ns = 1;
	return ++*(int *)ctx > 3;
}

static void a_stop_ends_the_wait(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(1, tiny, VG_CONF_LOSSLESS, 0);
	int n_waits = 0;
	(void)state;
	vg_handoff_wait_with(b->handoff, tell_to_stop, &n_waits);
	assert_null(vg_bench_open(b, 1, 10)); /* nobody to give it to */
	assert_int_equal(b->stats.counters[VG_C_SHED_NO_HASHER], 1);
	assert_int_equal(n_waits, 4);
	vg_sim_attach(&b->sims[0], b->handoff, 0);
	struct vg_object *o = vg_bench_open(b, 1, 2 << 20);
	assert_int_equal(vg_bench_data(b, o, 1, 1 << 20), VG_SKIP);
	assert_int_equal(b->stats.counters[VG_C_SHED_CHUNKS], 1);
	vg_bench_free(b);
}

static int hours_pass(void *ctx, uint64_t *mono_ns)
{
	*mono_ns = *(uint64_t *)ctx += 1000000000;
	return 0;
}

static void a_hasher_that_never_comes_is_not_waited_for_forever(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(1, tiny, VG_CONF_LOSSLESS, 0);
	uint64_t now_ns = 5;
	(void)state;
	vg_handoff_wait_with(b->handoff, hours_pass, &now_ns);
	assert_null(vg_bench_open(b, 1, 10));
	assert_true(now_ns > VG_LANE_WAIT_HASHER_NS && now_ns < 2 * VG_LANE_WAIT_HASHER_NS);
	for (unsigned i = 0; i < 10; i++) /* and not once more for each object */
		assert_null(vg_bench_open(b, 2, 10));
	assert_true(now_ns < 2 * VG_LANE_WAIT_HASHER_NS);
	vg_sim_attach(&b->sims[0], b->handoff, 0); /* the next gap is a new one */
	vg_sim_detach(&b->sims[0]);
	uint64_t then_ns = now_ns;
	assert_null(vg_bench_open(b, 3, 10));
	assert_true(now_ns - then_ns > VG_LANE_WAIT_HASHER_NS);
	vg_bench_free(b);
}

static void room_is_what_a_burst_needs_unless_nothing_comes_back(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(1, tiny, 0, 0);
	struct vg_object *objects[8];
	(void)state;
	assert_true(vg_handoff_has_room(b->handoff)); /* no hasher: nothing to wait for */
	vg_sim_attach(&b->sims[0], b->handoff, 0);
	b->sims[0].hold_done = 1;
	assert_int_equal(vg_handoff_n_attached(b->handoff), 1);
	for (unsigned i = 0; i < 7; i++) {
		objects[i] = vg_bench_open(b, i, 65536);
		assert_int_equal(vg_bench_data(b, objects[i], i, 65536), VG_MORE);
	}
	assert_true(vg_handoff_has_room(b->handoff)); /* low, but only unfinished objects hold it */
	vg_bench_close(b, objects[0]);
	assert_false(vg_handoff_has_room(b->handoff));
	b->sims[0].hold_done = 0;
	for (unsigned i = 1; i < 7; i++)
		vg_bench_close(b, objects[i]);
	vg_sim_settle(&b->sims[0]);
	assert_true(vg_handoff_has_room(b->handoff));
	vg_handoff_input_done(b->handoff);
	assert_int_equal(b->stats.input_done, 1);
	vg_bench_free(b);
}

static void bad_configurations_are_refused(void **state)
{
	struct vg_dataplane_conf conf = { .n_hashers = 1, .lane = tiny };
	struct vg_stats_page *stats = NULL;
	(void)state;
	conf.lane.n_slots = 15;
	assert_null(vg_handoff_create(&conf, 0, 1, stats, NULL));
	conf.lane = tiny;
	conf.n_hashers = 0;
	assert_null(vg_handoff_create(&conf, 0, 1, stats, NULL));
	conf.n_hashers = VG_LANE_MAX_HASHERS + 1;
	assert_null(vg_handoff_create(&conf, 0, 1, stats, NULL));
	vg_handoff_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_begun_is_delivered_or_counted),
		cmocka_unit_test(a_lossless_producer_waits_and_loses_nothing),
		cmocka_unit_test(an_object_larger_than_the_arena_passes_digest_only),
		cmocka_unit_test(a_stop_ends_the_wait),
		cmocka_unit_test(a_hasher_that_never_comes_is_not_waited_for_forever),
		cmocka_unit_test(room_is_what_a_burst_needs_unless_nothing_comes_back),
		cmocka_unit_test(bad_configurations_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
