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

#include "dataplane/inspect.h"
#include "tests/lib/body_log.h"
#include "tests/lib/guard.h"
#include "tests/lib/pktbuild.h"

#define MS      UINT64_C(1000000)
#define CLIENT  0u
#define SERVER  1u
#define FIN     1u
#define SYN     2u
#define RST     4u
#define ACK     16u
#define REQUEST "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
#define HEAD(n) "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\n\r\n"
#define CLOSED  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define LINE    "down GET h /a 200 file=a"

struct story {
	struct vg_dataplane_conf conf;
	struct vg_stats_page *stats;
	struct vg_body_log *log;
	struct vg_body_sink sink;
	struct vg_proto *proto;
	struct vg_inspect *inspect;
	uint64_t clock_ns;
	uint32_t isn[2];
	uint16_t client_port, vlan;
};

static void set_up_sized(struct story *s, uint32_t n_flows, uint32_t n_streams)
{
	static const uint64_t seed[3] = { 1, 2, 3 };

	memset(s, 0, sizeof(*s));
	s->conf = (struct vg_dataplane_conf){ .flags = VG_CONF_REPLAY | VG_CONF_ALL_FILES,
					      .n_flows = n_flows,
					      .n_streams = n_streams,
					      .idle_timeout_ms = 10000,
					      .hole_timeout_ms = 1000,
					      .hole_bytes = 1 << 18 };
	s->stats = calloc(1, sizeof(*s->stats));
	s->log = calloc(1, sizeof(*s->log));
	s->sink = vg_body_log_sink(s->log);
	s->proto = vg_proto_create(&s->conf, s->stats, &s->sink);
	s->inspect = vg_inspect_create(&s->conf, seed, s->stats, s->proto);
	assert_true(s->log && s->proto && s->inspect);
	s->clock_ns = 1000000 * MS;
	s->isn[CLIENT] = 0xfffffff8u; /* wraps early */
	s->isn[SERVER] = 5000;
	s->client_port = 40000;
}

static void set_up(struct story *s)
{
	set_up_sized(s, 1000, 100);
}

static void tear_down(struct story *s)
{
	vg_inspect_flush(s->inspect);
	assert_int_equal(s->log->n_open, 0);
	vg_inspect_destroy(s->inspect);
	vg_proto_destroy(s->proto);
	free(s->log);
	free(s->stats);
}

static struct pb_tcp tcp_of(const struct story *s, unsigned side, uint8_t flags, uint32_t off, const char *text)
{
	return (struct pb_tcp){ .src = side == CLIENT ? 0x0a000009 : 0x0a000001,
				.dst = side == CLIENT ? 0x0a000001 : 0x0a000009,
				.sport = side == CLIENT ? s->client_port : 80,
				.dport = side == CLIENT ? 80 : s->client_port,
				.seq = s->isn[side] + (flags & SYN ? 0 : 1 + off),
				.ack = s->isn[!side] + 1,
				.flags = flags,
				.payload = text,
				.n_payload = (uint32_t)strlen(text) };
}

static void send_frame(struct story *s, const struct pb_frame *f, const void *segment, uint32_t n_frame_bytes)
{
	struct vg_packet pkt = { .n_first_bytes = f->n_bytes,
				 .n_frame_bytes = n_frame_bytes,
				 .segment = segment,
				 .wall_ns = (int64_t)s->clock_ns,
				 .clock_ns = s->clock_ns,
				 .link = VG_LINK_ETHERNET };
	uint8_t *at = vg_guard_copy(f->bytes, f->n_bytes);

	pkt.frame = at;
	vg_inspect_burst(s->inspect, &pkt, 1);
	vg_guard_free(at, f->n_bytes);
	vg_inspect_tick(s->inspect, s->clock_ns);
	s->clock_ns += MS;
}

/* One packet of a side; off counts payload bytes after its SYN. */
static void say(struct story *s, unsigned side, uint8_t flags, uint32_t off, const char *text)
{
	struct pb_tcp t = tcp_of(s, side, flags, off, text);
	struct pb_frame f;

	pb_ether(&f);
	if (s->vlan)
		pb_tag(&f, 0x8100, s->vlan);
	pb_be16(&f, 0x0800);
	pb_ipv4_tcp(&f, &t, 0);
	send_frame(s, &f, NULL, f.n_bytes);
}

static void shake_hands(struct story *s)
{
	say(s, CLIENT, SYN, 0, "");
	say(s, SERVER, SYN | ACK, 0, "");
	say(s, CLIENT, ACK, 0, "");
}

static uint32_t len(const char *text)
{
	return (uint32_t)strlen(text);
}

static void expect(struct story *s, const char *text)
{
	assert_string_equal(s->log->text, text);
	s->log->text[0] = 0;
	s->log->n_text = 0;
}

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
	assert_true(strncmp(s.log->text, LINE ": first = ", sizeof(LINE) + 9) == 0);
	s.log->n_text = 0;
	say(&s, SERVER, SYN | ACK, 0, "");
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
	char tail[2][6] = { "56789", "abcde" };
	struct story s;

	(void)state;
	memset(segments, 0, sizeof(segments));
	set_up(&s);
	shake_hands(&s);
	say(&s, CLIENT, ACK, 0, REQUEST);
	t = tcp_of(&s, SERVER, FIN | ACK, 0, CLOSED "01234");
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
