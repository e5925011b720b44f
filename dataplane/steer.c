/* See steer.h. A frame is handed over at most twice: a fragment to the worker that puts its datagram together, the
 * datagram to the worker of its flow. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <rte_errno.h>
#include <rte_ring.h>

#include <vigil/bytes.h>
#include <vigil/log.h>

#include "dataplane/carry.h"
#include "dataplane/decode/defrag.h"
#include "dataplane/steer.h"

#define ROOM        "dataplane/steer"
/* IEEE 802.3, 802.1Q; RFC 791 3.1, RFC 8200 3 */
#define ETHER_BYTES 14u
#define TYPE_VLAN   0x8100u
#define TYPE_IPV4   0x0800u
#define TYPE_IPV6   0x86ddu
#define PROTO_TCP   6u
#define HERE        UINT32_MAX /* keeps its place in the burst */

static int is_whole_tcp4(const uint8_t *ip, uint32_t n)
{
	return n >= 20 && ip[0] >> 4 == 4 && ip[9] == PROTO_TCP && !(vg_be16(ip + 6) & 0x3fff);
}

/* Ethernet with at most one tag, IP, TCP, no fragment: what every card hashes as it was told to. */
static int is_plain(const struct rte_mbuf *m)
{
	const uint8_t *at = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t n = m->data_len, off = ETHER_BYTES;
	uint16_t type;

	if (n < ETHER_BYTES + 4)
		return 0;
	type = vg_be16(at + 12);
	if (type == TYPE_VLAN) {
		type = vg_be16(at + 16);
		off += 4;
	}
	if (type == TYPE_IPV4)
		return is_whole_tcp4(at + off, n - off);
	return type == TYPE_IPV6 && n - off >= 40 && at[off] >> 4 == 6 && at[off + 6] == PROTO_TCP;
}

uint32_t vg_steer_home(const struct vg_rss *rss, const struct vg_packet *pkt)
{
	uint16_t fold = vg_rss_fold(pkt->key.ip[0], sizeof(pkt->key.ip));

	if (rss->has_ports)
		fold ^= pkt->key.port[0] ^ pkt->key.port[1];
	return vg_rss_queue(rss, vg_rss_hash(fold));
}

/* Whose a fragment is: all of a datagram have the same addresses and nothing else. */
static uint32_t home_of_fragment(const struct vg_rss *rss, const struct vg_packet *pkt)
{
	const uint8_t *ip = pkt->frame + pkt->ip_off;
	uint32_t at = ip[0] >> 4 == 4 ? 12 : 8, n = ip[0] >> 4 == 4 ? 8 : 32;

	return vg_rss_queue(rss, vg_rss_hash(vg_rss_fold(ip + at, n)));
}

/* A fragment of ours, taken over; the datagram where it was the last one missing. */
static struct rte_mbuf *join(struct vg_steer *steer, struct rte_mbuf *m, struct vg_packet *pkt, uint32_t *home)
{
	const struct vg_packet port_half = *pkt;
	enum vg_decode_word word = vg_defrag_frame(steer->defrag, pkt, 0);
	struct rte_mbuf *whole = NULL;

	if (word == VG_DECODE_WORD_FRAGMENT)
		vg_count(steer->stats, VG_C_DECODE_FRAGMENT, 1);
	else if (word != VG_DEFRAG_KEPT && pkt->segment == port_half.segment)
		return m;
	else if (word != VG_DEFRAG_KEPT && !(whole = vg_carry_copy(steer->ports->pool, pkt)))
		vg_count(steer->stats, VG_C_STEER_NOMBUF, 1);
	*home = word == VG_DECODE_TCP ? vg_steer_home(&steer->ports->rss, pkt) : steer->idx;
	/* what is inspected counts itself; this is the rest, modulo 2^64 */
	vg_count(steer->stats, VG_C_RX_PACKETS, whole ? 0 : 1);
	vg_count(steer->stats, VG_C_RX_BYTES, m->pkt_len - (uint64_t)(whole ? whole->pkt_len : 0));
	rte_pktmbuf_free(m);
	return whole;
}

/* Where frame i of the burst goes; its buffer may be another afterwards, or NULL. */
static uint32_t look_at(struct vg_steer *steer, struct vg_feed *burst, uint32_t i)
{
	struct rte_mbuf *m = burst->mbufs[i];
	struct vg_packet pkt = { .frame = rte_pktmbuf_mtod(m, const uint8_t *),
				 .n_first_bytes = m->data_len,
				 .n_frame_bytes = m->pkt_len,
				 .segment = m,
				 .clock_ns = burst->clocks_ns[i],
				 .link = burst->link,
				 .key = { .capture_idx = vg_port_flows_of(steer->ports, burst->capture_idx) } };
	const struct vg_packet port_half = pkt;
	enum vg_decode_word word = vg_decode_frame(&pkt);
	uint32_t home = steer->idx;

	if (word == VG_DECODE_TCP)
		return vg_steer_home(&steer->ports->rss, &pkt);
	if (word != VG_DECODE_WORD_FRAGMENT)
		return HERE;
	home = home_of_fragment(&steer->ports->rss, &pkt);
	if (home != steer->idx)
		return home;
	pkt = port_half;
	burst->mbufs[i] = join(steer, m, &pkt, &home);
	return home;
}

