/* inspect: stories of packets, from frames to bodies: order, loss, reuse, resets, what is picked up in the middle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <rte_mbuf.h>

#include "tests/lib/packet_story.h"

static void a_plain_exchange_gives_its_body(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, REQUEST);
	say(&s, SERVER, ACK, 0, HEAD(10) "01234");
	expect(&s, "");
	say(&s, SERVER, ACK, len(HEAD(10)) + 5, "56789");
	expect(&s, LINE ": 0123456789 = complete\n");
	say(&s, SERVER, FIN | ACK, len(HEAD(10)) + 10, "");
	say(&s, CLIENT, FIN | ACK, len(REQUEST), "");
	assert_int_equal(s.stats->counters[VG_C_FLOWS_CLOSED], 1);
	assert_int_equal(s.stats->counters[VG_C_FLOWS], 1);
	tear_down(&s);
}

/* All orders of the packets of a short connection, SYNs included, give the same. */
static void any_order_of_the_packets_gives_the_same(void **state)
{
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 120; round++) {
		int order[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
		struct story s;

		for (int i = 7; i > 0; i--) {
			int k = rand_r(&seed) % (i + 1), t = order[i];
			order[i] = order[k];
			order[k] = t;
		}
		set_up(&s);
		for (int i = 0; i < 8; i++) {
			static const uint32_t n_head = sizeof(CLOSED) - 1, n_request = sizeof(REQUEST) - 1;
			switch (order[i]) {
			case 0:
				say(&s, CLIENT, SYN, 0, "");
				break;
			case 1:
				say(&s, SERVER, SYN | ACK, 0, "");
				break;
			case 2:
				say(&s, CLIENT, ACK, 0, REQUEST);
				break;
			case 3:
				say(&s, SERVER, ACK, 0, CLOSED);
				break;
			case 4:
				say(&s, SERVER, ACK, n_head, "01234");
				break;
			case 5:
				say(&s, SERVER, ACK, n_head + 5, "56789");
				break;
			case 6:
				say(&s, SERVER, FIN | ACK, n_head + 10, "");
				break;
			default:
				say(&s, CLIENT, FIN | ACK, n_request, "");
			}
		}
		vg_inspect_flush(s.inspect);
		/* Who asked may come too late to be named; the body may not. */
		if (!strstr(s.log->text, ": 0123456789 = complete\n") || s.log->n_opened != 1)
			fail_msg("order %d%d%d%d%d%d%d%d: %s", order[0], order[1], order[2], order[3], order[4],
				 order[5], order[6], order[7], s.log->text);
		tear_down(&s);
	}
}

static void an_acknowledgement_before_its_data_is_no_gap(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, REQUEST);
	s.isn[SERVER] += 200; /* the client has it all, says the tap */
	say(&s, CLIENT, ACK, len(REQUEST), "");
	s.isn[SERVER] -= 200;
	say(&s, CLIENT, FIN | ACK, len(REQUEST), "");
	say(&s, SERVER, ACK, 0, HEAD(10) "0123456789");
	expect(&s, LINE ": 0123456789 = complete\n");
	assert_int_equal(s.stats->counters[VG_C_STREAM_GAPS], 0);
	tear_down(&s);
}

static void a_lost_segment_is_a_gap_after_its_time(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, REQUEST);
	say(&s, SERVER, ACK, 0, HEAD(15) "01234");
	say(&s, SERVER, ACK, len(HEAD(15)) + 10, "abcde");
	s.clock_ns += 900 * MS;
	say(&s, CLIENT, ACK, len(REQUEST), "");
	expect(&s, "");
	s.clock_ns += 200 * MS;
	say(&s, CLIENT, ACK, len(REQUEST), "");
	expect(&s, LINE ": 01234{5}abcde = gap\n");
	tear_down(&s);
}

static void one_direction_alone_is_enough(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	say(&s, SERVER, SYN | ACK, 0, "");
	say(&s, SERVER, ACK, 0, HEAD(4) "body");
	expect(&s, "down    200: body = complete\n");
	tear_down(&s);
}

