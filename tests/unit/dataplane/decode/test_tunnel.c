/* tunnel: the same TCP segment in every encapsulation: it is found, the tenant is in the key, who carried it is told;
 * cut anywhere it is short, and nothing is read beyond. */
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

static enum vg_decode_word decode(const struct pb_frame *f, struct vg_packet *pkt)
{
	uint8_t *at = vg_guard_copy(f->bytes, f->n_bytes);
	enum vg_decode_word word;

	memset(pkt, 0xa5, sizeof(*pkt));
	pkt->frame = at;
	pkt->n_first_bytes = pkt->n_frame_bytes = f->n_bytes;
	pkt->link = VG_LINK_ETHERNET;
	word = vg_decode_frame(pkt);
	if (word == VG_DECODE_TCP && pkt->n_payload_bytes == 5)
		assert_memory_equal(at + pkt->payload_off, "hello", 5);
	vg_guard_free(at, f->n_bytes);
	return word;
}

/* An outer IPv4 (or IPv6) header; its length is what the caller says, as decode does not ask for it. */
static void put_outer(struct pb_frame *f, int is_v6, uint8_t proto)
{
	static const uint8_t src6[16] = { 0xfd, [15] = 1 }, dst6[16] = { 0xfd, [15] = 2 };

	if (is_v6) {
		pb_be16(f, 0x86dd);
		pb_be32(f, 6u << 28);
		pb_be16(f, 1000);
		pb_be16(f, (uint32_t)proto << 8 | 64);
		pb_put(f, src6, 16);
		pb_put(f, dst6, 16);
		return;
	}
	pb_be16(f, 0x0800);
	pb_be32(f, 0x45000000u | 1000);
	pb_be32(f, 0);
	pb_be32(f, 64u << 24 | (uint32_t)proto << 16);
	pb_be32(f, 0xc0000201);
	pb_be32(f, 0xc0000202);
}

static void put_inner(struct pb_frame *f, int has_ether, int is_v6)
{
	if (has_ether) {
		pb_zeros(f, 12);
		pb_be16(f, is_v6 ? 0x86dd : 0x0800);
	}
	if (is_v6)
		pb_ipv6_tcp(f, &tcp, 0, NULL, 0);
	else
		pb_ipv4_tcp(f, &tcp, 0);
}

static void put_udp(struct pb_frame *f, uint16_t port)
{
	pb_be16(f, 50000);
	pb_be16(f, port);
	pb_be32(f, 0);
}

/* kinds of make(): every way of put_… once */
enum {
	GRE,
	GRE_ALL,
	NVGRE,
	ERSPAN1,
	ERSPAN2,
	ERSPAN3,
	ERSPAN3_SUB,
	VXLAN,
	VXLAN_OLD,
	GENEVE,
	IPIP,
	MPLS,
	MPLS_CW,
	MPLS_PW,
	PPPOE,
	PPPOE_SHORT,
	N_KINDS
};

static void put_gre(struct pb_frame *f, int kind)
{
	static const uint32_t heads[] = {
		[GRE] = 0x00000800,     [GRE_ALL] = 0xb0000800, [NVGRE] = 0x20006558,      [ERSPAN1] = 0x000088be,
		[ERSPAN2] = 0x100088be, [ERSPAN3] = 0x100022eb, [ERSPAN3_SUB] = 0x100022eb
	};

	pb_be32(f, heads[kind]);
	if (kind == GRE_ALL)
		pb_be32(f, 0); /* checksum */
	if (kind == GRE_ALL || kind == NVGRE)
		pb_be32(f, 0x12345678);
	if (heads[kind] & 0x10000000)
		pb_be32(f, 99);
	if (kind == ERSPAN2) {
		pb_be32(f, 0x10000000u | 300);
		pb_be32(f, 0);
	} else if (kind == ERSPAN3 || kind == ERSPAN3_SUB) {
		pb_be32(f, 0x20000000u | 300);
		pb_be32(f, 0);
		pb_be32(f, kind == ERSPAN3_SUB);
		pb_zeros(f, kind == ERSPAN3_SUB ? 8 : 0);
	}
	put_inner(f, kind >= NVGRE, 0);
}

static void put_mpls(struct pb_frame *f, int kind)
{
	pb_be16(f, 0x8847);
	pb_be32(f, 7u << 12);
	pb_be32(f, 100u << 12 | 0x100);
	if (kind == MPLS_CW)
		pb_be32(f, 5);
	put_inner(f, kind != MPLS, 0);
}

