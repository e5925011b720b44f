#pragma once
/* dispatch: one receiving thread for several workers, where a port has a single queue: frames go to the worker that a
 * symmetric hash of their addresses and ports names, so that both directions of a flow meet on one core. Inside a
 * tunnel the inner ones count; fragments are put together here first; what one flow announced for another goes where
 * that one goes (pins.h). One single-producer ring per worker; lossless
 * replays wait where one is full, otherwise the frame is counted as missed. The clock is the dispatcher's: what a
 * worker sees does not depend on how many there are. */
#include <stdatomic.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>
#include <vigil/stats_page.h>

#include "dataplane/feed.h"
#include "dataplane/idle.h"
#include "dataplane/pins.h"

#define VG_DISPATCH_RING 512u /* frames on their way to one worker */

struct rte_ring;
struct vg_dispatch {
	struct vg_feed feed;
	struct vg_idle idle; /* live */
	struct rte_ring *rings[VG_LANE_MAX_CORES];
	uint32_t n_rings;
	uint32_t n_out[VG_LANE_MAX_CORES]; /* frames of this burst for each ring, */
	struct rte_mbuf *out[VG_LANE_MAX_CORES][VG_BURST];
	int64_t n_spare; /* a replay may take so many buffers before it looks again how many are free */
	int clock_off;   /* of the path's clock in an mbuf */
	const _Atomic int *stop;
	struct vg_defrag *defrag;
	struct vg_pins pins;
	struct vg_stats_page *stats; /* what only the dispatcher counts; see vg_dispatch_count() */
	_Atomic uint64_t n_missed;   /* full rings; read by the worker that counts */
	/* Every frame whose order is not above this is in its ring; live: 0. Who then finds its ring empty has had all
	 * of them that were its. */
	_Atomic uint64_t sent;
};

/* Rings to n_rings workers over the single-queue ports (or the captures). stop is borrowed: non-zero ends the loop.
 * NULL: logged. Cold. */
void vg_dispatch_destroy(struct vg_dispatch *dispatch);
struct vg_dispatch *vg_dispatch_create(struct vg_ports *ports, const struct vg_dataplane_conf *conf, uint32_t n_rings,
				       const _Atomic int *stop) VG_DEALLOC(vg_dispatch_destroy);
/* The dispatching thread: until the input is used up or stop. */
void vg_dispatch_run(struct vg_dispatch *dispatch);

/* Adds to `to` what the dispatcher counted since the last call: one worker's thread, always the same; counted[VG_C_N]
 * is its own, zeroed at first. */
void vg_dispatch_count(const struct vg_dispatch *dispatch, struct vg_stats_page *to, uint64_t *counted);

/* A worker's end of its ring: the next frames that came under one link and capture into *burst (first = 0), as
 * vg_feed_next() would. IDLE: nothing there, and burst->order is where the dispatcher was before. The worker's own
 * thread. */
struct vg_dispatch_end {
	struct rte_ring *ring;
	const _Atomic uint64_t *sent;
	int clock_off, timestamp_off;
	uint32_t n_given, n_taken; /* taken from the ring at once: the rest is of another capture, or behind a mark */
	void *taken[VG_BURST];
};
void vg_dispatch_end_init(struct vg_dispatch_end *end, const struct vg_dispatch *dispatch, uint32_t ring_idx);
enum vg_feed_word vg_dispatch_next(struct vg_dispatch_end *end, struct vg_feed *burst);
