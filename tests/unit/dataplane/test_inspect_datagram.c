/* UDP: a client's port and a server's address are one flow; the rest is nobody's. */
#include "tests/lib/packet_story.h"

/* A datagram between 10.0.0.9 (who asks) and 10.0.0.1. */
static void tell(struct story *s, unsigned side, uint16_t server_port, const char *text, uint32_t n)
{
	uint32_t ip[2] = { 0x0a000009, 0x0a000001 };
	uint16_t port[2] = { 3000, server_port };
	struct pb_frame f;

	pb_ether(&f);
	pb_be16(&f, 0x0800);
	pb_be16(&f, 0x4500);
	pb_be16(&f, (uint16_t)(28 + n));
	pb_be32(&f, 0);
	pb_be16(&f, 0x4011);
	pb_be16(&f, 0);
	pb_be32(&f, ip[side]);
	pb_be32(&f, ip[!side]);
	pb_be16(&f, port[side]);
	pb_be16(&f, port[!side]);
	pb_be16(&f, (uint16_t)(8 + n));
	pb_be16(&f, 0);
	pb_put(&f, text, n);
	send_frame(s, &f, NULL, f.n_bytes);
}
#define TELL(side, port, text) tell(&s, side, port, text, sizeof(text) - 1)

static void the_answer_comes_from_another_port(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	TELL(CLIENT, 69, "\0\1a.jpg\0octet\0");
	TELL(SERVER, 7000, "\0\3\0\1abc");
	TELL(CLIENT, 7000, "\0\4\0\1");
	expect(&s, "down RRQ  tftp://10.0.0.1/a.jpg 0 file=a.jpg: abc = complete\n");
	TELL(CLIENT, 69, "\0\2b\0octet\0");
	TELL(SERVER, 7001, "\0\4\0\0");
	TELL(CLIENT, 7001, "\0\3\0\1xyz");
	expect(&s, "up WRQ  tftp://10.0.0.1/b 0 file=b: xyz = complete\n");
	assert_int_equal(s.stats->counters[VG_C_FLOWS], 1);
	assert_int_equal(s.stats->counters[VG_C_DECODE_NOT_TCP], 0);
	tear_down(&s);
}

static void what_nobody_asked_for_is_counted_and_makes_no_flow(void **state)
{
	struct story s;

	(void)state;
	set_up(&s);
	TELL(SERVER, 53, "\0\3\0\1abc");
	TELL(CLIENT, 53, "");
	assert_int_equal(s.stats->counters[VG_C_FLOWS], 0);
	assert_int_equal(s.stats->counters[VG_C_DECODE_NOT_TCP], 2);
	TELL(CLIENT, 69, "\0\1a.jpg\0octet\0");
	s.clock_ns += 200000 * MS;
	TELL(SERVER, 7000, "\0\3\0\1abc");
	assert_int_equal(s.stats->counters[VG_C_DECODE_NOT_TCP], 3);
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_comes_from_another_port),
		cmocka_unit_test(what_nobody_asked_for_is_counted_and_makes_no_flow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
