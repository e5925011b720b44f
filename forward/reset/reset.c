/* See reset.h. */
#include <string.h>

#include <vigil/bytes.h>

#include "forward/reset/reset.h"

#define ETHERNET_BYTES 14u
#define MIN_BYTES      60u /* of a frame (IEEE 802.3) */
#define TYPE_IPV4      0x0800u
#define TYPE_IPV6      0x86ddu
#define TYPE_TAG       0x8100u
#define TYPE_TAG_OUTER 0x88a8u
#define PROTO_TCP      6u
#define HOPS           64u
#define FIN            1u
#define SYN            2u
#define RST            4u
#define PSH            8u
#define ACK            16u

#define BODY "This transfer was stopped by the operator of this network.\n"
static const char answer[] = "HTTP/1.1 451 Unavailable For Legal Reasons\r\n"
			     "Content-Type: text/plain\r\nContent-Length: 59\r\nCache-Control: no-store\r\n"
			     "Connection: close\r\n\r\n" BODY;
_Static_assert(sizeof(BODY) - 1 == 59, "the length that the head says");
_Static_assert(sizeof(answer) + ETHERNET_BYTES + 8 + 40 + 60 <= VG_RESET_MAX_BYTES, "room for all headers");

struct parts {
	uint32_t ip_off, tcp_off, n_tcp_bytes, n_payload_bytes, n_address_bytes;
	const uint8_t *src, *dst;
};

static int find_ipv4(const uint8_t *ip, uint32_t n_bytes, struct parts *p)
{
	uint32_t n_head, n_total;
	if (n_bytes < 20 || ip[0] >> 4 != 4 || ip[9] != PROTO_TCP || vg_be16(ip + 6) & 0x3fff)
		return 0;
	n_head = (ip[0] & 15u) * 4;
	n_total = vg_be16(ip + 2);
	if (n_head < 20 || n_total < n_head)
		return 0;
	p->tcp_off = p->ip_off + n_head;
	p->n_payload_bytes = n_total - n_head; /* TCP and its payload as yet */
	p->src = ip + 12;
	p->dst = ip + 16;
	p->n_address_bytes = 4;
	return 1;
}

static int find_ipv6(const uint8_t *ip, uint32_t n_bytes, struct parts *p)
{
	if (n_bytes < 40 || ip[0] >> 4 != 6 || ip[6] != PROTO_TCP)
		return 0;
	p->tcp_off = p->ip_off + 40;
	p->n_payload_bytes = vg_be16(ip + 4);
	p->src = ip + 8;
	p->dst = ip + 24;
	p->n_address_bytes = 16;
	return 1;
}

static int find_parts(const uint8_t *frame, uint32_t n_bytes, struct parts *p)
{
	uint32_t type;
	p->ip_off = ETHERNET_BYTES;
	if (n_bytes < ETHERNET_BYTES)
		return 0;
	type = vg_be16(frame + 12);
	for (unsigned n_tags = 0; n_tags < 2 && (type == TYPE_TAG || type == TYPE_TAG_OUTER); n_tags++) {
		p->ip_off += 4;
		if (n_bytes < p->ip_off)
			return 0;
		type = vg_be16(frame + p->ip_off - 2);
	}
	if (!(type == TYPE_IPV4   ? find_ipv4(frame + p->ip_off, n_bytes - p->ip_off, p)
	      : type == TYPE_IPV6 ? find_ipv6(frame + p->ip_off, n_bytes - p->ip_off, p)
				  : 0) ||
	    n_bytes < p->tcp_off + 20)
		return 0;
	p->n_tcp_bytes = (frame[p->tcp_off + 12] >> 4) * 4u;
	if (p->n_tcp_bytes < 20 || n_bytes < p->tcp_off + p->n_tcp_bytes || p->n_payload_bytes < p->n_tcp_bytes)
		return 0;
	p->n_payload_bytes -= p->n_tcp_bytes;
	return 1;
}

static uint32_t sum_of(const uint8_t *bytes, uint32_t n_bytes, uint32_t sum)
{
	for (uint32_t i = 0; i + 1 < n_bytes; i += 2)
		sum += vg_be16(bytes + i);
	return n_bytes & 1 ? sum + ((uint32_t)bytes[n_bytes - 1] << 8) : sum;
}
static void put_sum(uint8_t *at, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum;
	at[0] = (uint8_t)(sum >> 8);
	at[1] = (uint8_t)sum;
}

