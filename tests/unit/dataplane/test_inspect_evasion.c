/* inspect: what somebody sends who wants the receiver to have a file and the observer to have another, or none. Each
 * row is a connection, packet by packet; its name says what is done about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/packet_story.h"

#define C CLIENT
#define S SERVER
#define HANDS                                       \
	{ C, SYN, 0, "" }, { S, SYN | ACK, 0, "" }, \
	{                                           \
		C, ACK, 0, ""                       \
	}
#define ASK                        \
	{                          \
		C, ACK, 0, REQUEST \
	}
#define AT(n) (sizeof(HEAD(10)) - 1 + (n))
#define SAW(n)                                                        \
	{                                                             \
		C, ACK, sizeof(REQUEST) - 1, "", 0, 0, (int32_t)AT(n) \
	}
#define OPEN5 HANDS, ASK, { S, ACK, 0, HEAD(10) "01234" }, SAW(5)
#define REST5                          \
	{                              \
		S, ACK, AT(5), "56789" \
	}
#define WHOLE    LINE ": 0123456789 = complete\n"
#define CONFLICT LINE " flags=1: 0123456789 = complete\n"

struct row {
	const char *name;
	struct shot shots[24];
	const char *log;
	unsigned counter; /* that has counted, 0: none is looked at */
};

