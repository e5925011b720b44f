/* Each layer is a small function over a cursor; the first that cannot go on says why. Lengths are checked before each
 * read, against the bytes that lie in the first segment. */
#include <string.h>

#include "dataplane/decode/decode_priv.h"

#define ETHERTYPE_VLAN  0x8100u /* IEEE 802.1Q */
#define ETHERTYPE_QINQ  0x88a8u /* IEEE 802.1ad */
#define ETHERTYPE_QINQ1 0x9100u /* before 802.1ad */
#define ETH_BYTES       14u
#define TAG_BYTES       4u
#define SLL_BYTES       16u
#define SLL2_BYTES      20u
#define NFLOG_BYTES     4u
#define NFLOG_PAYLOAD   9u
#define MAX_ATTRIBUTES  32u
#define HDLC_BYTES      4u
#define IPV4_BYTES      20u
#define IPV6_BYTES      40u
#define TCP_BYTES       20u
#define UDP_BYTES       8u
#define PROTO_IPV4      4u
#define PROTO_TCP       6u
#define PROTO_UDP       17u
#define PROTO_IPV6      41u
#define PROTO_GRE       47u
#define PROTO_MPLS      137u /* RFC 4023 */
/* RFC 8200 4: extension headers that may stand between IPv6 and TCP. */
#define EXT_HOP_BY_HOP  0u
#define EXT_ROUTING     43u
#define EXT_FRAGMENT    44u
#define EXT_AH          51u
#define EXT_DESTINATION 60u
#define AH_BYTES        12u
#define EXT_MOBILITY    135u
/* Headers that carry another one, in all: more than any real frame has. */
#define MAX_STEPS       16u
/* Segmentation offload leaves IP lengths of 0 in what is larger than a frame of a network; in a smaller one every
 * receiver drops it. */
#define MAX_WIRE_BYTES  1500u
/* Offsets are kept in 16 bits. */
#define MAX_FIRST_BYTES 65535u

static enum vg_decode_word skip_tags(struct vg_cursor *c, struct vg_packet *pkt)
{
	uint32_t n_tags = 0;

	pkt->key.vlan[0] = pkt->key.vlan[1] = VG_VLAN_NONE;
	while (c->next == ETHERTYPE_VLAN || c->next == ETHERTYPE_QINQ || c->next == ETHERTYPE_QINQ1) {
		if (n_tags == VG_DECODE_MAX_TAGS)
			return VG_DECODE_WORD_DEPTH;
		if (!vg_cursor_has(c, TAG_BYTES))
			return VG_DECODE_WORD_SHORT;
		if (n_tags < 2)
			pkt->key.vlan[n_tags] = vg_be16(c->at + c->off) & 0xfffu;
		c->next = vg_be16(c->at + c->off + 2);
		c->off += TAG_BYTES;
		n_tags++;
	}
	return VG_DECODE_AGAIN;
}

enum vg_decode_word vg_decode_ethernet(struct vg_cursor *c, struct vg_packet *pkt)
{
	if (!vg_cursor_has(c, ETH_BYTES))
		return VG_DECODE_WORD_SHORT;
	c->next = vg_be16(c->at + c->off + 12);
	c->off += ETH_BYTES;
	return skip_tags(c, pkt);
}

/* The address families of BSD loopback captures, in the byte order of whoever wrote them. */
static uint32_t family_ethertype(uint32_t family)
{
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		return VG_ETHERTYPE_IPV4;
	case 10: /* Linux */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		return VG_ETHERTYPE_IPV6;
	default:
		return 0;
	}
}

/* Packets that Linux's firewall logs: attributes, of which one is the IP packet (tcpdump.org LINKTYPE_NFLOG). Their
 * lengths are in the byte order of whoever captured. */
static enum vg_decode_word nflog(struct vg_cursor *c)
{
	c->next = c->at[0] == 10 ? VG_ETHERTYPE_IPV6 : VG_ETHERTYPE_IPV4;
	c->off = NFLOG_BYTES;
	for (uint32_t i = 0; i < MAX_ATTRIBUTES; i++) {
		const uint8_t *a = c->at + c->off;
		uint32_t n, type;

		if (!vg_cursor_has(c, 4))
			return VG_DECODE_WORD_SHORT;
		n = vg_le16(a);
		type = vg_le16(a + 2);
		if (type > 0xff) {
			n = vg_be16(a);
			type = vg_be16(a + 2);
		}
		if (type == NFLOG_PAYLOAD) {
			c->off += 4;
			return VG_DECODE_AGAIN;
		}
		n = (n + 3) & ~3u;
		if (n < 4 || !vg_cursor_has(c, n))
			return VG_DECODE_WORD_SHORT;
		c->off += n;
	}
	return VG_DECODE_WORD_DEPTH;
}

