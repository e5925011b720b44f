/* The encapsulations. Each is written down in pkt->tunnels; those whose id names a customer's network put it into the
 * key: VNI, GRE key, PPPoE session. MPLS labels and mirror sessions differ between the two directions of a flow, so
 * they do not. */
#include "dataplane/decode/decode_priv.h"

#define LABEL_BYTES  4u
#define MAX_LABELS   8u
#define PPPOE_BYTES  6u
#define PPP_IPV4     0x0021u /* RFC 1332, 5072, 3032 */
#define PPP_IPV6     0x0057u
#define PPP_MPLS     0x0281u
#define GRE_BYTES    4u
#define GRE_SUM      0x8000u /* RFC 2784 2.1, 2890 2 */
#define GRE_ROUTING  0x4000u
#define GRE_KEY      0x2000u
#define GRE_SEQ      0x1000u
#define GRE_VERSION  7u
#define GRE_ERSPAN2  0x88beu /* draft-foschiano-erspan-03 */
#define GRE_ERSPAN3  0x22ebu
#define ERSPAN2      8u
#define ERSPAN3      12u
#define ERSPAN3_SUB  8u /* the platform's part, where the O bit says so */
#define UDP_BYTES    8u
#define PORT_VXLAN   4789u /* RFC 7348 5 */
#define PORT_GPE     4790u /* draft-ietf-nvo3-vxlan-gpe: what is inside is named */
#define PORT_GRE     4754u /* RFC 8086 5 */
#define PORT_VXLAN0  8472u /* Linux before the RFC, and OTV */
#define PORT_GENEVE  6081u /* RFC 8926 3.3 */
#define VXLAN_BYTES  8u
#define GENEVE_BYTES 8u

static uint32_t be24(const uint8_t *at)
{
	return (uint32_t)at[0] << 16 | vg_be16(at + 1);
}

static int enter(struct vg_packet *pkt, enum vg_tunnel kind, uint32_t id, uint32_t carrier_off, uint8_t version)
{
	if (pkt->n_tunnels == VG_ATTR_TUNNELS)
		return 0;
	pkt->tunnels[pkt->n_tunnels++] = (struct vg_layer){ id, (uint16_t)carrier_off, (uint8_t)kind, version };
	return 1;
}

static void set_tenant(struct vg_packet *pkt, enum vg_tunnel kind, uint32_t id)
{
	pkt->key.net = (uint8_t)(kind << 4);
	pkt->key.tenant[0] = (uint16_t)(id >> 16);
	pkt->key.tenant[1] = (uint16_t)id;
}

/* IP by its first byte, checked against what is there; 0: it does not look like IP. */
static uint32_t guess_ip(const struct vg_cursor *c, const struct vg_packet *pkt)
{
	const uint8_t *ip = c->at + c->off;

	if (vg_cursor_has(c, 20) && ip[0] >> 4 == 4 && (ip[0] & 15) >= 5 &&
	    vg_be16(ip + 2) <= pkt->n_frame_bytes - c->off)
		return VG_ETHERTYPE_IPV4;
	if (vg_cursor_has(c, 40) && ip[0] >> 4 == 6 && vg_be16(ip + 4) <= pkt->n_frame_bytes - c->off - 40)
		return VG_ETHERTYPE_IPV6;
	return 0;
}

/* Whether an EtherType that we know stands where an Ethernet header at the cursor has it. */
static int looks_ethernet(const struct vg_cursor *c)
{
	uint32_t type = vg_cursor_has(c, 14) ? vg_be16(c->at + c->off + 12) : 0;

	return type == VG_ETHERTYPE_IPV4 || type == VG_ETHERTYPE_IPV6 || type == 0x8100 || type == 0x88a8 ||
	       type == VG_ETHERTYPE_MPLS || type == VG_ETHERTYPE_PPPOE;
}

/* RFC 3032 2.1; behind the last label IP, or a pseudo-wire with (RFC 4448 4.6) or without a control word. */
enum vg_decode_word vg_decode_mpls(struct vg_cursor *c, struct vg_packet *pkt)
{
	uint32_t label;

