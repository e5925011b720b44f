/* One packet after the other: does its direction wait, begin to wait, or go on? */
#include <string.h>

#include "dataplane/hold/hold_priv.h"

#define MINUTE_NS 60000000000u

static const uint8_t http_head[7] = { 'H', 'T', 'T', 'P', '/', '1', '.' };

void vg_hold_say(struct vg_hold_body *b, enum vg_hold_outcome outcome)
{
	b->outcome = (uint8_t)outcome;
	if (b->object)
		vg_handoff_outcome(b->object, outcome, outcome == VG_HOLD_STOPPED ? b->passed : b->off);
}

int vg_hold_may_stop(struct vg_hold *h, uint32_t hasher_idx)
{
	if (h->now_ns - h->brakes[hasher_idx].minute_ns >= MINUTE_NS) {
		h->brakes[hasher_idx].minute_ns = h->now_ns;
		h->brakes[hasher_idx].n = 0;
	}
	return h->brakes[hasher_idx].n++ < h->stops_per_minute;
}

static int wants(const struct vg_hold *h, const struct vg_hold_dir *d, const struct vg_hold_body *b, int *slides)
{
	uint64_t room = vg_hold_window(d);
	*slides = 0;
	if (b->state == VG_BODY_OFF)
		return 0;
	if (b->by_url)
		return 1;
	if (b->state == VG_BODY_UNDECIDED && b->is_download)
		return !b->has_waited;
	if (b->is_ended || b->is_known)
		return 1;
	*slides = 1;
	if (b->digest != VG_HOLD_NONE || (b->size == UINT64_MAX && b->state == VG_BODY_WATCHED))
		return 1;
	*slides = 0;
	room = room < h->hold_bytes ? room : h->hold_bytes;
	return b->state == VG_BODY_WATCHED && b->off + room >= b->size;
}

int vg_hold_is_wanted(struct vg_hold *h, const struct vg_hold_flow *flow, unsigned dir, int *slides)
{
	const struct vg_hold_dir *d = &flow->dirs[dir];
	int is_wanted = 0;
	*slides = 1;
	for (uint32_t i = d->first_body; i != VG_HOLD_NONE; i = vg_hold_body_at(h, i)->next) {
		int one_slides;
		if (!wants(h, d, vg_hold_body_at(h, i), &one_slides))
			continue;
		is_wanted = 1;
		*slides &= one_slides;
	}
	return is_wanted;
}

void vg_hold_recheck(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir)
{
	int slides;
	if (flow->dirs[dir].queue != VG_HOLD_NO_CUE && !vg_hold_is_wanted(h, flow, dir, &slides))
		vg_hold_queue_release(h, flow, dir);
}

/* ---- results ---- */

static void was_stopped(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir, uint32_t stopped)
{
	flow->is_stopped = 1;
	vg_count(h->stats, VG_C_HOLD_STOPPED, 1);
	if (stopped != VG_HOLD_NONE)
		vg_hold_say(vg_hold_body_at(h, stopped), VG_HOLD_STOPPED);
	for (uint32_t i = flow->dirs[dir].first_body; i != VG_HOLD_NONE; i = vg_hold_body_at(h, i)->next) {
		struct vg_hold_body *b = vg_hold_body_at(h, i);
		if (b->state == VG_BODY_WATCHED) /* it waited behind the one that was stopped */
			vg_hold_say(b, VG_HOLD_STOPPED);
		b->state = VG_BODY_OFF;
	}
}

