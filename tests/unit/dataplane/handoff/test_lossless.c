/* A lossless producer on a lane that is far too small, with hashers that die at every point of their lives: it must
 * always move on, and every object is delivered, or lost and counted. */
#include "tests/lib/handoff_bench.h"

#include <time.h>

#define N_OPEN     40
#define N_FLOWS    4000
/* Waits without any byte moving, while a hasher works most of the time. */
#define MOST_WAITS 4000

struct producer {
	struct vg_object *object;
	uint64_t flow_id, left;
};
struct play {
	struct vg_handoff_bench *bench;
	struct producer producers[N_OPEN];
	uint64_t next_flow_id, n_waits, mono_ns;
	uint64_t todo[VG_SIM_OBJECTS]; /* object ids whose DONE is still to be sent */
	unsigned n_todo, n_deaths;
	uint8_t was_closed[N_FLOWS + 1];
	int is_alive, is_mute; /* mute: it has its lane and has not begun */
};

static void seed_print(void)
{
	const char *given = getenv("VIGIL_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	print_message("seed %u\n", seed);
	srandom(seed);
}

static void die(struct play *p)
{
	struct vg_sim *sim = &p->bench->sims[0];
	vg_sim_detach(sim);
	p->n_todo = 0;
	p->is_alive = 0;
	p->n_deaths++;
}

static void come(struct play *p)
{
	struct vg_sim *sim = &p->bench->sims[0];
	struct vg_lane *lane = &p->bench->handoff->lanes[0];
	if (!(random() % 3)) { /* somebody who is gone before the worker looks */
		lane->in = NULL;
		atomic_store(&lane->state, VG_LANE_OFFERED);
		atomic_store(&lane->state, VG_LANE_VACANT);
	}
	vg_sim_attach(sim, p->bench->handoff, 0);
	sim->hold_done = 1;
	p->is_alive = 1;
	p->is_mute = random() % 3 == 0;
}

/* What a hasher does in one turn: some descriptors, and DONE for some of what was closed. */
static void hash(struct play *p)
{
	struct vg_sim *sim = &p->bench->sims[0];
	if (p->is_mute) {
		p->is_mute = random() % 20 != 0;
		return;
	}
	for (unsigned n = (unsigned)random() % 12; n; n--) {
		uint64_t n_closes = sim->n_closes;
		if (!vg_sim_run(sim, 1))
			break;
		if (sim->n_closes == n_closes)
			continue;
		assert_true(sim->last.flow_id <= N_FLOWS && p->n_todo < VG_SIM_OBJECTS);
		p->was_closed[sim->last.flow_id] = 1;
		p->todo[p->n_todo++] = sim->last.id;
	}
	while (p->n_todo && random() % 3) {
		unsigned i = (unsigned)random() % p->n_todo;
		vg_sim_done(sim, p->todo[i]);
		p->todo[i] = p->todo[--p->n_todo];
	}
}

static int live(void *ctx, uint64_t *mono_ns)
{
	struct play *p = ctx;
	*mono_ns = p->mono_ns += 1000;
	if (++p->n_waits > MOST_WAITS)
		fail_msg("no progress: used %u closed %u small %u large %u slots %u queue %u attached %u",
			 p->bench->handoff->lanes[0].n_used, p->bench->handoff->lanes[0].n_closed,
			 p->bench->handoff->lanes[0].n_small, p->bench->handoff->lanes[0].n_large,
			 p->bench->handoff->lanes[0].n_slots, p->bench->handoff->lanes[0].queue_first,
			 p->bench->handoff->lanes[0].is_attached);
	if (!p->is_alive && !(random() % 10))
		come(p);
	else if (p->is_alive && !(random() % 300))
		die(p);
	else if (p->is_alive)
		hash(p);
	return 0;
}

static void produce(struct play *p, struct producer *one)
{
	struct vg_handoff_bench *b = p->bench;
	if (!one->object) {
		if (p->next_flow_id == N_FLOWS)
			return;
		one->flow_id = ++p->next_flow_id;
		one->left = (uint64_t)random() % (random() % 4 ? 9000 : 300000);
		one->object = vg_bench_open(b, one->flow_id, random() % 2 ? one->left : UINT64_MAX);
		return;
	}
	if (!one->left || !(random() % 100)) {
		vg_bench_close(b, one->object);
		one->object = NULL;
		return;
	}
	size_t n = 1 + (size_t)random() % (random() % 4 ? 1500 : 30000);
	n = n < one->left ? n : (size_t)one->left;
	one->left -= n;
	enum vg_step step = random() % 30 ? vg_bench_data(b, one->object, one->flow_id, n)
					  : b->sink.gap(b->sink.ctx, one->object, random() % 3 ? n : 0);
	if (step != VG_MORE)
		one->object = NULL;
}

static void play(struct play *p, struct vg_lane_geometry geometry, uint64_t hold_bytes)
{
	struct vg_handoff_bench *b = p->bench = vg_bench_make(1, geometry, VG_CONF_LOSSLESS, hold_bytes);
	uint64_t mono_ns, n_closed = 0;
	const _Atomic uint64_t *c = b->stats.counters;
	vg_handoff_wait_with(b->handoff, live, p);
	for (unsigned busy = 1; busy;) {
		/* as the worker does it: a burst where there is room for it */
		vg_handoff_poll(b->handoff, p->mono_ns += 1000);
		if (!vg_handoff_has_room(b->handoff)) {
			(void)live(p, &mono_ns);
			continue;
		}
		for (unsigned i = 0; i < 32; i++)
			produce(p, &p->producers[random() % N_OPEN]);
		p->n_waits = 0;
		if (!(random() % 3))
			(void)live(p, &mono_ns);
		vg_lane_audit(&b->handoff->lanes[0]);
		busy = p->next_flow_id < N_FLOWS;
		for (unsigned i = 0; i < N_OPEN; i++)
			busy |= p->producers[i].object != NULL;
	}
	p->n_waits = 0;
	while (vg_handoff_n_out(b->handoff)) {
		vg_handoff_poll(b->handoff, p->mono_ns += 1000);
		(void)live(p, &mono_ns);
	}
	for (unsigned i = 1; i <= N_FLOWS; i++)
		n_closed += p->was_closed[i];
	assert_int_equal(c[VG_C_OBJECTS], c[VG_C_OBJECTS_DONE] + c[VG_C_OBJECT_LOST]);
	assert_int_equal(c[VG_C_OBJECTS] + c[VG_C_SHED_ATTR], N_FLOWS);
	assert_in_range(n_closed, c[VG_C_OBJECTS_DONE], c[VG_C_OBJECTS]);
	assert_int_equal(c[VG_C_SHED_CHUNKS] + c[VG_C_SHED_NO_HASHER] + c[VG_C_RETURN_BAD] + c[VG_C_INDEX_BAD], 0);
	assert_true(p->n_deaths && c[VG_C_OBJECT_RETRY]);
	vg_bench_free(b);
}

static void dying_hashers_never_stop_a_lossless_producer(void **state)
{
	(void)state;
	seed_print();
	for (unsigned i = 0; i < 6; i++) {
		struct play *p = calloc(1, sizeof(*p));
		struct vg_lane_geometry g = { .n_slots = 16u << random() % 3,
					      .n_returns = 256,
					      .n_small = 8 + (uint32_t)random() % 56,
					      .n_large = 4 + (uint32_t)random() % 28,
					      .n_tiny = (uint32_t)random() % 30,
					      .n_attr = 24 + (uint32_t)random() % 40 };
		assert_non_null(p);
		play(p, g, random() % 2 ? 0 : 100000);
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(dying_hashers_never_stop_a_lossless_producer) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
