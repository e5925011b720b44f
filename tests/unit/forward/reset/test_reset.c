/* reset: out of a frame comes the end of its connection, for one side or the other, with right numbers and sums, and
 * out of anything else nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <vigil/bytes.h>

#include "forward/reset/reset.h"
#include "tests/lib/guard.h"
#include "tests/lib/pktbuild.h"

#define FIN 1
#define RST 4
#define PSH 8
#define ACK 16

static const struct pb_tcp said = { .src = 0xc6336401,
				    .dst = 0xcb007102,
				    .sport = 80,
				    .dport = 40000,
				    .seq = 0xfffffff0,
				    .ack = 7000,
				    .flags = ACK | PSH,
				    .payload = "some of a picture, longer than it seems",
				    .n_payload = 39 };

static void frame_make(struct pb_frame *f, const struct pb_tcp *t, unsigned n_tags, int is_v6)
{
	pb_ether(f);
	for (unsigned i = 0; i < 12; i++)
		f->bytes[i] = (uint8_t)(i + 1);
	for (unsigned i = 0; i < n_tags; i++)
		pb_tag(f, i ? 0x8100 : 0x88a8, (uint16_t)(7 + i));
	pb_be16(f, is_v6 ? 0x86dd : 0x0800);
	if (is_v6)
		pb_ipv6_tcp(f, t, 0, NULL, 0);
	else
		pb_ipv4_tcp(f, t, 0);
}

static uint32_t sum(const uint8_t *at, uint32_t n, uint32_t s)
{
	for (uint32_t i = 0; i < n; i++)
		s += i & 1 ? at[i] : (uint32_t)at[i] << 8;
	return s;
}
static uint32_t folded(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* Sums of both headers come to all ones. */
static void expect_sums(const uint8_t *ip, int is_v6, uint32_t n_segment)
{
	uint32_t n_addresses = is_v6 ? 32 : 8, n_head = is_v6 ? 40 : 20;
	if (!is_v6)
		assert_int_equal(folded(sum(ip, 20, 0)), 0xffff);
	assert_int_equal(
		folded(sum(ip + n_head, n_segment, sum(ip + n_head - n_addresses, n_addresses, 6 + n_segment))),
		0xffff);
}

static void the_receiver_hears_it_in_its_place_in_the_sequence(void **state)
{
	(void)state;
	for (unsigned n_tags = 0; n_tags < 3; n_tags++)
		for (int is_v6 = 0; is_v6 < 2; is_v6++) {
			uint8_t to[VG_RESET_MAX_BYTES];
			struct pb_frame f;
			uint32_t off = 14 + 4 * n_tags, n_head = is_v6 ? 40 : 20;
			frame_make(&f, &said, n_tags, is_v6);
			uint32_t n = vg_reset_make(f.bytes, f.n_bytes, VG_RESET_RECEIVER, to);
			assert_int_equal(n, off + n_head + 20 < 60 ? 60 : off + n_head + 20);
			assert_memory_equal(to, f.bytes, off); /* MACs and tags */
			const uint8_t *tcp = to + off + n_head;
			assert_memory_equal(to + off + n_head - (is_v6 ? 32 : 8),
					    f.bytes + f.ip_off + n_head - (is_v6 ? 32 : 8), is_v6 ? 32 : 8);
			assert_int_equal(vg_be16(tcp), 80);
			assert_int_equal(vg_be32(tcp + 4), said.seq);
			assert_int_equal(vg_be32(tcp + 8), said.ack);
			assert_int_equal(tcp[13], RST | ACK);
			expect_sums(to + off, is_v6, 20);
		}
}

static void the_sender_hears_it_as_if_from_its_peer(void **state)
{
	uint8_t to[VG_RESET_MAX_BYTES];
	struct pb_frame f;
	struct pb_tcp last = said;
	(void)state;
	last.flags |= FIN;
	frame_make(&f, &last, 1, 0);
	assert_true(vg_reset_make(f.bytes, f.n_bytes, VG_RESET_SENDER, to));
	assert_memory_equal(to, f.bytes + 6, 6);
	assert_memory_equal(to + 6, f.bytes, 6);
	assert_memory_equal(to + 12, f.bytes + 12, 6);
	const uint8_t *ip = to + 18, *tcp = ip + 20;
	assert_int_equal(vg_be32(ip + 12), said.dst);
	assert_int_equal(vg_be32(ip + 16), said.src);
	assert_int_equal(vg_be16(tcp), 40000);
	assert_int_equal(vg_be16(tcp + 2), 80);
	assert_int_equal(vg_be32(tcp + 4), said.ack);
	assert_int_equal(vg_be32(tcp + 8), said.seq + said.n_payload + 1);
	expect_sums(ip, 0, 20);
}

