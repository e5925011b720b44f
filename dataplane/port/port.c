/* The hot half of port.h. */
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/port/port.h"

static void add(_Atomic uint64_t *to, uint64_t n)
{
	atomic_store_explicit(to, atomic_load_explicit(to, memory_order_relaxed) + n, memory_order_relaxed);
}

static uint32_t rx_counted(struct vg_port *port, struct rte_mbuf **mbufs)
{
	uint32_t n = rte_eth_rx_burst(port->eth_id, 0, mbufs, VG_PORT_BURST);
	uint64_t n_bytes = 0;

	for (uint32_t i = 0; i < n; i++)
		n_bytes += mbufs[i]->pkt_len;
	add(&port->n_rx_packets, n);
	add(&port->n_rx_bytes, n_bytes);
	return n;
}

uint32_t vg_port_rx(struct vg_ports *ports, uint32_t port_idx, uint16_t queue, struct rte_mbuf **mbufs)
{
	struct vg_port *port = &ports->ports[port_idx];

	if (port->memory)
		return vg_capture_rx(port->memory, ports->pool, ports->timestamp_off, mbufs, VG_PORT_BURST,
				     &port->n_memory_nombuf);
	if (port->file)
		return vg_capture_file_rx(port->file, ports->pool, ports->timestamp_off, ports->borrows, mbufs,
					  VG_PORT_BURST, &port->n_memory_nombuf);
	if (port->frames)
		return vg_frames_rx(port->frames, ports->pool, mbufs, VG_PORT_BURST, &port->n_memory_nombuf,
				    &port->n_bad_slots);
	return port->is_mute ? rx_counted(port, mbufs) : rte_eth_rx_burst(port->eth_id, queue, mbufs, VG_PORT_BURST);
}

void vg_port_rewind(struct vg_ports *ports, uint32_t port_idx)
{
	if (ports->ports[port_idx].memory)
		vg_capture_memory_rewind(ports->ports[port_idx].memory);
}

void vg_port_lost(const struct vg_ports *ports, uint32_t port_idx, uint64_t *n_missed, uint64_t *n_nombuf)
{
	const struct vg_port *port = &ports->ports[port_idx];
	struct rte_eth_stats stats;

	*n_missed = port->n_socket_drops + port->n_bad_slots + (port->frames ? vg_frames_shed(port->frames) : 0);
	*n_nombuf = port->n_memory_nombuf;
	if (port->memory || port->file || port->frames || port->is_mute || rte_eth_stats_get(port->eth_id, &stats))
		return;
	if (!port->is_capture) /* there an error is a damaged file, see vg_capture_missing() */
		*n_missed += stats.imissed + stats.ierrors;
	*n_nombuf = stats.rx_nombuf;
}

int vg_ports_are_cut(const struct vg_ports *ports)
{
	return ports->forward && vg_frames_link_is_closed(ports->forward);
}
