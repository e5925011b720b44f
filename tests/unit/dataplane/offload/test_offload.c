/* offload: when a worker asks, for what, and what becomes of the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <rte_ring_elem.h>

#include "dataplane/decode/decode.h"
#include "dataplane/offload/offload.h"
#include "tests/lib/pktbuild.h"

#define S UINT64_C(1000000000)

struct bench {
	struct vg_offload_ports ports;
	struct vg_stats_page *stats;
	struct vg_offload *offload;
	uint64_t clock_ns;
};

static void set_up(struct bench *b, uint32_t n_slots)
{
	memset(b, 0, sizeof(*b));
	b->ports.shapes[2] = 0x3f;
	b->stats = calloc(1, sizeof(*b->stats));
	b->offload = vg_offload_create(n_slots, &b->ports, b->stats);
	assert_non_null(b->offload);
	b->clock_ns = 1000 * S;
}

static void tear_down(struct bench *b)
{
	vg_offload_destroy(b->offload);
	free(b->stats);
}

static struct vg_flow new_flow(void)
{
	return (struct vg_flow){ .state = VG_FLOW_OPAQUE };
}

/* A frame as decode leaves it. */
static void packet_of(struct vg_packet *pkt, const struct pb_frame *f, uint64_t clock_ns)
{
	*pkt = (struct vg_packet){ .frame = f->bytes,
				   .n_first_bytes = f->n_bytes,
				   .n_frame_bytes = f->n_bytes,
				   .link = VG_LINK_ETHERNET,
				   .port_idx = 2,
				   .clock_ns = clock_ns };
	assert_int_equal(vg_decode_frame(pkt), VG_DECODE_TCP);
}

static void come(struct bench *b, struct vg_flow *flow, const struct pb_frame *f, unsigned n)
{
	struct vg_packet pkt;

	packet_of(&pkt, f, b->clock_ns);
	for (unsigned i = 0; i < n; i++)
		vg_offload_packet(b->offload, flow, &pkt);
}

static void simple(struct pb_frame *f, int back)
{
	struct pb_tcp t = { .src = back ? 0x0a000002 : 0x0a000001,
			    .dst = back ? 0x0a000001 : 0x0a000002,
			    .sport = back ? 443 : 50000,
			    .dport = back ? 50000 : 443,
			    .flags = VG_TCP_ACK };

	pb_simple(f, &t);
}

static int asked(struct bench *b, struct vg_offload_ask *ask)
{
	return !rte_ring_sc_dequeue_elem(b->offload->asks, ask, sizeof(*ask));
}

static void tell(struct bench *b, uint32_t slot, int is_refused)
{
	struct vg_offload_answer answer = { slot, (uint32_t)is_refused };

	assert_int_equal(rte_ring_sp_enqueue_elem(b->offload->answers, &answer, sizeof(answer)), 0);
	vg_offload_poll(b->offload, b->clock_ns);
}

static void a_direction_is_asked_for_once_after_so_many_frames(void **state)
{
	static const uint8_t ip[2][4] = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } };
	struct vg_flow flow = new_flow();
	struct vg_offload_ask ask;
	struct pb_frame f;
	struct bench b;

	(void)state;
	set_up(&b, 8);
	for (int back = 0; back < 2; back++) {
		simple(&f, back);
		come(&b, &flow, &f, VG_OFFLOAD_AFTER - 1);
		assert_false(asked(&b, &ask));
		come(&b, &flow, &f, 100);
		assert_true(asked(&b, &ask));
		assert_int_equal(ask.word, VG_OFFLOAD_MAKE);
		assert_int_equal(ask.port_idx, 2);
		assert_int_equal(ask.ip_version, 4);
		assert_int_equal(ask.port[0], back ? 443 : 50000);
		assert_memory_equal(ask.ip[0], ip[back], 4);
		assert_memory_equal(ask.ip[1], ip[!back], 4);
		assert_false(asked(&b, &ask));
	}
	vg_offload_leave(b.offload, &flow, 0);
	for (int i = 0; i < 2; i++) {
		assert_true(asked(&b, &ask));
		assert_int_equal(ask.word, VG_OFFLOAD_UNMAKE);
	}
	assert_int_equal(b.stats->counters[VG_C_OFFLOAD_REUSED], 0);
	tear_down(&b);
}

