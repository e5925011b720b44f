/* The ladder whole -> digest-only. Open whole objects that hold chunks stand in lists by the logarithm of their size,
 * so that the largest is found without a search; among a few of its rank the least complete one goes. */
#include "dataplane/handoff/handoff_priv.h"

static uint8_t rank_of(const struct vg_object *o)
{
	uint64_t size = o->size_hint != UINT64_MAX ? o->size_hint : o->body_bytes;
	unsigned rank = o->is_kept ? 0 : size ? 63u - (unsigned)__builtin_clzll(size) : 0;
	return (uint8_t)(rank < VG_LANE_N_RANKS ? rank : VG_LANE_N_RANKS - 1);
}

void vg_ladder_unrank(struct vg_lane *lane, struct vg_object *o)
{
	if (!o->is_ranked)
		return;
	if (o->rank_prev == VG_NO_CHUNK)
		lane->rank_first[o->rank] = o->rank_next;
	else
		lane->objects[o->rank_prev].rank_next = o->rank_next;
	if (o->rank_next != VG_NO_CHUNK)
		lane->objects[o->rank_next].rank_prev = o->rank_prev;
	o->is_ranked = 0;
}

void vg_ladder_rank(struct vg_lane *lane, struct vg_object *o)
{
	uint8_t rank = rank_of(o);
	if (o->digest_only || o->is_closed || (o->is_ranked && o->rank == rank))
		return;
	vg_ladder_unrank(lane, o);
	o->rank = rank;
	o->rank_prev = VG_NO_CHUNK;
	o->rank_next = lane->rank_first[rank];
	if (o->rank_next != VG_NO_CHUNK)
		lane->objects[o->rank_next].rank_prev = o->slot;
	lane->rank_first[rank] = o->slot;
	o->is_ranked = 1;
}

void vg_ladder_down(struct vg_lane *lane, struct vg_object *o, unsigned counter)
{
	if (o->digest_only)
		return;
	vg_count(lane->home->stats, counter, 1);
	vg_ladder_unrank(lane, o);
	o->digest_only = 1;
	vg_ring_push(lane, o);
}

static uint64_t missing(const struct vg_object *o)
{
	return o->size_hint == UINT64_MAX     ? UINT64_MAX
	       : o->size_hint > o->body_bytes ? o->size_hint - o->body_bytes
					      : 0;
}

int vg_ladder_relieve(struct vg_lane *lane)
{
	for (unsigned rank = VG_LANE_N_RANKS; rank--;) {
		struct vg_object *worst = NULL;
		uint32_t slot = lane->rank_first[rank];
		for (unsigned i = 0; slot != VG_NO_CHUNK && i < VG_LANE_RANK_LOOK; i++) {
			struct vg_object *o = &lane->objects[slot];
			if (!worst || missing(o) > missing(worst))
				worst = o;
			slot = o->rank_next;
		}
		if (!worst)
			continue;
		vg_ladder_down(lane, worst, VG_C_LADDER_PRESSURE);
		vg_object_seal(worst); /* also what it has in a chunk that is not full */
		return 1;
	}
	return 0;
}

int vg_ladder_flush(struct vg_lane *lane)
{
	int n = 0;
	for (uint32_t slot = 0; slot < lane->geometry.n_attr; slot++) {
		struct vg_object *o = &lane->objects[slot];
		if (!o->is_used || o->is_closed || o->fill == VG_NO_CHUNK || !o->n_fill)
			continue;
		vg_object_seal(o);
		n++;
	}
	return n;
}

int vg_ladder_is_stuck(const struct vg_lane *lane)
{
	if (lane->n_closed || lane->queue_first != VG_NO_CHUNK)
		return 0;
	for (uint32_t slot = 0; slot < lane->geometry.n_attr; slot++) {
		const struct vg_object *o = &lane->objects[slot];
		if (o->is_used && o->digest_only && o->first != VG_NO_CHUNK && lane->chunks[o->first].is_out)
			return 0;
	}
	return 1;
}
