/* The hot half of port.h. */
#include <rte_ethdev.h>

#include "dataplane/port/port.h"

uint32_t vg_port_rx(struct vg_ports *ports, uint32_t port_idx, uint16_t queue, struct rte_mbuf **mbufs)
{
	struct vg_port *port = &ports->ports[port_idx];

	if (port->memory)
		return vg_capture_rx(port->memory, ports->pool, ports->timestamp_off, mbufs, VG_PORT_BURST,
				     &port->n_memory_nombuf);
	if (port->frames)
		return vg_frames_rx(port->frames, ports->pool, mbufs, VG_PORT_BURST, &port->n_memory_nombuf,
				    &port->n_bad_slots);
	return rte_eth_rx_burst(port->eth_id, queue, mbufs, VG_PORT_BURST);
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

	*n_missed = port->n_bad_slots + (port->frames ? vg_frames_shed(port->frames) : 0);
	*n_nombuf = port->n_memory_nombuf;
	if (port->memory || port->frames || rte_eth_stats_get(port->eth_id, &stats))
		return;
	if (!port->is_capture) /* there an error is a damaged file, see vg_capture_missing() */
		*n_missed = stats.imissed + stats.ierrors;
	*n_nombuf = stats.rx_nombuf;
}

int vg_ports_are_cut(const struct vg_ports *ports)
{
	return ports->forward && vg_frames_link_is_closed(ports->forward);
}