/* what a shot does not name is 0 */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
static const struct row rows[] = {
	/* resets and ends */
	{ "a RST with a bad checksum is dropped",
	  { OPEN5, { S, RST, AT(5), "", .is_bad_sum = 1 }, REST5 },
	  WHOLE,
	  VG_C_DECODE_CHECKSUM },
	{ "a RST far from the window is ignored",
	  { OPEN5, { S, RST, AT(5), "", .seq = 1 << 24 }, REST5 },
	  WHOLE,
	  VG_C_STREAM_SIGNALS },
	{ "a RST near, but not at the right place is forgotten, also after a long silence",
	  { OPEN5, { S, RST, AT(5), "", .seq = 7 }, { S, ACK, AT(5), "56789", .wait_ms = 5000 } },
	  WHOLE,
	  VG_C_STREAM_SIGNALS },
	{ "the same from the other side",
	  { OPEN5, { C, RST, sizeof(REQUEST) - 1, "", .seq = 99 }, { S, ACK, AT(5), "56789", .wait_ms = 5000 } },
	  WHOLE,
	  VG_C_STREAM_SIGNALS },
	{ "a RST that expires on its way is ignored, also after a long silence",
	  { OPEN5, { S, RST, AT(5), "", .ttl = 3 }, { S, ACK, AT(5), "56789", .wait_ms = 5000 } },
	  WHOLE,
	  VG_C_STREAM_SIGNALS },
	{ "a RST at the right place is forgotten where its sender goes on at once",
	  { OPEN5, { S, RST, AT(5), "" }, REST5 },
	  WHOLE,
	  0 },
	{ "a RST at the right place and silence end the body",
	  { OPEN5, { S, RST, AT(5), "" }, { C, ACK, sizeof(REQUEST) - 1, "", .wait_ms = 3000 } },
	  LINE ": 01234 = aborted\n",
	  0 },
	{ "a FIN that expires on its way ends nothing",
	  { OPEN5, { S, FIN | ACK, AT(5), "", .ttl = 3 }, REST5 },
	  WHOLE,
	  VG_C_STREAM_SIGNALS },
	{ "a FIN beyond every window is ignored, also after a long silence",
	  { OPEN5, { S, FIN | ACK, AT(5), "", .seq = 1 << 22 }, { S, ACK, AT(5), "56789", .wait_ms = 5000 } },
	  WHOLE,
	  VG_C_STREAM_SIGNALS },
	{ "FINs of both sides and a RST in any order keep what came",
	  { OPEN5,
	    { C, FIN | ACK, sizeof(REQUEST) - 1, "" },
	    { C, RST, sizeof(REQUEST) - 1, "", .seq = 1 },
	    REST5,
	    { S, FIN | ACK, AT(10), "" } },
	  WHOLE,
	  0 },
	{ "a FIN before the last bytes waits for them", { OPEN5, { S, FIN | ACK, AT(10), "" }, REST5 }, WHOLE, 0 },
	/* beginnings */
	{ "a SYN within a connection begins nothing",
	  { OPEN5, { C, SYN, 0, "", .seq = 1 << 27 }, { S, ACK, AT(5), "56789" } },
	  WHOLE,
	  VG_C_STREAM_SIGNALS },
	{ "a SYN near the place where the connection is begins nothing",
	  { OPEN5,
	    { C, SYN, sizeof(REQUEST) - 1, "", .seq = 9 },
	    SAW(5),
	    { S, ACK, AT(5), "56789", .ack = sizeof(REQUEST) + 20 },
	    SAW(10) },
	  WHOLE,
	  VG_C_STREAM_SIGNALS },
	{ "a SYN-ACK of who asked begins nothing",
	  { OPEN5, { C, SYN | ACK, 0, "", .seq = 1 << 27, .ack = 77 }, REST5 },
	  WHOLE,
	  VG_C_STREAM_SIGNALS },
	{ "a second SYN between handshake and payload begins nothing",
	  { HANDS, { C, SYN, 0, "", .seq = 1 << 27 }, ASK, { S, ACK, 0, HEAD(10) "0123456789" } },
	  WHOLE,
	  0 },
	{ "a SYN-ACK of who asked between handshake and payload begins nothing",
	  { HANDS, { C, SYN | ACK, 0, "", .seq = 1 << 27, .ack = 99 }, ASK, { S, ACK, 0, HEAD(10) "0123456789" } },
	  WHOLE,
	  VG_C_STREAM_SIGNALS },
	{ "a new connection on old ports begins with the answer of the other side",
	  { OPEN5,
	    { C, SYN, 0, "", .seq = 1 << 27 },
	    { S, SYN | ACK, 0, "", .seq = 1 << 26, .ack = 1 << 27 },
	    { C, ACK, 0, REQUEST, .seq = 1 << 27 },
	    { S, ACK, 0, HEAD(10) "abcdefghij", .seq = 1 << 26 } },
	  LINE ": 01234 = truncated\n" LINE ": abcdefghij = complete\n",
	  0 },
	{ "a new connection whose SYN-ACK was lost begins with what the other side acknowledges",
	  { OPEN5,
	    { C, SYN, 0, "", .seq = 1 << 27 },
	    { S, ACK, 0, HEAD(10) "abcdefghij", .seq = 1 << 26, .ack = (1 << 27) + 28 } },
	  LINE ": 01234 = truncated\n"
	       "down    200: abcdefghij = complete\n",
	  0 },
	{ "simultaneous open is one connection",
	  { { C, SYN, 0, "" },
	    { S, SYN, 0, "" },
	    { C, SYN | ACK, 0, "" },
	    { S, SYN | ACK, 0, "" },
	    ASK,
	    { S, ACK, 0, HEAD(10) "0123456789" } },
	  WHOLE,
	  0 },
	{ "payload on the SYN counts",
	  { { C, SYN, 0, REQUEST }, { S, SYN | ACK, 0, "" }, { S, ACK, 0, HEAD(10) "0123456789" } },
	  WHOLE,
	  0 },
	/* payload that the receiver does not get, or not like that */
	{ "bytes that expire on their way give way to those that arrive",
	  { OPEN5, { S, ACK, AT(5), "XXXXX", .ttl = 3 }, REST5 },
	  WHOLE,
	  VG_C_STREAM_DECOY_BYTES },
	{ "the same however long they wait",
	  { OPEN5, { S, ACK, AT(5), "XXXXX", .ttl = 3 }, SAW(5), { S, ACK, AT(5), "56789", .wait_ms = 7000 } },
	  WHOLE,
	  VG_C_STREAM_DECOY_BYTES },
	{ "the same as the first payload, and piece by piece",
	  { HANDS,
	    ASK,
	    { S, ACK, 0, HEAD(10) "XXXXXXXXXX", .ttl = 5 },
	    { S, ACK, 0, HEAD(10) "012" },
	    { S, ACK, AT(3), "3456" },
	    { S, ACK, AT(7), "789" } },
	  WHOLE,
	  VG_C_STREAM_DECOY_BYTES },
	{ "the same before a hole",
	  { OPEN5, { S, ACK, AT(7), "XXX", .ttl = 3 }, { S, ACK, AT(7), "789" }, { S, ACK, AT(5), "56" } },
	  WHOLE,
	  VG_C_STREAM_DECOY_BYTES },
	{ "a SYN that expires does not lower the measure",
	  { { C, SYN, 0, "" },
	    { S, SYN | ACK, 0, "", .ttl = 3 },
	    { S, SYN | ACK, 0, "" },
	    ASK,
	    { S, ACK, 0, HEAD(10) "XXXXXXXXXX", .ttl = 3 },
	    { S, ACK, 0, HEAD(10) "0123456789" } },
	  WHOLE,
	  VG_C_STREAM_DECOY_BYTES },
	{ "bytes on a longer way count once they are acknowledged",
	  { OPEN5, { S, ACK, AT(5), "567", .ttl = 60 }, SAW(8), { S, ACK, AT(8), "89", .ttl = 60 } },
	  WHOLE,
	  VG_C_STREAM_DOUBTED },
	{ "that one longer way came does not let shorter ones in",
	  { OPEN5,
	    { S, ACK, AT(5), "5", .ttl = 60 },
	    SAW(6),
	    { S, ACK, AT(6), "XXXX", .ttl = 3 },
	    { S, ACK, AT(6), "6789", .ttl = 60 } },
	  WHOLE,
	  VG_C_STREAM_DECOY_BYTES },
	{ "where only one side is seen they count after a while, and the object is marked",
	  { { S, SYN | ACK, 0, "" },
	    { S, ACK, 0, HEAD(10) "01234" },
	    { S, ACK, AT(5), "56789", .ttl = 60 },
	    { S, ACK, AT(10), "", .wait_ms = 2000 } },
	  "down    200 flags=1: 0123456789 = complete\n",
	  VG_C_STREAM_DOUBTED },
	{ "a FIN on a longer way counts once it is acknowledged",
	  { HANDS,
	    ASK,
	    { S, ACK, 0, CLOSED "0123456789" },
	    { S, FIN | ACK, sizeof(CLOSED) + 9, "", .ttl = 60 },
	    { C, ACK, sizeof(REQUEST) - 1, "", .ack = sizeof(CLOSED) + 10 } },
	  WHOLE,
	  VG_C_STREAM_SIGNALS },
	{ "bytes without ACK give way to those with",
	  { OPEN5, { S, 8, AT(5), "XXXXX" }, REST5 },
	  WHOLE,
	  VG_C_STREAM_DECOY_BYTES },
	{ "bytes with a bad checksum give way to those with a right one",
	  { OPEN5, { S, ACK, AT(5), "XXXXX", .is_bad_sum = 1 }, REST5 },
	  WHOLE,
	  VG_C_STREAM_DECOY_BYTES },
	{ "also where those are acknowledged before they come, as a tap may bring it",
	  { OPEN5, { S, ACK, AT(5), "XXXXX", .is_bad_sum = 1 }, SAW(10), REST5 },
	  WHOLE,
	  VG_C_STREAM_DECOY_BYTES },
	{ "also where those come late",
	  { OPEN5, { S, ACK, AT(5), "XXXXX", .is_bad_sum = 1 }, { S, ACK, AT(5), "56789", .wait_ms = 900 }, SAW(10) },
	  WHOLE,
	  VG_C_STREAM_DECOY_BYTES },
	{ "bytes with a bad checksum are taken where their receiver has them, and mark the object",
	  { OPEN5, { S, ACK, AT(5), "567", .is_bad_sum = 1 }, { S, ACK, AT(8), "89" }, SAW(10) },
	  CONFLICT,
	  VG_C_STREAM_BROKEN_BYTES },
	{ "also at the beginning",
	  { HANDS, ASK, { S, ACK, 0, HEAD(10) "01", .is_bad_sum = 1 }, SAW(2), { S, ACK, AT(2), "23456789" }, SAW(10) },
	  CONFLICT,
	  VG_C_STREAM_BROKEN_BYTES },
	{ "a bad checksum that nobody acknowledges leaves a gap",
	  { OPEN5,
	    { S, ACK, AT(5), "567", .is_bad_sum = 1 },
	    { S, ACK, AT(8), "89" },
	    { C, ACK, sizeof(REQUEST) - 1, "", .wait_ms = 5000 } },
	  LINE ": 01234{3}89 = gap\n",
	  VG_C_STREAM_GAPS },
	{ "a bad checksum adds nothing to the end of a body that nothing ends but the connection",
	  { HANDS,
	    ASK,
	    { S, ACK, 0, CLOSED "0123456789" },
	    { S, ACK, sizeof(CLOSED) + 9, "XXXXX", .is_bad_sum = 1 },
	    { C, ACK, sizeof(REQUEST) - 1, "", .ack = sizeof(CLOSED) + 9 } },
	  LINE ": 0123456789 = truncated\n",
	  VG_C_DECODE_CHECKSUM },
	{ "a packet of which IP says that it has no length is dropped",
	  { OPEN5, { S, ACK, AT(5), "XXXXX", .is_zero_ip = 1 }, REST5 },
	  WHOLE,
	  VG_C_DECODE_SHORT },
	{ "bytes far from the window are ignored",
	  { OPEN5, { S, ACK, AT(5), "XXXXX", .seq = INT32_MIN }, { S, ACK, AT(5), "YYYYY", .seq = -4000 }, REST5 },
	  WHOLE,
	  0 },
	{ "an urgent byte is no part of the stream; the object is marked",
	  { OPEN5, { S, ACK, AT(5), "56!78", .urgent = 3 }, { S, ACK, AT(10), "9" } },
	  CONFLICT,
	  VG_C_STREAM_URGENT },
	{ "the same at the front of a segment, and ahead of its segment",
	  { OPEN5,
	    { S, ACK, AT(5), "!56", .urgent = 1 },
	    { S, ACK, AT(8), "7", .urgent = 2 },
	    { S, ACK, AT(9), "!89" } },
	  CONFLICT,
	  VG_C_STREAM_URGENT },
	{ "the same out of order",
	  { OPEN5, { S, ACK, AT(7), "7!8", .urgent = 2 }, { S, ACK, AT(10), "9" }, { S, ACK, AT(5), "56" } },
	  CONFLICT,
	  VG_C_STREAM_URGENT },
	/* timestamps and acknowledgements that receivers do not take */
	{ "bytes with an old timestamp give way to those with a new one",
	  { OPEN5,
	    { S, ACK, AT(4), "4", .stamp = 1000 },
	    { S, ACK, AT(5), "XXXXX", .stamp = 900 },
	    { S, ACK, AT(5), "56789", .stamp = 1001 } },
	  WHOLE,
	  VG_C_STREAM_OLD_STAMPS },
	{ "their receiver's acknowledgement makes them plain: it took them",
	  { OPEN5, { S, ACK, AT(4), "4", .stamp = 1000 }, { S, ACK, AT(5), "56789", .stamp = 900 }, SAW(10) },
	  WHOLE,
	  VG_C_STREAM_OLD_STAMPS },
	{ "an early segment's timestamp is no measure for the one before it",
	  { OPEN5, { S, ACK, AT(7), "789", .stamp = 2000 }, { S, ACK, AT(5), "56", .stamp = 1000 } },
	  WHOLE,
	  VG_C_STREAM_OOO },
	{ "bytes that acknowledge what was not sent give way to those that do not",
	  { OPEN5, { S, ACK, AT(5), "XXXXX", .ack = sizeof(REQUEST) }, REST5 },
	  WHOLE,
	  VG_C_STREAM_STRANGE_ACKS },
	{ "so do bytes with an acknowledgement far behind",
	  { OPEN5, { S, ACK, AT(5), "XXXXX", .ack = -(1 << 21) }, REST5 },
	  WHOLE,
	  VG_C_STREAM_STRANGE_ACKS },
	{ "a tap may bring an acknowledgement before what it is for",
	  { HANDS,
	    { C, ACK, 0, "GET /a HTTP/1.1\r\n" },
	    { S, ACK, 0, HEAD(10) "01234", .ack = sizeof(REQUEST) - 1 },
	    { C, ACK, 17, "Host: h\r\n\r\n" },
	    SAW(5),
	    REST5 },
	  WHOLE,
	  VG_C_STREAM_STRANGE_ACKS },
	/* overlaps */
	{ "of conflicting copies that wait the first to arrive wins, and the object is marked",
	  { OPEN5, { S, ACK, AT(7), "789" }, { S, ACK, AT(7), "XYZ" }, { S, ACK, AT(5), "56" } },
	  CONFLICT,
	  VG_C_STREAM_CONFLICT },
	{ "a segment over a hole and what waits behind it: what waits came first",
	  { OPEN5, { S, ACK, AT(7), "789" }, { S, ACK, AT(5), "56XYZ" } },
	  CONFLICT,
	  VG_C_STREAM_CONFLICT },
	{ "an overlap of the same bytes marks nothing",
	  { OPEN5, { S, ACK, AT(7), "789" }, { S, ACK, AT(5), "56789" } },
	  WHOLE,
	  VG_C_STREAM_RETRANSMITTED },
	{ "first segments that overlap: the first to arrive wins",
	  { HANDS, ASK, { S, ACK, 0, HEAD(10) "012" }, { S, ACK, 0, HEAD(10) "0123456789" } },
	  WHOLE,
	  VG_C_STREAM_RETRANSMITTED },
	{ "a segment that begins before what is known brings what is new",
	  { OPEN5, { S, ACK, AT(3), "3456789" } },
	  WHOLE,
	  VG_C_STREAM_RETRANSMITTED },
	/* what only looks strange */
	{ "keep-alive probes and window probes are old bytes",
	  { OPEN5,
	    {
		    S,
		    ACK,
		    AT(4),
		    "",
	    },
	    { S, ACK, AT(4), "\x01", .wait_ms = 100 },
	    SAW(5),
	    REST5 },
	  WHOLE,
	  VG_C_STREAM_RETRANSMITTED },
	{ "a probe into a closed window is part of the stream",
	  { OPEN5, { S, ACK, AT(5), "5" }, { S, ACK, AT(5), "5", .wait_ms = 900 }, { S, ACK, AT(6), "6789" } },
	  WHOLE,
	  VG_C_STREAM_RETRANSMITTED },
	{ "tiny segments are put together",
	  { HANDS,
	    ASK,
	    { S, ACK, 0, HEAD(10) },
	    { S, ACK, AT(0), "0" },
	    { S, ACK, AT(2), "2" },
	    { S, ACK, AT(1), "1" },
	    { S, ACK, AT(9), "9" },
	    { S, ACK, AT(4), "4" },
	    { S, ACK, AT(3), "3" },
	    { S, ACK, AT(8), "8" },
	    { S, ACK, AT(7), "7" },
	    { S, ACK, AT(6), "6" },
	    { S, ACK, AT(5), "5" } },
	  WHOLE,
	  VG_C_STREAM_OOO },
	{ "an acknowledgement before its bytes makes nothing plain that is doubted later",
	  { OPEN5, SAW(10), { S, ACK, AT(5), "XXXXX", .ttl = 3 }, REST5 },
	  WHOLE,
	  VG_C_STREAM_DECOY_BYTES },
};

/* The end of input, so that nothing is still open. */
static void every_row_gives_what_its_receiver_has(void **state)
{
	unsigned n_bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct story s;

		set_up(&s);
		for (const struct shot *shot = row->shots; shot->flags; shot++)
			shoot(&s, shot);
		vg_inspect_flush(s.inspect);
		if (strcmp(s.log->text, row->log) || (row->counter && !s.stats->counters[row->counter])) {
			print_error("%s:\n  got      %s  expected %s  counted %llu\n", row->name, s.log->text, row->log,
				    (unsigned long long)s.stats->counters[row->counter]);
			n_bad++;
		}
		tear_down(&s);
	}
	assert_int_equal(n_bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_gives_what_its_receiver_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
