#pragma once
/* pktbuild: frames from a few words: link header, VLAN tags, IPv4 or IPv6 with options and extension headers, TCP.
 * Own bytes only; checksums are left 0. */
#include <stdint.h>
#include <string.h>

#define PB_MAX 4096

struct pb_frame {
	uint8_t bytes[PB_MAX];
	uint32_t n_bytes;
	uint32_t ip_off; /* of the last IP header */
};
struct pb_tcp {
	uint32_t src, dst; /* IPv4, or the last word of an IPv6 address */
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t flags;
	const void *payload;
	uint32_t n_payload;
	uint32_t stamp; /* TSval; 0: no timestamps */
};

static inline void pb_put(struct pb_frame *f, const void *bytes, uint32_t n)
{
	memcpy(f->bytes + f->n_bytes, bytes, n);
	f->n_bytes += n;
}
static inline void pb_be16(struct pb_frame *f, uint32_t v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };
	pb_put(f, b, 2);
}
static inline void pb_be32(struct pb_frame *f, uint32_t v)
{
	pb_be16(f, v >> 16);
	pb_be16(f, v & 0xffff);
}
static inline void pb_set16(struct pb_frame *f, uint32_t off, uint32_t v)
{
	f->bytes[off] = (uint8_t)(v >> 8);
	f->bytes[off + 1] = (uint8_t)v;
}
static inline void pb_zeros(struct pb_frame *f, uint32_t n)
{
	memset(f->bytes + f->n_bytes, 0, n);
	f->n_bytes += n;
}
/* Two addresses; the EtherType or the first tag's follows. */
static inline void pb_ether(struct pb_frame *f)
{
	f->n_bytes = 0;
	pb_zeros(f, 12);
}
/* A tag, its own EtherType first. */
static inline void pb_tag(struct pb_frame *f, uint16_t ethertype, uint16_t vlan)
{
	pb_be16(f, ethertype);
	pb_be16(f, vlan);
}
static inline void pb_tcp_part(struct pb_frame *f, const struct pb_tcp *t)
{
	pb_be16(f, t->sport);
	pb_be16(f, t->dport);
	pb_be32(f, t->seq);
	pb_be32(f, t->ack);
	pb_be16(f, (t->stamp ? 8u : 5u) << 12 | t->flags);
	pb_be16(f, 65535);
	pb_be32(f, 0);
	if (t->stamp) {
		pb_be32(f, 0x0101080au);
		pb_be32(f, t->stamp);
		pb_be32(f, 0);
	}
	if (t->n_payload)
		pb_put(f, t->payload, t->n_payload);
}
/* IPv4 with n_options bytes (a multiple of 4) of options. */
static inline void pb_ipv4_tcp(struct pb_frame *f, const struct pb_tcp *t, uint32_t n_options)
{
	f->ip_off = f->n_bytes;
	pb_be16(f, (0x45u + n_options / 4) << 8);
	pb_be16(f, 20 + n_options + 20 + (t->stamp ? 12 : 0) + t->n_payload);
	pb_be32(f, 0);
	pb_be32(f, 64u << 24 | 6u << 16);
	pb_be32(f, t->src);
	pb_be32(f, t->dst);
	pb_zeros(f, n_options);
	pb_tcp_part(f, t);
}
/* IPv6; `extensions` is n_extensions bytes that begin with a header of type first_next and end with one whose next
 * is 6. */
static inline void pb_ipv6_tcp(struct pb_frame *f, const struct pb_tcp *t, uint8_t first_next, const void *extensions,
			       uint32_t n_extensions)
{
	f->ip_off = f->n_bytes;
	pb_be32(f, 6u << 28);
	pb_be16(f, n_extensions + 20 + (t->stamp ? 12 : 0) + t->n_payload);
	pb_be16(f, (uint32_t)(n_extensions ? first_next : 6) << 8 | 64);
	pb_be32(f, 0x20010db8);
	pb_zeros(f, 8);
	pb_be32(f, t->src);
	pb_be32(f, 0x20010db8);
	pb_zeros(f, 8);
	pb_be32(f, t->dst);
	if (n_extensions)
		pb_put(f, extensions, n_extensions);
	pb_tcp_part(f, t);
}
/* The usual: Ethernet, IPv4, TCP. */
static inline void pb_simple(struct pb_frame *f, const struct pb_tcp *t)
{
	pb_ether(f);
	pb_be16(f, 0x0800);
	pb_ipv4_tcp(f, t, 0);
}