static void a_connection_without_syn_is_read_from_its_first_message(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	say(&s, CLIENT, ACK, 0, REQUEST);
	say(&s, SERVER, ACK, 0, HEAD(4) "body");
	assert_non_null(strstr(s.log->text, ": body = complete\n"));
	assert_int_equal(s.stats->counters[VG_C_STREAM_MIDSTREAM], 1);
	tear_down(&s);
}

static void a_flow_picked_up_in_a_body_is_read_from_its_next_message(void **state)
{
	struct story s;
	uint32_t off = 100000;

	(void)state;
	set_up(&s);
	for (int i = 0; i < 200; i++, off += 30) {
		say(&s, SERVER, ACK, off, "bytes of a picture in the mid.");
		s.clock_ns += 20 * MS;
	}
	assert_string_equal(s.log->text, "");
	say(&s, CLIENT, ACK, 500, REQUEST);
	say(&s, SERVER, ACK, off, HEAD(4) "body");
	assert_non_null(strstr(s.log->text, ": body = complete\n"));
	tear_down(&s);
}

static void a_syn_on_known_ports_begins_anew(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, REQUEST);
	say(&s, SERVER, ACK, 0, CLOSED "first");
	expect(&s, "");
	s.isn[CLIENT] += 1000000;
	s.isn[SERVER] += 3000000;
	say(&s, CLIENT, SYN, 0, "");
	expect(&s, ""); /* anybody can send that into a connection */
	say(&s, SERVER, SYN | ACK, 0, "");
	assert_true(strncmp(s.log->text, LINE ": first = ", sizeof(LINE) + 9) == 0);
	s.log->n_text = 0;
	say(&s, CLIENT, ACK, 0, REQUEST);
	say(&s, SERVER, ACK, 0, HEAD(6) "second");
	expect(&s, LINE ": second = complete\n");
	assert_int_equal(s.stats->counters[VG_C_FLOWS], 2);
	tear_down(&s);
}

static void a_repeated_syn_changes_nothing(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, REQUEST);
	say(&s, CLIENT, SYN, 0, "");
	say(&s, SERVER, SYN | ACK, 0, "");
	say(&s, SERVER, ACK, 0, HEAD(4) "body");
	expect(&s, LINE ": body = complete\n");
	assert_int_equal(s.stats->counters[VG_C_FLOWS], 1);
	tear_down(&s);
}

static void the_answer_to_a_new_syn_may_come_first(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, REQUEST);
	say(&s, SERVER, FIN | ACK, 0, HEAD(3) "one");
	say(&s, CLIENT, FIN | ACK, len(REQUEST), "");
	expect(&s, LINE ": one = complete\n");
	s.isn[CLIENT] += 77777777;
	s.isn[SERVER] += 99999999;
	say(&s, SERVER, SYN | ACK, 0, "");
	say(&s, CLIENT, SYN, 0, "");
	say(&s, CLIENT, ACK, 0, REQUEST);
	say(&s, SERVER, ACK, 0, HEAD(3) "two");
	expect(&s, LINE ": two = complete\n");
	assert_int_equal(s.stats->counters[VG_C_FLOWS], 2);
	tear_down(&s);
}

static void tenants_with_the_same_addresses_do_not_mix(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	for (s.vlan = 10; s.vlan <= 11; s.vlan++)
		shake_hands(&s);
	for (s.vlan = 10; s.vlan <= 11; s.vlan++)
		say(&s, CLIENT, ACK, 0, REQUEST);
	s.vlan = 10;
	say(&s, SERVER, ACK, 0, HEAD(6) "abc");
	s.vlan = 11;
	say(&s, SERVER, ACK, 0, HEAD(6) "xyz");
	say(&s, SERVER, ACK, len(HEAD(6)) + 3, "XYZ");
	s.vlan = 10;
	say(&s, SERVER, ACK, len(HEAD(6)) + 3, "ABC");
	expect(&s, LINE ": xyzXYZ = complete\n" LINE ": abcABC = complete\n");
	tear_down(&s);
}

static void a_reset_after_all_bytes_does_not_spoil_a_late_one(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, REQUEST);
	say(&s, SERVER, ACK, 0, HEAD(10) "01234");
	say(&s, CLIENT, RST, len(REQUEST), ""); /* seen before what it answers */
	say(&s, SERVER, ACK, len(HEAD(10)) + 5, "56789");
	expect(&s, LINE ": 0123456789 = complete\n");
	tear_down(&s);
}

