/* A capture's end is net_pcap giving nothing while buffers were free; whether that was really its end is checked
 * against the file (vg_capture_missing). */
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include <vigil/log.h>

#include "dataplane/feed.h"

#define ROOM "dataplane/feed"

void vg_feed_init(struct vg_feed *feed, struct vg_ports *ports, const struct vg_dataplane_conf *conf,
		  enum vg_feed_share share, uint16_t queue)
{
	*feed = (struct vg_feed){ .ports = ports,
				  .flags = conf->flags,
				  .share = share,
				  .queue = queue,
				  .loops = conf->loop ? conf->loop : 1,
				  .loops_left = conf->loop ? conf->loop : 1 };
}

/* The capture gave its last frame: was it all? */
static void check_round(struct vg_feed *feed)
{
	const struct vg_port *port = &feed->ports->ports[feed->port_idx];
	uint64_t n_missed, n_nombuf, missing;

	vg_port_lost(feed->ports, feed->port_idx, &n_missed, &n_nombuf);
	if (n_missed + n_nombuf)
		vg_log(VG_LOG_ERROR, ROOM, "%s: %llu packets lost for want of buffers", port->said,
		       (unsigned long long)(n_missed + n_nombuf));
	missing = vg_capture_missing(&port->info, feed->n_packets, feed->n_bytes);
	if (!missing || feed->loops_left != feed->loops)
		return;
	feed->is_short = 1;
	vg_log(VG_LOG_WARN, ROOM, "%s: cut short or damaged: %llu %s at its end were not read", port->said,
	       (unsigned long long)missing, port->info.n_packets == UINT64_MAX ? "bytes" : "packets");
}

static enum vg_feed_word end_round(struct vg_feed *feed)
{
	check_round(feed);
	feed->n_packets = feed->n_bytes = 0;
	feed->clock_ns = feed->began_ns = 0;
	feed->order++; /* what ends with the capture ends after its last frame */
	if (--feed->loops_left) {
		vg_port_rewind(feed->ports, feed->port_idx);
	} else {
		feed->loops_left = feed->loops;
		feed->port_idx++;
	}
	return VG_FEED_ROUND;
}

static void take_capture_times(struct vg_feed *feed)
{
	for (uint32_t i = 0; i < feed->n_received; i++) {
		uint64_t us = *RTE_MBUF_DYNFIELD(feed->mbufs[i], feed->ports->timestamp_off, rte_mbuf_timestamp_t *);
		/* Years beyond 2262 would not fit; no real capture has them. */
		uint64_t ns = us < (uint64_t)INT64_MAX / 1000 ? us * 1000 : (uint64_t)INT64_MAX;
		feed->wall_ns[i] = (int64_t)ns;
		if (ns > feed->clock_ns)
			feed->clock_ns = ns;
		feed->clocks_ns[i] = feed->clock_ns;
		feed->orders[i] = ++feed->order;
		feed->n_bytes += feed->mbufs[i]->pkt_len;
	}
	feed->n_packets += feed->n_received;
}

/* How many of the received frames that were not given yet are due. */
static uint32_t n_due(struct vg_feed *feed, uint64_t mono_ns)
{
	uint32_t n = feed->n_received - feed->n_given;
	uint64_t passed_ns;

	if (!(feed->flags & VG_CONF_PACE))
		return n;
	if (!feed->began_ns) {
		feed->began_ns = mono_ns;
		feed->first_clock_ns = feed->clocks_ns[0];
	}
	passed_ns = mono_ns - feed->began_ns;
	while (n && feed->clocks_ns[feed->n_given + n - 1] - feed->first_clock_ns > passed_ns)
		n--;
	return n;
}

static enum vg_feed_word next_of_captures(struct vg_feed *feed, uint64_t mono_ns)
{
	if (feed->port_idx == feed->ports->n_ports)
		return VG_FEED_INPUT_END;
	if (feed->n_given == feed->n_received) {
		feed->n_received = vg_port_rx(feed->ports, feed->port_idx, 0, feed->mbufs);
		feed->n_given = 0;
		if (!feed->n_received)
			return end_round(feed);
		feed->link = feed->ports->ports[feed->port_idx].info.link;
		feed->capture_idx = (uint8_t)feed->port_idx;
		take_capture_times(feed);
	}
	feed->first = feed->n_given;
	feed->n_frames = n_due(feed, mono_ns);
	feed->n_given += feed->n_frames;
	return feed->n_frames ? VG_FEED_PACKETS : VG_FEED_IDLE;
}

/* One burst of the next device that has something. */
static enum vg_feed_word next_of_devices(struct vg_feed *feed, uint64_t mono_ns, int64_t wall_ns)
{
	feed->clock_ns = feed->order = mono_ns;
	feed->first = 0;
	for (uint32_t i = 0; i < feed->ports->n_ports; i++) {
		uint32_t port_idx = feed->port_idx;

		int is_multi = feed->ports->ports[port_idx].n_queues > 1;

		feed->port_idx = (port_idx + 1) % feed->ports->n_ports;
		if (feed->share == (is_multi ? VG_FEED_SINGLE_QUEUE : VG_FEED_MULTI_QUEUE))
			continue;
		feed->n_frames = vg_port_rx(feed->ports, port_idx, is_multi ? feed->queue : 0, feed->mbufs);
		if (!feed->n_frames)
			continue;
		feed->link = VG_LINK_ETHERNET;
		feed->capture_idx = (uint8_t)port_idx;
		for (uint32_t k = 0; k < feed->n_frames; k++) {
			feed->wall_ns[k] = wall_ns;
			feed->clocks_ns[k] = feed->orders[k] = mono_ns;
		}
		return VG_FEED_PACKETS;
	}
	feed->n_frames = 0;
	return VG_FEED_IDLE;
}

enum vg_feed_word vg_feed_next(struct vg_feed *feed, uint64_t mono_ns, int64_t wall_ns)
{
	feed->n_frames = 0;
	if (feed->flags & VG_CONF_REPLAY)
		return next_of_captures(feed, mono_ns);
	return next_of_devices(feed, mono_ns, wall_ns);
}
