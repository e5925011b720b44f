/* hold: frames wait for words and for verdicts, in the order they came, and never longer than the forwarder's own clock
 * says, whatever is written into the words. Ports are net_ring over rings that the test holds the other ends of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <vigil/bytes.h>

#include "forward/eal.h"
#include "forward/hold/hold.h"
#include "tests/lib/pktbuild.h"

#define N_POOL  8191u
#define WAIT_NS 1000000u
#define HOLD_NS 20000000u
#define N_SLOTS 256u

static struct rte_mempool *pool;
static struct rte_ring *wire_in[2], *wire_out[2]; /* of a and b, seen from outside */
static uint16_t eth_id[2];

struct rig {
	struct vg_pump pump;
	struct vg_hold *hold;
	struct vg_stats_page *stats;
	struct vg_frame_ring_in *in;
	_Atomic uint64_t *words;
	uint64_t now_ns;
};

static int start_all(void **state)
{
	static const struct vg_forward_conf conf = { .flags = VG_CONF_NO_HUGE, .eal_mem_mb = 96, .n_pairs = 1 };
	static const struct rte_eth_conf eth;

	(void)state;
	if (vg_forward_eal_start(&conf, "/tmp"))
		return -1;
	pool = rte_pktmbuf_pool_create("t", N_POOL, 0, 0, 2048, SOCKET_ID_ANY);
	for (unsigned i = 0; i < 2; i++) {
		char name[] = "in0";
		name[2] = (char)('0' + i);
		wire_in[i] = rte_ring_create(name, 1024, SOCKET_ID_ANY, 0);
		memcpy(name, "ou", 2);
		wire_out[i] = rte_ring_create(name, 8192, SOCKET_ID_ANY, 0);
		name[0] = 'p';
		int id = rte_eth_from_rings(name, &wire_in[i], 1, &wire_out[i], 1, 0);
		if (id < 0)
			return -1;
		eth_id[i] = (uint16_t)id;
		if (rte_eth_dev_configure(eth_id[i], 1, 1, &eth) ||
		    rte_eth_rx_queue_setup(eth_id[i], 0, 64, SOCKET_ID_ANY, NULL, pool) ||
		    rte_eth_tx_queue_setup(eth_id[i], 0, 64, SOCKET_ID_ANY, NULL) || rte_eth_dev_start(eth_id[i]))
			return -1;
	}
	return 0;
}

static void attach(struct rig *r)
{
	memset(r->in, 0, vg_frame_ring_in_bytes(&r->pump.ring->geometry, 1));
	r->pump.ring->in = r->in;
	r->pump.ring->state = VG_RING_OFFERED;
}

static int rig_open(void **state)
{
	static const struct vg_frame_ring_geometry geometry = { N_SLOTS, VG_FRAME_RING_MIN_BYTES };
	struct rig *r = calloc(1, sizeof(*r));

	r->stats = calloc(1, VG_STATS_BYTES);
	r->in = aligned_alloc(4096, vg_frame_ring_in_bytes(&geometry, 1));
	r->words = (_Atomic uint64_t *)(void *)((uint8_t *)r->in + VG_FRAME_RING_PAGE);
	r->pump = (struct vg_pump){ { eth_id[0], eth_id[1] }, 0, vg_ring_create(&geometry, r->stats), r->stats };
	r->pump.ring->is_inspect_first = 1;
	r->hold = vg_hold_create(&r->pump, &(struct vg_hold_conf){ WAIT_NS, HOLD_NS, 3, pool });
	r->now_ns = 1000000000000u;
	attach(r);
	*state = r;
	return 0;
}

static int rig_close(void **state)
{
	struct rig *r = *state;
	void *m;

	vg_hold_destroy(r->hold);
	vg_ring_destroy(r->pump.ring);
	free(r->stats);
	free(r->in);
	free(r);
	for (unsigned i = 0; i < 2; i++)
		while (!rte_ring_dequeue(wire_out[i], &m) || !rte_ring_dequeue(wire_in[i], &m))
			rte_pktmbuf_free(m);
	assert_int_equal(rte_mempool_avail_count(pool), N_POOL); /* no buffer was lost */
	return 0;
}

static uint64_t counted(const struct rig *r, unsigned counter)
{
	return r->stats->counters[counter];
}

/* A TCP frame whose payload is `no`. */
static void arrive(unsigned port, uint32_t no)
{
	struct pb_frame f;
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	pb_simple(&f, &(struct pb_tcp){ .src = port ? 2 : 1,
					.dst = port ? 1 : 2,
					.sport = port ? 4000 : 80,
					.dport = port ? 80 : 4000,
					.seq = 100 + 4 * no,
					.ack = 77,
					.flags = 16,
					.payload = &no,
					.n_payload = 4 });
	memcpy(rte_pktmbuf_append(m, (uint16_t)f.n_bytes), f.bytes, f.n_bytes);
	assert_int_equal(rte_ring_enqueue(wire_in[port], m), 0);
}

