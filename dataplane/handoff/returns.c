/* What comes back from a hasher, and hashers coming and going. Every word of its page is read once into a local and
 * then checked against private memory: it can free what it holds and nothing else. */
#include "dataplane/handoff/handoff_priv.h"

/* An object whose bytes are not all here any more, or that broke its decoder twice. */
static void object_lose(struct vg_object *o)
{
	struct vg_lane *lane = o->lane;
	vg_count(lane->home->stats, VG_C_OBJECT_LOST, 1);
	if (o->is_ended) {
		vg_object_free(o);
		return;
	}
	vg_ladder_unrank(lane, o);
	vg_arena_give_all(lane, o);
	o->is_dead = 1; /* its producer hears of it at its next call */
}

/* What the next hasher shall be told of one object of a dead one. */
static void object_rewind(struct vg_object *o, int was_decoding)
{
	struct vg_stats_page *stats;
	o->is_queued = 0;
	if (!o->is_used || o->is_dead)
		return;
	if (o->was_returned || (was_decoding && o->no_decode > 1) ||
	    (o->was_offered && ++o->n_tries > VG_OBJECT_MAX_TRIES)) {
		object_lose(o);
		return;
	}
	stats = o->lane->home->stats;
	if (was_decoding) {
		o->no_decode++;
		vg_count(stats, VG_C_OBJECT_NO_DECODE, 1);
	}
	if (o->was_offered)
		vg_count(stats, VG_C_OBJECT_RETRY, 1);
	o->has_verdict = o->is_kept = 0;
	o->open_pushed = o->digest_pushed = o->tail_gap_pushed = o->close_pushed = 0;
	o->next_push = o->first;
	for (uint32_t i = o->first; i != VG_NO_CHUNK; i = o->lane->chunks[i].next)
		o->lane->chunks[i].is_out = o->lane->chunks[i].gap_pushed = 0;
}

/* The hasher is gone: nothing is offered any more until the next one is there. */
static void detach(struct vg_lane *lane)
{
	/* its word, but it can only harm its own objects with it */
	uint64_t decoding = atomic_load_explicit(&lane->in->decoding, memory_order_relaxed);
	if (!lane->home->core_idx)
		vg_count(lane->home->stats, VG_C_HASHER_LOST, 1);
	lane->is_attached = 0;
	lane->queue_first = VG_NO_CHUNK;
	lane->tail = lane->n_published = lane->head;
	for (uint32_t slot = 0; slot < lane->geometry.n_attr; slot++) {
		struct vg_object *o = &lane->objects[slot];
		object_rewind(o, o->is_used && decoding == vg_object_id(o));
	}
}

static void attach(struct vg_lane *lane)
{
	lane->tail = lane->n_published = lane->start_idx = lane->head;
	lane->ret_tail = 0;
	lane->n_bad = 0;
	lane->has_begun = 0;
	lane->is_attached = 1;
	lane->alone_ns = lane->home->alone_ns = 0;
	lane->passed = 0; /* what is offered again comes before all that is to come */
	atomic_store_explicit(&lane->out->passed, 0, memory_order_relaxed);
	atomic_store_explicit(&lane->out->head, lane->head, memory_order_relaxed);
	atomic_store_explicit(&lane->out->ret_tail, 0, memory_order_release);
	if (lane->n_slots == lane->geometry.n_attr) /* none is used: their pages need not be there */
		return;
	for (uint32_t slot = 0; slot < lane->geometry.n_attr; slot++)
		if (lane->objects[slot].is_used)
			vg_ring_push(lane, &lane->objects[slot]);
}

/* The hasher broke the rules: it is put off this lane; the server closes its link. */
static void cut(struct vg_lane *lane)
{
	uint32_t state = VG_LANE_ATTACHED;
	detach(lane);
	/* the server may have said LEAVING meanwhile: then that is what it waits for */
	if (!atomic_compare_exchange_strong(&lane->state, &state, VG_LANE_CUT))
		atomic_store_explicit(&lane->state, VG_LANE_VACANT, memory_order_release);
}

static void index_bad(struct vg_lane *lane)
{
	vg_count(lane->home->stats, VG_C_INDEX_BAD, 1);
	cut(lane);
}

/* 0: refused. */
static int chunk_return(struct vg_lane *lane, struct vg_object *o, uint32_t chunk_idx)
{
	if (chunk_idx >= vg_lane_n_chunks(&lane->geometry) || lane->chunks[chunk_idx].slot != o->slot ||
	    !lane->chunks[chunk_idx].is_out)
		return 0;
	vg_arena_give(lane, o, chunk_idx);
	o->was_returned = 1;
	return 1;
}

static void verdict_tell(struct vg_lane *lane, struct vg_object *o, uint8_t verdict)
{
	const struct vg_handoff_watch *watch = &lane->home->watch;
	if (o->tag && !o->has_verdict)
		watch->verdict(watch->ctx, o->tag, (uint32_t)(lane - lane->home->lanes), (enum vg_verdict)verdict);
	o->has_verdict = 1;
}

