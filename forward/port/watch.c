#include "forward/port/watch.h"

#include <rte_ethdev.h>

#include <vigil/port_link.h>

static void set(_Atomic uint64_t *to, uint64_t n)
{
	atomic_store_explicit(to, n, memory_order_relaxed);
}

void vg_pairs_watch_begin(struct vg_pair *pair, struct vg_stats_page *page, const char *a, const char *b)
{
	for (unsigned side = 0; side < 2; side++) {
		const char *device = side ? b : a;
		struct vg_port_stats *row = &page->ports[side];

		vg_port_label(device, row->name);
		pair->link_fd[side] = vg_port_link_open(device);
		pair->packet_fd[side] = vg_port_packet_socket(device);
		pair->is_of_kernel[side] = (uint8_t)vg_port_is_of_kernel(device);
		atomic_store_explicit(&row->n_queues, 1, memory_order_relaxed);
		atomic_store_explicit(&row->share, VG_PORT_INLINE, memory_order_release);
	}
	vg_pairs_watch(pair, page);
}

static enum vg_port_link link_of(const struct vg_pair *pair, unsigned side)
{
	struct rte_eth_link link = { 0 };

	if (pair->link_fd[side] >= 0)
		return vg_port_link_read(pair->link_fd[side]);
	if (pair->is_of_kernel[side] || rte_eth_link_get_nowait(pair->eth_id[side], &link))
		return VG_PORT_LINK_UNKNOWN;
	return link.link_status ? VG_PORT_LINK_UP : VG_PORT_LINK_DOWN;
}

void vg_pairs_watch(struct vg_pair *pair, struct vg_stats_page *page)
{
	uint64_t n_missed = 0, n_nombuf = 0, n_unsent = 0;

	for (unsigned side = 0; side < 2; side++) {
		struct vg_port_stats *row = &page->ports[side];
		struct rte_eth_stats stats;

		vg_port_link_note(row, link_of(pair, side));
		pair->n_socket_drops[side] += vg_port_packet_drops(pair->packet_fd[side]);
		if (rte_eth_stats_get(pair->eth_id[side], &stats))
			continue;
		set(&row->rx_packets, stats.ipackets);
		set(&row->rx_bytes, stats.ibytes);
		set(&row->rx_missed, pair->n_socket_drops[side] + stats.imissed);
		set(&row->rx_errors, stats.ierrors);
		set(&row->rx_nombuf, stats.rx_nombuf);
		set(&row->tx_packets, stats.opackets);
		set(&row->tx_bytes, stats.obytes);
		set(&row->tx_errors, stats.oerrors);
		n_missed += pair->n_socket_drops[side] + stats.imissed + stats.ierrors;
		n_nombuf += stats.rx_nombuf;
		n_unsent += stats.oerrors;
	}
	set(&page->counters[VG_F_RX_MISSED], n_missed);
	set(&page->counters[VG_F_RX_NOMBUF], n_nombuf);
	set(&page->counters[VG_F_TX_ERRORS], n_unsent);
}