static void turn(struct rig *r)
{
	(void)vg_hold_burst(r->hold, 0, r->now_ns, 1);
	(void)vg_hold_burst(r->hold, 1, r->now_ns, 1);
}

/* The next frame that left by `port` is number no. */
static void expect(unsigned port, uint32_t no)
{
	void *got = NULL;
	uint32_t is;
	assert_int_equal(rte_ring_dequeue(wire_out[port], &got), 0);
	struct rte_mbuf *m = got;
	assert_int_equal(m->pkt_len, 58);
	memcpy(&is, rte_pktmbuf_mtod_offset(m, uint8_t *, 54), 4);
	assert_int_equal(is, no);
	rte_pktmbuf_free(m);
}

/* The next is made here: its TCP flags and sequence number. */
static void expect_made(unsigned port, unsigned flags, uint32_t seq)
{
	void *got = NULL;
	assert_int_equal(rte_ring_dequeue(wire_out[port], &got), 0);
	const uint8_t *at = rte_pktmbuf_mtod((struct rte_mbuf *)got, const uint8_t *);
	assert_int_equal(at[47], flags);
	assert_int_equal(vg_be32(at + 38), seq);
	rte_pktmbuf_free(got);
}

static void expect_none(unsigned port)
{
	assert_int_equal(rte_ring_count(wire_out[port]), 0);
}

static void word(struct rig *r, uint32_t tag, unsigned what, unsigned use, unsigned queue)
{
	r->words[tag & (N_SLOTS - 1)] = vg_word_make(tag, what, use, queue);
}

static void say(struct rig *r, unsigned queue, unsigned use, unsigned what, uint32_t tag)
{
	r->in->queues[queue] = vg_word_make(tag, what, use, queue);
}

static unsigned result(const struct rig *r, unsigned queue, unsigned use)
{
	uint64_t w = r->pump.ring->out->results[queue];
	return vg_word_use(w) == use ? vg_word_what(w) : VG_RESULT_NONE;
}

static void a_frame_waits_for_its_word_and_keeps_its_place(void **state)
{
	struct rig *r = *state;
	for (uint32_t i = 0; i < 3; i++)
		arrive(0, i);
	turn(r);
	expect_none(1);
	assert_true(vg_hold_is_waiting(r->hold));
	word(r, 1, VG_WORD_PASS, 0,
	     0); /* the second one's word is there first: it waits behind the first all the same */
	turn(r);
	expect_none(1);
	word(r, 0, VG_WORD_PASS, 0, 0);
	turn(r);
	expect(1, 0);
	expect(1, 1);
	expect_none(1);
	word(r, 2, VG_WORD_PASS, 0, 0);
	turn(r);
	expect(1, 2);
	assert_false(vg_hold_is_waiting(r->hold));
	assert_int_equal(counted(r, VG_F_HOLD_LET_GO), 0);
}

static void without_a_word_all_goes_in_order_and_nothing_waits_until_it_caught_up(void **state)
{
	struct rig *r = *state;
	for (uint32_t i = 0; i < 4; i++)
		arrive(0, i);
	turn(r);
	word(r, 0, VG_WORD_HOLD, 1, 5);
	turn(r);
	r->now_ns += WAIT_NS + 1;
	turn(r);
	for (uint32_t i = 0; i < 4; i++)
		expect(1, i); /* also the held one, before the others */
	assert_int_equal(result(r, 5, 1), VG_RESULT_LATE);
	assert_int_equal(r->pump.ring->out->let_go, 4);
	arrive(0, 4);
	turn(r);
	expect(1, 4); /* at once */
	r->now_ns += VG_HOLD_LATE_NS;
	turn(r);
	arrive(0, 5);
	turn(r);
	expect(1, 5); /* it has not read what there was */
	r->in->tail = 6;
	turn(r);
	arrive(0, 6);
	turn(r);
	expect_none(1);
	word(r, 6, VG_WORD_PASS, 0, 0);
	turn(r);
	expect(1, 6);
	assert_int_equal(counted(r, VG_F_HOLD_LATENESS), 1);
}

