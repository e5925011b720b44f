/* The round of a worker over its lanes, and what it may ask about them. */
#include "dataplane/handoff/handoff_priv.h"

/* Free chunks and slots for a burst; smaller lanes keep a quarter. */
#define BURST_ROOM 64u

void vg_handoff_poll(struct vg_handoff *h, uint64_t mono_ns)
{
	h->mono_ns = mono_ns;
	for (uint32_t i = 0; i < h->n_lanes; i++)
		vg_lane_poll(&h->lanes[i]);
}

uint32_t vg_handoff_n_attached(const struct vg_handoff *h)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < h->n_lanes; i++)
		n += h->lanes[i].is_attached;
	return n;
}

static uint32_t part(uint32_t n)
{
	return n / 4 < BURST_ROOM ? n / 4 : BURST_ROOM;
}

int vg_handoff_has_room(const struct vg_handoff *h)
{
	for (uint32_t i = 0; i < h->n_lanes; i++) {
		const struct vg_lane *lane = &h->lanes[i];
		const struct vg_lane_geometry *g = &lane->geometry;
		if (!lane->is_attached)
			continue;
		if (lane->n_large + lane->n_small >= part(g->n_large + g->n_small) &&
		    lane->n_large >= part(g->n_large) && lane->n_slots >= part(g->n_attr))
			continue;
		if (!vg_ladder_is_stuck(lane))
			return 0; /* the hasher will give something back */
	}
	return 1;
}

uint32_t vg_handoff_n_out(const struct vg_handoff *h)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < h->n_lanes; i++)
		n += h->lanes[i].n_used;
	return n;
}

void vg_handoff_input_done(struct vg_handoff *h)
{
	atomic_store_explicit(&h->stats->input_done, 1, memory_order_release);
}

int vg_handoff_wait(struct vg_handoff *h, struct vg_lane *lane, uint64_t *began_ns)
{
	uint64_t mono_ns = 0, alone_ns;
	uint64_t *since_ns = lane ? &lane->alone_ns : &h->alone_ns;
	int has_hasher = lane ? lane->is_attached : vg_handoff_n_attached(h) > 0;
	if (h->wait(h->wait_ctx, &mono_ns))
		return 1;
	if (!*began_ns) {
		*began_ns = mono_ns;
		vg_count(h->stats, VG_C_LOSSLESS_WAITS, 1);
	}
	if (has_hasher || !*since_ns)
		*since_ns = mono_ns; /* as long as one lives its returns are waited for */
	alone_ns = mono_ns - *since_ns;
	vg_handoff_poll(h, mono_ns);
	return alone_ns > VG_LANE_WAIT_HASHER_NS;
}

uint64_t *vg_handoff_order(struct vg_handoff *h)
{
	return &h->order;
}

void vg_handoff_passed(struct vg_handoff *h, uint64_t order)
{
	if (h->has_order && order < h->passed)
		return;
	h->has_order = 1;
	h->passed = order;
}

void vg_handoff_media_sink(struct vg_handoff *h, struct vg_media_sink *sink)
{
	*sink = (struct vg_media_sink){
		h, vg_object_open, vg_object_data, vg_object_gap, vg_object_amend, vg_object_close
	};
}

void vg_handoff_watch(struct vg_handoff *h, const struct vg_handoff_watch *watch)
{
	h->watch = *watch;
}

void vg_handoff_tag(struct vg_object *o, uint32_t tag)
{
	o->tag = tag;
	vg_handoff_outcome(o, VG_HOLD_PENDING, 0);
}

void vg_handoff_outcome(struct vg_object *o, enum vg_hold_outcome outcome, uint64_t passed_bytes)
{
	struct vg_attr_slot *r = &o->lane->records[o->slot];
	atomic_store_explicit(&r->hold_passed_bytes, passed_bytes, memory_order_relaxed);
	atomic_store_explicit(&r->hold, outcome, memory_order_release);
}
