/* The dataplane is trusted more than the other way round, but never blindly: a descriptor is copied to private memory
 * first, and each of its words is checked against private state before it is used. */
#include "hashing/intake/intake.h"

static void refuse(struct vg_intake *lane)
{
	vg_count(lane->stats, VG_H_DESC_BAD, 1);
}

static struct vg_intake_object *find_open(struct vg_intake *lane, uint64_t object_id)
{
	uint32_t slot = (uint32_t)object_id;
	struct vg_intake_object *o;

	if (slot >= lane->geometry.n_attr)
		return NULL;
	o = &lane->objects[slot];
	return o->phase == VG_INTAKE_OPEN && o->object_id == object_id ? o : NULL;
}

static struct vg_intake_object *on_open(struct vg_intake *lane, const struct vg_desc *d)
{
	uint32_t slot = (uint32_t)d->object_id, generation = (uint32_t)(d->object_id >> 32);
	struct vg_intake_object *o;

	if (slot >= lane->geometry.n_attr || !generation || lane->objects[slot].phase != VG_INTAKE_FREE)
		return NULL;
	o = &lane->objects[slot];
	memset(o, 0, sizeof(*o));
	o->object_id = d->object_id;
	o->slot = slot;
	o->size_hint = d->open.size_hint;
	o->codings = d->open.codings;
	o->flags = d->flags;
	o->kind = d->kind;
	o->phase = VG_INTAKE_OPEN;
	o->first_chunk = o->last_chunk = VG_INTAKE_NONE;
	lane->n_objects++;
	return o;
}

static void mark_gap(struct vg_intake_object *o)
{
	if (o->n_gaps && o->n_gaps <= VG_INTAKE_MAX_GAPS && o->gap_at[o->n_gaps - 1] == o->n_bytes)
		return;
	if (o->n_gaps < VG_INTAKE_MAX_GAPS)
		o->gap_at[o->n_gaps] = o->n_bytes;
	o->n_gaps++;
}

static struct vg_intake_object *on_data(struct vg_intake *lane, const struct vg_desc *d, struct vg_span *bytes)
{
	const struct vg_lane_geometry *g = &lane->geometry;
	struct vg_intake_object *o = find_open(lane, d->object_id);
	struct vg_intake_link *link;
	uint32_t idx = d->data.chunk_idx;

	if (!o || idx >= vg_lane_n_chunks(g) || !d->data.n_bytes || d->data.n_bytes > vg_lane_chunk_bytes(g, idx))
		return NULL;
	link = &lane->links[idx];
	if (link->owner || d->data.body_off < o->end_off || d->data.body_off > UINT64_MAX - d->data.n_bytes)
		return NULL;
	if (d->data.body_off > o->end_off)
		mark_gap(o);
	*link = (struct vg_intake_link){ VG_INTAKE_NONE, d->data.n_bytes, o->slot + 1 };
	if (o->last_chunk == VG_INTAKE_NONE)
		o->first_chunk = idx;
	else
		lane->links[o->last_chunk].next_idx = idx;
	o->last_chunk = idx;
	o->n_chunks++;
	o->n_bytes += d->data.n_bytes;
	o->end_off = d->data.body_off + d->data.n_bytes;
	*bytes = (struct vg_span){ lane->out + vg_lane_chunk_off(g, idx), d->data.n_bytes };
	return o;
}

static struct vg_intake_object *on_gap(struct vg_intake *lane, const struct vg_desc *d)
{
	struct vg_intake_object *o = find_open(lane, d->object_id);

	if (!o || d->gap.body_off > UINT64_MAX - d->gap.n_bytes)
		return NULL;
	mark_gap(o);
	if (d->gap.body_off + d->gap.n_bytes > o->end_off)
		o->end_off = d->gap.body_off + d->gap.n_bytes;
	return o;
}

static struct vg_intake_object *on_close(struct vg_intake *lane, const struct vg_desc *d)
{
	struct vg_intake_object *o = find_open(lane, d->object_id);

	if (!o)
		return NULL;
	o->state = d->state > VG_STATE_OPEN && d->state < VG_STATE_N ? d->state : VG_STATE_ABORTED;
	/* A whole body without all its bytes is not whole, whatever the word says. */
	if (o->state == VG_STATE_COMPLETE && (o->n_gaps || d->close.body_bytes != o->n_bytes)) {
		o->state = VG_STATE_GAP;
		refuse(lane);
	} else if (o->state != VG_STATE_GAP && !o->n_gaps && d->close.body_bytes != o->n_bytes) {
		mark_gap(o); /* one that broke off has no hole, either, or it is marked */
		refuse(lane);
	}
	o->enqueued_ns = d->enqueued_ns;
	o->order = d->close.order;
	o->phase = VG_INTAKE_CLOSED;
	return o;
}

static void give(struct vg_intake *lane, const struct vg_return *item)
{
	const struct vg_lane_out *out = (const void *)lane->out;
	struct vg_return *slots = (struct vg_return *)((uint8_t *)lane->in + VG_LANE_PAGE);
	uint32_t n = lane->geometry.n_returns;

	if (lane->ret_head - lane->ret_tail >= n) {
		uint64_t theirs = atomic_load_explicit(&out->ret_tail, memory_order_acquire);
		/* The producer's tail may not pass our head nor go back; a ring of more returns than chunks and
		 * objects is never full unless it lies. */
		if (lane->ret_head - theirs > n || theirs < lane->ret_tail || lane->ret_head - theirs == n) {
			lane->broken = true;
			refuse(lane);
			return;
		}
		lane->ret_tail = theirs;
	}
	slots[lane->ret_head & (n - 1)] = *item;
	lane->ret_head++;
	atomic_store_explicit(&lane->in->ret_head, lane->ret_head, memory_order_release);
}