static void what_is_held_is_released_in_order_by_word_or_by_time(void **state)
{
	struct rig *r = *state;
	for (uint32_t i = 0; i < 6; i++) {
		arrive(0, i);
		word(r, i, i == 1 ? VG_WORD_PASS : VG_WORD_HOLD, 1, 9);
	}
	turn(r);
	turn(r);
	expect(1, 1);
	assert_int_equal(result(r, 9, 1), VG_RESULT_HOLDING);
	say(r, 9, 1, VG_QUEUE_RELEASE_TO, 2);
	turn(r);
	expect(1, 0);
	expect(1, 2);
	expect_none(1);
	arrive(0, 6); /* a retransmission that the inspector puts behind the others */
	word(r, 6, VG_WORD_HOLD, 1, 9);
	turn(r);
	turn(r);
	expect_none(1);
	r->now_ns += HOLD_NS + 1;
	turn(r);
	for (uint32_t i = 3; i < 7; i++)
		expect(1, i);
	assert_int_equal(result(r, 9, 1), VG_RESULT_TIME);
	arrive(0, 7); /* the same use is over: it does not wait again */
	word(r, 7, VG_WORD_HOLD, 1, 9);
	turn(r);
	expect(1, 7);
	arrive(0, 8);
	word(r, 8, VG_WORD_HOLD, 2, 9);
	turn(r);
	turn(r);
	expect_none(1);
	say(r, 9, 2, VG_QUEUE_RELEASE, 0);
	turn(r);
	expect(1, 8);
	assert_int_equal(result(r, 9, 2), VG_RESULT_RELEASED);
	assert_int_equal(counted(r, VG_F_HOLD_TIME), 4);
	assert_int_equal(counted(r, VG_F_HOLD_RELEASED), 3);
}

static void a_stop_drops_what_is_held_and_resets_both_sides(void **state)
{
	struct rig *r = *state;
	for (uint32_t i = 0; i < 3; i++) {
		arrive(0, i);
		word(r, i, VG_WORD_HOLD, 1, 0);
	}
	turn(r);
	turn(r);
	say(r, 0, 1, VG_QUEUE_STOP, 0);
	turn(r);
	expect_made(1, 4 | 16, 100); /* the first held byte: what the receiver waits for */
	expect_made(0, 4 | 16, 77);
	expect_none(1);
	assert_int_equal(result(r, 0, 1), VG_RESULT_STOPPED);
	arrive(0, 3); /* was on its way */
	word(r, 3, VG_WORD_HOLD, 1, 0);
	arrive(0, 4);
	word(r, 4, VG_WORD_DROP, 0, 0);
	arrive(0, 5);
	word(r, 5, VG_WORD_RESET, 0, 0);
	turn(r);
	turn(r);
	expect_none(1);
	expect_made(0, 4 | 16, 77);
	expect_none(0);
	assert_int_equal(counted(r, VG_F_HOLD_DROPPED), 6);
	assert_int_equal(counted(r, VG_F_HOLD_STOPS), 1);
}

static void stops_and_drops_have_a_budget(void **state)
{
	struct rig *r = *state;
	arrive(0, 0);
	word(r, 0, VG_WORD_DROP, 0, 0); /* nothing was stopped yet: nothing may be dropped */
	turn(r);
	expect(1, 0);
	for (uint32_t i = 1; i < 6; i++) {
		arrive(0, i);
		word(r, i, VG_WORD_HOLD, 1, i);
		turn(r);
		turn(r);
		say(r, i, 1, VG_QUEUE_STOP, 0);
		turn(r);
		assert_int_equal(result(r, i, 1), i < 4 ? VG_RESULT_STOPPED : VG_RESULT_BRAKE);
		if (i < 4)
			expect_made(1, 4 | 16, 100 + 4 * i);
		else
			expect(1, i);
	}
	for (uint32_t i = 6; i < 6 + 3 * VG_HOLD_DROP_CREDIT + 10; i++) {
		r->in->tail = i;
		arrive(0, i);
		word(r, i, VG_WORD_DROP, 0, 0);
		turn(r);
	}
	assert_int_equal(rte_ring_count(wire_out[1]), 10);
	r->now_ns += 60000000000u;
	r->in->tail = r->pump.ring->head;
	turn(r);
	uint32_t tag = (uint32_t)r->pump.ring->head;
	arrive(0, 1);
	word(r, tag, VG_WORD_HOLD, 2, 1);
	turn(r);
	turn(r);
	say(r, 1, 2, VG_QUEUE_STOP, 0);
	turn(r);
	assert_int_equal(result(r, 1, 2), VG_RESULT_STOPPED);
}