/* The IP header without options or extensions (RFC 791 3.1, RFC 8200 3); returns its length. */
static uint32_t put_ip(uint8_t *ip, const struct parts *p, int is_back, uint32_t n_segment_bytes)
{
	uint32_t n_head = p->n_address_bytes == 4 ? 20 : 40, n = p->n_address_bytes;
	memset(ip, 0, n_head);
	memcpy(ip + n_head - 2 * n, is_back ? p->dst : p->src, n);
	memcpy(ip + n_head - n, is_back ? p->src : p->dst, n);
	if (n == 4) {
		ip[0] = 0x45;
		ip[2] = (uint8_t)((n_head + n_segment_bytes) >> 8);
		ip[3] = (uint8_t)(n_head + n_segment_bytes);
		ip[6] = 0x40; /* do not fragment */
		ip[8] = HOPS;
		ip[9] = PROTO_TCP;
		put_sum(ip + 10, sum_of(ip, n_head, 0));
	} else {
		ip[0] = 0x60;
		ip[4] = (uint8_t)(n_segment_bytes >> 8);
		ip[5] = (uint8_t)n_segment_bytes;
		ip[6] = PROTO_TCP;
		ip[7] = HOPS;
	}
	return n_head;
}

/* The TCP header and what it carries (RFC 9293 3.1); returns the segment's length. */
static uint32_t put_tcp(uint8_t *tcp, const uint8_t *from, const struct parts *p, enum vg_reset_kind kind)
{
	uint32_t n = kind == VG_RESET_ANSWER_451 ? p->n_tcp_bytes : 20;
	uint32_t seq = vg_be32(from + 4), ack = vg_be32(from + 8);
	memcpy(tcp, from, n);
	tcp[12] = (uint8_t)(n / 4 << 4);
	if (kind == VG_RESET_SENDER) {
		memcpy(tcp, from + 2, 2);
		memcpy(tcp + 2, from, 2);
		vg_put_be32(tcp + 4, ack);
		vg_put_be32(tcp + 8, seq + p->n_payload_bytes + ((from[13] & SYN) != 0) + ((from[13] & FIN) != 0));
	}
	tcp[13] = kind == VG_RESET_ANSWER_451 ? ACK | PSH | FIN : RST | ACK;
	if (kind != VG_RESET_ANSWER_451)
		memset(tcp + 14, 0, 2); /* no window */
	memset(tcp + 16, 0, 4);
	if (kind == VG_RESET_ANSWER_451) {
		memcpy(tcp + n, answer, sizeof(answer) - 1);
		n += sizeof(answer) - 1;
	}
	return n;
}

uint32_t vg_reset_make(const uint8_t *frame, uint32_t n_bytes, enum vg_reset_kind kind, uint8_t *to)
{
	struct parts p;
	uint8_t *ip, *tcp;
	uint32_t n_ip, n_tcp, n;
	if (!find_parts(frame, n_bytes, &p) || frame[p.tcp_off + 13] & RST)
		return 0;
	memcpy(to, frame, p.ip_off);
	if (kind == VG_RESET_SENDER) {
		memcpy(to, frame + 6, 6);
		memcpy(to + 6, frame, 6);
	}
	ip = to + p.ip_off;
	tcp = ip + (p.n_address_bytes == 4 ? 20 : 40);
	n_tcp = put_tcp(tcp, frame + p.tcp_off, &p, kind);
	n_ip = put_ip(ip, &p, kind == VG_RESET_SENDER, n_tcp);
	put_sum(tcp + 16,
		sum_of(tcp, n_tcp,
		       sum_of(p.src, p.n_address_bytes, 0) + sum_of(p.dst, p.n_address_bytes, 0) + PROTO_TCP + n_tcp));
	n = p.ip_off + n_ip + n_tcp;
	if (n < MIN_BYTES) {
		memset(to + n, 0, MIN_BYTES - n);
		n = MIN_BYTES;
	}
	return n;
}
