#pragma once
/* lane_make: the dataplane's side of one lane inside a test: three real, sealed memfds, a producer that fills chunks
 * in order and publishes descriptors, and a reader of returns. Everything aborts where it cannot be. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/lane.h>
#include <vigil/memfd.h>

#include "tests/lib/attr_put.h"

struct vg_lane_make {
	struct vg_lane_geometry geometry;
	int fds[3]; /* out, in, attr */
	uint8_t *out;
	struct vg_lane_in *in;
	struct vg_attr_slot *attr;
	struct vg_attribution *cards; /* by slot; written at OPEN */
	uint64_t head, ret_tail;
	uint64_t *chunk_owner; /* object_id, 0 = free */
	uint32_t n_chunks_out;
};

static inline void vg_lane_make_init(struct vg_lane_make *l, uint32_t n_small, uint32_t n_large, uint32_t n_attr)
{
	memset(l, 0, sizeof(*l));
	l->geometry = (struct vg_lane_geometry){
		.n_slots = 1024, .n_returns = 1, .n_small = n_small, .n_large = n_large, .n_attr = n_attr
	};
	while (l->geometry.n_returns <= n_small + n_large + 2 * n_attr)
		l->geometry.n_returns *= 2;
	size_t sizes[3] = { vg_lane_out_bytes(&l->geometry), vg_lane_in_bytes(&l->geometry), vg_attr_bytes(n_attr) };
	void *maps[3];
	for (int i = 0; i < 3; i++) {
		l->fds[i] = vg_memfd_new("lane", sizes[i]);
		maps[i] = vg_memfd_map(l->fds[i], sizes[i], PROT_READ | PROT_WRITE);
		if (l->fds[i] < 0 || !maps[i] || vg_memfd_seal(l->fds[i], i == 1 ? VG_SEALS_PEER : VG_SEALS_OURS))
			abort();
	}
	l->out = maps[0];
	atomic_store(&((struct vg_lane_out *)l->out)->passed, UINT64_MAX); /* no order but that of the lane */
	l->in = maps[1];
	l->attr = maps[2];
	l->chunk_owner = calloc(n_small + n_large, sizeof(*l->chunk_owner));
	l->cards = calloc(n_attr, sizeof(*l->cards));
	if (!l->chunk_owner || !l->cards)
		abort();
}
static inline void vg_lane_make_fini(struct vg_lane_make *l)
{
	munmap(l->out, vg_lane_out_bytes(&l->geometry));
	munmap(l->in, vg_lane_in_bytes(&l->geometry));
	munmap(l->attr, vg_attr_bytes(l->geometry.n_attr));
	for (int i = 0; i < 3; i++)
		close(l->fds[i]);
	free(l->chunk_owner);
	free(l->cards);
}
/* Publishes one descriptor as it is; OPEN: after its record. */
static inline void vg_lane_make_put(struct vg_lane_make *l, const struct vg_desc *d)
{
	struct vg_desc *slots = (void *)(l->out + vg_lane_slots_off());
	if (l->head - atomic_load(&l->in->tail) >= l->geometry.n_slots)
		abort();
	if (d->type == VG_DESC_OPEN && (uint32_t)d->object_id < l->geometry.n_attr)
		attr_put(l->attr, l->geometry.n_attr, (uint32_t)d->object_id, &l->cards[(uint32_t)d->object_id]);
	slots[l->head & (l->geometry.n_slots - 1)] = *d;
	atomic_store_explicit(&((struct vg_lane_out *)l->out)->head, ++l->head, memory_order_release);
}
static inline uint64_t vg_lane_make_id(uint32_t slot, uint32_t generation)
{
	return (uint64_t)generation << 32 | slot;
}
/* The attribution record of an object, empty but for its generation; fill it before open. */
static inline struct vg_attribution *vg_lane_make_record(struct vg_lane_make *l, uint64_t object_id)
{
	struct vg_attribution *a = &l->cards[(uint32_t)object_id];
	memset((void *)a, 0, sizeof(*a));
	atomic_store(&a->generation, (uint32_t)(object_id >> 32));
	return a;
}
static inline void vg_lane_make_open(struct vg_lane_make *l, uint64_t object_id, uint32_t codings, uint32_t flags)
{
	vg_lane_make_put(l, &(struct vg_desc){ .type = VG_DESC_OPEN,
					       .object_id = object_id,
					       .flags = flags,
					       .open = { UINT64_MAX, codings } });
}
/* One piece of at most a chunk into the first free chunk that is large enough; its number. */
static inline uint32_t vg_lane_make_data(struct vg_lane_make *l, uint64_t object_id, uint64_t body_off,
					 const void *bytes, uint32_t n_bytes)
{
	uint32_t n = l->geometry.n_small + l->geometry.n_large, idx = 0;
	while (idx < n && (l->chunk_owner[idx] || vg_lane_chunk_bytes(&l->geometry, idx) < n_bytes))
		idx++;
	if (idx == n)
		abort();
	l->chunk_owner[idx] = object_id;
	l->n_chunks_out++;
	memcpy(l->out + vg_lane_chunk_off(&l->geometry, idx), bytes, n_bytes);
	vg_lane_make_put(l, &(struct vg_desc){
				    .type = VG_DESC_DATA, .object_id = object_id, .data = { body_off, idx, n_bytes } });
	return idx;
}
static inline void vg_lane_make_gap(struct vg_lane_make *l, uint64_t object_id, uint64_t body_off, uint64_t n_bytes)
{
	vg_lane_make_put(
		l, &(struct vg_desc){ .type = VG_DESC_GAP, .object_id = object_id, .gap = { body_off, n_bytes } });
}
static inline void vg_lane_make_close(struct vg_lane_make *l, uint64_t object_id, unsigned state, uint64_t body_bytes)
{
	vg_lane_make_put(l, &(struct vg_desc){ .type = VG_DESC_CLOSE,
					       .object_id = object_id,
					       .state = (uint8_t)state,
					       .close = { .body_bytes = body_bytes },
					       .enqueued_ns = 1 });
}
/* A whole body in pieces of n_piece bytes. */
static inline void vg_lane_make_body(struct vg_lane_make *l, uint64_t object_id, const void *bytes, size_t n_bytes,
				     uint32_t n_piece)
{
	for (size_t at = 0; at < n_bytes; at += n_piece)
		vg_lane_make_data(l, object_id, at, (const uint8_t *)bytes + at,
				  n_bytes - at < n_piece ? (uint32_t)(n_bytes - at) : n_piece);
}
/* The next return, or 0 where none waits. What comes back twice or was never out aborts; DONE frees
 * what its object still has. */
static inline int vg_lane_make_return(struct vg_lane_make *l, struct vg_return *item)
{
	const struct vg_return *slots = (const void *)((const uint8_t *)l->in + VG_LANE_PAGE);
	if (l->ret_tail == atomic_load_explicit(&l->in->ret_head, memory_order_acquire))
		return 0;
	*item = slots[l->ret_tail++ & (l->geometry.n_returns - 1)];
	atomic_store_explicit(&((struct vg_lane_out *)l->out)->ret_tail, l->ret_tail, memory_order_release);
	if (item->type == VG_RETURN_CHUNK) {
		if (item->chunk_idx >= l->geometry.n_small + l->geometry.n_large || !l->chunk_owner[item->chunk_idx])
			abort();
		l->chunk_owner[item->chunk_idx] = 0;
		l->n_chunks_out--;
	}
	for (uint32_t i = 0; item->type == VG_RETURN_DONE && i < l->geometry.n_small + l->geometry.n_large; i++)
		if (l->chunk_owner[i] == item->object_id) {
			l->chunk_owner[i] = 0;
			l->n_chunks_out--;
		}
	return 1;
}
