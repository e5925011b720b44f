#pragma once
/* hold_priv: private memory of one pair. */
#include <vigil/frame_ring.h>

#include "forward/hold/hold.h"

#define VG_HOLD_NONE_IDX UINT32_MAX

struct rte_mbuf;

struct vg_hold_node {
	struct rte_mbuf *mbuf;
	uint64_t since_ns;
	uint32_t tag, next; /* of its queue, or of the free ones */
};
struct vg_hold_queue {
	uint32_t first, last, n_frames;
	uint8_t use, state, direction; /* state: enum vg_frame_result; use 0: none yet */
	uint64_t since_ns;             /* of the oldest frame in it */
};
/* Frames in the order they came. */
struct vg_hold_line {
	uint32_t begin, n; /* free-running; index & (VG_HOLD_LINE_FRAMES - 1) */
	struct {
		struct rte_mbuf *mbuf;
		uint64_t since_ns;
		uint32_t tag;
	} frames[VG_HOLD_LINE_FRAMES];
};
struct vg_hold {
	struct vg_pump *pump;
	struct vg_hold_conf conf;
	uint64_t now_ns, late_until_ns, minute_ns;
	uint32_t n_stops, drop_credit; /* of this minute; of later frames */
	uint8_t is_attached, is_late;
	uint32_t free_node, n_active, n_out[2];
	uint16_t active[VG_FRAME_QUEUES]; /* queues in state HOLDING */
	struct rte_mbuf *out[2][VG_PUMP_BURST];
	struct vg_hold_queue queues[VG_FRAME_QUEUES];
	struct vg_hold_line lines[2];
	struct vg_hold_node nodes[VG_HOLD_FRAMES];
};

/* hold_queue.c: queues. Sends m in the direction it came in. */
void vg_hold_emit(struct vg_hold *h, unsigned direction, struct rte_mbuf *m);
void vg_hold_flush(struct vg_hold *h);
/* Forgets what an inspector before said. */
void vg_hold_queues_reset(struct vg_hold *h);
/* What the word of a frame of `direction` says happens to it. */
void vg_hold_obey(struct vg_hold *h, unsigned direction, struct rte_mbuf *m, uint64_t since_ns, uint64_t word);
/* Does what the inspector's words on queues and the clock say. */
void vg_hold_queues_poll(struct vg_hold *h);
/* All of them are released. */
void vg_hold_queues_end(struct vg_hold *h, enum vg_frame_result result);