int vg_intake_pending(struct vg_intake *lane)
{
	const struct vg_lane_out *out = (const void *)lane->out;
	int64_t n;

	if (lane->broken)
		return -1;
	if (lane->head == lane->tail) {
		uint64_t head = atomic_load_explicit(&out->head, memory_order_acquire);
		if (vg_lane_pending(head, lane->tail, lane->geometry.n_slots) < 0) {
			lane->broken = true;
			refuse(lane);
			return -1;
		}
		lane->head = head;
	}
	n = (int64_t)(lane->head - lane->tail);
	return n < VG_INTAKE_BURST ? (int)n : VG_INTAKE_BURST;
}

uint64_t vg_intake_passed(const struct vg_intake *lane)
{
	const struct vg_lane_out *out = (const void *)lane->out;

	return lane->broken ? UINT64_MAX : atomic_load_explicit(&out->passed, memory_order_acquire);
}

void vg_intake_take(struct vg_intake *lane, struct vg_intake_event *event)
{
	const struct vg_desc *slots = (const void *)(lane->out + vg_lane_slots_off());
	struct vg_desc d;

	memset(event, 0, sizeof(*event));
	VG_INVARIANT_HOT(lane->head != lane->tail);
	memcpy(&d, &slots[lane->tail & (lane->geometry.n_slots - 1)], sizeof(d));
	lane->tail++;
	switch (d.type) {
	case VG_DESC_OPEN:
		event->object = on_open(lane, &d);
		event->type = VG_INTAKE_EV_OPEN;
		break;
	case VG_DESC_DATA:
		event->object = on_data(lane, &d, &event->bytes);
		event->type = VG_INTAKE_EV_DATA;
		break;
	case VG_DESC_GAP:
		event->object = on_gap(lane, &d);
		event->type = VG_INTAKE_EV_GAP;
		break;
	case VG_DESC_CLOSE:
		event->object = on_close(lane, &d);
		event->type = VG_INTAKE_EV_CLOSE;
		break;
	case VG_DESC_DIGEST_ONLY:
		event->object = find_open(lane, d.object_id);
		event->type = VG_INTAKE_EV_DIGEST_ONLY;
		if (event->object)
			event->object->flags |= VG_OPEN_DIGEST_ONLY;
		break;
	default:
		break;
	}
	if (!event->object) {
		event->type = VG_INTAKE_EV_NONE;
		refuse(lane);
	}
}

void vg_intake_publish(struct vg_intake *lane)
{
	atomic_store_explicit(&lane->in->tail, lane->tail, memory_order_release);
}

bool vg_intake_return_first(struct vg_intake *lane, struct vg_intake_object *object)
{
	uint32_t idx = object->first_chunk;

	if (idx == VG_INTAKE_NONE)
		return false;
	object->first_chunk = lane->links[idx].next_idx;
	if (object->first_chunk == VG_INTAKE_NONE)
		object->last_chunk = VG_INTAKE_NONE;
	object->n_chunks--;
	lane->links[idx].owner = 0;
	give(lane, &(struct vg_return){ .type = VG_RETURN_CHUNK, .chunk_idx = idx, .object_id = object->object_id });
	return true;
}

/* The ring has room for every word that is owed (vg_lane_check()); this one may only take what is over. */
bool vg_intake_keep(struct vg_intake *lane, const struct vg_intake_object *object)
{
	const struct vg_lane_out *out = (const void *)lane->out;
	const struct vg_lane_geometry *g = &lane->geometry;
	uint64_t owed = vg_lane_n_chunks(g) + 2ull * g->n_attr;
	uint64_t waiting = lane->ret_head - atomic_load_explicit(&out->ret_tail, memory_order_acquire);

	if (waiting >= g->n_returns - owed)
		return false;
	give(lane, &(struct vg_return){ .type = VG_RETURN_KEEP, .object_id = object->object_id });
	return true;
}

void vg_intake_verdict(struct vg_intake *lane, const struct vg_intake_object *object, unsigned verdict)
{
	give(lane, &(struct vg_return){
			   .type = VG_RETURN_VERDICT, .verdict = (uint8_t)verdict, .object_id = object->object_id });
}

void vg_intake_done(struct vg_intake *lane, struct vg_intake_object *object, unsigned verdict)
{
	struct vg_return item = { .type = VG_RETURN_DONE, .verdict = (uint8_t)verdict, .object_id = object->object_id };

	for (uint32_t idx = object->first_chunk; idx != VG_INTAKE_NONE;) {
		uint32_t next = lane->links[idx].next_idx;
		lane->links[idx].owner = 0;
		idx = next;
	}
	object->phase = VG_INTAKE_FREE;
	object->object_id = 0;
	lane->n_objects--;
	give(lane, &item);
}

void vg_intake_chain(const struct vg_intake *lane, const struct vg_intake_object *object, struct vg_span *spans,
		     uint32_t max_spans, struct vg_chain *chain)
{
	*chain = (struct vg_chain){ .spans = spans };
	for (uint32_t idx = object->first_chunk; idx != VG_INTAKE_NONE && chain->n_spans < max_spans;
	     idx = lane->links[idx].next_idx) {
		spans[chain->n_spans++] = (struct vg_span){ lane->out + vg_lane_chunk_off(&lane->geometry, idx),
							    lane->links[idx].n_bytes };
		chain->n_bytes += lane->links[idx].n_bytes;
	}
}
