/* Queues from this side: words out, results back. A queue's number is used again only once the forwarder has said what
 * became of its last use, or after SILENCE_NS: then it never saw it. */
#include "dataplane/hold/hold_priv.h"

#define SILENCE_NS 2000000000u
#define MS         1000000ull
#define STALL_PART 8u /* of hold_ms: a sender that is silent for so long is taken to be waiting */

static struct vg_hold_queue *queue_of(struct vg_hold *h, const struct vg_hold_dir *d)
{
	return d->queue == VG_HOLD_NO_CUE ? NULL : &h->pairs[d->pair]->queues[d->queue];
}

static void command(struct vg_hold_pair *pair, uint32_t idx, unsigned what, uint32_t tag)
{
	atomic_store_explicit(&pair->frames->in->queues[idx], vg_word_make(tag, what, pair->queues[idx].use, idx),
			      memory_order_release);
}

int vg_hold_queue_begin(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir, int with_head)
{
	struct vg_hold_pair *pair = h->pair;
	struct vg_hold_dir *d = &flow->dirs[dir];
	struct vg_hold_queue *q;
	if (!pair->n_free)
		return 0;
	d->queue = pair->free[--pair->n_free];
	for (d->pair = 0; h->pairs[d->pair] != pair; d->pair++)
		;
	pair->active[pair->n_active++] = d->queue;
	q = &pair->queues[d->queue];
	q->flow = flow;
	q->begun_ns = h->now_ns;
	q->first_tag = h->tags[h->now->frame_no];
	q->stopped_body = VG_HOLD_NONE;
	q->n_bytes = q->begin = q->n = 0;
	q->dir = (uint8_t)dir;
	q->use = q->use == UINT8_MAX ? 1 : (uint8_t)(q->use + 1);
	q->phase = VG_CUE_HOLDING;
	q->begins_with_head = with_head != 0;
	q->is_slid = 0;
	vg_count(h->stats, VG_C_HOLD_BEGUN, 1);
	return 1;
}

void vg_hold_queue_add(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir, uint64_t off)
{
	struct vg_hold_dir *d = &flow->dirs[dir];
	struct vg_hold_queue *q = queue_of(h, d);
	uint32_t at = (q->begin + q->n) % VG_HOLD_SLIDE, tag = h->tags[h->now->frame_no];
	h->words[h->now->frame_no] = vg_word_make(tag, VG_WORD_HOLD, q->use, d->queue);
	q->n_bytes += h->now->n_payload_bytes;
	q->last_ns = h->now_ns;
	if (q->n == VG_HOLD_SLIDE)
		return;
	q->frames[at].tag = tag;
	q->frames[at].n_bytes = h->now->n_payload_bytes;
	q->frames[at].off = off;
	q->n++;
}

uint64_t vg_hold_queue_slide(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir, uint32_t max_bytes)
{
	struct vg_hold_dir *d = &flow->dirs[dir];
	struct vg_hold_queue *q = queue_of(h, d);
	uint64_t off = 0;
	uint32_t tag = 0;
	int any = 0;
	while (q->n > 1 && q->n_bytes > max_bytes) {
		uint32_t at = q->begin++ % VG_HOLD_SLIDE;
		q->n--;
		q->n_bytes -= q->frames[at].n_bytes;
		tag = q->frames[at].tag;
		off = q->frames[at].off;
		any = 1;
	}
	if (!any)
		return 0;
	q->is_slid = 1;
	command(h->pairs[d->pair], d->queue, VG_QUEUE_RELEASE_TO, tag);
	return off;
}

void vg_hold_queue_release(struct vg_hold *h, struct vg_hold_flow *flow, unsigned dir)
{
	struct vg_hold_dir *d = &flow->dirs[dir];
	struct vg_hold_queue *q = queue_of(h, d);
	if (!q || q->phase != VG_CUE_HOLDING)
		return;
	q->phase = VG_CUE_ENDING;
	command(h->pairs[d->pair], d->queue, VG_QUEUE_RELEASE, 0);
	vg_count(h->stats, VG_C_HOLD_PASSED, 1);
	q->flow = NULL;
	d->queue = VG_HOLD_NO_CUE;
}

int vg_hold_queue_stop(struct vg_hold *h, struct vg_hold_body *b)
{
	struct vg_hold_dir *d = &b->flow->dirs[b->dir];
	struct vg_hold_queue *q = queue_of(h, d);
	int is_451;
	if (!q || q->phase != VG_CUE_HOLDING)
		return 0;
	is_451 = q->begins_with_head && !q->is_slid && b->can_451;
	q->phase = VG_CUE_STOPPING;
	q->stopped_body = vg_pool_idx(&h->bodies, b);
	command(h->pairs[d->pair], d->queue, is_451 ? VG_QUEUE_STOP_451 : VG_QUEUE_STOP, 0);
	return 1;
}

/* What the forwarder says of a queue's present use; NONE: nothing yet. */
static enum vg_frame_result result_of(const struct vg_hold_pair *pair, uint32_t idx, uint64_t now_ns)
{
	const struct vg_hold_queue *q = &pair->queues[idx];
	const struct vg_frame_ring_out *out = pair->frames->out;
	uint64_t word = atomic_load_explicit(&out->results[idx], memory_order_acquire);
	unsigned what = vg_word_what(word);
	if (vg_word_use(word) == q->use && what < VG_RESULT_N)
		return what == VG_RESULT_HOLDING ? VG_RESULT_NONE : (enum vg_frame_result)what;
	/* its first frame went without our word: the queue never was */
	if ((int32_t)((uint32_t)atomic_load_explicit(&out->let_go, memory_order_acquire) - q->first_tag) > 0)
		return VG_RESULT_LATE;
	return now_ns > q->begun_ns && now_ns - q->begun_ns > SILENCE_NS ? VG_RESULT_LATE : VG_RESULT_NONE;
}

static void settle(struct vg_hold *h, struct vg_hold_pair *pair, uint32_t at)
{
	uint16_t idx = pair->active[at];
	struct vg_hold_queue *q = &pair->queues[idx];
	struct vg_hold_flow *flow = q->flow;
	uint32_t stopped = q->phase == VG_CUE_STOPPING ? q->stopped_body : VG_HOLD_NONE;
	enum vg_frame_result result = result_of(pair, idx, h->now_ns);
	if (result == VG_RESULT_NONE) {
		if (flow && q->phase == VG_CUE_HOLDING && h->now_ns > q->last_ns &&
		    h->now_ns - q->last_ns > pair->frames->hold_ms * (MS / STALL_PART))
			vg_hold_stalled(h, flow, q->dir);
		return;
	}
	q->phase = VG_CUE_FREE;
	q->flow = NULL;
	pair->active[at] = pair->active[--pair->n_active];
	pair->free[pair->n_free++] = idx;
	if (!flow)
		return;
	flow->dirs[q->dir].queue = VG_HOLD_NO_CUE;
	vg_hold_ended(h, flow, q->dir, result, stopped);
}

void vg_hold_queues_poll(struct vg_hold *h)
{
	for (uint32_t i = 0; i < h->n_pairs; i++)
		for (uint32_t at = h->pairs[i]->n_active; at--;)
			settle(h, h->pairs[i], at);
}