/* Of a hasher's own objects only, and no more than their order: where all are kept, they go down all the same. It may
 * cross the object's end or its way down. */
static int keep_return(struct vg_lane *lane, struct vg_object *o)
{
	if (!o->open_pushed || o->is_kept)
		return 0;
	vg_count(lane->home->stats, VG_C_KEPT, 1);
	o->is_kept = 1;
	if (o->is_ranked)
		vg_ladder_rank(lane, o);
	return 1;
}

/* Ahead of the DONE: only of what frames wait for, closed, and once. */
static int verdict_return(struct vg_lane *lane, struct vg_object *o, uint8_t verdict)
{
	if (!o->close_pushed || o->has_verdict || !(o->open_flags & VG_OPEN_HOLD) || verdict >= VG_VERDICT_N)
		return 0;
	verdict_tell(lane, o, verdict);
	return 1;
}

static int done_return(struct vg_lane *lane, struct vg_object *o, uint8_t verdict)
{
	if (!o->close_pushed || verdict >= VG_VERDICT_N)
		return 0;
	verdict_tell(lane, o, verdict);
	vg_count(lane->home->stats, VG_C_OBJECTS_DONE, 1);
	if (verdict)
		vg_count(lane->home->stats, VG_C_MATCHED, 1);
	vg_object_free(o);
	return 1;
}

/* One return, read as two words. 0: refused. */
static int return_take(struct vg_lane *lane, uint64_t word, uint64_t object_id)
{
	uint8_t type = (uint8_t)word, verdict = (uint8_t)(word >> 8);
	uint32_t slot = (uint32_t)object_id, chunk_idx = (uint32_t)(word >> 32);
	struct vg_object *o;
	if (slot >= lane->geometry.n_attr)
		return 0;
	o = &lane->objects[slot];
	if (!o->is_used || o->is_dead || vg_object_id(o) != object_id)
		return 0;
	if (type == VG_RETURN_CHUNK)
		return chunk_return(lane, o, chunk_idx);
	if (type == VG_RETURN_KEEP)
		return keep_return(lane, o);
	if (type == VG_RETURN_VERDICT)
		return verdict_return(lane, o, verdict);
	return type == VG_RETURN_DONE ? done_return(lane, o, verdict) : 0;
}

/* A fresh page says 0 until its hasher has begun, also where the lane begins later than that. */
static uint64_t tail_read(struct vg_lane *lane)
{
	uint64_t tail = atomic_load_explicit(&lane->in->tail, memory_order_acquire);
	if (!tail && !lane->has_begun)
		return lane->tail;
	lane->has_begun = 1;
	return tail;
}

void vg_returns_take(struct vg_lane *lane)
{
	const _Atomic uint64_t *words =
		(const _Atomic uint64_t *)(const void *)((const uint8_t *)lane->in + VG_LANE_PAGE);
	uint64_t tail = tail_read(lane);
	uint64_t ret_head = atomic_load_explicit(&lane->in->ret_head, memory_order_acquire);
	int64_t n = vg_lane_pending(ret_head, lane->ret_tail, lane->geometry.n_returns);

	/* the tail lies between where it was and what was published */
	if (tail - lane->tail > lane->n_published - lane->tail || n < 0) {
		index_bad(lane);
		return;
	}
	lane->tail = tail;
	n = n < VG_LANE_MAX_RETURNS ? n : VG_LANE_MAX_RETURNS;
	for (int64_t i = 0; i < n; i++) {
		const _Atomic uint64_t *r = words + 2 * (lane->ret_tail & (lane->geometry.n_returns - 1));
		uint64_t word = atomic_load_explicit(&r[0], memory_order_relaxed);
		uint64_t object_id = atomic_load_explicit(&r[1], memory_order_relaxed);
		lane->ret_tail++;
		if (return_take(lane, word, object_id))
			continue;
		vg_count(lane->home->stats, VG_C_RETURN_BAD, 1);
		if (++lane->n_bad >= VG_LANE_MAX_BAD) {
			cut(lane);
			return;
		}
	}
	atomic_store_explicit(&lane->out->ret_tail, lane->ret_tail, memory_order_release);
}

void vg_lane_poll(struct vg_lane *lane)
{
	uint32_t state = atomic_load_explicit(&lane->state, memory_order_acquire);
	switch (state) {
	case VG_LANE_OFFERED:
		if (!atomic_compare_exchange_strong(&lane->state, &state, VG_LANE_TAKING))
			return; /* taken back meanwhile */
		attach(lane);
		vg_ring_publish(lane, lane->home->mono_ns);
		atomic_store_explicit(&lane->state, VG_LANE_ATTACHED, memory_order_release);
		return;
	case VG_LANE_LEAVING:
		detach(lane);
		atomic_store_explicit(&lane->state, VG_LANE_VACANT, memory_order_release);
		return;
	case VG_LANE_ATTACHED:
		vg_returns_take(lane);
		vg_ring_push_queued(lane);
		vg_ring_publish(lane, lane->home->mono_ns);
		return;
	default:
		return;
	}
}