static enum vg_decode_word link_layer(struct vg_cursor *c, struct vg_packet *pkt)
{
	static const uint32_t n_heads[VG_LINK_N] = {
		0, ETH_BYTES, SLL_BYTES, SLL2_BYTES, 1, 4, NFLOG_BYTES, HDLC_BYTES
	};

	if (pkt->link <= VG_LINK_NONE || pkt->link >= VG_LINK_N)
		return VG_DECODE_WORD_NOT_IP;
	if (!vg_cursor_has(c, n_heads[pkt->link]))
		return VG_DECODE_WORD_SHORT;
	switch (pkt->link) {
	case VG_LINK_ETHERNET:
		return vg_decode_ethernet(c, pkt);
	case VG_LINK_SLL:
		c->next = vg_be16(c->at + 14);
		c->off = SLL_BYTES;
		return skip_tags(c, pkt);
	case VG_LINK_SLL2:
		c->next = vg_be16(c->at);
		c->off = SLL2_BYTES;
		return skip_tags(c, pkt);
	case VG_LINK_NULL:
		c->next = family_ethertype(vg_le32(c->at));
		c->off = 4;
		return VG_DECODE_AGAIN;
	case VG_LINK_NFLOG:
		return nflog(c);
	case VG_LINK_HDLC:
		c->next = vg_be16(c->at + 2);
		c->off = HDLC_BYTES;
		return VG_DECODE_AGAIN;
	default:
		c->next = c->at[0] >> 4 == 6 ? VG_ETHERTYPE_IPV6 : VG_ETHERTYPE_IPV4;
		return VG_DECODE_AGAIN;
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
	pkt->key.net = (uint8_t)(pkt->key.net | (n_ip_bytes == 4 ? 4 : 6));
	pkt->dir = dir;
}

/* TCP at c->off; the IP packet ends at end_off of the frame (RFC 9293 3.1). */
static enum vg_decode_word tcp(struct vg_cursor *c, struct vg_packet *pkt, const uint8_t *src, uint32_t n_ip_bytes,
			       uint32_t end_off)
{
	const uint8_t *t = c->at + c->off;
	uint32_t n_head;

	if (!vg_cursor_has(c, TCP_BYTES))
		return VG_DECODE_WORD_SHORT;
	n_head = (uint32_t)(t[12] >> 4) * 4;
	if (n_head < TCP_BYTES || !vg_cursor_has(c, n_head) || c->off + n_head > end_off)
		return VG_DECODE_WORD_SHORT;
	pkt->seq = vg_be32(t + 4);
	pkt->ack = vg_be32(t + 8);
	pkt->tcp_flags = t[13];
	pkt->tcp_off = (uint16_t)c->off;
	pkt->payload_off = (uint16_t)(c->off + n_head);
	if (end_off > pkt->n_frame_bytes)
		pkt->is_whole = 0;
	if (end_off > pkt->n_frame_bytes)
		end_off = pkt->n_frame_bytes;
	pkt->n_payload_bytes = end_off - (c->off + n_head);
	set_key(pkt, src, src + n_ip_bytes, n_ip_bytes, vg_be16(t), vg_be16(t + 2));
	return VG_DECODE_TCP;
}

/* UDP at c->off that is no tunnel (RFC 768). */
static enum vg_decode_word udp(struct vg_cursor *c, struct vg_packet *pkt, const uint8_t *src, uint32_t n_ip_bytes,
			       uint32_t end_off)
{
	const uint8_t *u = c->at + c->off;
	uint32_t n_bytes = vg_be16(u + 4);

	if (n_bytes < UDP_BYTES || c->off + n_bytes > end_off || end_off > pkt->n_frame_bytes)
		return VG_DECODE_WORD_NOT_TCP;
	pkt->tcp_flags = 0;
	pkt->seq = pkt->ack = 0;
	pkt->tcp_off = (uint16_t)c->off;
	pkt->payload_off = (uint16_t)(c->off + UDP_BYTES);
	pkt->n_payload_bytes = n_bytes - UDP_BYTES;
	set_key(pkt, src, src + n_ip_bytes, n_ip_bytes, vg_be16(u), vg_be16(u + 2));
	pkt->key.net |= VG_FLOW_NET_UDP;
	return VG_DECODE_UDP;
}

/* What an IP header (at begin_off) carries. */
static enum vg_decode_word carried(struct vg_cursor *c, struct vg_packet *pkt, uint32_t proto, uint32_t begin_off,
				   uint32_t end_off)
{
	uint8_t version = c->at[begin_off] >> 4;
	uint32_t src_off = begin_off + (version == 4 ? 12 : 8), n_ip_bytes = version == 4 ? 4 : 16;
	enum vg_decode_word word;

	switch (proto) {
	case PROTO_TCP:
		return tcp(c, pkt, c->at + src_off, n_ip_bytes, end_off);
	case PROTO_UDP:
		word = vg_decode_udp(c, pkt, begin_off, version);
		return word == VG_DECODE_WORD_NOT_TCP && c->off + UDP_BYTES <= c->n_bytes
			       ? udp(c, pkt, c->at + src_off, n_ip_bytes, end_off)
			       : word;
	case PROTO_GRE:
		return vg_decode_gre(c, pkt, begin_off, version);
	case PROTO_IPV4:
		return vg_decode_ip_in_ip(c, pkt, begin_off, version, VG_ETHERTYPE_IPV4);
	case PROTO_IPV6:
		return vg_decode_ip_in_ip(c, pkt, begin_off, version, VG_ETHERTYPE_IPV6);
	case PROTO_MPLS:
		return vg_decode_ip_in_ip(c, pkt, begin_off, version, VG_ETHERTYPE_MPLS);
	default:
		return VG_DECODE_WORD_NOT_TCP;
	}
}

/* A fragment's bytes lie from c->off to end_off; they must be there. */
static enum vg_decode_word fragment(struct vg_cursor *c, struct vg_packet *pkt, uint32_t ident, uint32_t off_field,
				    int has_more, uint32_t proto, uint32_t end_off)
{
	if (end_off > pkt->n_frame_bytes || end_off < c->off || c->off > UINT16_MAX)
		return VG_DECODE_WORD_SHORT;
	pkt->seq = ident;
	pkt->frag_off = (uint16_t)(off_field * 8);
	pkt->frag_more = (uint8_t)has_more;
	pkt->frag_proto = (uint8_t)proto;
	pkt->payload_off = (uint16_t)c->off;
	pkt->n_payload_bytes = end_off - c->off;
	return VG_DECODE_WORD_FRAGMENT;
}

/* RFC 791 3.1 */
static enum vg_decode_word ipv4(struct vg_cursor *c, struct vg_packet *pkt)
{
	const uint8_t *ip = c->at + c->off;
	uint32_t n_head, n_total, next, begin_off = c->off;