static void a_reset_sender_leaves_an_aborted_body(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, REQUEST);
	say(&s, SERVER, ACK, 0, HEAD(10) "01234");
	say(&s, SERVER, RST, len(HEAD(10)) + 5, "");
	s.clock_ns += 2000 * MS;
	vg_inspect_tick(s.inspect, s.clock_ns);
	expect(&s, LINE ": 01234 = aborted\n");
	tear_down(&s);
}

static void data_on_the_syn_counts(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	say(&s, CLIENT, SYN, 0, REQUEST); /* RFC 7413 */
	say(&s, SERVER, SYN | ACK, 0, "");
	say(&s, SERVER, ACK, 0, HEAD(4) "body");
	expect(&s, LINE ": body = complete\n");
	tear_down(&s);
}

static void the_payload_of_a_giant_spans_its_segments(void **state)
{
	struct pb_tcp t;
	struct pb_frame f;
	struct rte_mbuf segments[3];
	char tail[2][6] = { "56789", "abcde" }, text[2000];
	struct story s;

	(void)state;
	memset(segments, 0, sizeof(segments));
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, REQUEST);
	/* larger than a frame of a wire, as segmentation offload has it */
	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nX: %01500d\r\nConnection: close\r\n\r\n01234", 0);
	t = tcp_of(&s, SERVER, FIN | ACK, 0, text);
	pb_simple(&f, &t);
	pb_set16(&f, f.ip_off + 2, 0); /* as segmentation offload leaves it */
	for (int i = 0; i < 2; i++) {
		segments[i].next = &segments[i + 1];
		segments[i + 1].buf_addr = tail[i];
		segments[i + 1].data_len = 5;
	}
	send_frame(&s, &f, &segments[0], f.n_bytes + 10);
	expect(&s, LINE ": 0123456789abcde = complete\n");
	tear_down(&s);
}

static void an_idle_flow_ends_and_says_so(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, REQUEST);
	say(&s, SERVER, ACK, 0, HEAD(10) "01234");
	s.clock_ns += 10200 * MS;
	vg_inspect_tick(s.inspect, s.clock_ns);
	expect(&s, LINE ": 01234 = truncated\n");
	assert_int_equal(s.stats->counters[VG_C_FLOWS_AGED], 1);
	tear_down(&s);
}

static void a_full_table_and_a_full_pool_are_survived(void **state)
{
	struct story s;

	(void)state;
	set_up_sized(&s, 16, 4);
	for (s.client_port = 1; s.client_port < 500; s.client_port++) {
		shake_hands(&s);
		say(&s, CLIENT, ACK, 0, REQUEST);
		say(&s, SERVER, ACK, 0, HEAD(10) "01234");
	}
	assert_true(s.stats->counters[VG_C_FLOWS_EVICTED] > 400);
	assert_true(s.stats->counters[VG_C_STREAM_NO_STATE] > 0);
	assert_true(s.log->n_open <= 4);
	tear_down(&s);
}

static void opaque_flows_are_let_go(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, "\x16\x03\x01\x02\x10\x01");
	say(&s, SERVER, ACK, 0, HEAD(4) "body");
	expect(&s, "");
	assert_int_equal(s.stats->counters[VG_C_DETECT_OPAQUE], 1);
	tear_down(&s);
}

