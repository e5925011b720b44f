#pragma once
/* bench_flows: frames of many connections in memory for benches, and the rooms they go through. Connection n has a port
 * and an address of its own; step 0 is its SYN, 1 its request, 2 the response's head, from 3 on the response's
 * segments, then both FINs. Heads are written anew for every packet, payload is what lies there. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/config_snapshot.h>

#include "dataplane/inspect.h"
#include "dataplane/media/media.h"
#include "dataplane/protocols.h"
#include "tests/lib/bench_frames.h"

#define BF_FRAME_SETS 4096u      /* frames of payload in memory */
#define BF_JUMBO      9216u      /* room of each */
#define BF_COPY_BYTES (8u << 20) /* of an arena that is used in turn */
/* A place for bodies that is nothing but the copy. */
struct bf_copy {
	uint8_t *bytes;
	uint32_t at;
	uint64_t n_bytes, n_objects;
};
struct vg_object;

static inline struct vg_object *bf_copy_open(void *ctx, const struct vg_attribution *card, uint32_t flags)
{
	(void)card;
	(void)flags;
	((struct bf_copy *)ctx)->n_objects++;
	return ctx;
}
static inline enum vg_step bf_copy_data(void *ctx, struct vg_object *object, const uint8_t *bytes, uint32_t n_bytes,
					int64_t wall_ns)
{
	struct bf_copy *a = ctx;
	(void)object;
	(void)wall_ns;
	a->at = a->at + n_bytes > BF_COPY_BYTES ? 0 : a->at;
	memcpy(a->bytes + a->at, bytes, n_bytes);
	a->at += n_bytes;
	a->n_bytes += n_bytes;
	return VG_MORE;
}
static inline enum vg_step bf_copy_gap(void *ctx, struct vg_object *object, uint64_t n_missing)
{
	(void)ctx;
	(void)object;
	(void)n_missing;
	return VG_MORE;
}
static inline void bf_copy_amend(void *ctx, struct vg_object *object, const struct vg_attribution *card)
{
	(void)ctx;
	(void)object;
	(void)card;
}
static inline void bf_copy_close(void *ctx, struct vg_object *object, enum vg_state state, int64_t wall_ns)
{
	(void)ctx;
	(void)object;
	(void)state;
	(void)wall_ns;
}
static inline struct vg_media_sink bf_copy_sink(struct bf_copy *copy)
{
	return (struct vg_media_sink){ copy, bf_copy_open, bf_copy_data, bf_copy_gap, bf_copy_amend, bf_copy_close };
}

/* The rooms of one core from inspect to a media sink. */
struct bf_rooms {
	struct vg_dataplane_conf conf;
	struct vg_stats_page *stats;
	struct vg_media *media;
	struct vg_proto *proto;
	struct vg_inspect *inspect;
};

static inline void bf_rooms_free(struct bf_rooms *r)
{
	vg_inspect_destroy(r->inspect);
	vg_proto_destroy(r->proto);
	vg_media_destroy(r->media);
	free(r->stats);
}
/* Sizes of tables for n_flows at a time. */
static inline struct vg_dataplane_conf bf_conf(uint32_t n_flows)
{
	return (struct vg_dataplane_conf){ .n_flows = n_flows * 2 < 262144 ? 262144 : n_flows * 2,
					   .n_streams = n_flows + 16384,
					   .idle_timeout_ms = 120000,
					   .hole_timeout_ms = 5000,
					   .hole_bytes = 1 << 20,
					   .object_min_bytes = 64,
					   .object_max_bytes = UINT64_MAX,
					   .flags = VG_CONF_REPLAY };
}
/* wrap (may be NULL) sees media's sink before proto gets it. 0: no memory. */
static inline int bf_rooms_make(struct bf_rooms *r, const struct vg_dataplane_conf *conf, struct vg_stats_page *stats,
				const struct vg_media_sink *sink, void (*wrap)(struct vg_body_sink *))
{
	static const uint64_t seed[3] = { 1, 2, 3 };
	struct vg_body_sink bodies;

	*r = (struct bf_rooms){ .conf = *conf, .stats = stats };
	r->media = stats ? vg_media_create(&r->conf, stats, sink) : NULL;
	if (!r->media)
		return 0;
	vg_media_body_sink(r->media, &bodies);
	if (wrap)
		wrap(&bodies);
	r->proto = vg_proto_create(&r->conf, stats, &bodies, vg_protocols);
	r->inspect = r->proto ? vg_inspect_create(&r->conf, seed, stats, r->proto) : NULL;
	return r->inspect != NULL;
}

/* Frames of a bench and its clock. */
struct bf_source {
	struct bf_shape shape;
	uint8_t *frames; /* BF_FRAME_SETS of BF_JUMBO each */
	uint64_t clock_ns, n_frames, n_bytes;
};
/* A burst: step k of VG_BURST of the n_flows (a power of two times a power of five) connections from `base` on, from
 * place `first` of an order in which neighbours lie far apart: as on a network no packet follows on its flow's memory
 * neighbour. */
static inline void bf_burst(struct bf_source *s, struct vg_packet *pkts, uint32_t base, uint32_t n_flows,
			    uint32_t first, uint32_t k)
{
	for (uint32_t i = 0; i < VG_BURST; i++) {
		uint8_t *at = s->frames + (size_t)(s->n_frames % BF_FRAME_SETS) * BF_JUMBO;
		uint32_t n = base + (uint32_t)((uint64_t)(first + i) * 48271 % n_flows);
		uint32_t n_bytes = bf_frame(at, &s->shape, n, k);
		s->clock_ns += 1000;
		pkts[i] = (struct vg_packet){ .frame = at,
					      .n_first_bytes = n_bytes,
					      .n_frame_bytes = n_bytes,
					      .wall_ns = (int64_t)s->clock_ns,
					      .clock_ns = s->clock_ns,
					      .link = VG_LINK_ETHERNET };
		s->n_frames++;
		s->n_bytes += n_bytes;
	}
}