/* n_tags tags, then IPv4 or IPv6, with or without something between it and TCP. */
static void shaped(struct pb_frame *f, unsigned n_tags, unsigned what)
{
	static const uint8_t hop_by_hop[8] = { 6, 0, 1, 4 };
	struct pb_tcp t = { .src = 1, .dst = 2, .sport = 1, .dport = 2, .flags = VG_TCP_ACK };

	pb_ether(f);
	for (unsigned i = 0; i < n_tags; i++)
		pb_tag(f, 0x8100, (uint16_t)(0xe000 | (100 + i)));
	if (what == 3) {
		pb_be16(f, 0x8847);
		pb_be32(f, 17u << 12 | 1u << 8 | 64);
	} else {
		pb_be16(f, what == 1 || what == 2 ? 0x86dd : 0x0800);
	}
	if (what == 1 || what == 2)
		pb_ipv6_tcp(f, &t, 0, hop_by_hop, what == 2 ? 8 : 0);
	else
		pb_ipv4_tcp(f, &t, what == 4 ? 8 : 0);
}

static void what_a_card_would_not_see_exactly_is_not_asked_for(void **state)
{
	/* what of shaped(); tags; bits of the port; whether it is asked for */
	static const struct {
		unsigned what, n_tags, shapes, is_asked;
	} rows[] = { { 0, 0, 0x3f, 1 }, { 0, 1, 0x3f, 1 }, { 0, 2, 0x3f, 1 }, { 0, 3, 0x3f, 0 }, { 1, 0, 0x3f, 1 },
		     { 1, 2, 0x3f, 1 }, { 2, 0, 0x3f, 0 }, { 3, 0, 0x3f, 0 }, { 3, 1, 0x3f, 0 }, { 4, 0, 0x3f, 1 },
		     { 0, 0, 0x3e, 0 }, { 0, 1, 0x3d, 0 }, { 1, 0, 0x07, 0 }, { 1, 0, 0x08, 1 }, { 0, 0, 0, 0 } };
	struct vg_offload_ask ask;
	struct pb_frame f;
	struct bench b;

	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(rows); i++) {
		struct vg_flow flow = new_flow();
		set_up(&b, 8);
		b.ports.shapes[2] = (uint8_t)rows[i].shapes;
		shaped(&f, rows[i].n_tags, rows[i].what);
		come(&b, &flow, &f, 100);
		assert_int_equal(asked(&b, &ask), rows[i].is_asked);
		assert_int_equal(b.stats->counters[VG_C_OFFLOAD_SHAPE], !rows[i].is_asked);
		for (unsigned t = 0; rows[i].is_asked && t < rows[i].n_tags; t++)
			assert_int_equal(ask.tags[t], 100 + t);
		tear_down(&b);
	}
}

static void without_room_nothing_waits_and_it_is_asked_for_later(void **state)
{
	struct vg_flow flows[3] = { new_flow(), new_flow(), new_flow() };
	struct vg_offload_ask ask;
	struct pb_frame f;
	struct bench b;

	(void)state;
	set_up(&b, 2);
	simple(&f, 0);
	for (unsigned i = 0; i < 3; i++)
		come(&b, &flows[i], &f, 100);
	assert_int_equal(b.stats->counters[VG_C_OFFLOAD_FULL], 1);
	assert_true(asked(&b, &ask));
	tell(&b, ask.slot, 0);
	come(&b, &flows[2], &f, 100);
	assert_int_equal(b.stats->counters[VG_C_OFFLOAD_FULL], 1);
	assert_true(asked(&b, &ask)); /* the second flow's */
	assert_false(asked(&b, &ask));
	b.clock_ns += 12 * S;
	come(&b, &flows[2], &f, 1);
	assert_true(asked(&b, &ask));
	tear_down(&b);
}

static void too_many_that_wait_for_the_card_are_counted(void **state)
{
	struct vg_flow *flows = calloc(VG_OFFLOAD_WAITING + 5, sizeof(*flows));
	struct pb_frame f;
	struct bench b;

	(void)state;
	set_up(&b, 4096);
	simple(&f, 0);
	for (unsigned i = 0; i < VG_OFFLOAD_WAITING + 5; i++)
		come(&b, &flows[i], &f, VG_OFFLOAD_AFTER);
	assert_int_equal(b.stats->counters[VG_C_OFFLOAD_BUSY], 5);
	tear_down(&b);
	free(flows);
}