static void a_full_ring_or_an_inspector_that_leaves_lets_all_go_in_order(void **state)
{
	struct rig *r = *state;
	uint32_t n = 0, next = 0;
	for (unsigned round = 0; round < 20; round++) { /* more than there are slots */
		for (unsigned i = 0; i < 20; i++, n++) {
			arrive(0, n);
			if (n < 30)
				word(r, n, VG_WORD_HOLD, 1, 3);
		}
		turn(r);
		turn(r);
	}
	while (next < n)
		expect(1, next++);
	assert_int_equal(counted(r, VG_F_HOLD_LATE), 30);
	r->in->tail = r->pump.ring->head;
	r->now_ns += VG_HOLD_LATE_NS;
	turn(r);
	for (unsigned i = 0; i < 3; i++) {
		arrive(1, i);
		word(r, (uint32_t)r->pump.ring->head + i, i ? VG_WORD_NONE : VG_WORD_HOLD, 1, 4);
	}
	turn(r);
	turn(r);
	expect_none(0);
	r->pump.ring->state = VG_RING_LEAVING;
	turn(r);
	for (uint32_t i = 0; i < 3; i++)
		expect(0, i);
	arrive(1, 9);
	turn(r);
	expect(0, 9);
	attach(r); /* the next one begins with nothing */
	turn(r);
	assert_int_equal(result(r, 4, 1), VG_RESULT_NONE);
}

static uint64_t any64(void)
{
	return (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
}

/* An attacker in the inspector's place writes anything anywhere: as many frames are missing as the budget allows, none
 * waits longer than both clocks together, and nothing but resets is made. */
static void a_liar_delays_within_the_clocks_and_drops_within_the_budget(void **state)
{
	struct rig *r = *state;
	unsigned seed = (unsigned)time(NULL);
	uint32_t n_in = 0, n_out = 0, n_made = 0;
	void *got;
	print_message("seed %u\n", seed);
	srand(seed);
	for (unsigned round = 0; round < 4000; round++) {
		uint32_t head = (uint32_t)r->pump.ring->head;
		for (unsigned i = (unsigned)rand() % 4; i--; n_in++)
			arrive((unsigned)rand() & 1, n_in);
		for (unsigned i = 0; i < 8; i++) {
			uint32_t tag = head + (uint32_t)(rand() % 8) - 2;
			r->words[tag & (N_SLOTS - 1)] = rand() % 8 ? vg_word_make(tag, (unsigned)rand() % 6,
										  (unsigned)rand() % 3,
										  (unsigned)rand() % 140)
								   : any64();
			unsigned q = (unsigned)rand() % VG_FRAME_QUEUES;
			r->in->queues[q] = rand() % 8 ? vg_word_make(tag, (unsigned)rand() % 6, (unsigned)rand() % 3, q)
						      : any64();
		}
		if (rand() % 4 == 0)
			r->in->tail = r->pump.ring->head - r->pump.ring->start_idx;
		if (rand() % 500 == 0)
			r->in->tail = any64();
		if (r->pump.ring->state == VG_RING_CUT) {
			r->pump.ring->state = VG_RING_VACANT;
			attach(r);
		}
		r->now_ns += (uint64_t)rand() % 400000;
		turn(r);
		for (unsigned port = 0; port < 2; port++)
			while (!rte_ring_dequeue(wire_out[port], &got)) {
				struct rte_mbuf *m = got;
				n_made += m->pkt_len != 58;
				n_out += m->pkt_len == 58;
				rte_pktmbuf_free(m);
			}
	}
	r->now_ns += WAIT_NS + HOLD_NS + 1;
	turn(r);
	r->now_ns += HOLD_NS + 1;
	turn(r);
	assert_false(vg_hold_is_waiting(r->hold));
	for (unsigned port = 0; port < 2; port++)
		while (!rte_ring_dequeue(wire_out[port], &got)) {
			n_made += ((struct rte_mbuf *)got)->pkt_len != 58;
			n_out += ((struct rte_mbuf *)got)->pkt_len == 58;
			rte_pktmbuf_free(got);
		}
	assert_int_equal(n_in, n_out + counted(r, VG_F_HOLD_DROPPED));
	assert_int_equal(n_made, counted(r, VG_F_HOLD_RESETS));
	assert_in_range(counted(r, VG_F_HOLD_STOPS), 0, 3); /* less than a minute went by */
	assert_in_range(counted(r, VG_F_HOLD_DROPPED), 0, 3 * (VG_HOLD_DROP_CREDIT + VG_HOLD_QUEUE_FRAMES));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		T(a_frame_waits_for_its_word_and_keeps_its_place),
		T(without_a_word_all_goes_in_order_and_nothing_waits_until_it_caught_up),
		T(what_is_held_is_released_in_order_by_word_or_by_time),
		T(a_stop_drops_what_is_held_and_resets_both_sides),
		T(stops_and_drops_have_a_budget),
		T(a_full_ring_or_an_inspector_that_leaves_lets_all_go_in_order),
		T(a_liar_delays_within_the_clocks_and_drops_within_the_budget),
	};
	return cmocka_run_group_tests(tests, start_all, NULL);
}
