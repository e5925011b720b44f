/* decode: frames that end at a guard page: what is in them, and every way in which they can be cut or wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/decode/decode.h"
#include "tests/lib/guard.h"
#include "tests/lib/pktbuild.h"

static const struct pb_tcp tcp = { 0x0a000002, 0x0a000001, 4000, 80, 1000, 2000, VG_TCP_ACK, "hello", 5, 0 };

static enum vg_decode_word decode(const struct pb_frame *f, enum vg_link link, uint32_t n_frame_bytes,
				  struct vg_packet *pkt)
{
	uint8_t *at = vg_guard_copy(f->bytes, f->n_bytes);
	enum vg_decode_word word;

	memset(pkt, 0xa5, sizeof(*pkt));
	pkt->frame = at;
	pkt->n_first_bytes = f->n_bytes;
	pkt->n_frame_bytes = n_frame_bytes;
	pkt->link = link;
	word = vg_decode_frame(pkt);
	if (word == VG_DECODE_TCP && pkt->n_payload_bytes && pkt->payload_off + pkt->n_payload_bytes <= f->n_bytes)
		assert_memory_equal(at + pkt->payload_off, "hello", pkt->n_payload_bytes);
	vg_guard_free(at, f->n_bytes);
	return word;
}

static void check(const struct pb_frame *f, enum vg_link link, struct vg_packet *pkt)
{
	assert_int_equal(decode(f, link, f->n_bytes, pkt), VG_DECODE_TCP);
	assert_int_equal(pkt->n_payload_bytes, 5);
	assert_int_equal(pkt->seq, 1000);
	assert_int_equal(pkt->ack, 2000);
	assert_int_equal(pkt->tcp_flags, VG_TCP_ACK);
	assert_int_equal(pkt->dir, 1); /* the lower address is index 0, and sent nothing here */
	assert_int_equal(pkt->key.port[0], 80);
	assert_int_equal(pkt->key.port[1], 4000);
	assert_int_equal(pkt->ip_off, f->ip_off);
}

static void it_finds_tcp_in_ipv4_with_and_without_options(void **state)
{
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	for (uint32_t n_options = 0; n_options <= 40; n_options += 4) {
		pb_ether(&f);
		pb_be16(&f, 0x0800);
		pb_ipv4_tcp(&f, &tcp, n_options);
		check(&f, VG_LINK_ETHERNET, &pkt);
		assert_int_equal(pkt.key.net, 4);
		assert_int_equal(pkt.key.ip[0][3], 1);
		assert_int_equal(pkt.key.ip[1][3], 2);
		assert_int_equal(pkt.key.vlan[0], VG_VLAN_NONE);
	}
}

static void both_directions_have_one_key(void **state)
{
	struct pb_tcp back = { tcp.dst, tcp.src, tcp.dport, tcp.sport, 7, 8, VG_TCP_ACK, "hello", 5, 0 };
	struct pb_frame f;
	struct vg_packet a, b;

	(void)state;
	pb_simple(&f, &tcp);
	decode(&f, VG_LINK_ETHERNET, f.n_bytes, &a);
	pb_simple(&f, &back);
	decode(&f, VG_LINK_ETHERNET, f.n_bytes, &b);
	a.key.capture_idx = b.key.capture_idx = 0;
	assert_memory_equal(&a.key, &b.key, sizeof(a.key));
	assert_int_equal(a.dir, !b.dir);
}

static void equal_addresses_are_ordered_by_port(void **state)
{
	struct pb_tcp self = { 5, 5, 9, 3, 1, 2, VG_TCP_ACK, "hello", 5, 0 };
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	pb_simple(&f, &self);
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_TCP);
	assert_int_equal(pkt.key.port[0], 3);
	assert_int_equal(pkt.dir, 1);
}

