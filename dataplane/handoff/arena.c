/* Chunks of one lane, three classes, last given first taken. An object's chunks are a doubly linked list in the order
 * of its body, so that the hasher can return any of them at once. */
#include "dataplane/handoff/handoff_priv.h"

#define SMALL_BODY (4u * VG_CHUNK_SMALL)
#define TINY_BODY  (2u * VG_CHUNK_TINY)

static uint32_t pop(uint32_t *stack, uint32_t *n)
{
	return *n ? stack[--*n] : VG_NO_CHUNK;
}

/* Few small ones rather than a large one that stays nearly empty, and a tiny one for a rest; a body whose length is not
 * known begins small. Of what there is: tiny ones are the last resort of a larger body. */
static uint32_t take_fit(struct vg_lane *lane, uint64_t want_bytes, uint64_t body_bytes)
{
	int small = want_bytes ? want_bytes <= SMALL_BODY : body_bytes < VG_CHUNK_SMALL;
	int tiny = want_bytes && want_bytes <= TINY_BODY;
	uint32_t idx = tiny ? pop(lane->tiny, &lane->n_tiny) : VG_NO_CHUNK;

	if (idx == VG_NO_CHUNK)
		idx = small ? pop(lane->small, &lane->n_small) : pop(lane->large, &lane->n_large);
	if (idx == VG_NO_CHUNK)
		idx = small ? pop(lane->large, &lane->n_large) : pop(lane->small, &lane->n_small);
	return idx != VG_NO_CHUNK ? idx : pop(lane->tiny, &lane->n_tiny);
}

uint32_t vg_arena_take(struct vg_lane *lane, struct vg_object *o, uint64_t want_bytes)
{
	uint32_t idx = take_fit(lane, want_bytes, o->body_bytes);
	if (idx == VG_NO_CHUNK)
		return idx;
	struct vg_chunk *c = &lane->chunks[idx];
	*c = (struct vg_chunk){ .next = VG_NO_CHUNK, .prev = o->last, .slot = o->slot };
	c->body_off = o->body_off;
	if (o->has_tail_gap) {
		c->has_gap = 1;
		c->gap_bytes = o->tail_gap_bytes;
		o->has_tail_gap = 0;
		o->tail_gap_bytes = 0;
	}
	if (o->last == VG_NO_CHUNK)
		o->first = idx;
	else
		lane->chunks[o->last].next = idx;
	o->last = idx;
	if (o->next_push == VG_NO_CHUNK)
		o->next_push = idx;
	o->fill = idx;
	o->n_fill = 0;
	o->n_chunks++;
	vg_ladder_rank(lane, o);
	return idx;
}

void vg_arena_give(struct vg_lane *lane, struct vg_object *o, uint32_t chunk_idx)
{
	struct vg_chunk *c = &lane->chunks[chunk_idx];
	VG_INVARIANT_HOT(c->slot == o->slot);
	if (c->prev == VG_NO_CHUNK)
		o->first = c->next;
	else
		lane->chunks[c->prev].next = c->next;
	if (c->next == VG_NO_CHUNK)
		o->last = c->prev;
	else
		lane->chunks[c->next].prev = c->prev;
	if (o->next_push == chunk_idx)
		o->next_push = c->next;
	if (o->fill == chunk_idx)
		o->fill = VG_NO_CHUNK;
	o->n_chunks--;
	c->slot = VG_NO_CHUNK;
	c->is_out = 0;
	if (chunk_idx < lane->geometry.n_small)
		lane->small[lane->n_small++] = chunk_idx;
	else if (chunk_idx - lane->geometry.n_small < lane->geometry.n_large)
		lane->large[lane->n_large++] = chunk_idx;
	else
		lane->tiny[lane->n_tiny++] = chunk_idx;
}

void vg_arena_give_all(struct vg_lane *lane, struct vg_object *o)
{
	while (o->last != VG_NO_CHUNK) /* backwards: its first chunk is the next one taken */
		vg_arena_give(lane, o, o->last);
}
