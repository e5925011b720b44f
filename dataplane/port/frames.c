/* See frames.h. Every slot is copied once and checked before use: what it says of its place is only believed within the
 * mapped area. */
#include <string.h>

#include <rte_mbuf.h>

#include "dataplane/port/frames.h"

/* n_bytes from at as a chain; NULL: no buffer was free. */
static struct rte_mbuf *chain_of(struct rte_mempool *pool, const uint8_t *at, uint32_t n_bytes)
{
	struct rte_mbuf *first = rte_pktmbuf_alloc(pool), *last = first;
	uint32_t n_left = n_bytes;

	while (last) {
		uint32_t n = rte_pktmbuf_tailroom(last);
		n = n < n_left ? n : n_left;
		memcpy(rte_pktmbuf_mtod(last, void *), at, n);
		last->data_len = (uint16_t)n;
		at += n;
		n_left -= n;
		if (!n_left)
			break;
		last->next = rte_pktmbuf_alloc(pool);
		last = last->next;
		first->nb_segs = (uint16_t)(first->nb_segs + (last != NULL));
	}
	if (!last) {
		rte_pktmbuf_free(first);
		return NULL;
	}
	first->pkt_len = n_bytes;
	return first;
}

uint32_t vg_frames_rx(struct vg_frames *frames, struct rte_mempool *pool, struct rte_mbuf **mbufs, uint32_t n_mbufs,
		      uint64_t *n_nombuf, uint64_t *n_bad)
{
	uint64_t head = atomic_load_explicit(&frames->out->head, memory_order_acquire);
	int64_t n_pending = vg_frame_ring_pending(head, frames->next, frames->geometry.n_slots);
	uint32_t n = 0;

	if (n_pending < 0 || frames->is_broken) {
		*n_bad += !frames->is_broken;
		frames->is_broken = 1;
		return 0;
	}
	for (; n_pending && n < n_mbufs; n_pending--) {
		struct vg_frame_slot slot = frames->slots[frames->next & (frames->geometry.n_slots - 1)];
		if (!slot.n_bytes || slot.n_bytes > VG_FRAME_MAX_BYTES || slot.data_off > frames->geometry.n_bytes ||
		    slot.n_bytes > frames->geometry.n_bytes - slot.data_off) {
			*n_bad += 1;
			frames->next++;
			continue;
		}
		mbufs[n] = chain_of(pool, frames->area + slot.data_off, slot.n_bytes);
		if (!mbufs[n]) {
			*n_nombuf += 1;
			break;
		}
		mbufs[n]->hash.usr = (uint32_t)frames->next;
		n++;
		frames->next++;
	}
	atomic_store_explicit(&frames->in->tail, frames->next - frames->start_idx, memory_order_release);
	return n;
}

uint64_t vg_frames_shed(const struct vg_frames *frames)
{
	return atomic_load_explicit(&frames->out->shed, memory_order_relaxed);
}
