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

#define BF_HEADS      54u
#define BF_FRAME_SETS 4096u      /* frames of payload in memory */
#define BF_JUMBO      9216u      /* room of each */
#define BF_COPY_BYTES (8u << 20) /* of an arena that is used in turn */

struct bf_shape {
	uint32_t mss, n_segments; /* of a response */
	uint32_t opaque_of_16;    /* flows of 16 that speak TLS */
};
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

static inline void bf_put16(uint8_t *b, uint32_t v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}
static inline void bf_put32(uint8_t *b, uint32_t v)
{
	bf_put16(b, v >> 16);
	bf_put16(b + 2, v & 0xffff);
}

/* Heads of a frame of connection n; from 0 = client. Its payload is what lies there, or `text`. */
static inline uint32_t bf_write(uint8_t *b, uint32_t n, int from, uint8_t flags, uint32_t seq, const void *text,
				uint32_t n_bytes)
{
	static const uint8_t model[BF_HEADS] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };
	uint32_t client = 0x0a000000u + (n >> 14), server = 0xc6336464u;
	uint16_t port = (uint16_t)(1024 + (n & 0x3fff));
	memcpy(b, model, BF_HEADS);
	bf_put16(b + 16, 40 + n_bytes);
	b[22] = 64;
	b[23] = 6;
	bf_put32(b + 26, from ? server : client);
	bf_put32(b + 30, from ? client : server);
	bf_put16(b + 34, from ? 80 : port);
	bf_put16(b + 36, from ? port : 80);
	bf_put32(b + 38, seq);
	b[46] = 0x50;
	b[47] = flags;
	if (text)
		memcpy(b + BF_HEADS, text, n_bytes);
	return BF_HEADS + n_bytes;
}

static inline uint32_t bf_steps(const struct bf_shape *shape)
{
	return shape->n_segments + 5;
}

/* Step k (< bf_steps) of connection n into b; its bytes. */
static inline uint32_t bf_frame(uint8_t *b, const struct bf_shape *shape, uint32_t n, uint32_t k)
{
	static const char request[] = "GET /p/1.jpg HTTP/1.1\r\nHost: a.example\r\n\r\n";
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 opaque from here on, whatever it is";
	static const char jpeg[] = "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00";
	uint32_t n_body = shape->n_segments * shape->mss;
	int opaque = (n & 15) < shape->opaque_of_16;
	char head[128];
	uint32_t n_head =
		(uint32_t)snprintf(head, sizeof(head),
				   "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %u\r\n\r\n", n_body);

	if (k == 0)
		return bf_write(b, n, 0, 0x02, 999, NULL, 0);
	if (k == 1)
		return opaque ? bf_write(b, n, 0, 0x18, 1000, hello, sizeof(hello) - 1)
			      : bf_write(b, n, 0, 0x18, 1000, request, sizeof(request) - 1);
	if (k == 2)
		return bf_write(b, n, 1, 0x18, 2000, opaque ? hello : head, opaque ? sizeof(hello) - 1 : n_head);
	if (k == shape->n_segments + 3)
		return bf_write(b, n, 1, 0x11, 2000 + n_head + n_body, NULL, 0);
	if (k == shape->n_segments + 4)
		return bf_write(b, n, 0, 0x11, 1000 + (opaque ? sizeof(hello) : sizeof(request)) - 1, NULL, 0);
	bf_write(b, n, 1, 0x10, 2000 + n_head + (k - 3) * shape->mss, NULL, shape->mss);
	if (k == 3 && !opaque)
		memcpy(b + BF_HEADS, jpeg, sizeof(jpeg) - 1);
	return BF_HEADS + shape->mss;
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