static void make(struct pb_frame *f, int kind, int outer6)
{
	pb_ether(f);
	if (kind <= ERSPAN3_SUB) {
		put_outer(f, outer6, 47);
		put_gre(f, kind);
	} else if (kind <= VXLAN_OLD) {
		put_outer(f, outer6, 17);
		put_udp(f, kind == VXLAN ? 4789 : 8472);
		pb_be32(f, 0x08000000);
		pb_be32(f, 42 << 8);
		put_inner(f, 1, 1);
	} else if (kind == GENEVE) {
		put_outer(f, outer6, 17);
		put_udp(f, 6081);
		pb_be32(f, 0x02006558); /* two words of options */
		pb_be32(f, 43 << 8);
		pb_zeros(f, 8);
		put_inner(f, 1, 0);
	} else if (kind == IPIP) {
		put_outer(f, outer6, 41);
		put_inner(f, 0, 1);
	} else if (kind <= MPLS_PW) {
		put_mpls(f, kind);
	} else {
		pb_be16(f, 0x8864);
		pb_be32(f, 0x11000000u | 77);
		pb_be16(f, 47);
		if (kind == PPPOE)
			pb_be16(f, 0x0021);
		else
			pb_put(f, "\x21", 1);
		put_inner(f, 0, 0);
	}
}

static const struct {
	uint8_t kind;
	uint32_t id;
	int is_tenant;
} want[N_KINDS] = {
	[GRE] = { VG_TUNNEL_GRE, 0, 0 },
	[GRE_ALL] = { VG_TUNNEL_GRE, 0x12345678, 1 },
	[NVGRE] = { VG_TUNNEL_GRE, 0x12345678, 1 },
	[ERSPAN1] = { VG_TUNNEL_ERSPAN, 0, 0 },
	[ERSPAN2] = { VG_TUNNEL_ERSPAN, 300, 0 },
	[ERSPAN3] = { VG_TUNNEL_ERSPAN, 300, 0 },
	[ERSPAN3_SUB] = { VG_TUNNEL_ERSPAN, 300, 0 },
	[VXLAN] = { VG_TUNNEL_VXLAN, 42, 1 },
	[VXLAN_OLD] = { VG_TUNNEL_VXLAN, 42, 1 },
	[GENEVE] = { VG_TUNNEL_GENEVE, 43, 1 },
	[IPIP] = { VG_TUNNEL_IP, 0, 0 },
	[MPLS] = { VG_TUNNEL_MPLS, 100, 0 },
	[MPLS_CW] = { VG_TUNNEL_MPLS, 100, 0 },
	[MPLS_PW] = { VG_TUNNEL_MPLS, 100, 0 },
	[PPPOE] = { VG_TUNNEL_PPPOE, 77, 1 },
	[PPPOE_SHORT] = { VG_TUNNEL_PPPOE, 77, 1 },
};

static void every_encapsulation_is_opened_and_told(void **state)
{
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	for (int kind = 0; kind < N_KINDS; kind++) {
		for (int outer6 = 0; outer6 < (kind < MPLS ? 2 : 1); outer6++) {
			const struct vg_layer *layer = &pkt.tunnels[0];
			make(&f, kind, outer6);
			print_message("kind %d over %d\n", kind, outer6);
			assert_int_equal(decode(&f, &pkt), VG_DECODE_TCP);
			assert_int_equal(pkt.n_payload_bytes, 5);
			assert_int_equal(pkt.ip_off, f.ip_off);
			assert_int_equal(pkt.n_tunnels, 1);
			assert_int_equal(layer->kind, want[kind].kind);
			assert_int_equal(layer->id, want[kind].id);
			assert_int_equal(layer->ip_version, kind >= MPLS ? 0 : outer6 ? 6 : 4);
			assert_int_equal(layer->ip_off, kind >= MPLS ? 0 : 14);
			assert_int_equal(pkt.key.net >> 4, want[kind].is_tenant ? want[kind].kind : 0);
			assert_int_equal((uint32_t)pkt.key.tenant[0] << 16 | pkt.key.tenant[1],
					 want[kind].is_tenant ? want[kind].id : 0);
		}
	}
}

static void every_cut_is_refused_and_reads_no_further(void **state)
{
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	for (int kind = 0; kind < N_KINDS; kind++) {
		make(&f, kind, kind < MPLS);
		for (uint32_t n_all = f.n_bytes - 5, n = 0; n < n_all; n++) {
			f.n_bytes = n;
			assert_int_not_equal(decode(&f, &pkt), VG_DECODE_TCP);
		}
	}
}

