/* pins: data connections come to the worker of their control connection, and nothing is torn apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/pins.h"

#define HERE 3u  /* the control connection's worker by its hash */
#define ELSE 11u /* anybody else's */

static struct vg_stats_page stats;
static struct vg_pins pins;

static int open_pins(void **state)
{
	(void)state;
	return vg_pins_create(&pins, 0, &stats) != VG_OK;
}
static int close_pins(void **state)
{
	(void)state;
	vg_pins_destroy(&pins);
	return 0;
}

static uint32_t send_from(uint8_t other, uint16_t port, uint16_t port2, unsigned dir, uint8_t flags, const char *text,
			  uint32_t by_hash)
{
	struct vg_packet pkt = {
		.frame = (const uint8_t *)text,
		.n_first_bytes = (uint32_t)strlen(text),
		.n_payload_bytes = (uint32_t)strlen(text),
		.tcp_flags = flags,
		.dir = (uint8_t)dir,
		.clock_ns = 1000,
		.key = { .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, other } }, .port = { port, port2 }, .net = 4 }
	};
	return vg_pins_worker(&pins, &pkt, by_hash);
}

static void what_nobody_announced_goes_by_its_hash(void **state)
{
	(void)state;
	assert_int_equal(send_from(2, 80, 1000, 1, VG_TCP_SYN, "", ELSE), ELSE);
	assert_int_equal(send_from(2, 80, 1000, 1, VG_TCP_ACK, "GET / HTTP/1.1\r\n\r\n", ELSE), ELSE);
	assert_int_equal(pins.table.n_used, 0);
}

static void flows_of_two_hosts_that_talk_ftp_meet(void **state)
{
	(void)state;
	assert_int_equal(send_from(2, 21, 1000, 1, VG_TCP_ACK, "USER ann\r\n", HERE), HERE);
	assert_int_equal(send_from(2, 4000, 1001, 1, VG_TCP_SYN, "", ELSE), HERE);
	assert_int_equal(send_from(2, 4000, 1001, 0, VG_TCP_SYN | VG_TCP_ACK, "", ELSE), HERE);
	assert_int_equal(send_from(2, 4000, 1001, 1, VG_TCP_ACK, "x", ELSE), HERE);
	assert_int_equal(send_from(3, 4000, 1001, 1, VG_TCP_SYN, "", ELSE), ELSE);
}

static void a_flow_that_was_there_before_stays_where_it_is(void **state)
{
	(void)state;
	assert_int_equal(send_from(2, 80, 1001, 1, VG_TCP_SYN, "", ELSE), ELSE);
	assert_int_equal(send_from(2, 21, 1000, 1, VG_TCP_ACK, "USER ann\r\n", HERE), HERE);
	assert_int_equal(send_from(2, 80, 1001, 1, VG_TCP_ACK, "x", ELSE), ELSE);
	assert_int_equal(send_from(2, 21, 1000, 1, VG_TCP_ACK, "PORT 10,0,0,2,3,233\r\n", HERE), HERE);
	assert_int_equal(send_from(2, 80, 1001, 1, VG_TCP_ACK, "x", ELSE), ELSE);
}

static void an_announced_endpoint_of_a_third_host_is_met_by_its_first_packet(void **state)
{
	(void)state;
	assert_int_equal(send_from(2, 21, 1000, 0, VG_TCP_ACK, "227 (10,0,0,9,16,1)\r\n", HERE), HERE);
	assert_int_equal(send_from(9, 5, 4097, 1, VG_TCP_ACK, "x", ELSE), ELSE);
	assert_int_equal(send_from(9, 6, 4097, 1, VG_TCP_SYN, "", ELSE), HERE);
	assert_int_equal(send_from(9, 6, 4097, 1, VG_TCP_ACK, "x", ELSE), HERE);
}

static void without_syns_announced_flows_meet_too(void **state)
{
	(void)state;
	assert_int_equal(send_from(2, 21, 1000, 0, VG_TCP_ACK, "229 (|||4000|)\r\n", HERE), HERE);
	assert_int_equal(send_from(2, 4000, 1001, 0, VG_TCP_ACK, "x", ELSE), HERE);
	assert_int_equal(send_from(2, 4001, 1001, 0, VG_TCP_ACK, "x", ELSE), ELSE);
	vg_pins_flush(&pins);
	assert_int_equal(send_from(2, 4000, 1001, 0, VG_TCP_ACK, "x", ELSE), ELSE);
}

static uint32_t ask(uint16_t port, uint16_t port2, unsigned dir, const char *bytes, uint32_t n)
{
	struct vg_packet pkt = { .frame = (const uint8_t *)bytes,
				 .n_first_bytes = n,
				 .n_payload_bytes = n,
				 .dir = (uint8_t)dir,
				 .clock_ns = 1000,
				 .key = { .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } },
					  .port = { port, port2 },
					  .net = 4 | VG_FLOW_NET_UDP } };
	return vg_pins_datagram(&pins, &pkt, HERE);
}

static void answers_to_tftp_come_to_who_saw_the_request(void **state)
{
	(void)state;
	assert_int_equal(ask(5000, 1000, 0, "\0\3\0\1x", 5), VG_PINS_NOBODY);
	assert_int_equal(ask(69, 1000, 1, "\0\1a\0octet\0", 10), HERE);
	assert_int_equal(ask(5000, 1000, 0, "\0\3\0\1x", 5), HERE);
	assert_int_equal(ask(5000, 1000, 1, "\0\4\0\1", 4), HERE);
	assert_int_equal(ask(5000, 1001, 0, "\0\3\0\1x", 5), VG_PINS_NOBODY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_nobody_announced_goes_by_its_hash, open_pins, close_pins),
		cmocka_unit_test_setup_teardown(flows_of_two_hosts_that_talk_ftp_meet, open_pins, close_pins),
		cmocka_unit_test_setup_teardown(a_flow_that_was_there_before_stays_where_it_is, open_pins, close_pins),
		cmocka_unit_test_setup_teardown(an_announced_endpoint_of_a_third_host_is_met_by_its_first_packet,
						open_pins, close_pins),
		cmocka_unit_test_setup_teardown(answers_to_tftp_come_to_who_saw_the_request, open_pins, close_pins),
		cmocka_unit_test_setup_teardown(without_syns_announced_flows_meet_too, open_pins, close_pins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
