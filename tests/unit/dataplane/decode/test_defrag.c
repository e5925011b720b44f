/* defrag: datagrams cut at random and told in any order come back byte for byte; what contradicts is refused; tables
 * are bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/decode/defrag.h"
#include "tests/lib/guard.h"
#include "tests/lib/pktbuild.h"

#define SECOND UINT64_C(1000000000)

static const uint64_t seed3[3] = { 1, 2, 3 };

struct rig {
	struct vg_stats_page *stats;
	struct vg_defrag *defrag;
	uint64_t clock_ns;
	struct pb_frame whole;
	struct vg_packet pkt; /* the last one */
};

static void set_up(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->stats = calloc(1, sizeof(*r->stats));
	r->defrag = vg_defrag_create(seed3, r->stats);
	r->clock_ns = 100 * SECOND;
	assert_true(r->stats && r->defrag);
}

static void tear_down(struct rig *r)
{
	vg_defrag_destroy(r->defrag);
	free(r->stats);
}

static void make_whole(struct rig *r, int is_v6, uint32_t n_payload)
{
	static uint8_t payload[3000];
	struct pb_tcp t = { 0x0a000002, 0x0a000001, 4000, 80, 1000, 2000, VG_TCP_ACK, payload, n_payload, 0 };

	for (uint32_t i = 0; i < n_payload; i++)
		payload[i] = (uint8_t)(i * 7 + i / 256);
	pb_ether(&r->whole);
	pb_be16(&r->whole, is_v6 ? 0x86dd : 0x0800);
	if (is_v6)
		pb_ipv6_tcp(&r->whole, &t, 0, NULL, 0);
	else
		pb_ipv4_tcp(&r->whole, &t, 0);
}

/* Bytes [begin, end) of the datagram behind its IP header, as a fragment. */
static void cut(const struct rig *r, uint32_t ident, uint32_t begin, uint32_t end, struct pb_frame *f)
{
	const struct pb_frame *w = &r->whole;
	int is_v6 = w->bytes[w->ip_off] >> 4 == 6;
	uint32_t n_ip = is_v6 ? 40 : 20, n_data = w->n_bytes - w->ip_off - n_ip, more = end < n_data;

	f->n_bytes = 0;
	f->ip_off = w->ip_off;
	pb_put(f, w->bytes, w->ip_off + n_ip);
	if (is_v6) {
		f->bytes[f->ip_off + 6] = 44;
		pb_set16(f, f->ip_off + 4, 8 + end - begin);
		pb_be16(f, 6u << 8);
		pb_be16(f, begin | more);
		pb_be32(f, ident);
	} else {
		pb_set16(f, f->ip_off + 2, 20 + end - begin);
		pb_set16(f, f->ip_off + 4, ident);
		pb_set16(f, f->ip_off + 6, begin / 8 | more << 13);
	}
	pb_put(f, w->bytes + w->ip_off + n_ip + begin, end - begin);
}

static enum vg_decode_word say(struct rig *r, const struct pb_frame *f)
{
	uint8_t *at = vg_guard_copy(f->bytes, f->n_bytes);
	enum vg_decode_word word;

	r->pkt = (struct vg_packet){ .frame = at,
				     .n_first_bytes = f->n_bytes,
				     .n_frame_bytes = f->n_bytes,
				     .clock_ns = r->clock_ns,
				     .link = VG_LINK_ETHERNET };
	word = vg_defrag_frame(r->defrag, &r->pkt, 3);
	vg_guard_free(at, f->n_bytes);
	return word;
}

static enum vg_decode_word say_part(struct rig *r, uint32_t ident, uint32_t begin, uint32_t end)
{
	struct pb_frame f;

	cut(r, ident, begin, end, &f);
	return say(r, &f);
}

/* The last packet is the datagram again. */
static void expect_whole(const struct rig *r)
{
	uint32_t n = r->pkt.n_payload_bytes;

	assert_int_equal(r->pkt.seq, 1000);
	assert_true(n <= r->whole.n_bytes);
	assert_int_equal(r->pkt.payload_off + n, r->pkt.n_first_bytes);
	assert_memory_equal(r->pkt.frame + r->pkt.payload_off, r->whole.bytes + r->whole.n_bytes - n, n);
	assert_int_equal(r->pkt.is_whole, 1);
}

