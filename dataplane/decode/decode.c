/* Each layer is a small function over a cursor; the first that cannot go on says why. Lengths are checked before each
 * read, against the bytes that lie in the first segment. */
#include <string.h>

#include <vigil/bytes.h>

#include "dataplane/decode/decode.h"

#define ETHERTYPE_IPV4  0x0800u
#define ETHERTYPE_IPV6  0x86ddu
#define ETHERTYPE_VLAN  0x8100u /* IEEE 802.1Q */
#define ETHERTYPE_QINQ  0x88a8u /* IEEE 802.1ad */
#define ETHERTYPE_QINQ1 0x9100u /* before 802.1ad */
#define ETH_BYTES       14u
#define TAG_BYTES       4u
#define SLL_BYTES       16u
#define SLL2_BYTES      20u
#define IPV4_BYTES      20u
#define IPV6_BYTES      40u
#define TCP_BYTES       20u
#define PROTO_TCP       6u
/* RFC 8200 4: extension headers that may stand between IPv6 and TCP. */
#define EXT_HOP_BY_HOP  0u
#define EXT_ROUTING     43u
#define EXT_FRAGMENT    44u
#define EXT_AH          51u
#define EXT_DESTINATION 60u
#define EXT_MOBILITY    135u

struct cursor {
	const uint8_t *at;
	uint32_t off, n_bytes; /* n_bytes: of the first segment */
};

static inline int has(const struct cursor *c, uint32_t n)
{
	return c->n_bytes - c->off >= n;
}

static enum vg_decode_word skip_tags(struct cursor *c, struct vg_packet *pkt, uint32_t *ethertype)
{
	uint32_t n_tags = 0;

	while (*ethertype == ETHERTYPE_VLAN || *ethertype == ETHERTYPE_QINQ || *ethertype == ETHERTYPE_QINQ1) {
		if (n_tags == VG_DECODE_MAX_TAGS)
			return VG_DECODE_WORD_DEPTH;
		if (!has(c, TAG_BYTES))
			return VG_DECODE_WORD_SHORT;
		if (n_tags < 2)
			pkt->key.vlan[n_tags] = vg_be16(c->at + c->off) & 0xfffu;
		*ethertype = vg_be16(c->at + c->off + 2);
		c->off += TAG_BYTES;
		n_tags++;
	}
	return VG_DECODE_TCP;
}

/* The address families of BSD loopback captures, in the byte order of whoever wrote them. */
static uint32_t family_ethertype(uint32_t family)
{
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		return ETHERTYPE_IPV4;
	case 10: /* Linux */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		return ETHERTYPE_IPV6;
	default:
		return 0;
	}
}

static enum vg_decode_word link_layer(struct cursor *c, struct vg_packet *pkt, uint32_t *ethertype)
{
	switch (pkt->link) {
	case VG_LINK_ETHERNET:
		if (!has(c, ETH_BYTES))
			return VG_DECODE_WORD_SHORT;
		*ethertype = vg_be16(c->at + 12);
		c->off = ETH_BYTES;
		return skip_tags(c, pkt, ethertype);
	case VG_LINK_SLL:
		if (!has(c, SLL_BYTES))
			return VG_DECODE_WORD_SHORT;
		*ethertype = vg_be16(c->at + 14);
		c->off = SLL_BYTES;
		return skip_tags(c, pkt, ethertype);
	case VG_LINK_SLL2:
		if (!has(c, SLL2_BYTES))
			return VG_DECODE_WORD_SHORT;
		*ethertype = vg_be16(c->at);
		c->off = SLL2_BYTES;
		return skip_tags(c, pkt, ethertype);
	case VG_LINK_NULL:
		if (!has(c, 4))
			return VG_DECODE_WORD_SHORT;
		*ethertype = family_ethertype(vg_le32(c->at));
		c->off = 4;
		return VG_DECODE_TCP;
	case VG_LINK_RAW:
		if (!has(c, 1))
			return VG_DECODE_WORD_SHORT;
		*ethertype = c->at[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
		return VG_DECODE_TCP;
	default:
		return VG_DECODE_WORD_NOT_IP;
	}
}

/* Orders the addresses (n_ip_bytes each) and ports into the key. */
static void set_key(struct vg_packet *pkt, const uint8_t *src, const uint8_t *dst, uint32_t n_ip_bytes, uint16_t sport,
		    uint16_t dport)
{
	int order = memcmp(src, dst, n_ip_bytes);
	uint8_t dir = order > 0 || (order == 0 && sport > dport);

	memset(pkt->key.ip, 0, sizeof(pkt->key.ip));
	memcpy(pkt->key.ip[dir], src, n_ip_bytes);
	memcpy(pkt->key.ip[!dir], dst, n_ip_bytes);
	pkt->key.port[dir] = sport;
	pkt->key.port[!dir] = dport;
	pkt->key.ip_version = n_ip_bytes == 4 ? 4 : 6;
	pkt->dir = dir;
}

/* TCP at c->off; the IP packet ends at end_off of the frame (RFC 9293 3.1). */
static enum vg_decode_word tcp(struct cursor *c, struct vg_packet *pkt, const uint8_t *src, uint32_t n_ip_bytes,
			       uint32_t end_off)
{
	const uint8_t *t = c->at + c->off;
	uint32_t n_head;

	if (!has(c, TCP_BYTES))
		return VG_DECODE_WORD_SHORT;
	n_head = (uint32_t)(t[12] >> 4) * 4;
	if (n_head < TCP_BYTES || !has(c, n_head) || c->off + n_head > end_off)
		return VG_DECODE_WORD_SHORT;
	pkt->seq = vg_be32(t + 4);
	pkt->ack = vg_be32(t + 8);
	pkt->tcp_flags = t[13];
	pkt->payload_off = (uint16_t)(c->off + n_head);
	if (end_off > pkt->n_frame_bytes)
		end_off = pkt->n_frame_bytes;
	pkt->n_payload_bytes = end_off - (c->off + n_head);
	set_key(pkt, src, src + n_ip_bytes, n_ip_bytes, vg_be16(t), vg_be16(t + 2));
	return VG_DECODE_TCP;
}

/* RFC 791 3.1 */
static enum vg_decode_word ipv4(struct cursor *c, struct vg_packet *pkt)
{
	const uint8_t *ip = c->at + c->off;
	uint32_t n_head, n_total, begin_off = c->off;