void vg_hold_ended(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir, enum vg_frame_result result,
		   uint32_t stopped)
{
	static const struct {
		uint16_t counter;
		uint8_t outcome;
	} as[VG_RESULT_N] = { [VG_RESULT_RELEASED] = { VG_C_HOLD_PASSED, VG_HOLD_UNHELD },
			      [VG_RESULT_TIME] = { VG_C_HOLD_TIME, VG_HOLD_LATE },
			      [VG_RESULT_FULL] = { VG_C_HOLD_FULL, VG_HOLD_UNHELD },
			      [VG_RESULT_LATE] = { VG_C_HOLD_LATE, VG_HOLD_UNHELD },
			      [VG_RESULT_BRAKE] = { VG_C_HOLD_BRAKE, VG_HOLD_BRAKE } };
	if (result == VG_RESULT_STOPPED) {
		was_stopped(h, flow, dir, stopped);
		return;
	}
	if (result == VG_RESULT_NONE || result == VG_RESULT_HOLDING || result >= VG_RESULT_N)
		return;
	vg_count(h->stats, as[result].counter, 1);
	if (stopped != VG_HOLD_NONE) {
		vg_count(h->stats, VG_C_HOLD_TOO_LATE, 1);
		vg_hold_say(vg_hold_body_at(h, stopped), (enum vg_hold_outcome)as[result].outcome);
	}
	for (uint32_t i = flow->dirs[dir].first_body; i != VG_HOLD_NONE; i = vg_hold_body_at(h, i)->next) {
		struct vg_hold_body *b = vg_hold_body_at(h, i);
		b->has_waited = 1;
		if (b->state != VG_BODY_WATCHED || (!b->is_ended && b->size == UINT64_MAX))
			continue;
		vg_hold_say(b, (enum vg_hold_outcome)as[result].outcome);
		b->state = VG_BODY_OFF;
	}
}

/* ---- packets ---- */

int vg_hold_before(struct vg_hold *h, const struct vg_packet *pkt)
{
	struct vg_hold_flow *flow;
	h->now = NULL;
	h->flow = NULL;
	if (!h->pair)
		return 0;
	flow = vg_hold_flow_find(h, pkt);
	if (flow && (pkt->tcp_flags & (VG_TCP_SYN | VG_TCP_ACK)) == VG_TCP_SYN) {
		vg_hold_flow_forget(h, flow); /* a new connection */
		flow = NULL;
	}
	if (flow && flow->is_stopped) {
		int answers = !(pkt->tcp_flags & VG_TCP_RST) && (pkt->n_payload_bytes || pkt->tcp_flags & VG_TCP_FIN);
		flow->last_ns = pkt->clock_ns;
		h->words[pkt->frame_no] = vg_word_make(h->tags[pkt->frame_no], answers ? VG_WORD_RESET : VG_WORD_DROP,
						       0, 0);
		vg_count(h->stats, VG_C_HOLD_DROPPED, 1);
		return 1;
	}
	h->now = pkt;
	h->packet_no++;
	h->flow = flow;
	if (flow)
		vg_hold_flow_note(flow, pkt);
	return 0;
}

/* The first frame to wait may be the beginning of a response: then nothing of it has passed. */
static int begins_with_head(struct vg_hold *h, const struct vg_hold_dir *d)
{
	const struct vg_packet *pkt = h->now;
	if (pkt->n_payload_bytes < sizeof(http_head) || pkt->n_first_bytes < pkt->payload_off + sizeof(http_head) ||
	    memcmp(pkt->frame + pkt->payload_off, http_head, sizeof(http_head)) != 0)
		return 0;
	return d->first_body != VG_HOLD_NONE && vg_hold_body_at(h, d->first_body)->born == h->packet_no;
}

void vg_hold_note_passed(struct vg_hold *h, const struct vg_hold_dir *d, uint64_t off)
{
	for (uint32_t i = d->first_body; i != VG_HOLD_NONE; i = vg_hold_body_at(h, i)->next) {
		struct vg_hold_body *b = vg_hold_body_at(h, i);
		if (!b->is_ended || !off)
			b->passed = off ? off : b->off;
	}
}

