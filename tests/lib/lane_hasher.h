#pragma once
/* lane_hasher: a hasher inside a test, on one lane of a struct vg_handoff, with its own `in` page. Objects carry a
 * pattern that follows from card.flow_id and the offset, so that every byte is checked where it arrives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/handoff/handoff_priv.h"

#define VG_SIM_OBJECTS 64

struct vg_sim_object {
	uint64_t id, flow_id, n_bytes, next_off;
	uint32_t open_flags, n_gaps;
	int is_open, is_closed, digest_only;
	unsigned state;
	uint32_t held[256], n_held;
};
struct vg_sim {
	struct vg_handoff *handoff;
	struct vg_lane *lane;
	struct vg_lane_in *in;
	uint64_t tail, ret_head;
	uint32_t epoch;
	int hold_done; /* do not send DONE yet */
	int any_bytes; /* the objects carry something else than the pattern */
	struct vg_sim_object objects[VG_SIM_OBJECTS];
	/* what was seen in all */
	uint64_t n_opens, n_closes, n_states[VG_STATE_N];
	struct vg_sim_object last; /* the one closed last */
};

static inline uint8_t vg_sim_byte(uint64_t flow_id, uint64_t off)
{
	return (uint8_t)(flow_id * 31 + off * 7 + (off >> 8) * 13);
}
/* The pattern of an object at some offset. */
static inline void vg_sim_fill(uint64_t flow_id, uint64_t off, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = vg_sim_byte(flow_id, off + i);
}

static inline void vg_sim_attach(struct vg_sim *sim, struct vg_handoff *h, uint32_t lane_idx)
{
	size_t n = vg_lane_in_bytes(&h->lanes[lane_idx].geometry);
	sim->handoff = h;
	sim->lane = &h->lanes[lane_idx];
	sim->in = aligned_alloc(VG_LANE_PAGE, n);
	assert_non_null(sim->in);
	memset(sim->in, 0, n);
	memset(sim->objects, 0, sizeof(sim->objects));
	sim->lane->in = sim->in;
	sim->lane->epoch = ++sim->epoch;
	atomic_store(&sim->lane->state, VG_LANE_OFFERED);
	vg_handoff_poll(h, 1000);
	assert_int_equal(atomic_load(&sim->lane->state), VG_LANE_ATTACHED);
	sim->tail = sim->lane->start_idx;
	sim->ret_head = 0;
}
/* Dies. */
static inline void vg_sim_detach(struct vg_sim *sim)
{
	uint32_t state = VG_LANE_ATTACHED;
	if (!sim->in)
		return;
	(void)atomic_compare_exchange_strong(&sim->lane->state, &state, VG_LANE_LEAVING);
	vg_handoff_poll(sim->handoff, 2000);
	if (atomic_load(&sim->lane->state) == VG_LANE_CUT)
		atomic_store(&sim->lane->state, VG_LANE_VACANT);
	assert_int_equal(atomic_load(&sim->lane->state), VG_LANE_VACANT);
	free(sim->in);
	sim->in = NULL;
}

static inline void vg_sim_return(struct vg_sim *sim, struct vg_return r)
{
	struct vg_return *returns = (struct vg_return *)((uint8_t *)sim->in + VG_LANE_PAGE);
	returns[sim->ret_head++ & (sim->lane->geometry.n_returns - 1)] = r;
	atomic_store(&sim->in->ret_head, sim->ret_head);
}
static inline void vg_sim_done(struct vg_sim *sim, uint64_t object_id)
{
	vg_sim_return(sim, (struct vg_return){ .type = VG_RETURN_DONE, .object_id = object_id });
}