	if (!has(c, IPV4_BYTES))
		return VG_DECODE_WORD_SHORT;
	n_head = (uint32_t)(ip[0] & 15) * 4;
	n_total = vg_be16(ip + 2);
	if (ip[0] >> 4 != 4 || n_head < IPV4_BYTES || !has(c, n_head))
		return VG_DECODE_WORD_SHORT;
	if (!n_total)
		n_total = pkt->n_frame_bytes - begin_off;
	if (n_total < n_head)
		return VG_DECODE_WORD_SHORT;
	if (vg_be16(ip + 6) & 0x3fff)
		return VG_DECODE_WORD_FRAGMENT;
	if (ip[9] != PROTO_TCP)
		return VG_DECODE_WORD_NOT_TCP;
	c->off += n_head;
	return tcp(c, pkt, ip + 12, 4, begin_off + n_total);
}

/* RFC 8200 3 and 4 */
static enum vg_decode_word ipv6(struct cursor *c, struct vg_packet *pkt)
{
	const uint8_t *ip = c->at + c->off;
	uint32_t next, end_off, n_extensions = 0;

	if (!has(c, IPV6_BYTES))
		return VG_DECODE_WORD_SHORT;
	if (ip[0] >> 4 != 6)
		return VG_DECODE_WORD_SHORT;
	next = ip[6];
	end_off = c->off + IPV6_BYTES + vg_be16(ip + 4);
	if (!vg_be16(ip + 4))
		end_off = pkt->n_frame_bytes;
	c->off += IPV6_BYTES;
	while (next != PROTO_TCP) {
		const uint8_t *x = c->at + c->off;
		uint32_t n_bytes;

		if (next != EXT_HOP_BY_HOP && next != EXT_ROUTING && next != EXT_FRAGMENT && next != EXT_AH &&
		    next != EXT_DESTINATION && next != EXT_MOBILITY)
			return VG_DECODE_WORD_NOT_TCP;
		if (n_extensions++ == VG_DECODE_MAX_EXTENSIONS)
			return VG_DECODE_WORD_DEPTH;
		if (!has(c, 8))
			return VG_DECODE_WORD_SHORT;
		/* RFC 8200 4.5: offset 0 and no more to come is a whole packet; RFC 4302 2.2: AH counts in 32-bit
		 * words. */
		if (next == EXT_FRAGMENT && (vg_be16(x + 2) & 0xfff9))
			return VG_DECODE_WORD_FRAGMENT;
		n_bytes = next == EXT_FRAGMENT ? 8
			  : next == EXT_AH     ? ((uint32_t)x[1] + 2) * 4
					       : ((uint32_t)x[1] + 1) * 8;
		if (!has(c, n_bytes))
			return VG_DECODE_WORD_SHORT;
		next = x[0];
		c->off += n_bytes;
	}
	return tcp(c, pkt, ip + 8, 16, end_off);
}

enum vg_decode_word vg_decode_frame(struct vg_packet *pkt)
{
	struct cursor c = { pkt->frame, 0, pkt->n_first_bytes };
	uint32_t ethertype = 0;
	enum vg_decode_word word;

	pkt->key.vlan[0] = pkt->key.vlan[1] = VG_VLAN_NONE;
	word = link_layer(&c, pkt, &ethertype);
	if (word != VG_DECODE_TCP)
		return word;
	pkt->ip_off = (uint16_t)c.off;
	if (ethertype == ETHERTYPE_IPV4)
		return ipv4(&c, pkt);
	if (ethertype == ETHERTYPE_IPV6)
		return ipv6(&c, pkt);
	return VG_DECODE_WORD_NOT_IP;
}

uint32_t vg_decode_burst(struct vg_packet *pkts, uint32_t n_pkts, struct vg_stats_page *stats)
{
	uint32_t n_tcp = 0;

	for (uint32_t i = 0; i < n_pkts; i++) {
		enum vg_decode_word word = vg_decode_frame(&pkts[i]);
		if (word != VG_DECODE_TCP) {
			vg_count(stats, (unsigned)word, 1);
			continue;
		}
		if (n_tcp != i)
			pkts[n_tcp] = pkts[i];
		n_tcp++;
	}
	return n_tcp;
}
