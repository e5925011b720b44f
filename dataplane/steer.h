#pragma once
/* steer: frames that a card gave to the wrong worker. A card shares out plain TCP so that both directions meet
 * (port/rss.h); what is inside tunnels, fragments and stacks of tags it cannot hash, a mirror in GRE or ERSPAN comes
 * on one queue as a whole. The worker that got such a frame looks inside, puts fragments together, and hands it to the
 * worker whose it is by the same hash of the inner addresses. One single-producer ring from each worker to each other;
 * where one is full the frame is not inspected (counted): nobody waits. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/lane.h>
#include <vigil/stats_page.h>

#include "dataplane/dispatch.h"
#include "dataplane/feed.h"

#define VG_STEER_RING VG_PORT_STEER_MBUFS /* frames on their way from one worker to another */

struct rte_ring;
struct vg_defrag;
/* One worker's end; its own thread's. */
struct vg_steer {
	struct vg_ports *ports;
	uint32_t idx, n_workers, next_in;
	int clock_off;
	struct vg_defrag *defrag;
	struct vg_stats_page *stats; /* the worker's */
	struct rte_ring *to[VG_LANE_MAX_CORES];
	struct vg_dispatch_end from[VG_LANE_MAX_CORES];
	uint32_t n_out[VG_LANE_MAX_CORES];
	struct rte_mbuf *out[VG_LANE_MAX_CORES][VG_BURST];
};

/* The ends of workers 0 .. n_workers - 1 into steers; stats: of each; all borrowed. Negative: no memory, logged; what
 * was made is there all the same and to be destroyed. Cold. */
int vg_steers_create(struct vg_steer **steers, struct vg_ports *ports, struct vg_stats_page *const *stats,
		     uint32_t n_workers);
void vg_steers_destroy(struct vg_steer **steers, uint32_t n_workers);

/* Whose a TCP packet is that was decoded. */
uint32_t vg_steer_home(const struct vg_rss *rss, const struct vg_packet *pkt);
/* Takes what is another's out of the frames of *burst, which came from a card's queue of this worker, and puts together
 * what was fragmented. What is left (maybe nothing) is this worker's to inspect. */
void vg_steer_burst(struct vg_steer *steer, struct vg_feed *burst);
/* Frames that others handed over, as vg_dispatch_next(). */
enum vg_feed_word vg_steer_next(struct vg_steer *steer, struct vg_feed *burst);