	if (!vg_cursor_has(c, IPV4_BYTES))
		return VG_DECODE_WORD_SHORT;
	n_head = (uint32_t)(ip[0] & 15) * 4;
	n_total = vg_be16(ip + 2);
	if (ip[0] >> 4 != 4 || n_head < IPV4_BYTES || !vg_cursor_has(c, n_head))
		return VG_DECODE_WORD_SHORT;
	pkt->is_whole = n_total != 0;
	if (!n_total && pkt->n_frame_bytes - begin_off <= MAX_WIRE_BYTES)
		return VG_DECODE_WORD_SHORT;
	if (!n_total)
		n_total = pkt->n_frame_bytes - begin_off;
	if (n_total < n_head)
		return VG_DECODE_WORD_SHORT;
	c->off += n_head;
	if (vg_be16(ip + 6) & 0x3fff)
		return fragment(c, pkt, vg_be16(ip + 4), vg_be16(ip + 6) & 0x1fffu, (ip[6] & 0x20) != 0, ip[9],
				begin_off + n_total);
	next = ip[9];
	/* RFC 4302 2: what it protects is in the clear behind it; its length counts 32-bit words, less 2 */
	for (uint32_t n_extensions = 0; next == EXT_AH; n_extensions++) {
		const uint8_t *ah = c->at + c->off;
		if (n_extensions == VG_DECODE_MAX_EXTENSIONS)
			return VG_DECODE_WORD_DEPTH;
		if (!vg_cursor_has(c, AH_BYTES) || !vg_cursor_has(c, ((uint32_t)ah[1] + 2) * 4))
			return VG_DECODE_WORD_SHORT;
		next = ah[0];
		c->off += ((uint32_t)ah[1] + 2) * 4;
	}
	return carried(c, pkt, next, begin_off, begin_off + n_total);
}

static int is_extension(uint32_t next)
{
	return next == EXT_HOP_BY_HOP || next == EXT_ROUTING || next == EXT_FRAGMENT || next == EXT_AH ||
	       next == EXT_DESTINATION || next == EXT_MOBILITY;
}

/* RFC 8200 3 and 4 */
static enum vg_decode_word ipv6(struct vg_cursor *c, struct vg_packet *pkt)
{
	const uint8_t *ip = c->at + c->off;
	uint32_t next, end_off, n_extensions = 0, begin_off = c->off;

