/* One object from OPEN to CLOSE: the one copy of its bytes, its attribution record, and the ways of giving up on it.
 * */
#include "dataplane/handoff/handoff_priv.h"

/* At a sixteenth of free large chunks each further chunk moves somebody down the ladder. */
#define LOW_PART 16u

/* The lane of a new object: of the attached ones with a free slot and, unless may_cut, blocks for its texts, the one
 * whose hasher owes the fewest verdicts; of equal ones in turn. The pieces of a resource go to one hasher, whatever
 * core sees them, while it is there and has room. NULL: none, *any says whether one is attached at all. */
static struct vg_lane *lane_choose(struct vg_handoff *h, const struct vg_attribution *card, int may_cut, int *any)
{
	struct vg_lane *home = card->resource ? &h->lanes[(card->resource >> 32) % h->n_lanes] : NULL, *best = NULL;

	*any = 0;
	if (home && home->is_attached && home->n_slots) {
		*any = 1;
		return may_cut || vg_record_fits(home, card) ? home : NULL;
	}
	for (uint32_t i = 0; i < h->n_lanes && (!best || best->n_closed); i++) {
		uint32_t idx = h->next_lane + i < h->n_lanes ? h->next_lane + i : h->next_lane + i - h->n_lanes;
		struct vg_lane *lane = &h->lanes[idx];
		*any |= lane->is_attached;
		if (lane->is_attached && lane->n_slots && (!best || lane->n_closed < best->n_closed) &&
		    (may_cut || vg_record_fits(lane, card)))
			best = lane;
	}
	if (best)
		h->next_lane = best == &h->lanes[h->n_lanes - 1] ? 0 : (uint32_t)(best - h->lanes) + 1;
	return best;
}

/* A slot may free itself as long as some lane holds a closed object. */
static int slots_will_come(const struct vg_handoff *h)
{
	for (uint32_t i = 0; i < h->n_lanes; i++)
		if (h->lanes[i].n_closed)
			return 1;
	return 0;
}

struct vg_object *vg_object_open(void *ctx, const struct vg_attribution *card, uint32_t flags)
{
	struct vg_handoff *h = ctx;
	struct vg_lane *lane;
	struct vg_object *o;
	uint64_t began_ns = 0;
	uint32_t generation;
	int any;

	while (!(lane = lane_choose(h, card, 0, &any)))
		if (!h->wait || (any && !slots_will_come(h)) || vg_handoff_wait(h, NULL, &began_ns)) {
			lane = lane_choose(h, card, 1, &any); /* rather with its texts cut than not at all */
			break;
		}
	if (!lane) {
		vg_count(h->stats, any ? VG_C_SHED_ATTR : VG_C_SHED_NO_HASHER, 1);
		return NULL;
	}
	o = &lane->objects[lane->free_slots[--lane->n_slots]];
	generation = o->generation + 1 ? o->generation + 1 : 1;
	*o = (struct vg_object){ .lane = lane,
				 .slot = (uint32_t)(o - lane->objects),
				 .generation = generation,
				 .first = VG_NO_CHUNK,
				 .last = VG_NO_CHUNK,
				 .next_push = VG_NO_CHUNK,
				 .fill = VG_NO_CHUNK,
				 .size_hint = card->size_hint,
				 .last_byte_ns = card->first_byte_ns,
				 .codings = card->codings,
				 .open_flags = flags | (card->resource ? VG_OPEN_RESOURCE : 0u),
				 .kind = card->kind,
				 .is_used = 1,
				 .is_queued = o->is_queued,
				 .queue_next = o->queue_next };
	vg_lane_count_out(lane, 1);
	vg_count(h->stats, VG_C_OBJECTS, 1);
	vg_record_begin(o, card);
	if (card->size_hint != UINT64_MAX && card->size_hint > h->hold_bytes)
		vg_ladder_down(lane, o, VG_C_LADDER_SIZE);
	vg_ring_push(lane, o);
	return o;
}

void vg_object_free(struct vg_object *o)
{
	struct vg_lane *lane = o->lane;
	vg_ladder_unrank(lane, o);
	vg_arena_give_all(lane, o);
	vg_record_free(o);
	if (o->is_closed)
		lane->n_closed--;
	o->is_used = 0;
	if (o->tag)
		lane->home->watch.gone(lane->home->watch.ctx, o->tag);
	lane->free_slots[lane->n_slots++] = o->slot;
	vg_lane_count_out(lane, -1);
}

void vg_object_seal(struct vg_object *o)
{
	if (o->fill == VG_NO_CHUNK || !o->n_fill)
		return;
	o->lane->chunks[o->fill].n_bytes = o->n_fill;
	o->fill = VG_NO_CHUNK;
	vg_ring_push(o->lane, o);
}

