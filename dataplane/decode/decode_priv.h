#pragma once
/* decode_priv: the cursor that decode's layers hand to each other. */
#include <vigil/bytes.h>

#include "dataplane/decode/decode.h"

#define VG_ETHERTYPE_IPV4   0x0800u
#define VG_ETHERTYPE_BRIDGE 0x6558u /* an Ethernet frame inside (RFC 1701) */
#define VG_ETHERTYPE_IPV6   0x86ddu
#define VG_ETHERTYPE_MPLS   0x8847u /* RFC 3032 5 */
#define VG_ETHERTYPE_MPLS_M 0x8848u
#define VG_ETHERTYPE_PPPOE  0x8864u /* RFC 2516 4, session stage */

/* A layer was entered and what it carries is named by next; no counter has this number. */
#define VG_DECODE_AGAIN ((enum vg_decode_word)(-2))

struct vg_cursor {
	const uint8_t *at;
	uint32_t off, n_bytes; /* n_bytes: of the first segment */
	uint32_t next;         /* EtherType of what lies at off */
};

static inline int vg_cursor_has(const struct vg_cursor *c, uint32_t n)
{
	return c->n_bytes - c->off >= n;
}

/* Layers that carry others: they move the cursor and set next (AGAIN), or say why not. carrier_off and version are of
 * the IP header around them. vg_decode_ethernet() begins a new VLAN stack. */
enum vg_decode_word vg_decode_ethernet(struct vg_cursor *c, struct vg_packet *pkt);
enum vg_decode_word vg_decode_mpls(struct vg_cursor *c, struct vg_packet *pkt);
enum vg_decode_word vg_decode_pppoe(struct vg_cursor *c, struct vg_packet *pkt);
enum vg_decode_word vg_decode_gre(struct vg_cursor *c, struct vg_packet *pkt, uint32_t carrier_off, uint8_t version);
enum vg_decode_word vg_decode_udp(struct vg_cursor *c, struct vg_packet *pkt, uint32_t carrier_off, uint8_t version);
/* IP inside IP: next is the EtherType of the inner one. */
enum vg_decode_word vg_decode_ip_in_ip(struct vg_cursor *c, struct vg_packet *pkt, uint32_t carrier_off,
				       uint8_t version, uint32_t next);