/* Half of what is held goes, so that acknowledgements open its window again; never the last frame. */
void vg_hold_stalled(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir)
{
	const struct vg_hold_dir *d = &flow->dirs[dir];
	struct vg_hold_queue *q = &h->pairs[d->pair]->queues[d->queue];
	uint64_t off;
	for (uint32_t i = d->first_body; i != VG_HOLD_NONE; i = vg_hold_body_at(h, i)->next)
		if (vg_hold_body_at(h, i)->is_ended && vg_hold_body_at(h, i)->state == VG_BODY_WATCHED)
			return; /* all of it is here: only the verdict is not */
	off = vg_hold_queue_slide(h, flow, dir, q->n_bytes / 2);
	if (off)
		vg_hold_note_passed(h, d, off);
	q->last_ns = h->now_ns;
}

static int stop_known(struct vg_hold *h, const struct vg_hold_dir *d)
{
	for (uint32_t i = d->first_body; i != VG_HOLD_NONE; i = vg_hold_body_at(h, i)->next) {
		struct vg_hold_body *b = vg_hold_body_at(h, i);
		if (!b->is_known || b->state == VG_BODY_OFF || !vg_hold_queue_stop(h, b))
			continue;
		vg_count(h->stats, b->by_url ? VG_C_HOLD_URL : VG_C_HOLD_KNOWN, 1);
		b->state = VG_BODY_OFF;
		return 1;
	}
	return 0;
}

int vg_hold_after(struct vg_hold *h, const struct vg_packet *pkt)
{
	struct vg_hold_flow *flow = h->flow;
	struct vg_hold_dir *d = flow ? &flow->dirs[pkt->dir] : NULL;
	uint64_t off = 0;
	int slides, is_wanted, is_stopped = 0;
	if (!h->pair || !h->now || !flow)
		goto out;
	is_wanted = vg_hold_is_wanted(h, flow, pkt->dir, &slides);
	if (is_wanted && d->queue == VG_HOLD_NO_CUE && !vg_hold_queue_begin(h, flow, pkt->dir, begins_with_head(h, d)))
		vg_count(h->stats, VG_C_HOLD_UNHELD, 1);
	if (d->queue == VG_HOLD_NO_CUE) {
		vg_hold_note_passed(h, d, 0);
		goto out;
	}
	if (d->first_body != VG_HOLD_NONE)
		off = vg_hold_body_at(h, d->first_body)->off;
	vg_hold_queue_add(h, flow, pkt->dir, off);
	is_stopped = stop_known(h, d);
	if (is_stopped)
		goto out;
	if (!is_wanted)
		vg_hold_queue_release(h, flow, pkt->dir);
	else if (slides && (off = vg_hold_queue_slide(h, flow, pkt->dir, vg_hold_window(d))))
		vg_hold_note_passed(h, d, off);
out:
	h->now = NULL;
	return is_stopped;
}

void vg_hold_burst_begin(struct vg_hold *h, struct vg_frames *frames, const uint32_t *tags, uint32_t n_frames)
{
	h->pair = NULL;
	for (uint32_t i = 0; i < h->n_pairs; i++)
		if (h->pairs[i]->frames == frames)
			h->pair = h->pairs[i];
	h->n_frames = n_frames < VG_BURST ? n_frames : VG_BURST;
	memcpy(h->tags, tags, h->n_frames * sizeof(*tags));
	memset(h->words, 0, sizeof(h->words));
}

void vg_hold_burst_end(struct vg_hold *h)
{
	for (uint32_t i = 0; h->pair && i < h->n_frames; i++) {
		struct vg_frames *f = h->pair->frames;
		uint64_t word = h->words[i] ? h->words[i] : vg_word_make(h->tags[i], VG_WORD_PASS, 0, 0);
		atomic_store_explicit(&f->words[h->tags[i] & (f->geometry.n_slots - 1)], word, memory_order_release);
	}
	h->pair = NULL;
}

void vg_hold_poll(struct vg_hold *h, uint64_t mono_ns)
{
	h->now_ns = mono_ns;
	h->table = vg_known_poll(&h->known);
	vg_hold_queues_poll(h);
}

struct vg_known *vg_hold_known(struct vg_hold *h)
{
	return &h->known;
}