static void flush(struct vg_steer *steer, uint32_t to)
{
	uint32_t n = steer->n_out[to];
	uint32_t n_sent = rte_ring_sp_enqueue_burst(steer->to[to], (void **)steer->out[to], n, NULL);

	steer->n_out[to] = 0;
	vg_count(steer->stats, VG_C_STEERED, n_sent);
	if (n_sent == n)
		return;
	vg_count(steer->stats, VG_C_STEER_FULL, n - n_sent);
	rte_pktmbuf_free_bulk(steer->out[to] + n_sent, n - n_sent);
}

/* Frame i of the burst into what is gathered for another worker. */
static void hand_over(struct vg_steer *steer, const struct vg_feed *burst, uint32_t i, uint32_t to)
{
	struct rte_mbuf *m = burst->mbufs[i];

	m->port = burst->capture_idx;
	m->packet_type = burst->link;
	*RTE_MBUF_DYNFIELD(m, steer->ports->timestamp_off, rte_mbuf_timestamp_t *) = (uint64_t)burst->wall_ns[i];
	*vg_carry_clock(m, steer->clock_off) = burst->clocks_ns[i];
	*vg_carry_order(m, steer->clock_off) = burst->orders[i];
	steer->out[to][steer->n_out[to]++] = m;
}

static void share_out(struct vg_steer *steer, struct vg_feed *burst, int is_from_card)
{
	uint32_t n_kept = burst->first;

	for (uint32_t i = burst->first; i < burst->first + burst->n_frames; i++) {
		uint32_t to = is_from_card && is_plain(burst->mbufs[i]) ? HERE : look_at(steer, burst, i);

		if (!burst->mbufs[i])
			continue;
		if (to != HERE && to != steer->idx) {
			hand_over(steer, burst, i, to);
			continue;
		}
		burst->mbufs[n_kept] = burst->mbufs[i];
		burst->wall_ns[n_kept] = burst->wall_ns[i];
		burst->orders[n_kept] = burst->orders[i];
		burst->clocks_ns[n_kept++] = burst->clocks_ns[i];
	}
	burst->n_frames = n_kept - burst->first;
	for (uint32_t to = 0; to < steer->n_workers; to++)
		if (steer->n_out[to])
			flush(steer, to);
}

void vg_steer_burst(struct vg_steer *steer, struct vg_feed *burst)
{
	share_out(steer, burst, 1);
}

enum vg_feed_word vg_steer_next(struct vg_steer *steer, struct vg_feed *burst)
{
	for (uint32_t k = 0; k < steer->n_workers; k++) {
		uint32_t from = (steer->next_in + k) % steer->n_workers;

		if (from == steer->idx || vg_dispatch_next(&steer->from[from], burst) != VG_FEED_PACKETS)
			continue;
		steer->next_in = (from + 1) % steer->n_workers;
		share_out(steer, burst, 0); /* fragments become datagrams, which may be another's */
		return VG_FEED_PACKETS;
	}
	burst->n_frames = 0;
	return VG_FEED_IDLE;
}

static struct vg_steer *create_one(struct vg_ports *ports, struct vg_stats_page *stats, uint32_t idx,
				   uint32_t n_workers)
{
	struct vg_steer *steer = calloc(1, sizeof(*steer));
	uint64_t seed[3];

	if (!steer)
		return NULL;
	steer->ports = ports;
	steer->idx = idx;
	steer->n_workers = n_workers;
	steer->stats = stats;
	steer->clock_off = vg_carry_clock_off();
	if (steer->clock_off >= 0 && getrandom(seed, sizeof(seed), 0) == (ssize_t)sizeof(seed))
		steer->defrag = vg_defrag_create(seed, stats);
	return steer;
}

static int connect_all(struct vg_steer **steers, uint32_t n_workers)
{
	char name[40];

	for (uint32_t from = 0; from < n_workers; from++)
		for (uint32_t to = 0; to < n_workers; to++) {
			struct rte_ring *ring;

			if (from == to)
				continue;
			snprintf(name, sizeof(name), "vigil_steer_%u_%u", from, to);
			ring = rte_ring_create(name, VG_STEER_RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
			if (!ring)
				return -1;
			steers[from]->to[to] = ring;
			steers[to]->from[from] =
				(struct vg_dispatch_end){ .ring = ring,
							  .clock_off = steers[to]->clock_off,
							  .timestamp_off = steers[to]->ports->timestamp_off };
		}
	return 0;
}

int vg_steers_create(struct vg_steer **steers, struct vg_ports *ports, struct vg_stats_page *const *stats,
		     uint32_t n_workers)
{
	int is_there = 1;

	for (uint32_t i = 0; i < n_workers && is_there; i++) {
		steers[i] = create_one(ports, stats[i], i, n_workers);
		is_there = steers[i] && steers[i]->defrag;
	}
	if (is_there && !connect_all(steers, n_workers))
		return 0;
	vg_log(VG_LOG_ERROR, ROOM, "no memory to hand frames over between %u workers: %s", n_workers,
	       rte_strerror(rte_errno));
	return -1;
}

void vg_steers_destroy(struct vg_steer **steers, uint32_t n_workers)
{
	for (uint32_t i = 0; i < n_workers; i++) {
		if (!steers[i])
			continue;
		for (uint32_t to = 0; to < n_workers; to++)
			rte_ring_free(steers[i]->to[to]);
		vg_defrag_destroy(steers[i]->defrag);
		free(steers[i]);
		steers[i] = NULL;
	}
}