	for (uint32_t n = 0;; n++) {
		if (n == MAX_LABELS)
			return VG_DECODE_WORD_DEPTH;
		if (!vg_cursor_has(c, LABEL_BYTES))
			return VG_DECODE_WORD_SHORT;
		label = vg_be32(c->at + c->off);
		c->off += LABEL_BYTES;
		if (label & 0x100)
			break;
	}
	if (!enter(pkt, VG_TUNNEL_MPLS, label >> 12, 0, 0))
		return VG_DECODE_WORD_DEPTH;
	if (!vg_cursor_has(c, 4))
		return VG_DECODE_WORD_SHORT;
	c->next = guess_ip(c, pkt);
	if (c->next)
		return VG_DECODE_AGAIN;
	if (vg_be16(c->at + c->off) == 0 && !looks_ethernet(c))
		c->off += 4;
	c->next = VG_ETHERTYPE_BRIDGE;
	return VG_DECODE_AGAIN;
}

/* RFC 2516 4; the protocol field may be compressed to its last byte (RFC 1661 6.5). */
enum vg_decode_word vg_decode_pppoe(struct vg_cursor *c, struct vg_packet *pkt)
{
	const uint8_t *p = c->at + c->off;
	uint32_t proto, id;

	if (!vg_cursor_has(c, PPPOE_BYTES + 2))
		return VG_DECODE_WORD_SHORT;
	if (p[0] != 0x11 || p[1])
		return VG_DECODE_WORD_NOT_IP;
	id = vg_be16(p + 2);
	proto = p[PPPOE_BYTES] & 1 ? p[PPPOE_BYTES] : vg_be16(p + PPPOE_BYTES);
	if (!enter(pkt, VG_TUNNEL_PPPOE, id, 0, 0))
		return VG_DECODE_WORD_DEPTH;
	set_tenant(pkt, VG_TUNNEL_PPPOE, id);
	c->off += PPPOE_BYTES + (p[PPPOE_BYTES] & 1 ? 1 : 2);
	c->next = proto == PPP_IPV4   ? VG_ETHERTYPE_IPV4
		  : proto == PPP_IPV6 ? VG_ETHERTYPE_IPV6
		  : proto == PPP_MPLS ? VG_ETHERTYPE_MPLS
				      : 0;
	return VG_DECODE_AGAIN;
}

/* A mirrored frame. Without a sequence number there is no header of ERSPAN's own (type I). */
static enum vg_decode_word erspan(struct vg_cursor *c, struct vg_packet *pkt, uint32_t proto, int has_seq,
				  uint32_t carrier_off, uint8_t version)
{
	const uint8_t *e = c->at + c->off;
	uint32_t n = proto == GRE_ERSPAN3 ? ERSPAN3 : has_seq ? ERSPAN2 : 0, id = 0;

	if (!vg_cursor_has(c, n))
		return VG_DECODE_WORD_SHORT;
	c->next = VG_ETHERTYPE_BRIDGE;
	if (n) {
		if (e[0] >> 4 != (proto == GRE_ERSPAN3 ? 2 : 1))
			return VG_DECODE_WORD_NOT_IP;
		id = vg_be16(e + 2) & 0x3ff;
	}
	if (n == ERSPAN3) {
		/* the frame's type: 0 Ethernet, 2 IP */
		uint32_t type = (uint32_t)(e[10] >> 2) & 31;
		if (e[11] & 1)
			n += ERSPAN3_SUB;
		if (!vg_cursor_has(c, n + 1))
			return VG_DECODE_WORD_SHORT;
		if (type == 2)
			c->next = e[n] >> 4 == 6 ? VG_ETHERTYPE_IPV6 : VG_ETHERTYPE_IPV4;
		else if (type)
			return VG_DECODE_WORD_NOT_IP;
	}
	if (!enter(pkt, VG_TUNNEL_ERSPAN, id, carrier_off, version))
		return VG_DECODE_WORD_DEPTH;
	c->off += n;
	return VG_DECODE_AGAIN;
}

enum vg_decode_word vg_decode_gre(struct vg_cursor *c, struct vg_packet *pkt, uint32_t carrier_off, uint8_t version)
{
	const uint8_t *g = c->at + c->off;
	uint32_t flags, proto, id = 0, n = GRE_BYTES;