static void any_cuts_in_any_order_give_the_datagram(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	struct rig r;

	(void)state;
	print_message("seed %u\n", seed);
	set_up(&r);
	for (uint32_t round = 0; round < 300; round++) {
		uint32_t n_payload = 1 + (uint32_t)rand_r(&seed) % 2900, n_data, cuts[64], n = 0;
		make_whole(&r, round & 1, n_payload);
		n_data = 20 + n_payload;
		for (uint32_t off = 0; off < n_data && n < 63; n++) {
			cuts[n] = off;
			off += 8 * (1 + (uint32_t)rand_r(&seed) % 40 + n_data / 400);
		}
		cuts[n] = n_data;
		if (n < 2)
			continue;
		for (uint32_t sent = 0, done = 0; done < n; sent++) {
			uint32_t pick = (uint32_t)rand_r(&seed) % n, left = pick;
			static uint8_t told[64];
			if (!done && !sent)
				memset(told, 0, sizeof(told));
			while (told[left])
				left = (left + 1) % n;
			told[left] = 1;
			done++;
			assert_int_equal(say_part(&r, round, cuts[left], cuts[left + 1]),
					 done < n ? VG_DEFRAG_KEPT : VG_DECODE_TCP);
			if (done < n)
				assert_int_equal(say_part(&r, round, cuts[left], cuts[left + 1]), VG_DEFRAG_KEPT);
		}
		expect_whole(&r);
		assert_int_equal(r.pkt.n_payload_bytes, n_payload);
	}
	assert_int_equal(r.stats->counters[VG_C_FRAGMENTS_OVERLAP], 0);
	tear_down(&r);
}

static void contradictions_put_the_datagram_out(void **state)
{
	struct pb_frame f;
	struct rig r;

	(void)state;
	set_up(&r);
	make_whole(&r, 0, 300);
	/* part of it is there already */
	assert_int_equal(say_part(&r, 1, 0, 64), VG_DEFRAG_KEPT);
	assert_int_equal(say_part(&r, 1, 56, 128), VG_DECODE_WORD_FRAGMENT);
	/* the same place, other bytes */
	assert_int_equal(say_part(&r, 2, 0, 64), VG_DEFRAG_KEPT);
	cut(&r, 2, 0, 64, &f);
	f.bytes[f.n_bytes - 1] ^= 1;
	assert_int_equal(say(&r, &f), VG_DECODE_WORD_FRAGMENT);
	/* beyond the end, and another end */
	assert_int_equal(say_part(&r, 3, 160, 320), VG_DEFRAG_KEPT);
	make_whole(&r, 0, 400);
	assert_int_equal(say_part(&r, 3, 320, 400), VG_DECODE_WORD_FRAGMENT);
	assert_int_equal(say_part(&r, 4, 320, 420), VG_DEFRAG_KEPT);
	make_whole(&r, 0, 300);
	assert_int_equal(say_part(&r, 4, 160, 320), VG_DECODE_WORD_FRAGMENT);
	assert_int_equal(r.stats->counters[VG_C_FRAGMENTS_OVERLAP], 4);
	/* what comes clean afterwards is taken */
	assert_int_equal(say_part(&r, 1, 0, 64), VG_DEFRAG_KEPT);
	assert_int_equal(say_part(&r, 1, 64, 320), VG_DECODE_TCP);
	expect_whole(&r);
	/* impossible sizes */
	make_whole(&r, 0, 400);
	assert_int_equal(say_part(&r, 5, 0, 61), VG_DECODE_WORD_FRAGMENT);
	assert_int_equal(r.stats->counters[VG_C_FRAGMENTS_BAD], 1);
	tear_down(&r);
}

static void mirrored_copies_begin_nothing_and_identifications_come_again(void **state)
{
	struct rig r;

	(void)state;
	set_up(&r);
	make_whole(&r, 0, 300);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(say_part(&r, 1, 0, 160), VG_DEFRAG_KEPT);
		assert_int_equal(say_part(&r, 1, 0, 160), VG_DEFRAG_KEPT);
		assert_int_equal(say_part(&r, 1, 160, 320), VG_DECODE_TCP);
		assert_int_equal(say_part(&r, 1, 160, 320), VG_DEFRAG_KEPT);
		r.clock_ns += VG_DEFRAG_ECHO_NS;
	}
	assert_int_equal(r.stats->counters[VG_C_FRAGMENTS_WHOLE], 3);
	vg_defrag_flush(r.defrag);
	assert_int_equal(r.stats->counters[VG_C_FRAGMENTS_TIMEOUT], 0);
	tear_down(&r);
}