static void the_vlans_of_the_inner_frame_are_the_tenants(void **state)
{
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	pb_ether(&f);
	pb_tag(&f, 0x8100, 9);
	put_outer(&f, 0, 17);
	put_udp(&f, 4789);
	pb_be32(&f, 0x08000000);
	pb_be32(&f, 42 << 8);
	pb_zeros(&f, 12);
	pb_tag(&f, 0x8100, 5);
	pb_be16(&f, 0x0800);
	pb_ipv4_tcp(&f, &tcp, 0);
	assert_int_equal(decode(&f, &pkt), VG_DECODE_TCP);
	assert_int_equal(pkt.key.vlan[0], 5);
	assert_int_equal(pkt.key.vlan[1], VG_VLAN_NONE);
}

static void nesting_ends_at_the_limit(void **state)
{
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	for (uint32_t n = 1; n <= VG_ATTR_TUNNELS + 1; n++) {
		pb_ether(&f);
		put_outer(&f, 0, 4);
		for (uint32_t i = 1; i < n; i++) {
			put_outer(&f, 0, 4);
			f.n_bytes -= 2; /* no EtherType between them */
			memmove(f.bytes + f.n_bytes - 20, f.bytes + f.n_bytes - 18, 20);
		}
		pb_ipv4_tcp(&f, &tcp, 0);
		assert_int_equal(decode(&f, &pkt), n > VG_ATTR_TUNNELS ? VG_DECODE_WORD_DEPTH : VG_DECODE_TCP);
	}
}

static void a_vxlan_that_names_what_is_inside_is_believed(void **state)
{
	static const struct {
		uint8_t flags, next;
		int has_ether, is_v6;
		enum vg_decode_word word;
	} cases[] = { { 0x0c, 3, 1, 0, VG_DECODE_TCP },         { 0x0c, 1, 0, 0, VG_DECODE_TCP },
		      { 0x0c, 2, 0, 1, VG_DECODE_TCP },         { 0x08, 0, 1, 1, VG_DECODE_TCP },
		      { 0x0c, 4, 1, 0, VG_DECODE_WORD_NOT_IP }, { 0x04, 1, 0, 0, VG_DECODE_WORD_NOT_TCP } };
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pb_ether(&f);
		put_outer(&f, 0, 17);
		put_udp(&f, 4790);
		pb_be32(&f, (uint32_t)cases[i].flags << 24 | cases[i].next);
		pb_be32(&f, 42 << 8);
		put_inner(&f, cases[i].has_ether, cases[i].is_v6);
		assert_int_equal(decode(&f, &pkt), cases[i].word);
	}
}

static void gre_may_be_carried_by_udp(void **state)
{
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	pb_ether(&f);
	put_outer(&f, 1, 17);
	put_udp(&f, 4754);
	pb_be32(&f, 0x20000800);
	pb_be32(&f, 9);
	put_inner(&f, 0, 0);
	assert_int_equal(decode(&f, &pkt), VG_DECODE_TCP);
	assert_int_equal(pkt.n_tunnels, 1);
	assert_int_equal(pkt.tunnels[0].kind, VG_TUNNEL_GRE);
	assert_int_equal(pkt.tunnels[0].id, 9);
}

static void labels_without_end_and_other_ports_are_refused(void **state)
{
	struct pb_frame f;
	struct vg_packet pkt;

	(void)state;
	pb_ether(&f);
	pb_be16(&f, 0x8847);
	for (int i = 0; i < 20; i++)
		pb_be32(&f, 7u << 12);
	assert_int_equal(decode(&f, &pkt), VG_DECODE_WORD_DEPTH);
	pb_ether(&f);
	put_outer(&f, 0, 17);
	put_udp(&f, 53);
	pb_zeros(&f, 40);
	assert_int_equal(decode(&f, &pkt), VG_DECODE_WORD_NOT_TCP);
	pb_ether(&f);
	put_outer(&f, 0, 47);
	pb_be32(&f, 0x3001880b); /* enhanced GRE (PPTP) */
	pb_zeros(&f, 60);
	assert_int_equal(decode(&f, &pkt), VG_DECODE_WORD_NOT_TCP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_encapsulation_is_opened_and_told),
		cmocka_unit_test(every_cut_is_refused_and_reads_no_further),
		cmocka_unit_test(the_vlans_of_the_inner_frame_are_the_tenants),
		cmocka_unit_test(nesting_ends_at_the_limit),
		cmocka_unit_test(a_vxlan_that_names_what_is_inside_is_believed),
		cmocka_unit_test(gre_may_be_carried_by_udp),
		cmocka_unit_test(labels_without_end_and_other_ports_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
