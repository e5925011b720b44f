#pragma once
/* handoff_bench: a handoff inside a test with hashers on its lanes (lane_hasher.h), a producer's calls, and an audit
 * of its books. */
#include "tests/lib/lane_hasher.h"

/* The lane's private books agree with each other. */
static inline void vg_lane_audit(const struct vg_lane *lane)
{
	const struct vg_lane_geometry *g = &lane->geometry;
	uint32_t n_held = 0, n_used = 0, n_closed = 0, n_free = 0;
	for (uint32_t slot = 0; slot < g->n_attr; slot++) {
		const struct vg_object *o = &lane->objects[slot];
		uint32_t n = 0, prev = VG_NO_CHUNK;
		if (!o->is_used)
			continue;
		n_used++;
		n_closed += o->is_closed;
		for (uint32_t i = o->first; i != VG_NO_CHUNK; prev = i, i = lane->chunks[i].next, n++) {
			assert_true(i < vg_lane_n_chunks(g) && n <= o->n_chunks);
			assert_int_equal(lane->chunks[i].slot, slot);
			assert_int_equal(lane->chunks[i].prev, prev);
		}
		assert_int_equal(o->last, prev);
		assert_int_equal(n, o->n_chunks);
		n_held += n;
	}
	for (uint32_t i = 0; i < vg_lane_n_chunks(g); i++)
		n_free += lane->chunks[i].slot == VG_NO_CHUNK;
	assert_int_equal(n_free, lane->n_small + lane->n_large + lane->n_tiny);
	assert_int_equal(n_free + n_held, vg_lane_n_chunks(g));
	assert_int_equal(n_used, lane->n_used);
	assert_int_equal(n_closed, lane->n_closed);
	assert_int_equal(n_used + lane->n_slots, g->n_attr);
}

/* A handoff of a test, with its stats page and configuration. */
struct vg_handoff_bench {
	struct vg_stats_page stats;
	struct vg_dataplane_conf conf;
	struct vg_handoff *handoff;
	struct vg_media_sink sink;
	struct vg_sim sims[4];
};
static inline struct vg_handoff_bench *vg_bench_make(uint32_t n_hashers, struct vg_lane_geometry geometry,
						     uint32_t flags, uint64_t hold_bytes)
{
	struct vg_handoff_bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	assert_non_null(b);
	memset(b, 0, sizeof(*b));
	b->conf.n_hashers = n_hashers;
	b->conf.lane = geometry;
	b->conf.flags = flags;
	b->conf.object_hold_bytes = hold_bytes;
	b->handoff = vg_handoff_create(&b->conf, 0, 77, &b->stats, NULL);
	assert_non_null(b->handoff);
	vg_handoff_media_sink(b->handoff, &b->sink);
	return b;
}
static inline void vg_bench_free(struct vg_handoff_bench *b)
{
	for (unsigned i = 0; i < b->conf.n_hashers; i++)
		vg_sim_detach(&b->sims[i]);
	vg_handoff_destroy(b->handoff);
	free(b);
}
static inline struct vg_object *vg_bench_open(struct vg_handoff_bench *b, uint64_t flow_id, uint64_t size_hint)
{
	struct vg_attribution card;
	memset(&card, 0, sizeof(card));
	card.flow_id = flow_id;
	card.size_hint = size_hint;
	return b->sink.open(b->sink.ctx, &card, 0);
}
/* The next n bytes of the object's pattern. */
static inline enum vg_step vg_bench_data(struct vg_handoff_bench *b, struct vg_object *o, uint64_t flow_id, size_t n)
{
	static uint8_t bytes[1 << 20];
	assert_true(n <= sizeof(bytes));
	vg_sim_fill(flow_id, o->body_off, bytes, n);
	return b->sink.data(b->sink.ctx, o, bytes, (uint32_t)n, 5);
}
static inline void vg_bench_close(struct vg_handoff_bench *b, struct vg_object *o)
{
	b->sink.close(b->sink.ctx, o, o->state == VG_STATE_GAP ? VG_STATE_GAP : VG_STATE_COMPLETE, 6);
}
