#include "dataplane/port/watch.h"

#include <rte_ethdev.h>

#include <vigil/port_link.h>

static void set(_Atomic uint64_t *to, uint64_t n)
{
	atomic_store_explicit(to, n, memory_order_relaxed);
}

/* Row of a port; NULL: it has none. */
static struct vg_port_stats *row_of(const struct vg_port *port, uint32_t idx, struct vg_stats_page *page)
{
	return port->is_capture || port->frames || idx >= VG_STATS_PORTS ? NULL : &page->ports[idx];
}

void vg_ports_watch_begin(struct vg_ports *ports, struct vg_stats_page *page, uint32_t n_workers)
{
	for (uint32_t i = 0; i < ports->n_ports; i++) {
		struct vg_port *port = &ports->ports[i];
		struct vg_port_stats *row = row_of(port, i, page);
		uint32_t share = port->n_queues > 1 ? VG_PORT_HASHED
				 : n_workers > 1    ? VG_PORT_DISPATCHED
						    : VG_PORT_ALONE;

		if (!row)
			continue;
		vg_port_label(port->said, row->name);
		port->link_fd = vg_port_link_open(port->said);
		port->packet_fd = vg_port_packet_socket(port->said);
		atomic_store_explicit(&row->n_queues, port->n_queues, memory_order_relaxed);
		atomic_store_explicit(&row->share, share, memory_order_release);
	}
	vg_ports_watch(ports, page, 0);
}

static enum vg_port_link link_of(const struct vg_port *port)
{
	struct rte_eth_link link = { 0 };

	if (port->link_fd >= 0)
		return vg_port_link_read(port->link_fd);
	if (vg_port_is_of_kernel(port->said) || rte_eth_link_get_nowait(port->eth_id, &link))
		return VG_PORT_LINK_UNKNOWN;
	return link.link_status ? VG_PORT_LINK_UP : VG_PORT_LINK_DOWN;
}

static void look(const struct vg_port *port, struct vg_port_stats *row)
{
	struct rte_eth_stats stats;

	vg_port_link_note(row, link_of(port));
	set(&row->rx_missed, port->n_socket_drops);
	if (port->is_mute) {
		set(&row->rx_packets, atomic_load_explicit(&port->n_rx_packets, memory_order_relaxed));
		set(&row->rx_bytes, atomic_load_explicit(&port->n_rx_bytes, memory_order_relaxed));
		return;
	}
	if (rte_eth_stats_get(port->eth_id, &stats))
		return;
	set(&row->rx_packets, stats.ipackets);
	set(&row->rx_bytes, stats.ibytes);
	set(&row->rx_missed, port->n_socket_drops + stats.imissed);
	set(&row->rx_errors, stats.ierrors);
	set(&row->rx_nombuf, stats.rx_nombuf);
	set(&row->tx_packets, stats.opackets);
	set(&row->tx_bytes, stats.obytes);
	set(&row->tx_errors, stats.oerrors);
}

void vg_ports_watch(struct vg_ports *ports, struct vg_stats_page *page, uint64_t n_missed_more)
{
	uint64_t n_missed = n_missed_more, n_nombuf = 0;

	for (uint32_t i = 0; i < ports->n_ports; i++) {
		struct vg_port_stats *row = row_of(&ports->ports[i], i, page);
		uint64_t missed, nombuf;

		ports->ports[i].n_socket_drops += vg_port_packet_drops(ports->ports[i].packet_fd);
		vg_port_lost(ports, i, &missed, &nombuf);
		n_missed += missed;
		n_nombuf += nombuf;
		if (row)
			look(&ports->ports[i], row);
	}
	set(&page->counters[VG_C_RX_MISSED], n_missed);
	set(&page->counters[VG_C_RX_NOMBUF], n_nombuf);
}
