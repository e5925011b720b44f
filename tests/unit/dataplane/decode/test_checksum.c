/* checksum: against a sum taken the slow way, over all lengths, over segments cut anywhere, and of every damage. */
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

#include "dataplane/decode/checksum.h"
#include "dataplane/decode/decode.h"
#include "tests/lib/guard.h"
#include "tests/lib/pktbuild.h"

static uint32_t slow_sum(const uint8_t *b, uint32_t n, uint32_t s)
{
	for (uint32_t i = 0; i < n; i++)
		s += i & 1 ? b[i] : (uint32_t)b[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* The pseudo-header's sum (RFC 9293 3.1, RFC 8200 8.1). */
static uint32_t pseudo_of(const struct pb_frame *f)
{
	const uint8_t *ip = f->bytes + f->ip_off;
	int is_v4 = ip[0] >> 4 == 4;
	uint32_t n_tcp = f->n_bytes - f->ip_off - (is_v4 ? 20 : 40);

	return slow_sum(is_v4 ? ip + 12 : ip + 8, is_v4 ? 8 : 32, 6 + n_tcp);
}

static void make(struct pb_frame *f, int is_v6, const uint8_t *payload, uint32_t n_payload)
{
	struct pb_tcp t = { 0xc6336401, 0xc6336402, 4000, 80, 77, 99, VG_TCP_ACK, payload, n_payload, 0 };
	uint32_t tcp_off;

	pb_ether(f);
	pb_be16(f, is_v6 ? 0x86dd : 0x0800);
	if (is_v6)
		pb_ipv6_tcp(f, &t, 0, NULL, 0);
	else
		pb_ipv4_tcp(f, &t, 0);
	tcp_off = f->ip_off + (is_v6 ? 40 : 20);
	pb_set16(f, tcp_off + 16, ~slow_sum(f->bytes + tcp_off, f->n_bytes - tcp_off, pseudo_of(f)) & 0xffff);
}

static enum vg_checksum ask(const struct pb_frame *f, uint32_t n_first)
{
	uint8_t *at = vg_guard_copy(f->bytes, n_first);
	uint8_t *rest = vg_guard_copy(f->bytes + n_first, f->n_bytes - n_first);
	struct rte_mbuf second = { .buf_addr = rest, .data_len = (uint16_t)(f->n_bytes - n_first) };
	struct rte_mbuf first = { .next = &second };
	struct vg_packet pkt = { .frame = at,
				 .n_first_bytes = n_first,
				 .n_frame_bytes = f->n_bytes,
				 .segment = n_first < f->n_bytes ? &first : NULL,
				 .link = VG_LINK_ETHERNET };
	enum vg_checksum word;

	assert_int_equal(vg_decode_frame(&pkt), VG_DECODE_TCP);
	word = vg_checksum_tcp(&pkt);
	vg_guard_free(at, n_first);
	vg_guard_free(rest, f->n_bytes - n_first);
	return word;
}

static void right_sums_are_right_at_every_length_and_cut(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	uint8_t payload[300];
	struct pb_frame f;

	(void)state;
	print_message("seed %u\n", seed);
	for (uint32_t n = 0; n < sizeof(payload); n++) {
		for (uint32_t i = 0; i < n; i++)
			payload[i] = (uint8_t)(rand_r(&seed) % 3 ? rand_r(&seed) : 0xff);
		for (int is_v6 = 0; is_v6 < 2; is_v6++) {
			make(&f, is_v6, payload, n);
			assert_int_equal(ask(&f, f.n_bytes), VG_CHECKSUM_RIGHT);
			if (n > 1)
				assert_int_equal(ask(&f, f.n_bytes - 1 - (uint32_t)rand_r(&seed) % (n - 1)),
						 VG_CHECKSUM_RIGHT);
			if (n) {
				f.bytes[f.n_bytes - 1 - (uint32_t)rand_r(&seed) % n] ^= 0x10;
				assert_int_equal(ask(&f, f.n_bytes), VG_CHECKSUM_WRONG);
			}
		}
	}
}

static void what_a_card_was_to_finish_is_partial(void **state)
{
	struct pb_frame f;

	(void)state;
	for (int is_v6 = 0; is_v6 < 2; is_v6++) {
		make(&f, is_v6, (const uint8_t *)"hello", 5);
		pb_set16(&f, f.ip_off + (is_v6 ? 40 : 20) + 16, pseudo_of(&f));
		assert_int_equal(ask(&f, f.n_bytes), VG_CHECKSUM_PARTIAL);
	}
}

static void what_is_not_all_there_is_unknown(void **state)
{
	static const uint8_t giant[1600];
	struct pb_frame f;

	(void)state;
	make(&f, 0, (const uint8_t *)"hello", 5);
	f.n_bytes -= 2;
	assert_int_equal(ask(&f, f.n_bytes), VG_CHECKSUM_UNKNOWN);
	make(&f, 0, giant, sizeof(giant));
	pb_set16(&f, f.ip_off + 2, 0);
	assert_int_equal(ask(&f, f.n_bytes), VG_CHECKSUM_UNKNOWN);
	make(&f, 0, (const uint8_t *)"hello", 5);
	pb_zeros(&f, 7); /* padding is not part of it */
	assert_int_equal(ask(&f, f.n_bytes), VG_CHECKSUM_RIGHT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_sums_are_right_at_every_length_and_cut),
		cmocka_unit_test(what_a_card_was_to_finish_is_partial),
		cmocka_unit_test(what_is_not_all_there_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
