#pragma once
/* fuzz_bodies: what fuzz targets of protocols share: a body sink that checks its own rules and sums up what it was
 * told, and a run that feeds everything twice, whole and byte by byte, and wants the same sums (but of what is behind
 * CONNECT, which is recognised by what is there). */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/proto/parser.h"

struct vg_fuzz_sink {
	unsigned n_open, n_bodies;
	uint64_t n_bytes, n_gaps, states;
	uint8_t is_open[64];
};
typedef void (*vg_fuzz_talk_fn)(struct vg_proto *p, const uint8_t *data, size_t size, int by_byte);

static inline struct vg_body *vg_fuzz_open(void *ctx, const struct vg_attribution *card)
{
	struct vg_fuzz_sink *s = ctx;

	if (card->n_url > VG_ATTR_URL || card->n_host > VG_ATTR_HOST || card->n_filename > VG_ATTR_FILENAME ||
	    card->n_boundary > VG_ATTR_BOUNDARY || card->n_method > VG_ATTR_METHOD || card->n_agent > VG_ATTR_AGENT)
		abort();
	for (unsigned i = 0; i < sizeof(s->is_open); i++) {
		if (s->is_open[i])
			continue;
		s->is_open[i] = 1;
		s->n_open++;
		s->n_bodies++;
		return (struct vg_body *)(void *)&s->is_open[i];
	}
	return NULL;
}
static inline void vg_fuzz_check(const struct vg_fuzz_sink *s, const struct vg_body *body)
{
	const uint8_t *flag = (const uint8_t *)(const void *)body;

	if (flag < s->is_open || flag >= s->is_open + sizeof(s->is_open) || !*flag)
		abort();
}
static inline enum vg_step vg_fuzz_data(void *ctx, struct vg_body *body, const uint8_t *bytes, uint32_t n,
					int64_t wall_ns)
{
	struct vg_fuzz_sink *s = ctx;

	(void)wall_ns;
	vg_fuzz_check(s, body);
	for (uint32_t i = 0; i < n; i++)
		s->n_bytes += 1 + bytes[i];
	return VG_MORE;
}
static inline enum vg_step vg_fuzz_gap(void *ctx, struct vg_body *body, uint64_t n_missing)
{
	struct vg_fuzz_sink *s = ctx;

	vg_fuzz_check(s, body);
	s->n_gaps += 1 + n_missing;
	return VG_MORE;
}
static inline void vg_fuzz_amend(void *ctx, struct vg_body *body, const struct vg_attribution *card)
{
	(void)card;
	vg_fuzz_check(ctx, body);
}
static inline void vg_fuzz_close(void *ctx, struct vg_body *body, enum vg_state state, int64_t wall_ns)
{
	struct vg_fuzz_sink *s = ctx;

	(void)wall_ns;
	vg_fuzz_check(s, body);
	if (state <= VG_STATE_OPEN || state >= VG_STATE_N)
		abort();
	s->states += 1ull << (8 * state);
	*(uint8_t *)(void *)body = 0;
	s->n_open--;
}

/* Feeds n bytes in copies of exactly their size; a flow that is let go is given back. */
static inline void vg_fuzz_feed(struct vg_proto *p, struct vg_proto_flow **flow, unsigned dir, const uint8_t *bytes,
				size_t n, int by_byte)
{
	for (size_t at = 0; at < n && *flow; at += by_byte ? 1 : n) {
		uint32_t n_piece = by_byte ? 1 : (uint32_t)n;
		uint8_t *copy = malloc(n_piece);

		if (!copy)
			abort();
		memcpy(copy, bytes + at, n_piece);
		if (vg_proto_feed(p, flow, dir, copy, n_piece, 1) != VG_MORE)
			vg_proto_flow_give(p, flow);
		free(copy);
	}
}

/* talk() over data, whole and byte by byte. The protocols are made once: pools are large; that they are whole again is
 * for talk() to check. */
static inline int vg_fuzz_twice(const struct vg_parser *const *parsers, vg_fuzz_talk_fn talk, const uint8_t *data,
				size_t size)
{
	static struct vg_stats_page stats;
	static struct vg_proto *protos[2];
	static struct vg_fuzz_sink seen[2];
	struct vg_dataplane_conf conf = { .n_streams = 16, .flags = VG_CONF_CARVE };

	for (int by_byte = 0; by_byte < 2; by_byte++) {
		struct vg_body_sink sink = { &seen[by_byte], vg_fuzz_open,  vg_fuzz_data,
					     vg_fuzz_gap,    vg_fuzz_amend, vg_fuzz_close };
		if (!protos[by_byte])
			protos[by_byte] = vg_proto_create(&conf, &stats, &sink, parsers);
		if (!protos[by_byte])
			abort();
		protos[by_byte]->flows[VG_APP_TUNNEL].n_spare = protos[by_byte]->flows[VG_APP_TUNNEL].n_fresh = 0;
		memset(&seen[by_byte], 0, sizeof(seen[0]));
		talk(protos[by_byte], data, size, by_byte);
		if (seen[by_byte].n_open)
			abort();
	}
	if (memcmp(&seen[0], &seen[1], sizeof(seen[0])) && !protos[0]->flows[VG_APP_TUNNEL].n_fresh)
		abort();
	return 0;
}