	if (!vg_cursor_has(c, GRE_BYTES))
		return VG_DECODE_WORD_SHORT;
	flags = vg_be16(g);
	proto = vg_be16(g + 2);
	if (flags & (GRE_ROUTING | GRE_VERSION))
		return VG_DECODE_WORD_NOT_TCP;
	n += flags & GRE_SUM ? 4 : 0;
	if (flags & GRE_KEY) {
		if (!vg_cursor_has(c, n + 4))
			return VG_DECODE_WORD_SHORT;
		id = vg_be32(g + n);
		n += 4;
	}
	n += flags & GRE_SEQ ? 4 : 0;
	if (!vg_cursor_has(c, n))
		return VG_DECODE_WORD_SHORT;
	c->off += n;
	if (proto == GRE_ERSPAN2 || proto == GRE_ERSPAN3)
		return erspan(c, pkt, proto, (flags & GRE_SEQ) != 0, carrier_off, version);
	if (!enter(pkt, VG_TUNNEL_GRE, id, carrier_off, version))
		return VG_DECODE_WORD_DEPTH;
	if (flags & GRE_KEY)
		set_tenant(pkt, VG_TUNNEL_GRE, id);
	c->next = proto;
	return VG_DECODE_AGAIN;
}

/* RFC 8926 3.4; control packets carry nothing for us. */
static enum vg_decode_word geneve(struct vg_cursor *c, struct vg_packet *pkt, uint32_t carrier_off, uint8_t version)
{
	const uint8_t *g = c->at + c->off;
	uint32_t n;

	if (!vg_cursor_has(c, GENEVE_BYTES))
		return VG_DECODE_WORD_SHORT;
	n = GENEVE_BYTES + (uint32_t)(g[0] & 63) * 4;
	if (g[0] >> 6 || g[1] & 0x80)
		return VG_DECODE_WORD_NOT_TCP;
	if (!vg_cursor_has(c, n))
		return VG_DECODE_WORD_SHORT;
	if (!enter(pkt, VG_TUNNEL_GENEVE, be24(g + 4), carrier_off, version))
		return VG_DECODE_WORD_DEPTH;
	set_tenant(pkt, VG_TUNNEL_GENEVE, be24(g + 4));
	c->next = vg_be16(g + 2);
	c->off += n;
	return VG_DECODE_AGAIN;
}

enum vg_decode_word vg_decode_udp(struct vg_cursor *c, struct vg_packet *pkt, uint32_t carrier_off, uint8_t version)
{
	const uint8_t *u = c->at + c->off;
	uint32_t port;

	if (!vg_cursor_has(c, UDP_BYTES))
		return VG_DECODE_WORD_SHORT;
	port = vg_be16(u + 2);
	if (port != PORT_VXLAN && port != PORT_VXLAN0 && port != PORT_GENEVE && port != PORT_GPE && port != PORT_GRE)
		return VG_DECODE_WORD_NOT_TCP;
	c->off += UDP_BYTES;
	if (port == PORT_GRE)
		return vg_decode_gre(c, pkt, carrier_off, version);
	if (port == PORT_GENEVE)
		return geneve(c, pkt, carrier_off, version);
	if (!vg_cursor_has(c, VXLAN_BYTES))
		return VG_DECODE_WORD_SHORT;
	u += UDP_BYTES;
	if (!(u[0] & 8)) { /* RFC 7348 5: the I flag makes the VNI valid */
		c->off -= UDP_BYTES;
		return VG_DECODE_WORD_NOT_TCP;
	}
	c->next = VG_ETHERTYPE_BRIDGE;
	if (port == PORT_GPE && (u[0] & 4)) /* the P flag: a next protocol stands in the header */
		c->next = u[3] == 1 ? VG_ETHERTYPE_IPV4 : u[3] == 2 ? VG_ETHERTYPE_IPV6 : u[3] == 3 ? c->next : 0;
	if (!enter(pkt, VG_TUNNEL_VXLAN, be24(u + 4), carrier_off, version))
		return VG_DECODE_WORD_DEPTH;
	set_tenant(pkt, VG_TUNNEL_VXLAN, be24(u + 4));
	c->off += VXLAN_BYTES;
	return VG_DECODE_AGAIN;
}

enum vg_decode_word vg_decode_ip_in_ip(struct vg_cursor *c, struct vg_packet *pkt, uint32_t carrier_off,
				       uint8_t version, uint32_t next)
{
	if (!enter(pkt, VG_TUNNEL_IP, 0, carrier_off, version))
		return VG_DECODE_WORD_DEPTH;
	c->next = next;
	return VG_DECODE_AGAIN;
}