	if (!vg_cursor_has(c, IPV6_BYTES))
		return VG_DECODE_WORD_SHORT;
	if (ip[0] >> 4 != 6)
		return VG_DECODE_WORD_SHORT;
	next = ip[6];
	end_off = c->off + IPV6_BYTES + vg_be16(ip + 4);
	pkt->is_whole = vg_be16(ip + 4) != 0;
	if (!vg_be16(ip + 4) && pkt->n_frame_bytes - begin_off <= MAX_WIRE_BYTES)
		return VG_DECODE_WORD_SHORT;
	if (!vg_be16(ip + 4)) /* or a jumbogram (RFC 2675), which is larger than any padding */
		end_off = pkt->n_frame_bytes;
	c->off += IPV6_BYTES;
	while (is_extension(next)) {
		const uint8_t *x = c->at + c->off;
		uint32_t n_bytes;

		if (n_extensions++ == VG_DECODE_MAX_EXTENSIONS)
			return VG_DECODE_WORD_DEPTH;
		if (!vg_cursor_has(c, 8))
			return VG_DECODE_WORD_SHORT;
		/* RFC 4302 2.2: AH counts in 32-bit words. */
		n_bytes = next == EXT_FRAGMENT ? 8
			  : next == EXT_AH     ? ((uint32_t)x[1] + 2) * 4
					       : ((uint32_t)x[1] + 1) * 8;
		if (!vg_cursor_has(c, n_bytes))
			return VG_DECODE_WORD_SHORT;
		c->off += n_bytes;
		/* RFC 8200 4.5: offset 0 and no more to come is a whole packet. */
		if (next == EXT_FRAGMENT && (vg_be16(x + 2) & 0xfff9))
			return fragment(c, pkt, vg_be32(x + 4), vg_be16(x + 2) >> 3, x[3] & 1, x[0], end_off);
		if (next == EXT_ROUTING)
			pkt->is_whole = 0; /* the checksum may be for another destination (RFC 8200 8.1) */
		next = x[0];
	}
	return carried(c, pkt, next, begin_off, end_off);
}

enum vg_decode_word vg_decode_frame(struct vg_packet *pkt)
{
	struct vg_cursor c = { pkt->frame, 0, pkt->n_first_bytes, 0 };
	enum vg_decode_word word;

	if (c.n_bytes > MAX_FIRST_BYTES)
		c.n_bytes = MAX_FIRST_BYTES;
	pkt->key.vlan[0] = pkt->key.vlan[1] = VG_VLAN_NONE;
	pkt->key.tenant[0] = pkt->key.tenant[1] = 0;
	pkt->key.net = pkt->n_tunnels = 0;
	word = link_layer(&c, pkt);
	for (uint32_t i = 0; word == VG_DECODE_AGAIN; i++) {
		if (i == MAX_STEPS)
			return VG_DECODE_WORD_DEPTH;
		switch (c.next) {
		case VG_ETHERTYPE_IPV4:
			pkt->ip_off = (uint16_t)c.off;
			word = ipv4(&c, pkt);
			break;
		case VG_ETHERTYPE_IPV6:
			pkt->ip_off = (uint16_t)c.off;
			word = ipv6(&c, pkt);
			break;
		case VG_ETHERTYPE_MPLS:
		case VG_ETHERTYPE_MPLS_M:
			word = vg_decode_mpls(&c, pkt);
			break;
		case VG_ETHERTYPE_PPPOE:
			word = vg_decode_pppoe(&c, pkt);
			break;
		case VG_ETHERTYPE_BRIDGE:
			word = vg_decode_ethernet(&c, pkt);
			break;
		default:
			return VG_DECODE_WORD_NOT_IP;
		}
	}
	return word;
}