static void it_keeps_the_outer_two_tags_and_refuses_a_fifth(void **state)
{
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	for (uint32_t n_tags = 1; n_tags <= 5; n_tags++) {
		pb_ether(&f);
		for (uint32_t i = 0; i < n_tags; i++)
			pb_tag(&f, i ? 0x8100 : 0x88a8, (uint16_t)(0xe000 | (100 + i)));
		pb_be16(&f, 0x0800);
		pb_ipv4_tcp(&f, &tcp, 0);
		if (n_tags == 5) {
			assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_DEPTH);
			break;
		}
		check(&f, VG_LINK_ETHERNET, &pkt);
		assert_int_equal(pkt.key.vlan[0], 100);
		assert_int_equal(pkt.key.vlan[1], n_tags > 1 ? 101 : VG_VLAN_NONE);
	}
}

static void it_walks_ipv6_extension_headers(void **state)
{
	static const uint8_t hop_and_destination[] = { 60, 0, 1, 4, 0, 0, 0, 0, 51, 1, 1, 12, 0, 0, 0, 0, 0, 0,
						       0,  0, 0, 0, 0, 0, 6, 1, 0,  0, 0, 0,  0, 1, 0, 0, 0, 0 };
	static const uint8_t whole[] = { 6, 0, 0, 6, 0, 0, 0, 9 }; /* reserved bits say nothing */
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	pb_ether(&f);
	pb_be16(&f, 0x86dd);
	pb_ipv6_tcp(&f, &tcp, 0, NULL, 0);
	check(&f, VG_LINK_ETHERNET, &pkt);
	assert_int_equal(pkt.key.net, 6);
	assert_int_equal(pkt.key.ip[0][15], 1);
	pb_ether(&f);
	pb_be16(&f, 0x86dd);
	pb_ipv6_tcp(&f, &tcp, 0, hop_and_destination, sizeof(hop_and_destination));
	check(&f, VG_LINK_ETHERNET, &pkt);
	pb_ether(&f);
	pb_be16(&f, 0x86dd);
	pb_ipv6_tcp(&f, &tcp, 44, whole, sizeof(whole)); /* an atomic fragment is no fragment */
	check(&f, VG_LINK_ETHERNET, &pkt);
}

static void it_walks_authentication_headers_of_ipv4(void **state)
{
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	pb_ether(&f);
	pb_be16(&f, 0x0800);
	pb_ipv4_tcp(&f, &tcp, 24);
	f.bytes[f.ip_off] = 0x45;
	f.bytes[f.ip_off + 9] = 51;
	f.bytes[f.ip_off + 20] = 6;
	f.bytes[f.ip_off + 21] = 24 / 4 - 2;
	check(&f, VG_LINK_ETHERNET, &pkt);
	f.bytes[f.ip_off + 21] = 255; /* longer than the frame */
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_SHORT);
	memset(f.bytes + f.ip_off + 20, 51, f.n_bytes - f.ip_off - 20);
	for (uint32_t at = f.ip_off + 21; at < f.n_bytes; at += 12)
		f.bytes[at] = 1; /* a chain of them */
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_SHORT);
}

static void endless_extension_headers_stop_at_the_limit(void **state)
{
	uint8_t chain[8 * 12] = { 0 };
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	for (size_t i = 0; i < sizeof(chain); i += 8)
		chain[i] = 60;
	pb_ether(&f);
	pb_be16(&f, 0x86dd);
	pb_ipv6_tcp(&f, &tcp, 60, chain, sizeof(chain));
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_DEPTH);
}

static void fragments_and_other_protocols_are_named(void **state)
{
	static const uint8_t fragment[] = { 6, 0, 0, 1, 0, 0, 0, 9 };
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	pb_simple(&f, &tcp);
	pb_set16(&f, f.ip_off + 6, 0x2000);
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_FRAGMENT);
	pb_set16(&f, f.ip_off + 6, 0x4000); /* do not fragment */
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_TCP);
	f.bytes[f.ip_off + 9] = 17;
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_NOT_TCP);
	pb_ether(&f);
	pb_be16(&f, 0x86dd);
	pb_ipv6_tcp(&f, &tcp, 44, fragment, sizeof(fragment));
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_FRAGMENT);
	pb_ether(&f);
	pb_be16(&f, 0x0806);
	pb_zeros(&f, 28);
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_NOT_IP);
	assert_int_equal(decode(&f, VG_LINK_NONE, f.n_bytes, &pkt), VG_DECODE_WORD_NOT_IP);
}

