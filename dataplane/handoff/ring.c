/* Descriptors out. The ring is only a window on what the objects have to say: each object remembers how far it was
 * written, so a full ring delays and never loses, and after a hasher's death the same is said again. */
#include <string.h>

#include "dataplane/handoff/handoff_priv.h"

static int has_room(const struct vg_lane *lane)
{
	return lane->head - lane->tail < lane->geometry.n_slots;
}

static struct vg_desc *desc_next(struct vg_lane *lane, const struct vg_object *o, enum vg_desc_type type)
{
	struct vg_desc *d = &lane->slots[lane->head++ & (lane->geometry.n_slots - 1)];
	memset(d, 0, sizeof(*d));
	d->type = (uint8_t)type;
	d->object_id = vg_object_id(o);
	return d;
}

static void open_write(struct vg_lane *lane, struct vg_object *o)
{
	struct vg_desc *d = desc_next(lane, o, VG_DESC_OPEN);
	d->kind = o->kind;
	d->flags = o->open_flags;
	d->flags |= o->digest_only ? VG_OPEN_DIGEST_ONLY : 0u;
	d->flags |= o->no_decode ? VG_OPEN_NO_DECODE : 0u;
	d->flags |= o->no_decode > 1 ? VG_OPEN_NO_UNPACK : 0u;
	d->flags |= o->was_offered ? VG_OPEN_RETRY : 0u;
	d->open.size_hint = o->size_hint;
	d->open.codings = o->codings;
	o->open_pushed = o->was_offered = 1;
	o->digest_pushed = o->digest_only;
}

static void gap_write(struct vg_lane *lane, struct vg_object *o, uint64_t body_off, uint64_t n_bytes)
{
	struct vg_desc *d = desc_next(lane, o, VG_DESC_GAP);
	d->gap.body_off = body_off;
	d->gap.n_bytes = n_bytes;
}

static void data_write(struct vg_lane *lane, struct vg_object *o, struct vg_chunk *c)
{
	struct vg_desc *d = desc_next(lane, o, VG_DESC_DATA);
	d->data.body_off = c->body_off;
	d->data.chunk_idx = o->next_push;
	d->data.n_bytes = c->n_bytes;
	c->is_out = 1;
	o->next_push = c->next;
}

static void close_write(struct vg_lane *lane, struct vg_object *o)
{
	struct vg_desc *d = desc_next(lane, o, VG_DESC_CLOSE);
	d->state = o->state;
	d->close.body_bytes = o->body_bytes;
	d->close.last_byte_ns = o->last_byte_ns;
	d->close.order = o->order;
	o->close_pushed = 1;
}

/* Writes the next thing the object has to say. 0: nothing. */
static int say_next(struct vg_lane *lane, struct vg_object *o, int dry)
{
	struct vg_chunk *c = o->next_push != VG_NO_CHUNK && o->next_push != o->fill ? &lane->chunks[o->next_push]
										    : NULL;
	if (o->close_pushed || o->is_dead)
		return 0;
	if (!o->open_pushed) {
		if (!dry)
			open_write(lane, o);
	} else if (o->digest_only && !o->digest_pushed) {
		if (!dry)
			(void)desc_next(lane, o, VG_DESC_DIGEST_ONLY), o->digest_pushed = 1;
	} else if (c && c->has_gap && !c->gap_pushed) {
		if (!dry)
			gap_write(lane, o, c->body_off - c->gap_bytes, c->gap_bytes), c->gap_pushed = 1;
	} else if (c) {
		if (!dry)
			data_write(lane, o, c);
	} else if (o->is_closed && o->has_tail_gap && !o->tail_gap_pushed) {
		if (!dry)
			gap_write(lane, o, o->body_off - o->tail_gap_bytes, o->tail_gap_bytes), o->tail_gap_pushed = 1;
	} else if (o->is_closed) {
		if (!dry)
			close_write(lane, o);
	} else {
		return 0;
	}
	return 1;
}

static void queue_append(struct vg_lane *lane, struct vg_object *o)
{
	if (o->is_queued)
		return;
	o->is_queued = 1;
	o->queue_next = VG_NO_CHUNK;
	if (lane->queue_first == VG_NO_CHUNK)
		lane->queue_first = o->slot;
	else
		lane->objects[lane->queue_last].queue_next = o->slot;
	lane->queue_last = o->slot;
}

void vg_ring_push(struct vg_lane *lane, struct vg_object *o)
{
	/* who waits in the queue speaks when it is its turn, or the ring's room would go to the loudest */
	if (!o->is_queued && lane->is_attached && lane->queue_first == VG_NO_CHUNK)
		while (has_room(lane) && say_next(lane, o, 0))
			;
	if (lane->is_attached && !o->is_queued && say_next(lane, o, 1))
		queue_append(lane, o);
}

void vg_ring_push_queued(struct vg_lane *lane)
{
	while (lane->is_attached && lane->queue_first != VG_NO_CHUNK) {
		struct vg_object *o = &lane->objects[lane->queue_first];
		while (o->is_used && has_room(lane) && say_next(lane, o, 0))
			;
		if (o->is_used && say_next(lane, o, 1))
			return; /* the ring is full */
		lane->queue_first = o->queue_next;
		o->is_queued = 0;
	}
}

void vg_ring_publish(struct vg_lane *lane, uint64_t mono_ns)
{
	for (uint64_t i = lane->n_published; i != lane->head; i++)
		lane->slots[i & (lane->geometry.n_slots - 1)].enqueued_ns = mono_ns;
	if (lane->n_published != lane->head)
		atomic_store_explicit(&lane->out->head, lane->head, memory_order_release);
	lane->n_published = lane->head;
	if (lane->passed == lane->home->passed || lane->queue_first != VG_NO_CHUNK)
		return;
	lane->passed = lane->home->passed;
	atomic_store_explicit(&lane->out->passed, lane->passed, memory_order_release);
}