static void object_end(struct vg_object *o, enum vg_state state)
{
	static const unsigned counters[VG_STATE_N] = { [VG_STATE_COMPLETE] = VG_C_CLOSE_COMPLETE,
						       [VG_STATE_TRUNCATED] = VG_C_CLOSE_TRUNCATED,
						       [VG_STATE_GAP] = VG_C_CLOSE_GAP,
						       [VG_STATE_ABORTED] = VG_C_CLOSE_ABORTED };
	struct vg_lane *lane = o->lane;
	struct vg_attr_slot *r = &lane->records[o->slot];
	vg_count(lane->home->stats, counters[state], 1);
	o->state = (uint8_t)state;
	o->is_closed = o->is_ended = 1;
	o->order = lane->home->order;
	lane->n_closed++;
	vg_ladder_unrank(lane, o);
	r->body_bytes = o->body_bytes;
	r->last_byte_ns = o->last_byte_ns;
	atomic_store_explicit(&r->state, (uint32_t)state, memory_order_release);
	if (o->fill != VG_NO_CHUNK && !o->n_fill)
		vg_arena_give(lane, o, o->fill);
	vg_object_seal(o);
	vg_ring_push(lane, o);
}

/* The producer hears of an object that was lost with its hasher. */
static enum vg_step dead_end(struct vg_object *o)
{
	vg_object_free(o);
	return VG_SKIP;
}

/* A chunk to fill, by whatever it takes: the ladder, and in a lossless replay patience. */
static uint32_t chunk_get(struct vg_lane *lane, struct vg_object *o)
{
	struct vg_handoff *h = lane->home;
	uint64_t want = o->size_hint != UINT64_MAX && o->size_hint > o->body_off ? o->size_hint - o->body_off : 0;
	uint64_t began_ns = 0;
	uint32_t idx;

	if (!h->wait && lane->geometry.n_large && lane->n_large <= lane->geometry.n_large / LOW_PART)
		(void)vg_ladder_relieve(lane);
	while ((idx = vg_arena_take(lane, o, want)) == VG_NO_CHUNK) {
		if (!h->wait || vg_handoff_wait(h, lane, &began_ns) || o->is_dead)
			return VG_NO_CHUNK;
		if (vg_ladder_is_stuck(lane) && !vg_ladder_relieve(lane))
			(void)vg_ladder_flush(lane);
	}
	return idx;
}

static void head_keep(struct vg_object *o, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_attr_slot *r = &o->lane->records[o->slot];
	uint32_t room = VG_ATTR_HEAD_BYTES - r->n_head, n = n_bytes < room ? n_bytes : room;
	if (!r->first_byte_ns)
		r->first_byte_ns = wall_ns;
	memcpy(r->head + r->n_head, bytes, n);
	r->n_head = (uint8_t)(r->n_head + n);
}

enum vg_step vg_object_data(void *ctx, struct vg_object *o, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_handoff *h = ctx;
	struct vg_lane *lane = o->lane;
	if (o->is_dead)
		return dead_end(o);
	if (o->body_bytes < VG_ATTR_HEAD_BYTES && o->state != VG_STATE_GAP) /* the head ends where a hole begins */
		head_keep(o, bytes, n_bytes, wall_ns);
	o->last_byte_ns = wall_ns;
	while (n_bytes) {
		if (o->fill == VG_NO_CHUNK && chunk_get(lane, o) == VG_NO_CHUNK) {
			if (o->is_dead)
				return dead_end(o);
			vg_count(h->stats, VG_C_SHED_CHUNKS, 1);
			object_end(o, o->state == VG_STATE_GAP ? VG_STATE_GAP : VG_STATE_TRUNCATED);
			return VG_SKIP;
		}
		uint32_t room = vg_lane_chunk_bytes(&lane->geometry, o->fill) - o->n_fill;
		uint32_t n = n_bytes < room ? n_bytes : room;
		memcpy(vg_lane_chunk(lane, o->fill) + o->n_fill, bytes, n);
		o->n_fill += n;
		o->body_bytes += n;
		o->body_off += n;
		bytes += n;
		n_bytes -= n;
		vg_count(h->stats, VG_C_MEDIA_BYTES, n);
		if (n == room || o->body_off == o->size_hint)
			vg_object_seal(o);
	}
	if (o->body_bytes > h->hold_bytes && !o->digest_only)
		vg_ladder_down(lane, o, VG_C_LADDER_SIZE);
	return VG_MORE;
}

enum vg_step vg_object_gap(void *ctx, struct vg_object *o, uint64_t n_missing)
{
	struct vg_attr_slot *r = &o->lane->records[o->slot];
	uint64_t n_hole = n_missing;
	(void)ctx;
	if (o->is_dead)
		return dead_end(o);
	vg_object_seal(o);
	if (o->fill != VG_NO_CHUNK) /* taken, still empty */
		vg_arena_give(o->lane, o, o->fill);
	if (o->has_tail_gap) { /* two in a row are one, of unknown size where either is */
		o->body_off -= o->tail_gap_bytes;
		n_hole = n_missing && o->tail_gap_bytes ? n_missing + o->tail_gap_bytes : 0;
	}
	o->has_tail_gap = 1;
	o->tail_gap_bytes = n_hole;
	o->body_off += n_hole;
	o->state = VG_STATE_GAP; /* remembered until the end */
	r->n_gaps++;
	r->gap_bytes += n_missing;
	return VG_MORE;
}

void vg_object_amend(void *ctx, struct vg_object *o, const struct vg_attribution *card)
{
	(void)ctx;
	if (!o->is_dead)
		vg_record_amend(o, card);
}

void vg_object_close(void *ctx, struct vg_object *o, enum vg_state state, int64_t wall_ns)
{
	(void)ctx;
	(void)wall_ns; /* the last byte's time counts, not the end's */
	if (o->is_dead)
		(void)dead_end(o);
	else
		object_end(o, state);
}