static inline struct vg_sim_object *vg_sim_object(struct vg_sim *sim, uint64_t id)
{
	struct vg_sim_object *o = &sim->objects[(uint32_t)id % VG_SIM_OBJECTS];
	assert_true((uint32_t)id < sim->lane->geometry.n_attr && (uint32_t)id < VG_SIM_OBJECTS);
	return o;
}
static inline void vg_sim_give_held(struct vg_sim *sim, struct vg_sim_object *o)
{
	while (o->digest_only && o->n_held)
		vg_sim_return(sim, (struct vg_return){ .type = VG_RETURN_CHUNK,
						       .chunk_idx = o->held[--o->n_held],
						       .object_id = o->id });
}
static inline void vg_sim_data(struct vg_sim *sim, struct vg_sim_object *o, const struct vg_desc *d)
{
	const struct vg_lane_geometry *g = &sim->lane->geometry;
	const uint8_t *bytes = (const uint8_t *)sim->lane->out + vg_lane_chunk_off(g, d->data.chunk_idx);
	assert_true(d->data.chunk_idx < vg_lane_n_chunks(g));
	assert_true(d->data.n_bytes > 0 && d->data.n_bytes <= vg_lane_chunk_bytes(g, d->data.chunk_idx));
	assert_int_equal(d->data.body_off, o->next_off);
	for (uint32_t i = 0; i < d->data.n_bytes; i++)
		if (!sim->any_bytes && bytes[i] != vg_sim_byte(o->flow_id, o->next_off + i))
			fail_msg("object %llu differs at %llu", (unsigned long long)o->flow_id,
				 (unsigned long long)(o->next_off + i));
	o->next_off += d->data.n_bytes;
	o->n_bytes += d->data.n_bytes;
	assert_true(o->n_held < 256);
	o->held[o->n_held++] = d->data.chunk_idx;
	vg_sim_give_held(sim, o);
}
static inline void vg_sim_close(struct vg_sim *sim, struct vg_sim_object *o, const struct vg_desc *d)
{
	const struct vg_lane_geometry *g = &sim->lane->geometry;
	struct vg_attribution a;
	assert_int_equal(d->close.body_bytes, o->n_bytes);
	assert_int_equal(vg_attribution_read(sim->lane->records, g->n_attr, d->object_id, &a), VG_OK);
	assert_int_equal(a.state, d->state);
	assert_int_equal(a.body_bytes, o->n_bytes);
	for (unsigned i = 0; i < a.n_head && !sim->any_bytes; i++)
		assert_int_equal(a.head[i], vg_sim_byte(a.flow_id, i));
	o->state = d->state;
	o->is_closed = 1;
	o->is_open = 0;
	sim->last = *o;
	sim->n_closes++;
	sim->n_states[d->state]++;
	if (!sim->hold_done)
		vg_sim_done(sim, o->id);
}
static inline void vg_sim_desc(struct vg_sim *sim, const struct vg_desc *d)
{
	struct vg_sim_object *o = vg_sim_object(sim, d->object_id);
	const struct vg_lane_geometry *g = &sim->lane->geometry;
	struct vg_attribution a;
	assert_true(d->enqueued_ns > 0);
	if (d->type == VG_DESC_OPEN) {
		assert_false(o->is_open);
		assert_int_equal(vg_attribution_read(sim->lane->records, g->n_attr, d->object_id, &a), VG_OK);
		*o = (struct vg_sim_object){
			.id = d->object_id, .flow_id = a.flow_id, .open_flags = d->flags, .is_open = 1
		};
		o->digest_only = !!(d->flags & VG_OPEN_DIGEST_ONLY);
		sim->n_opens++;
		return;
	}
	assert_true(o->is_open && o->id == d->object_id);
	switch (d->type) {
	case VG_DESC_DIGEST_ONLY:
		o->digest_only = 1;
		vg_sim_give_held(sim, o);
		break;
	case VG_DESC_GAP:
		assert_int_equal(d->gap.body_off, o->next_off);
		o->next_off += d->gap.n_bytes;
		o->n_gaps++;
		break;
	case VG_DESC_DATA:
		vg_sim_data(sim, o, d);
		break;
	case VG_DESC_CLOSE:
		vg_sim_close(sim, o, d);
		break;
	default:
		fail();
	}
}
/* Takes up to max descriptors; returns how many there were. */
static inline unsigned vg_sim_run(struct vg_sim *sim, unsigned max)
{
	unsigned n = 0;
	uint64_t head = atomic_load(&sim->lane->out->head);
	assert_true(vg_lane_pending(head, sim->tail, sim->lane->geometry.n_slots) >= 0);
	for (; n < max && sim->tail != head; n++)
		vg_sim_desc(sim, &sim->lane->slots[sim->tail++ & (sim->lane->geometry.n_slots - 1)]);
	atomic_store(&sim->in->tail, sim->tail);
	return n;
}
/* Polls and takes until nothing moves. */
static inline void vg_sim_settle(struct vg_sim *sim)
{
	do {
		vg_handoff_poll(sim->handoff, 3000);
		assert_int_equal(atomic_load(&sim->lane->state), VG_LANE_ATTACHED);
	} while (vg_sim_run(sim, 1000) || sim->lane->ret_tail != sim->ret_head);
}