static void a_refusal_is_remembered_for_a_while_and_an_end_is_not(void **state)
{
	struct vg_flow flow = new_flow();
	struct vg_offload_ask ask;
	struct pb_frame f;
	struct bench b;

	(void)state;
	set_up(&b, 8);
	simple(&f, 0);
	come(&b, &flow, &f, VG_OFFLOAD_AFTER);
	assert_true(asked(&b, &ask));
	tell(&b, ask.slot, 1);
	b.clock_ns += 9 * S;
	come(&b, &flow, &f, 100);
	assert_false(asked(&b, &ask));
	b.clock_ns += 3 * S;
	come(&b, &flow, &f, 1);
	assert_true(asked(&b, &ask));
	tell(&b, ask.slot, 0);
	come(&b, &flow, &f, VG_OFFLOAD_AFTER - 1);
	assert_false(asked(&b, &ask));
	come(&b, &flow, &f, 1);
	assert_true(asked(&b, &ask));
	tear_down(&b);
}

static void a_flow_that_is_ending_is_not_asked_for(void **state)
{
	static const uint8_t flags[] = { VG_FLOW_FIN(0), VG_FLOW_FIN(1), VG_FLOW_CLOSED };
	struct vg_offload_ask ask;
	struct pb_frame f;
	struct bench b;

	(void)state;
	set_up(&b, 8);
	simple(&f, 0);
	for (unsigned i = 0; i < VG_ARRAY_LEN(flags); i++) {
		struct vg_flow flow = new_flow();
		flow.flags = flags[i];
		come(&b, &flow, &f, 100);
		assert_false(asked(&b, &ask));
	}
	tear_down(&b);
}

/* The main thread as it may be: late, refusing, ending what it likes; every slot comes back, no word is lost. */
static void whatever_order_words_come_in_no_slot_is_lost(void **state)
{
	enum { N = 16, FLOWS = 12 };
	unsigned seed = (unsigned)time(NULL);
	struct vg_flow flows[FLOWS];
	uint8_t is_live[N] = { 0 };
	struct vg_offload_ask ask;
	struct pb_frame f[2];
	struct bench b;
	uint32_t n_free = 0;

	(void)state;
	printf("seed %u\n", seed);
	set_up(&b, N);
	simple(&f[0], 0);
	simple(&f[1], 1);
	for (unsigned i = 0; i < FLOWS; i++)
		flows[i] = new_flow();
	for (unsigned n = 0; n < 200000; n++) {
		unsigned i = (unsigned)rand_r(&seed), flow = i % FLOWS, slot = i / FLOWS % N;
		int is_end = n > 199000;
		struct vg_offload_answer answer = { slot, i >> 20 & 1 };

		b.clock_ns += S / 10;
		if (is_end || i % 7 == 0)
			vg_offload_leave(b.offload, &flows[flow], i & 1);
		else
			come(&b, &flows[flow], &f[i >> 8 & 1], VG_OFFLOAD_AFTER / 2);
		if ((is_end || i % 5 == 0) && asked(&b, &ask)) {
			assert_true(ask.slot < N);
			assert_false(ask.word == VG_OFFLOAD_MAKE && is_live[ask.slot]);
			answer.slot = ask.slot;
			if (ask.word == VG_OFFLOAD_MAKE)
				is_live[ask.slot] = 1;
			else if (is_live[ask.slot]) {
				is_live[ask.slot] = 0;
				assert_int_equal(rte_ring_sp_enqueue_elem(b.offload->answers, &answer, sizeof(answer)),
						 0);
			}
		} else if (i % 11 == 0 && is_live[slot]) {
			is_live[slot] = 0;
			assert_int_equal(rte_ring_sp_enqueue_elem(b.offload->answers, &answer, sizeof(answer)), 0);
		}
		if (is_end || i % 3 == 0)
			vg_offload_poll(b.offload, b.clock_ns);
	}
	for (uint32_t at = b.offload->free_1; at; at = b.offload->slots[at - 1].next_1)
		n_free++;
	assert_int_equal(n_free, N);
	tear_down(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_direction_is_asked_for_once_after_so_many_frames),
		cmocka_unit_test(what_a_card_would_not_see_exactly_is_not_asked_for),
		cmocka_unit_test(without_room_nothing_waits_and_it_is_asked_for_later),
		cmocka_unit_test(too_many_that_wait_for_the_card_are_counted),
		cmocka_unit_test(a_refusal_is_remembered_for_a_while_and_an_end_is_not),
		cmocka_unit_test(a_flow_that_is_ending_is_not_asked_for),
		cmocka_unit_test(whatever_order_words_come_in_no_slot_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
