#include "dataplane/idle.h"

#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_pause.h>

void vg_idle_init(struct vg_idle *idle, enum vg_rx_idle how, int has_own_queues)
{
	*idle = (struct vg_idle){ .how = (uint8_t)how, .sleep_us = VG_IDLE_MIN_US };
	if (how == VG_RX_INTERRUPT && !has_own_queues)
		idle->how = VG_RX_SLEEP;
}

/* The queue of a port that feed takes from; -1: none. */
static int queue_of(const struct vg_feed *feed, uint32_t port_idx)
{
	int is_multi = feed->ports->ports[port_idx].n_queues > 1;

	if (feed->share == (is_multi ? VG_FEED_SINGLE_QUEUE : VG_FEED_MULTI_QUEUE))
		return -1;
	return is_multi ? feed->queue : 0;
}

/* Joins every queue to this thread's epoll; 0: one of them cannot. */
static int arm(const struct vg_feed *feed)
{
	for (uint32_t i = 0; i < feed->ports->n_ports; i++) {
		const struct vg_port *port = &feed->ports->ports[i];
		int queue = queue_of(feed, i);

		if (queue >= 0 && (!port->has_interrupts ||
				   rte_eth_dev_rx_intr_ctl_q(port->eth_id, (uint16_t)queue, RTE_EPOLL_PER_THREAD,
							     RTE_INTR_EVENT_ADD, NULL)))
			return 0;
	}
	return 1;
}

/* Drivers that always interrupt (net_tap) have nothing to switch. */
static void switch_all(const struct vg_feed *feed, int (*fn)(uint16_t port, uint16_t queue))
{
	for (uint32_t i = 0; i < feed->ports->n_ports; i++) {
		int queue = queue_of(feed, i);

		if (queue >= 0)
			(void)fn(feed->ports->ports[i].eth_id, (uint16_t)queue);
	}
}

static void wait_for_interrupt(const struct vg_feed *feed)
{
	struct rte_epoll_event events[8];

	switch_all(feed, rte_eth_dev_rx_intr_enable);
	(void)rte_epoll_wait(RTE_EPOLL_PER_THREAD, events, 8, VG_IDLE_WAIT_MS);
	switch_all(feed, rte_eth_dev_rx_intr_disable);
}

void vg_idle_wait(struct vg_idle *idle, const struct vg_feed *feed)
{
	if (idle->how == VG_RX_POLL || ++idle->n_empty < VG_IDLE_ROUNDS) {
		rte_pause();
		return;
	}
	idle->n_sleeps++;
	if (idle->how == VG_RX_INTERRUPT && !idle->is_armed) {
		idle->is_armed = 1;
		if (!arm(feed))
			idle->how = VG_RX_SLEEP;
	}
	if (idle->how == VG_RX_INTERRUPT) {
		wait_for_interrupt(feed);
		return;
	}
	usleep(idle->sleep_us);
	idle->sleep_us = 2 * idle->sleep_us < VG_IDLE_MAX_US ? 2 * idle->sleep_us : VG_IDLE_MAX_US;
}
