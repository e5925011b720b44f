#pragma once
/* ring: the forwarder's end of a frame ring (vigil/frame_ring.h). The forwarding thread writes frames into it as
 * long as an inspector holds it and has room; it never waits. The main thread offers and withdraws inspectors by
 * one atomic. Fixed size, made at start, no allocation afterwards. What the inspector's page says is believed only
 * as far as it can be true: a tail that goes back or overtakes the head cuts that inspector off (counted). */
#include <stdatomic.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/frame_ring.h>
#include <vigil/stats_page.h>

/* VACANT: nobody. OFFERED: main has set `in`, the thread takes it up. ATTACHED: copies go out. CUT: the thread has
 * put the inspector off. LEAVING: main wants `in` back; the thread answers VACANT. */
enum vg_ring_state { VG_RING_VACANT, VG_RING_OFFERED, VG_RING_ATTACHED, VG_RING_CUT, VG_RING_LEAVING };

struct vg_ring {
	struct vg_frame_ring_geometry geometry;
	uint32_t is_inspect_first, hold_ms; /* set before the server gives the ring away */
	int out_fd;
	struct vg_frame_ring_out *out;
	struct vg_frame_slot *slots;
	uint8_t *area;
	uint64_t *ends; /* private, by slot: where its bytes end, as a running index of the byte area */
	struct vg_stats_page *stats;
	/* between main and the thread */
	_Atomic uint32_t state;            /* enum vg_ring_state */
	const struct vg_frame_ring_in *in; /* written by main while VACANT */
	_Atomic uint64_t start_idx;        /* written by the thread before ATTACHED */
	/* the thread's */
	uint64_t head, tail;           /* slots written; slots known to be done with */
	uint64_t byte_head, byte_tail; /* the same of the byte area */
	uint64_t n_shed;
};

/* Memory of its own, sealed, touched once so that no page is missing later. stats is borrowed. NULL: no memory.
 * Cold. */
void vg_ring_destroy(struct vg_ring *ring);
struct vg_ring *vg_ring_create(const struct vg_frame_ring_geometry *geometry, struct vg_stats_page *stats)
	VG_DEALLOC(vg_ring_destroy);

/* Between bursts: takes up an inspector, lets one go, looks how far it has come. True while one is attached. */
int vg_ring_poll(struct vg_ring *ring);
/* Room for a frame of n_bytes in one piece; NULL where it is too large or the ring is full (counted, the copy is
 * shed). Only while attached. */
uint8_t *vg_ring_reserve(struct vg_ring *ring, uint32_t n_bytes);
/* The frame that was reserved last and is now written, with everything but data_off and n_bytes from slot. */
void vg_ring_commit(struct vg_ring *ring, const struct vg_frame_slot *slot, uint32_t n_bytes);
/* What was committed becomes visible; n_absent frames had no inspector and were not copied. Once per burst. */
void vg_ring_publish(struct vg_ring *ring, uint32_t n_absent);
