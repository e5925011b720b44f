/* pump: frames leave by the peer port, the same and in order, whatever the ring does; a port that takes nothing costs
 * counted frames, not buffers. Ports are net_ring over rings that the test holds the other ends of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "forward/eal.h"
#include "forward/pump/pump.h"

#define N_POOL 511u

static struct rte_mempool *pool;
static struct rte_ring *wire_in[2], *wire_out[2]; /* of a and b, seen from outside */
static uint16_t eth_id[2];

struct rig {
	struct vg_pump pump;
	struct vg_stats_page *stats;
	struct vg_frame_ring_in *in;
};

static int start_all(void **state)
{
	static const struct vg_forward_conf conf = { .flags = VG_CONF_NO_HUGE, .eal_mem_mb = 64, .n_pairs = 1 };
	static const struct rte_eth_conf eth;

	(void)state;
	if (vg_forward_eal_start(&conf, "/tmp"))
		return -1;
	pool = rte_pktmbuf_pool_create("t", N_POOL, 0, 0, 2048, SOCKET_ID_ANY);
	for (unsigned i = 0; i < 2; i++) {
		char name[] = "in0";
		name[2] = (char)('0' + i);
		wire_in[i] = rte_ring_create(name, 64, SOCKET_ID_ANY, 0);
		memcpy(name, "ou", 2);
		wire_out[i] = rte_ring_create(name, 64, SOCKET_ID_ANY, 0);
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

static int rig_open(void **state)
{
	static const struct vg_frame_ring_geometry geometry = { 64, VG_FRAME_RING_MIN_BYTES };
	struct rig *r = calloc(1, sizeof(*r));

	r->stats = calloc(1, VG_STATS_BYTES);
	r->in = aligned_alloc(64, VG_FRAME_RING_PAGE);
	memset(r->in, 0, VG_FRAME_RING_PAGE);
	r->pump = (struct vg_pump){ { eth_id[0], eth_id[1] }, 3, vg_ring_create(&geometry, r->stats), r->stats };
	*state = r;
	return 0;
}

static int rig_close(void **state)
{
	struct rig *r = *state;

	vg_ring_destroy(r->pump.ring);
	free(r->stats);
	free(r->in);
	free(r);
	assert_int_equal(rte_mempool_avail_count(pool), N_POOL); /* no buffer was lost */
	return 0;
}

static void attach(struct rig *r)
{
	r->pump.ring->in = r->in;
	r->pump.ring->state = VG_RING_OFFERED;
}

static uint64_t counted(const struct rig *r, unsigned counter)
{
	return r->stats->counters[counter];
}

/* n_bytes of `first`, `first` + 1 … in segments of at most 700 bytes. */
static void arrive(unsigned port, uint8_t first, uint32_t n_bytes)
{
	struct rte_mbuf *m = NULL;

	for (uint32_t at = 0; at < n_bytes;) {
		struct rte_mbuf *seg = rte_pktmbuf_alloc(pool);
		uint32_t n = n_bytes - at < 700 ? n_bytes - at : 700;
		uint8_t *to = (uint8_t *)rte_pktmbuf_append(seg, (uint16_t)n);
		for (uint32_t i = 0; i < n; i++)
			to[i] = (uint8_t)(first + at + i);
		at += n;
		if (!m)
			m = seg;
		else
			assert_int_equal(rte_pktmbuf_chain(m, seg), 0);
	}
	m->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_VLAN | RTE_MBUF_F_RX_RSS_HASH; /* of another life */
	m->tx_offload = 0x1234;
	assert_int_equal(rte_ring_enqueue(wire_in[port], m), 0);
}

static void expect(unsigned port, uint8_t first, uint32_t n_bytes)
{
	uint8_t room[4096];
	void *got = NULL;
	const uint8_t *at;

	assert_int_equal(rte_ring_dequeue(wire_out[port], &got), 0);
	struct rte_mbuf *m = got;
	assert_int_equal(m->pkt_len, n_bytes);
	assert_int_equal(m->ol_flags | m->tx_offload, 0);
	at = rte_pktmbuf_read(m, 0, n_bytes, room);
	for (uint32_t i = 0; i < n_bytes; i++)
		assert_int_equal(at[i], (uint8_t)(first + i));
	rte_pktmbuf_free(m);
}

static void both_directions_pass_unchanged_and_in_order_with_and_without_an_inspector(void **state)
{
	struct rig *r = *state;

	for (unsigned attached = 0; attached < 2; attached++) {
		if (attached)
			attach(r);
		for (unsigned dir = 0; dir < 2; dir++) {
			for (unsigned i = 0; i < 20; i++)
				arrive(dir, (uint8_t)i, 60 + i * 97);
			assert_int_equal(vg_pump_burst(&r->pump, dir, 5, 6), 20);
			for (unsigned i = 0; i < 20; i++)
				expect(!dir, (uint8_t)i, 60 + i * 97);
			assert_int_equal(vg_pump_burst(&r->pump, dir, 5, 6), 0);
		}
	}
	assert_int_equal(counted(r, VG_F_RX_PACKETS), 80);
	assert_int_equal(counted(r, VG_F_TX_PACKETS), 80);
	assert_int_equal(counted(r, VG_F_COPIES), 40);
	assert_int_equal(counted(r, VG_F_SHED_ABSENT), 40);
}

static void a_copy_is_the_frame_and_says_where_it_came_from(void **state)
{
	struct rig *r = *state;
	const struct vg_frame_slot *slot = r->pump.ring->slots;

	attach(r);
	arrive(1, 9, 1514);
	assert_int_equal(vg_pump_burst(&r->pump, 1, 77, 88), 1);
	expect(0, 9, 1514);
	assert_int_equal(r->pump.ring->out->head, 1);
	assert_int_equal(slot->n_bytes, 1514);
	assert_int_equal(slot->pair_idx, 3);
	assert_int_equal(slot->direction, VG_FRAME_B_TO_A);
	assert_int_equal(slot->mono_ns, 77);
	assert_int_equal(slot->wall_ns, 88);
	for (uint32_t i = 0; i < 1514; i++)
		assert_int_equal(r->pump.ring->area[slot->data_off + i], (uint8_t)(9 + i));
}

static void a_full_ring_or_a_liar_costs_copies_and_no_frame(void **state)
{
	struct rig *r = *state;

	attach(r);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 30; i++)
			arrive(0, (uint8_t)i, 200);
		if (round == 15)
			r->in->tail = UINT64_MAX;
		assert_int_equal(vg_pump_burst(&r->pump, 0, 1, 1), 30);
		for (unsigned i = 0; i < 30; i++)
			expect(1, (uint8_t)i, 200);
	}
	assert_int_equal(counted(r, VG_F_TX_PACKETS), 600);
	assert_int_equal(counted(r, VG_F_COPIES), 64);
	assert_int_equal(counted(r, VG_F_INSPECTOR_BAD), 1);
	assert_int_equal(counted(r, VG_F_SHED_FULL) + counted(r, VG_F_SHED_ABSENT), 600 - 64);
}

static void a_port_that_takes_nothing_costs_counted_frames(void **state)
{
	struct rig *r = *state;

	for (unsigned attached = 0; attached < 2; attached++) {
		if (attached)
			attach(r);
		for (unsigned round = 0; round < 3; round++) { /* the wire out has room for 63 */
			for (unsigned i = 0; i < 30; i++)
				arrive(0, (uint8_t)i, 60);
			assert_int_equal(vg_pump_burst(&r->pump, 0, 1, 1), 30);
		}
		for (unsigned i = 0; i < 63; i++)
			expect(1, (uint8_t)(i % 30), 60);
		assert_int_equal(counted(r, VG_F_TX_DROPPED), (attached + 1) * 27);
	}
	assert_int_equal(counted(r, VG_F_COPIES), 63); /* only what was sent */
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		T(both_directions_pass_unchanged_and_in_order_with_and_without_an_inspector),
		T(a_copy_is_the_frame_and_says_where_it_came_from),
		T(a_full_ring_or_a_liar_costs_copies_and_no_frame),
		T(a_port_that_takes_nothing_costs_counted_frames),
	};
	return cmocka_run_group_tests(tests, start_all, NULL);
}
