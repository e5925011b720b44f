/* The line of frames that wait for their word, and what happens when the words do not come. */
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "forward/hold/hold_priv.h"

#define BATCH 64u /* words read at once, of one direction */

/* Everything that waits goes, in the order it came, and until the inspector has caught up nothing waits. */
static void let_go(struct vg_hold *h)
{
	struct vg_ring *ring = h->pump->ring;
	vg_hold_queues_end(h, VG_RESULT_LATE);
	for (unsigned dir = 0; dir < 2; dir++) {
		struct vg_hold_line *line = &h->lines[dir];
		vg_count(h->pump->stats, VG_F_HOLD_LET_GO, line->n);
		for (; line->n; line->n--)
			vg_hold_emit(h, dir, line->frames[line->begin++ & (VG_HOLD_LINE_FRAMES - 1)].mbuf);
	}
	atomic_store_explicit(&ring->out->let_go, ring->head, memory_order_release);
}

static void be_late(struct vg_hold *h)
{
	let_go(h);
	h->is_late = 1;
	h->late_until_ns = h->now_ns + VG_HOLD_LATE_NS;
	vg_count(h->pump->stats, VG_F_HOLD_LATENESS, 1);
}

/* A copy of m for the inspector, and m into the line; where neither is possible, everything goes. */
static void enter(struct vg_hold *h, unsigned direction, struct rte_mbuf *m, const struct vg_frame_slot *slot)
{
	struct vg_hold_line *line = &h->lines[direction];
	uint32_t tag = (uint32_t)h->pump->ring->head;
	if (!vg_pump_copy(h->pump->ring, m, slot) || (!h->is_late && line->n == VG_HOLD_LINE_FRAMES))
		be_late(h);
	if (h->is_late) {
		vg_count(h->pump->stats, VG_F_HOLD_LET_GO, 1);
		vg_hold_emit(h, direction, m);
		return;
	}
	uint32_t at = (line->begin + line->n++) & (VG_HOLD_LINE_FRAMES - 1);
	line->frames[at].mbuf = m;
	line->frames[at].since_ns = h->now_ns;
	line->frames[at].tag = tag;
}

/* Words of the frames at the front of a line: how many are there. */
static uint32_t read_words(const struct vg_hold *h, unsigned direction, uint64_t *words)
{
	const struct vg_ring *ring = h->pump->ring;
	const struct vg_hold_line *line = &h->lines[direction];
	const _Atomic uint64_t *all =
		(const _Atomic uint64_t *)(const void *)((const uint8_t *)ring->in + VG_FRAME_RING_PAGE);
	uint32_t n = 0;
	for (; n < line->n && n < BATCH; n++) {
		uint32_t tag = line->frames[(line->begin + n) & (VG_HOLD_LINE_FRAMES - 1)].tag;
		words[n] = atomic_load_explicit(&all[tag & (ring->geometry.n_slots - 1)], memory_order_acquire);
		if (vg_word_tag(words[n]) != tag || vg_word_what(words[n]) == VG_WORD_NONE)
			break;
	}
	return n;
}

/* Words on frames are read first, those on queues next, and then both are obeyed: what the inspector said of a queue
 * before it said something of a frame has happened by then. */
static void settle(struct vg_hold *h)
{
	uint64_t words[2][BATCH];
	uint32_t n[2];
	int is_over = 0;
	for (unsigned dir = 0; dir < 2; dir++)
		n[dir] = read_words(h, dir, words[dir]);
	vg_hold_queues_poll(h);
	for (unsigned dir = 0; dir < 2; dir++) {
		struct vg_hold_line *line = &h->lines[dir];
		for (uint32_t i = 0; i < n[dir]; i++, line->n--) {
			uint32_t at = line->begin++ & (VG_HOLD_LINE_FRAMES - 1);
			vg_hold_obey(h, dir, line->frames[at].mbuf, line->frames[at].since_ns, words[dir][i]);
		}
		is_over |= line->n &&
			   h->now_ns - line->frames[line->begin & (VG_HOLD_LINE_FRAMES - 1)].since_ns > h->conf.wait_ns;
	}
	if (is_over)
		be_late(h);
}

/* While the inspector is late nothing waits; it is back once it has read all that there was. */
static void look_back(struct vg_hold *h)
{
	struct vg_ring *ring = h->pump->ring;
	atomic_store_explicit(&ring->out->let_go, ring->head, memory_order_release);
	if (h->now_ns >= h->late_until_ns && ring->head == ring->tail)
		h->is_late = 0;
}

uint32_t vg_hold_burst(struct vg_hold *h, unsigned direction, uint64_t mono_ns, int64_t wall_ns)
{
	struct vg_pump *pump = h->pump;
	struct rte_mbuf *mbufs[VG_PUMP_BURST];
	uint32_t n = rte_eth_rx_burst(pump->eth_id[direction], 0, mbufs, VG_PUMP_BURST);
	uint8_t is_attached = (uint8_t)vg_ring_poll(pump->ring);
	struct vg_frame_slot slot = {
		.wall_ns = wall_ns, .mono_ns = mono_ns, .pair_idx = pump->pair_idx, .direction = (uint8_t)direction
	};
	h->now_ns = mono_ns;
	if (is_attached != h->is_attached) {
		let_go(h);
		vg_hold_queues_reset(h);
		h->is_late = 0;
		h->is_attached = is_attached;
	}
	if (n)
		vg_pump_count(pump, mbufs, n);
	for (uint32_t i = 0; i < n && is_attached; i++)
		enter(h, direction, mbufs[i], &slot);
	for (uint32_t i = 0; i < n && !is_attached; i++)
		vg_hold_emit(h, direction, mbufs[i]);
	if (n)
		vg_ring_publish(pump->ring, is_attached ? 0 : n);
	if (is_attached) {
		if (h->is_late)
			look_back(h);
		else
			settle(h);
	}
	vg_hold_flush(h);
	return n;
}

int vg_hold_is_waiting(const struct vg_hold *h)
{
	return h->n_active || h->lines[0].n || h->lines[1].n;
}
