#pragma once
/* pump: a burst of frames from one port of a pair to the other, unchanged and in order, then its copies to the frame
 * ring. The frame always goes first; nothing the inspector does or leaves undone can hold it. One thread per pair. */
#include <stdint.h>

#include <vigil/stats_page.h>

#include "forward/ring/ring.h"

#define VG_PUMP_BURST      32u
#define VG_PUMP_TX_RETRIES 256u /* asked again so often where the peer port takes nothing; then dropped and counted */

struct vg_pump {
	uint16_t eth_id[2]; /* of a and b */
	uint16_t pair_idx;
	struct vg_ring *ring;
	struct vg_stats_page *stats;
};

/* Receives up to VG_PUMP_BURST frames from eth_id[direction], sends them out of the other, copies what was sent.
 * mono_ns and wall_ns are the times of this poll. Returns how many came. */
uint32_t vg_pump_burst(struct vg_pump *pump, unsigned direction, uint64_t mono_ns, int64_t wall_ns);

/* Its parts, for a pair that is no forward-first one (hold). Counts n received frames and strips what a port might act
 * on. */
struct rte_mbuf;
void vg_pump_count(struct vg_pump *pump, struct rte_mbuf **mbufs, uint32_t n);
/* Sends n frames, in order; what the port does not take after VG_PUMP_TX_RETRIES is dropped, freed and counted. Returns
 * how many were sent. */
uint32_t vg_pump_send(struct vg_pump *pump, uint16_t eth_id, struct rte_mbuf **mbufs, uint32_t n);
/* A copy into the ring; 0: no room (counted there). Visible after vg_ring_publish(). */
int vg_pump_copy(struct vg_ring *ring, const struct rte_mbuf *m, const struct vg_frame_slot *slot);