static void what_never_becomes_whole_goes_with_time_and_with_pressure(void **state)
{
	struct rig r;

	(void)state;
	set_up(&r);
	make_whole(&r, 0, 300);
	assert_int_equal(say_part(&r, 1, 0, 160), VG_DEFRAG_KEPT);
	r.clock_ns += VG_DEFRAG_TIMEOUT_NS;
	assert_int_equal(say_part(&r, 1, 160, 320), VG_DEFRAG_KEPT);
	assert_int_equal(r.stats->counters[VG_C_FRAGMENTS_TIMEOUT], 1);
	for (uint32_t i = 2; i < 20000; i++)
		assert_int_equal(say_part(&r, i, 0, 160), VG_DEFRAG_KEPT);
	assert_int_equal(r.stats->counters[VG_C_FRAGMENTS_FULL], 19999 - VG_DEFRAG_SLOTS);
	/* the youngest are still there */
	assert_int_equal(say_part(&r, 19999, 160, 320), VG_DECODE_TCP);
	vg_defrag_flush(r.defrag);
	assert_int_equal(r.stats->counters[VG_C_FRAGMENTS_TIMEOUT], VG_DEFRAG_SLOTS);
	/* far places use up the blocks before the slots */
	make_whole(&r, 0, 2400);
	for (uint32_t i = 0; i < 3000; i++) {
		assert_int_equal(say_part(&r, i, 0, 160), VG_DEFRAG_KEPT);
		assert_int_equal(say_part(&r, i, 2048, 2200), VG_DEFRAG_KEPT);
		assert_int_equal(say_part(&r, i, 2200, 2208), VG_DEFRAG_KEPT);
	}
	tear_down(&r);
}

static void fragments_of_a_carrier_are_put_together_before_it_is_opened(void **state)
{
	struct pb_tcp t = { 0x0a000002, 0x0a000001, 4000, 80, 1000, 2000, VG_TCP_ACK, "hello", 5, 0 };
	struct rig r;

	(void)state;
	set_up(&r);
	pb_ether(&r.whole);
	pb_be16(&r.whole, 0x0800);
	r.whole.ip_off = r.whole.n_bytes;
	pb_be32(&r.whole, 0x45000000u | (20 + 8 + 8 + 14 + 45));
	pb_be32(&r.whole, 0);
	pb_be32(&r.whole, 64u << 24 | 17u << 16);
	pb_be32(&r.whole, 0xc0000201);
	pb_be32(&r.whole, 0xc0000202);
	pb_be32(&r.whole, 4789);
	pb_be32(&r.whole, 0);
	pb_be32(&r.whole, 0x08000000);
	pb_be32(&r.whole, 42 << 8);
	pb_zeros(&r.whole, 12);
	pb_be16(&r.whole, 0x0800);
	pb_ipv4_tcp(&r.whole, &t, 0);
	r.whole.ip_off = 14;
	assert_int_equal(say_part(&r, 1, 40, 75), VG_DEFRAG_KEPT);
	assert_int_equal(say_part(&r, 1, 0, 40), VG_DECODE_TCP);
	assert_int_equal(r.pkt.n_tunnels, 1);
	assert_int_equal(r.pkt.key.tenant[1], 42);
	assert_int_equal(r.pkt.n_payload_bytes, 5);
	tear_down(&r);
}

static void a_burst_keeps_tcp_in_order_and_counts_the_rest(void **state)
{
	static struct pb_frame frames[VG_BURST];
	struct vg_stats_page *stats = calloc(1, sizeof(*stats));
	struct vg_defrag *defrag = vg_defrag_create(seed3, stats);
	struct vg_packet pkts[VG_BURST];

	(void)state;
	for (uint32_t i = 0; i < VG_BURST; i++) {
		struct pb_tcp t = { 1, 2, 4000, 80, i, 0, VG_TCP_ACK, "hello", 5, 0 };
		pb_simple(&frames[i], &t);
		if (i % 3 == 1)
			frames[i].bytes[frames[i].ip_off + 9] = 1;
		pkts[i].frame = frames[i].bytes;
		pkts[i].n_first_bytes = pkts[i].n_frame_bytes = frames[i].n_bytes;
		pkts[i].link = VG_LINK_ETHERNET;
	}
	assert_int_equal(vg_defrag_burst(defrag, pkts, VG_BURST, stats), 21);
	assert_int_equal(stats->counters[VG_C_DECODE_NOT_TCP], 11);
	for (uint32_t i = 1; i < 21; i++)
		assert_true(pkts[i].seq > pkts[i - 1].seq);
	vg_defrag_destroy(defrag);
	free(stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_cuts_in_any_order_give_the_datagram),
		cmocka_unit_test(contradictions_put_the_datagram_out),
		cmocka_unit_test(mirrored_copies_begin_nothing_and_identifications_come_again),
		cmocka_unit_test(what_never_becomes_whole_goes_with_time_and_with_pressure),
		cmocka_unit_test(fragments_of_a_carrier_are_put_together_before_it_is_opened),
		cmocka_unit_test(a_burst_keeps_tcp_in_order_and_counts_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
