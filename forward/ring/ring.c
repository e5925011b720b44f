/* See ring.h. Everything that decides where a byte is written lies in private memory. */
#include <string.h>

#include "forward/ring/ring.h"

static void take_up(struct vg_ring *ring)
{
	ring->tail = ring->head;
	ring->byte_tail = ring->byte_head;
	atomic_store_explicit(&ring->start_idx, ring->head, memory_order_relaxed);
	atomic_store_explicit(&ring->state, VG_RING_ATTACHED, memory_order_release);
	vg_count(ring->stats, VG_F_INSPECTORS, 1);
	atomic_store_explicit(&ring->stats->counters[VG_F_INSPECTOR_HERE], 1, memory_order_relaxed);
}

static void let_go(struct vg_ring *ring, enum vg_ring_state next)
{
	atomic_store_explicit(&ring->stats->counters[VG_F_INSPECTOR_HERE], 0, memory_order_relaxed);
	atomic_store_explicit(&ring->state, next, memory_order_release);
}

/* The inspector's word, counted from its start: it may stand between what we knew and what we have published. */
static int look_at_tail(struct vg_ring *ring)
{
	uint64_t start = atomic_load_explicit(&ring->start_idx, memory_order_relaxed);
	uint64_t tail = start + atomic_load_explicit(&ring->in->tail, memory_order_acquire);
	if (vg_frame_ring_pending(tail, ring->tail, ring->head - ring->tail) < 0) {
		uint32_t attached = VG_RING_ATTACHED;
		vg_count(ring->stats, VG_F_INSPECTOR_BAD, 1);
		atomic_store_explicit(&ring->stats->counters[VG_F_INSPECTOR_HERE], 0, memory_order_relaxed);
		/* where main asks for it at this moment, the next poll answers that */
		(void)atomic_compare_exchange_strong(&ring->state, &attached, VG_RING_CUT);
		return 0;
	}
	if (tail != ring->tail) {
		ring->byte_tail = ring->ends[(tail - 1) & (ring->geometry.n_slots - 1)];
		ring->tail = tail;
	}
	return 1;
}

int vg_ring_poll(struct vg_ring *ring)
{
	switch (atomic_load_explicit(&ring->state, memory_order_acquire)) {
	case VG_RING_OFFERED:
		take_up(ring);
		return 1;
	case VG_RING_ATTACHED:
		return look_at_tail(ring);
	case VG_RING_LEAVING:
		let_go(ring, VG_RING_VACANT);
		return 0;
	default:
		return 0;
	}
}

/* Where in the running index a piece of n_bytes would begin: at byte_head, or at the next begin of the area. */
static uint64_t place(const struct vg_ring *ring, uint32_t n_bytes)
{
	uint64_t off = ring->byte_head & (ring->geometry.n_bytes - 1);
	return off + n_bytes > ring->geometry.n_bytes ? ring->byte_head + ring->geometry.n_bytes - off
						      : ring->byte_head;
}

static uint32_t rounded(uint32_t n_bytes)
{
	return (n_bytes + VG_FRAME_ALIGN - 1) & ~(VG_FRAME_ALIGN - 1);
}

uint8_t *vg_ring_reserve(struct vg_ring *ring, uint32_t n_bytes)
{
	uint64_t at;
	if (!n_bytes || n_bytes > VG_FRAME_MAX_BYTES) {
		vg_count(ring->stats, VG_F_SHED_LARGE, 1);
		ring->n_shed++;
		return NULL;
	}
	at = place(ring, n_bytes);
	if (ring->head - ring->tail >= ring->geometry.n_slots ||
	    at + rounded(n_bytes) - ring->byte_tail > ring->geometry.n_bytes) {
		vg_count(ring->stats, VG_F_SHED_FULL, 1);
		ring->n_shed++;
		return NULL;
	}
	return ring->area + (at & (ring->geometry.n_bytes - 1));
}

void vg_ring_commit(struct vg_ring *ring, const struct vg_frame_slot *slot, uint32_t n_bytes)
{
	uint32_t idx = (uint32_t)ring->head & (ring->geometry.n_slots - 1);
	uint64_t at = place(ring, n_bytes);
	ring->slots[idx] = *slot;
	ring->slots[idx].data_off = (uint32_t)at & (ring->geometry.n_bytes - 1);
	ring->slots[idx].n_bytes = n_bytes;
	ring->byte_head = ring->ends[idx] = at + rounded(n_bytes);
	ring->head++;
	vg_count(ring->stats, VG_F_COPIES, 1);
}

void vg_ring_publish(struct vg_ring *ring, uint32_t n_absent)
{
	if (n_absent) {
		vg_count(ring->stats, VG_F_SHED_ABSENT, n_absent);
		ring->n_shed += n_absent;
	}
	atomic_store_explicit(&ring->out->shed, ring->n_shed, memory_order_relaxed);
	atomic_store_explicit(&ring->out->head, ring->head, memory_order_release);
}