static void padding_is_cut_and_length_zero_means_all_of_a_giant(void **state)
{
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	pb_simple(&f, &tcp);
	pb_zeros(&f, 60);
	check(&f, VG_LINK_ETHERNET, &pkt);
	f.n_bytes -= 60;
	pb_set16(&f, f.ip_off + 2, 0);
	/* every receiver drops that; only what is larger than a wire's frame was left so by offload */
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_SHORT);
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, 1514, &pkt), VG_DECODE_WORD_SHORT);
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, 1515, &pkt), VG_DECODE_TCP);
	/* a giant whose payload goes on in further segments */
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, 65226, &pkt), VG_DECODE_TCP);
	assert_int_equal(pkt.n_payload_bytes, 65226 - 54);
	pb_set16(&f, f.ip_off + 2, 1500); /* cut by the capture: only what is there counts */
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_TCP);
	assert_int_equal(pkt.n_payload_bytes, 5);
}

static void jumbograms_and_giants_of_ipv6_end_with_the_frame(void **state)
{
	static const uint8_t jumbo[] = { 6, 0, 0xc2, 4, 0, 2, 0, 0 }; /* RFC 2675 2 */
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	for (int has_option = 0; has_option < 2; has_option++) {
		pb_ether(&f);
		pb_be16(&f, 0x86dd);
		pb_ipv6_tcp(&f, &tcp, 0, jumbo, has_option ? sizeof(jumbo) : 0);
		pb_set16(&f, f.ip_off + 4, 0);
		assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_SHORT);
		assert_int_equal(decode(&f, VG_LINK_ETHERNET, 200000, &pkt), VG_DECODE_TCP);
		assert_int_equal(pkt.n_payload_bytes, 200000 - (has_option ? 82 : 74));
		assert_false(pkt.is_whole);
	}
}

static void logged_packets_lie_behind_their_attributes(void **state)
{
	static const uint8_t prefix[] = { 5, 0, 10, 0, 'x', 0, 0, 0, 8, 0, 1, 0, 8, 0, 1, 0 };
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	for (int is_v6 = 0; is_v6 < 2; is_v6++) {
		f.n_bytes = 0;
		pb_be32(&f, is_v6 ? 10u << 24 : 2u << 24);
		pb_put(&f, prefix, sizeof(prefix));
		if (is_v6) /* as a big-endian host writes it */
			pb_be32(&f, 99u << 16 | 9);
		else
			pb_put(&f, (uint8_t[]){ 99, 0, 9, 0 }, 4);
		if (is_v6)
			pb_ipv6_tcp(&f, &tcp, 0, NULL, 0);
		else
			pb_ipv4_tcp(&f, &tcp, 0);
		check(&f, VG_LINK_NFLOG, &pkt);
	}
	f.n_bytes = 0;
	pb_be32(&f, 2u << 24);
	pb_zeros(&f, 200); /* attributes without a length */
	assert_int_equal(decode(&f, VG_LINK_NFLOG, f.n_bytes, &pkt), VG_DECODE_WORD_SHORT);
	f.n_bytes = 4;
	for (int i = 0; i < 40; i++)
		pb_put(&f, (uint8_t[]){ 4, 0, 1, 0 }, 4);
	assert_int_equal(decode(&f, VG_LINK_NFLOG, f.n_bytes, &pkt), VG_DECODE_WORD_DEPTH);
	f.n_bytes = 0;
	pb_be32(&f, 0x0f000800); /* Cisco HDLC */
	pb_ipv4_tcp(&f, &tcp, 0);
	check(&f, VG_LINK_HDLC, &pkt);
}

