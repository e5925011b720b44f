/* Queues: held frames, each queue one direction of one connection by the inspector's word. */
#include <string.h>

#include <rte_mbuf.h>

#include "forward/hold/hold_priv.h"
#include "forward/reset/reset.h"

#define MINUTE_NS 60000000000ull

void vg_hold_flush(struct vg_hold *h)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		if (h->n_out[dir])
			(void)vg_pump_send(h->pump, h->pump->eth_id[!dir], h->out[dir], h->n_out[dir]);
		h->n_out[dir] = 0;
	}
}

void vg_hold_emit(struct vg_hold *h, unsigned direction, struct rte_mbuf *m)
{
	h->out[direction][h->n_out[direction]++] = m;
	if (h->n_out[direction] == VG_PUMP_BURST)
		vg_hold_flush(h);
}

/* ---- results ---- */

static void publish(struct vg_hold *h, uint32_t idx)
{
	const struct vg_hold_queue *q = &h->queues[idx];
	atomic_store_explicit(&h->pump->ring->out->results[idx], vg_word_make(0, q->state, q->use, idx),
			      memory_order_release);
}

void vg_hold_queues_reset(struct vg_hold *h)
{
	memset(h->queues, 0, sizeof(h->queues));
	for (uint32_t i = 0; i < VG_FRAME_QUEUES; i++) {
		h->queues[i].first = h->queues[i].last = VG_HOLD_NONE_IDX;
		atomic_store_explicit(&h->pump->ring->out->results[i], 0, memory_order_relaxed);
	}
	h->n_active = 0;
}

/* ---- frames in and out of a queue ---- */

static struct rte_mbuf *take_first(struct vg_hold *h, struct vg_hold_queue *q)
{
	uint32_t idx = q->first;
	struct rte_mbuf *m = h->nodes[idx].mbuf;
	q->first = h->nodes[idx].next;
	if (q->first == VG_HOLD_NONE_IDX)
		q->last = VG_HOLD_NONE_IDX;
	else
		q->since_ns = h->nodes[q->first].since_ns;
	q->n_frames--;
	h->nodes[idx].next = h->free_node;
	h->free_node = idx;
	return m;
}

static unsigned counter_of(enum vg_frame_result result)
{
	switch (result) {
	case VG_RESULT_TIME:
		return VG_F_HOLD_TIME;
	case VG_RESULT_FULL:
		return VG_F_HOLD_FULL;
	case VG_RESULT_LATE:
		return VG_F_HOLD_LATE;
	case VG_RESULT_BRAKE:
		return VG_F_HOLD_BRAKE;
	default:
		return VG_F_HOLD_RELEASED;
	}
}

/* The queue holds nothing any more: it is off the list, and what became of it is said. */
static void close_queue(struct vg_hold *h, uint32_t idx, enum vg_frame_result result)
{
	h->queues[idx].state = (uint8_t)result;
	for (uint32_t i = 0; i < h->n_active; i++)
		if (h->active[i] == idx) {
			h->active[i] = h->active[--h->n_active];
			break;
		}
	publish(h, idx);
}

static void release(struct vg_hold *h, uint32_t idx, enum vg_frame_result result)
{
	struct vg_hold_queue *q = &h->queues[idx];
	vg_count(h->pump->stats, counter_of(result), q->n_frames);
	while (q->n_frames)
		vg_hold_emit(h, q->direction, take_first(h, q));
	close_queue(h, idx, result);
}

void vg_hold_queues_end(struct vg_hold *h, enum vg_frame_result result)
{
	while (h->n_active)
		release(h, h->active[0], result);
}

static void release_to(struct vg_hold *h, struct vg_hold_queue *q, uint32_t tag)
{
	while (q->n_frames && (int32_t)(h->nodes[q->first].tag - tag) <= 0) {
		vg_count(h->pump->stats, VG_F_HOLD_RELEASED, 1);
		vg_hold_emit(h, q->direction, take_first(h, q));
	}
}

/* ---- stopping ---- */

static void send_reset(struct vg_hold *h, const struct rte_mbuf *of, unsigned direction, enum vg_reset_kind kind)
{
	uint8_t bytes[VG_RESET_MAX_BYTES];
	uint32_t n = vg_reset_make(rte_pktmbuf_mtod(of, const uint8_t *), of->data_len, kind, bytes);
	struct rte_mbuf *m = n ? rte_pktmbuf_alloc(h->conf.pool) : NULL;
	char *to = m ? rte_pktmbuf_append(m, (uint16_t)n) : NULL;
	if (!to) {
		rte_pktmbuf_free(m);
		vg_count(h->pump->stats, VG_F_HOLD_UNMADE, 1);
		return;
	}
	memcpy(to, bytes, n);
	vg_count(h->pump->stats, VG_F_HOLD_RESETS, 1);
	vg_hold_emit(h, kind == VG_RESET_SENDER ? !direction : direction, m);
}

static void drop(struct vg_hold *h, struct rte_mbuf *m)
{
	vg_count(h->pump->stats, VG_F_HOLD_DROPPED, 1);
	rte_pktmbuf_free(m);
}

static int may_stop(struct vg_hold *h)
{
	if (h->now_ns - h->minute_ns >= MINUTE_NS) {
		h->minute_ns = h->now_ns;
		h->n_stops = 0;
	}
	if (h->n_stops >= h->conf.stops_per_minute)
		return 0;
	h->n_stops++;
	return 1;
}