/* The TCP checksum of the packet in f, computed the slow way; `damage` is added to it. */
static void put_sum(struct pb_frame *f, uint32_t damage)
{
	uint32_t tcp_off = f->ip_off + 20, s = 6 + f->n_bytes - tcp_off;

	for (uint32_t i = f->ip_off + 12; i < f->n_bytes; i++)
		s += i & 1 ? f->bytes[i] : (uint32_t)f->bytes[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	pb_set16(f, tcp_off + 16, (~s & 0xffff) ^ damage);
}

static void say_summed(struct story *s, unsigned side, uint8_t flags, uint32_t off, const char *text, uint32_t damage)
{
	struct pb_tcp t = tcp_of(s, side, flags, off, text);
	struct pb_frame f;

	pb_simple(&f, &t);
	put_sum(&f, damage);
	send_frame(s, &f, NULL, f.n_bytes);
}

static void a_wrong_checksum_of_who_sends_right_ones_is_a_decoy(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	say_summed(&s, CLIENT, SYN, 0, "", 0);
	say_summed(&s, SERVER, SYN | ACK, 0, "", 0);
	say_summed(&s, CLIENT, ACK, 0, REQUEST, 0);
	say_summed(&s, SERVER, ACK, 0, HEAD(10) "AAAAA", 0x5555);
	say_summed(&s, SERVER, ACK, 0, HEAD(10) "01234", 0);
	say_summed(&s, SERVER, ACK, len(HEAD(10)) + 5, "BBBBB", 1);
	say_summed(&s, SERVER, RST, len(HEAD(10)) + 5, "", 1); /* nor does a RST, */
	say_summed(&s, SERVER, FIN | ACK, len(HEAD(10)) + 5, "", 1);
	say_summed(&s, SERVER, SYN | ACK, 7000, "", 1); /* nor a new beginning */
	say_summed(&s, SERVER, ACK, len(HEAD(10)) + 5, "56789", 0);
	expect(&s, LINE ": 0123456789 = complete\n");
	assert_int_equal(s.stats->counters[VG_C_DECODE_CHECKSUM], 5);
	tear_down(&s);
}

static void checksums_that_are_never_right_are_offload(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	say_summed(&s, CLIENT, SYN, 0, "", 3);
	say_summed(&s, SERVER, SYN | ACK, 0, "", 3);
	say_summed(&s, CLIENT, ACK, 0, REQUEST, 3);
	say_summed(&s, SERVER, ACK, 0, HEAD(10) "01234", 3);
	say_summed(&s, SERVER, ACK, len(HEAD(10)) + 5, "56789", 3);
	expect(&s, LINE ": 0123456789 = complete\n");
	assert_int_equal(s.stats->counters[VG_C_DECODE_CHECKSUM], 0);
	tear_down(&s);
}

/* Once in 65,536 packets an unfinished checksum is right: what follows must not be lost. */
static void one_that_is_right_by_chance_among_wrong_ones_decides_nothing(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	say_summed(&s, CLIENT, SYN, 0, "", 3);
	say_summed(&s, SERVER, SYN | ACK, 0, "", 3);
	say_summed(&s, CLIENT, ACK, 0, REQUEST, 3);
	say_summed(&s, SERVER, ACK, 0, HEAD(10) "01234", 0); /* by chance */
	say_summed(&s, SERVER, ACK, len(HEAD(10)) + 5, "56789", 3);
	expect(&s, LINE ": 0123456789 = complete\n");
	assert_int_equal(s.stats->counters[VG_C_DECODE_CHECKSUM], 0);
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_exchange_gives_its_body),
		cmocka_unit_test(any_order_of_the_packets_gives_the_same),
		cmocka_unit_test(an_acknowledgement_before_its_data_is_no_gap),
		cmocka_unit_test(a_lost_segment_is_a_gap_after_its_time),
		cmocka_unit_test(one_direction_alone_is_enough),
		cmocka_unit_test(a_connection_without_syn_is_read_from_its_first_message),
		cmocka_unit_test(a_flow_picked_up_in_a_body_is_read_from_its_next_message),
		cmocka_unit_test(a_syn_on_known_ports_begins_anew),
		cmocka_unit_test(a_repeated_syn_changes_nothing),
		cmocka_unit_test(the_answer_to_a_new_syn_may_come_first),
		cmocka_unit_test(tenants_with_the_same_addresses_do_not_mix),
		cmocka_unit_test(a_reset_after_all_bytes_does_not_spoil_a_late_one),
		cmocka_unit_test(a_reset_sender_leaves_an_aborted_body),
		cmocka_unit_test(data_on_the_syn_counts),
		cmocka_unit_test(the_payload_of_a_giant_spans_its_segments),
		cmocka_unit_test(an_idle_flow_ends_and_says_so),
		cmocka_unit_test(a_full_table_and_a_full_pool_are_survived),
		cmocka_unit_test(opaque_flows_are_let_go),
		cmocka_unit_test(a_wrong_checksum_of_who_sends_right_ones_is_a_decoy),
		cmocka_unit_test(checksums_that_are_never_right_are_offload),
		cmocka_unit_test(one_that_is_right_by_chance_among_wrong_ones_decides_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
