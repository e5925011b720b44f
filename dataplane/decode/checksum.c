/* The one's complement sum does not depend on byte order or word size (RFC 1071 2), so it is taken in 32-bit words of
 * this machine, into 64-bit sums that cannot overflow for 64 KiB, four at a time. */
#include <string.h>

#include <rte_mbuf.h>

#include <vigil/bytes.h>

#include "dataplane/decode/checksum.h"

static uint64_t word(const uint8_t *at)
{
	uint32_t w;

	memcpy(&w, at, sizeof(w));
	return w;
}

/* The sum of n bytes, as if they began at an even place. */
static uint64_t sum(const uint8_t *at, uint32_t n)
{
	uint64_t a = 0, b = 0, c = 0, d = 0;
	uint8_t last[4] = { 0 };

	for (; n >= 16; at += 16, n -= 16) {
		a += word(at);
		b += word(at + 4);
		c += word(at + 8);
		d += word(at + 12);
	}
	for (; n >= 4; at += 4, n -= 4)
		a += word(at);
	memcpy(last, at, n);
	return a + b + c + d + word(last);
}

static uint16_t fold(uint64_t s)
{
	s = (s & 0xffffffff) + (s >> 32);
	s = (s & 0xffffffff) + (s >> 32);
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

/* TCP's header and payload, which may lie in several segments. 0: not all is there. */
static int sum_segments(const struct vg_packet *pkt, uint32_t n_left, uint64_t *total)
{
	const struct rte_mbuf *segment = pkt->segment;
	const uint8_t *at = pkt->frame + pkt->tcp_off;
	uint32_t n = pkt->n_first_bytes - pkt->tcp_off;
	int is_odd = 0;

	for (;;) {
		uint16_t part;

		n = n < n_left ? n : n_left;
		part = fold(sum(at, n));
		*total += is_odd ? (uint16_t)(part << 8 | part >> 8) : part;
		is_odd ^= n & 1;
		n_left -= n;
		if (!n_left)
			return 1;
		segment = segment ? segment->next : NULL;
		if (!segment)
			return 0;
		at = rte_pktmbuf_mtod(segment, const uint8_t *);
		n = segment->data_len;
	}
}

enum vg_checksum vg_checksum_tcp(const struct vg_packet *pkt)
{
	const uint8_t *ip = pkt->frame + pkt->ip_off;
	uint32_t n_tcp = pkt->n_payload_bytes + pkt->payload_off - pkt->tcp_off;
	uint8_t tail[4] = { 0, 6, (uint8_t)(n_tcp >> 8), (uint8_t)n_tcp };
	uint64_t pseudo, total;
	uint16_t kept;

	if (!pkt->is_whole)
		return VG_CHECKSUM_UNKNOWN;
	pseudo = ip[0] >> 4 == 4 ? sum(ip + 12, 8) : sum(ip + 8, 32);
	pseudo += sum(tail, sizeof(tail));
	total = pseudo;
	if (!sum_segments(pkt, n_tcp, &total))
		return VG_CHECKSUM_UNKNOWN;
	if (fold(total) == 0xffff)
		return VG_CHECKSUM_RIGHT;
	memcpy(&kept, pkt->frame + pkt->tcp_off + 16, sizeof(kept));
	return kept == fold(pseudo) ? VG_CHECKSUM_PARTIAL : VG_CHECKSUM_WRONG;
}