static void http_is_answered_in_words_and_keeps_the_options(void **state)
{
	uint8_t to[VG_RESET_MAX_BYTES];
	struct pb_frame f;
	(void)state;
	frame_make(&f, &said, 0, 0);
	/* timestamps (RFC 7323) in front of the payload */
	static const uint8_t options[12] = { 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 };
	memmove(f.bytes + 54 + 12, f.bytes + 54, said.n_payload);
	memcpy(f.bytes + 54, options, sizeof(options));
	f.bytes[46] = 8 << 4;
	pb_set16(&f, 16, 20 + 32 + said.n_payload);
	f.n_bytes += 12;
	uint32_t n = vg_reset_make(f.bytes, f.n_bytes, VG_RESET_ANSWER_451, to);
	const uint8_t *tcp = to + 34;
	assert_true(n > 66);
	assert_memory_equal(tcp + 20, options, sizeof(options));
	assert_memory_equal(tcp + 32, "HTTP/1.1 451 ", 13);
	assert_int_equal(tcp[13], FIN | PSH | ACK);
	assert_int_equal(vg_be16(to + 16), n - 14);
	assert_int_equal(vg_be32(tcp + 4), said.seq);
	expect_sums(to + 14, 0, n - 34);
	const char *body = strstr((const char *)tcp + 32, "\r\n\r\n");
	assert_int_equal(atoi(strstr((const char *)tcp + 32, "Content-Length: ") + 16),
			 to + n - (const uint8_t *)body - 4);
}

static void what_is_no_plain_tcp_gives_nothing(void **state)
{
	uint8_t to[VG_RESET_MAX_BYTES];
	struct pb_frame f;
	struct pb_tcp t = said;
	(void)state;
	for (int is_v6 = 0; is_v6 < 2; is_v6++) {
		frame_make(&f, &said, 2, is_v6);
		for (uint32_t n = 0; n < f.n_bytes - said.n_payload; n++) { /* headers cut short */
			uint8_t *cut = vg_guard_copy(f.bytes, n);
			assert_int_equal(vg_reset_make(cut, n, VG_RESET_RECEIVER, to), 0);
			vg_guard_free(cut, n);
		}
	}
	t.flags = RST;
	frame_make(&f, &t, 0, 0);
	assert_int_equal(vg_reset_make(f.bytes, f.n_bytes, VG_RESET_SENDER, to), 0);
	frame_make(&f, &said, 0, 0);
	f.bytes[23] = 17; /* UDP */
	assert_int_equal(vg_reset_make(f.bytes, f.n_bytes, VG_RESET_SENDER, to), 0);
	frame_make(&f, &said, 0, 0);
	f.bytes[20] = 0x20; /* a first fragment */
	assert_int_equal(vg_reset_make(f.bytes, f.n_bytes, VG_RESET_SENDER, to), 0);
	frame_make(&f, &said, 3, 0); /* three tags */
	assert_int_equal(vg_reset_make(f.bytes, f.n_bytes, VG_RESET_SENDER, to), 0);
}

static void rubbish_is_read_within_its_bounds(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	uint8_t to[VG_RESET_MAX_BYTES];
	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (unsigned round = 0; round < 20000; round++) {
		struct pb_frame f;
		frame_make(&f, &said, (unsigned)rand() % 4, rand() & 1);
		for (unsigned i = 0; i < 3; i++)
			f.bytes[12 + (unsigned)rand() % (f.n_bytes - 12)] = (uint8_t)rand();
		uint32_t n = (uint32_t)rand() % (f.n_bytes + 1);
		uint8_t *at = vg_guard_copy(f.bytes, n);
		assert_in_range(vg_reset_make(at, n, (enum vg_reset_kind)(rand() % 3), to), 0, VG_RESET_MAX_BYTES);
		vg_guard_free(at, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_receiver_hears_it_in_its_place_in_the_sequence),
		cmocka_unit_test(the_sender_hears_it_as_if_from_its_peer),
		cmocka_unit_test(http_is_answered_in_words_and_keeps_the_options),
		cmocka_unit_test(what_is_no_plain_tcp_gives_nothing),
		cmocka_unit_test(rubbish_is_read_within_its_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