static void other_link_types_begin_their_own_way(void **state)
{
	static const uint32_t families[] = { 2, 0x02000000 };
	static const uint32_t families6[] = { 24, 28, 30, 10, 0x1e000000 };
	struct pb_frame f = { .n_bytes = 0 };
	struct vg_packet pkt;

	(void)state;
	pb_zeros(&f, 14);
	pb_be16(&f, 0x0800);
	pb_ipv4_tcp(&f, &tcp, 0);
	check(&f, VG_LINK_SLL, &pkt);
	f.n_bytes = 0;
	pb_zeros(&f, 14);
	pb_tag(&f, 0x8100, 7);
	pb_be16(&f, 0x0800);
	pb_ipv4_tcp(&f, &tcp, 0);
	check(&f, VG_LINK_SLL, &pkt);
	assert_int_equal(pkt.key.vlan[0], 7);
	f.n_bytes = 0;
	pb_be16(&f, 0x0800);
	pb_zeros(&f, 18);
	pb_ipv4_tcp(&f, &tcp, 0);
	check(&f, VG_LINK_SLL2, &pkt);
	f.n_bytes = 0;
	pb_ipv4_tcp(&f, &tcp, 0);
	check(&f, VG_LINK_RAW, &pkt);
	f.n_bytes = 0;
	pb_ipv6_tcp(&f, &tcp, 0, NULL, 0);
	check(&f, VG_LINK_RAW, &pkt);
	for (size_t i = 0; i < 2; i++) {
		f.n_bytes = 0;
		pb_put(&f, &families[i], 4);
		pb_ipv4_tcp(&f, &tcp, 0);
		check(&f, VG_LINK_NULL, &pkt);
	}
	for (size_t i = 0; i < 5; i++) {
		f.n_bytes = 0;
		pb_put(&f, &families6[i], 4);
		pb_ipv6_tcp(&f, &tcp, 0, NULL, 0);
		check(&f, VG_LINK_NULL, &pkt);
	}
}

static void every_cut_of_every_frame_is_short_and_reads_no_further(void **state)
{
	static const uint8_t extensions[] = { 60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0 };
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		uint32_t n_all;
		pb_ether(&f);
		if (kind == 1)
			pb_tag(&f, 0x8100, 5);
		pb_be16(&f, kind == 2 ? 0x86dd : 0x0800);
		if (kind == 2)
			pb_ipv6_tcp(&f, &tcp, 0, extensions, sizeof(extensions));
		else
			pb_ipv4_tcp(&f, &tcp, kind ? 8 : 0);
		n_all = f.n_bytes;
		for (f.n_bytes = 0; f.n_bytes < n_all - 5; f.n_bytes++)
			assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_SHORT);
	}
}

static void inconsistent_lengths_are_short(void **state)
{
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	pb_simple(&f, &tcp);
	f.bytes[f.ip_off] = 0x44;
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_SHORT);
	pb_simple(&f, &tcp);
	pb_set16(&f, f.ip_off + 2, 19);
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_SHORT);
	pb_set16(&f, f.ip_off + 2, 39); /* ends inside TCP's header */
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_SHORT);
	pb_simple(&f, &tcp);
	f.bytes[f.ip_off + 20 + 12] = 0x40;
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_SHORT);
	f.bytes[f.ip_off + 20 + 12] = 0xf0;
	assert_int_equal(decode(&f, VG_LINK_ETHERNET, f.n_bytes, &pkt), VG_DECODE_WORD_SHORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_finds_tcp_in_ipv4_with_and_without_options),
		cmocka_unit_test(both_directions_have_one_key),
		cmocka_unit_test(equal_addresses_are_ordered_by_port),
		cmocka_unit_test(it_keeps_the_outer_two_tags_and_refuses_a_fifth),
		cmocka_unit_test(it_walks_ipv6_extension_headers),
		cmocka_unit_test(it_walks_authentication_headers_of_ipv4),
		cmocka_unit_test(endless_extension_headers_stop_at_the_limit),
		cmocka_unit_test(fragments_and_other_protocols_are_named),
		cmocka_unit_test(padding_is_cut_and_length_zero_means_all_of_a_giant),
		cmocka_unit_test(jumbograms_and_giants_of_ipv6_end_with_the_frame),
		cmocka_unit_test(other_link_types_begin_their_own_way),
		cmocka_unit_test(logged_packets_lie_behind_their_attributes),
		cmocka_unit_test(every_cut_of_every_frame_is_short_and_reads_no_further),
		cmocka_unit_test(inconsistent_lengths_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
