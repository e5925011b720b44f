#pragma once
/* port_watch: all ports of the dataplane and of the forwarder, looked at once a second: a link that goes down or comes
 * back, and a port that loses frames, are logged (losses at most once a minute for each port) and stand in metrics and
 * `vigilctl status`. Of a fixed size. One thread (the loop's). */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/stats_page.h>

#include "control/intake/intake.h"
#include "control/loop/loop.h"
#include "control/ports/forward_link.h"

#define VG_PORT_LOSING_NS 60000000000ull /* a port counts as losing for so long after its last loss */

/* One port as it was a second ago. */
struct vg_port_view {
	char name[VG_PORT_NAME]; /* printable, without quotes and backslashes */
	int pair;                /* of the forwarder; -1: the dataplane's own */
	uint32_t share, link, n_queues;
	uint64_t rx_packets, rx_bytes, rx_missed, rx_errors, rx_nombuf, tx_packets, tx_bytes, tx_errors, n_downs;
	int is_losing;
};
struct vg_port_watch;

/* Looks by itself each second; intake and forward are borrowed, either may be NULL. NULL: out of memory. */
void vg_port_watch_destroy(struct vg_port_watch *watch);
struct vg_port_watch *vg_port_watch_create(struct vg_loop *loop, const struct vg_intake *intake,
					   const struct vg_forward_link *forward) VG_DEALLOC(vg_port_watch_destroy);
/* One page's ports as they are now: pair of the forwarder, or -1: core 0 of the dataplane. The watch's own turn. */
void vg_port_watch_take(struct vg_port_watch *watch, int pair, const struct vg_stats_page *page, uint64_t now_ns);
/* Calls fn for every port, the dataplane's first. */
typedef void (*vg_port_fn)(void *ctx, const struct vg_port_view *port);
void vg_port_watch_each(const struct vg_port_watch *watch, vg_port_fn fn, void *ctx);
/* The forwarder's link it was created with; may be NULL. */
const struct vg_forward_link *vg_port_watch_forward(const struct vg_port_watch *watch);
/* "up", "DOWN" …; "hashed by the card over its queues" … */
const char *vg_port_link_str(uint32_t link);
const char *vg_port_share_str(uint32_t share);
