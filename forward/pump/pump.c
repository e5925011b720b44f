/* Where copies are wanted, a frame's segments are held by a second reference while the port sends them: both only
 * read. */
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_pause.h>

#include "forward/pump/pump.h"

/* The port shall send the bytes as they are: nothing that receiving noted may make it rewrite them. */
static uint64_t strip(struct rte_mbuf **mbufs, uint32_t n, int is_copied)
{
	uint64_t n_bytes = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct rte_mbuf *m = mbufs[i];
		m->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
		m->tx_offload = 0;
		n_bytes += m->pkt_len;
		if (is_copied)
			rte_pktmbuf_refcnt_update(m, 1);
	}
	return n_bytes;
}

void vg_pump_count(struct vg_pump *pump, struct rte_mbuf **mbufs, uint32_t n)
{
	vg_count(pump->stats, VG_F_RX_BYTES, strip(mbufs, n, 0));
	vg_count(pump->stats, VG_F_RX_PACKETS, n);
}

uint32_t vg_pump_send(struct vg_pump *pump, uint16_t eth_id, struct rte_mbuf **mbufs, uint32_t n)
{
	uint32_t n_sent = rte_eth_tx_burst(eth_id, 0, mbufs, (uint16_t)n);
	for (uint32_t tries = 0; n_sent < n && tries < VG_PUMP_TX_RETRIES; tries++) {
		rte_pause();
		n_sent += rte_eth_tx_burst(eth_id, 0, mbufs + n_sent, (uint16_t)(n - n_sent));
	}
	vg_count(pump->stats, VG_F_TX_PACKETS, n_sent);
	if (n_sent < n) {
		vg_count(pump->stats, VG_F_TX_DROPPED, n - n_sent);
		rte_pktmbuf_free_bulk(mbufs + n_sent, n - n_sent);
	}
	return n_sent;
}

int vg_pump_copy(struct vg_ring *ring, const struct rte_mbuf *m, const struct vg_frame_slot *slot)
{
	uint8_t *to = vg_ring_reserve(ring, m->pkt_len);
	uint32_t n_left = m->pkt_len;
	if (!to)
		return 0;
	for (const struct rte_mbuf *seg = m; seg && n_left; seg = seg->next) {
		uint32_t n = seg->data_len < n_left ? seg->data_len : n_left;
		memcpy(to, rte_pktmbuf_mtod(seg, const uint8_t *), n);
		to += n;
		n_left -= n;
	}
	vg_ring_commit(ring, slot, m->pkt_len - n_left);
	return 1;
}

uint32_t vg_pump_burst(struct vg_pump *pump, unsigned direction, uint64_t mono_ns, int64_t wall_ns)
{
	struct rte_mbuf *mbufs[VG_PUMP_BURST];
	uint32_t n = rte_eth_rx_burst(pump->eth_id[direction], 0, mbufs, VG_PUMP_BURST), n_sent;
	int is_copied = vg_ring_poll(pump->ring);
	struct vg_frame_slot slot = {
		.wall_ns = wall_ns, .mono_ns = mono_ns, .pair_idx = pump->pair_idx, .direction = (uint8_t)direction
	};
	if (!n)
		return 0;
	vg_count(pump->stats, VG_F_RX_BYTES, strip(mbufs, n, is_copied));
	vg_count(pump->stats, VG_F_RX_PACKETS, n);
	n_sent = vg_pump_send(pump, pump->eth_id[!direction], mbufs, n);
	if (is_copied) {
		for (uint32_t i = 0; i < n_sent; i++)
			(void)vg_pump_copy(pump->ring, mbufs[i], &slot);
		rte_pktmbuf_free_bulk(mbufs, n);
	}
	vg_ring_publish(pump->ring, is_copied ? 0 : n_sent);
	return n;
}