static void stop(struct vg_hold *h, uint32_t idx, int is_451)
{
	struct vg_hold_queue *q = &h->queues[idx];
	if (!may_stop(h)) {
		release(h, idx, VG_RESULT_BRAKE);
		return;
	}
	vg_count(h->pump->stats, VG_F_HOLD_STOPS, 1);
	if (q->n_frames) {
		const struct rte_mbuf *first = h->nodes[q->first].mbuf;
		send_reset(h, first, q->direction, is_451 ? VG_RESET_ANSWER_451 : VG_RESET_RECEIVER);
		send_reset(h, first, q->direction, VG_RESET_SENDER);
	}
	while (q->n_frames)
		drop(h, take_first(h, q));
	h->drop_credit += VG_HOLD_DROP_CREDIT;
	close_queue(h, idx, VG_RESULT_STOPPED);
}

/* ---- words ---- */

static void begin_use(struct vg_hold *h, uint32_t idx, unsigned use, unsigned direction)
{
	struct vg_hold_queue *q = &h->queues[idx];
	if (q->state == VG_RESULT_HOLDING) /* the inspector has forgotten it */
		release(h, idx, VG_RESULT_RELEASED);
	*q = (struct vg_hold_queue){ .first = VG_HOLD_NONE_IDX,
				     .last = VG_HOLD_NONE_IDX,
				     .use = (uint8_t)use,
				     .state = VG_RESULT_HOLDING,
				     .direction = (uint8_t)direction };
	h->active[h->n_active++] = (uint16_t)idx;
	publish(h, idx);
}

static void append(struct vg_hold *h, uint32_t idx, struct rte_mbuf *m, uint64_t since_ns, uint32_t tag)
{
	struct vg_hold_queue *q = &h->queues[idx];
	uint32_t node = h->free_node;
	if (node == VG_HOLD_NONE_IDX || q->n_frames >= VG_HOLD_QUEUE_FRAMES) {
		release(h, idx, VG_RESULT_FULL);
		vg_hold_emit(h, q->direction, m);
		return;
	}
	h->free_node = h->nodes[node].next;
	h->nodes[node] = (struct vg_hold_node){ m, since_ns, tag, VG_HOLD_NONE_IDX };
	if (!q->n_frames++) {
		q->first = node;
		q->since_ns = since_ns;
	} else {
		h->nodes[q->last].next = node;
	}
	q->last = node;
	vg_count(h->pump->stats, VG_F_HOLD_FRAMES, 1);
}

static void obey_hold(struct vg_hold *h, unsigned direction, struct rte_mbuf *m, uint64_t since_ns, uint64_t word)
{
	uint32_t idx = vg_word_queue(word);
	unsigned use = vg_word_use(word);
	struct vg_hold_queue *q = &h->queues[idx < VG_FRAME_QUEUES ? idx : 0];
	if (idx >= VG_FRAME_QUEUES || !use) {
		vg_count(h->pump->stats, VG_F_HOLD_BAD, 1);
		vg_hold_emit(h, direction, m);
		return;
	}
	if (q->use != use)
		begin_use(h, idx, use, direction);
	if (q->state == VG_RESULT_HOLDING && q->direction == direction) {
		append(h, idx, m, since_ns, vg_word_tag(word));
	} else if (q->state == VG_RESULT_STOPPED && q->direction == direction) {
		drop(h, m);
	} else {
		vg_count(h->pump->stats, VG_F_HOLD_BAD, q->direction != direction);
		vg_hold_emit(h, direction, m);
	}
}

void vg_hold_obey(struct vg_hold *h, unsigned direction, struct rte_mbuf *m, uint64_t since_ns, uint64_t word)
{
	unsigned what = vg_word_what(word);
	switch (what) {
	case VG_WORD_HOLD:
		obey_hold(h, direction, m, since_ns, word);
		return;
	case VG_WORD_DROP:
	case VG_WORD_RESET:
		if (!h->drop_credit) {
			vg_count(h->pump->stats, VG_F_HOLD_BRAKE, 1);
			break;
		}
		h->drop_credit--;
		if (what == VG_WORD_RESET)
			send_reset(h, m, direction, VG_RESET_SENDER);
		drop(h, m);
		return;
	case VG_WORD_PASS:
		break;
	default:
		vg_count(h->pump->stats, VG_F_HOLD_BAD, 1);
		break;
	}
	vg_hold_emit(h, direction, m);
}

void vg_hold_queues_poll(struct vg_hold *h)
{
	const _Atomic uint64_t *words = h->pump->ring->in->queues;
	for (uint32_t i = h->n_active; i--;) { /* from the end: closing one moves the last into its place */
		uint32_t idx = h->active[i];
		struct vg_hold_queue *q = &h->queues[idx];
		uint64_t word = atomic_load_explicit(&words[idx], memory_order_acquire);
		unsigned what = vg_word_use(word) == q->use ? vg_word_what(word) : VG_QUEUE_NONE;
		if (what == VG_QUEUE_RELEASE_TO)
			release_to(h, q, vg_word_tag(word));
		if (what == VG_QUEUE_RELEASE)
			release(h, idx, VG_RESULT_RELEASED);
		else if (what == VG_QUEUE_STOP || what == VG_QUEUE_STOP_451)
			stop(h, idx, what == VG_QUEUE_STOP_451);
		else if (h->now_ns - q->since_ns > h->conf.hold_ns && h->now_ns > q->since_ns)
			release(h, idx, VG_RESULT_TIME);
		else if (what > VG_QUEUE_STOP_451)
			vg_count(h->pump->stats, VG_F_HOLD_BAD, 1);
	}
}
