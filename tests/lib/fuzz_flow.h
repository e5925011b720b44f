#pragma once
/* fuzz_flow: a whole flow of one protocol: the input is a byte of options (1: midstream) and a list of steps, each a
 * command byte (low bits: what; bit 7: direction), a length byte and that many bytes. The sink's rules are checked:
 * nothing after a body's end, no body left open, no pooled state lost. Fed twice, the second time byte by byte: the
 * same bodies must come out. VG_FUZZ_CUTS_MATTER: but for flows that are recognised on the way, by what is there; those
 * behind CONNECT are always excepted. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/proto/parser.h"
#include "dataplane/protocols.h"

#define VG_FUZZ_BODIES 300u
struct vg_fuzz_sink {
	unsigned n_open, n_bodies;
	uint64_t n_bytes, n_gaps, states, cards;
	uint8_t is_open[VG_FUZZ_BODIES];
};

static struct vg_body *vg_fuzz_open(void *ctx, const struct vg_attribution *card)
{
	struct vg_fuzz_sink *s = ctx;
	if (card->n_url > VG_ATTR_URL || card->n_host > VG_ATTR_HOST || card->n_filename > VG_ATTR_FILENAME ||
	    card->n_boundary > VG_ATTR_BOUNDARY || card->n_method > VG_ATTR_METHOD || card->n_type > VG_ATTR_TYPE)
		abort();
	for (unsigned i = 0; i < sizeof(s->is_open); i++) {
		if (s->is_open[i])
			continue;
		s->is_open[i] = 1;
		s->n_open++;
		s->n_bodies++;
		s->cards = s->cards * 31 + card->n_url + card->n_host * 7u + card->codings;
		return (struct vg_body *)(void *)&s->is_open[i];
	}
	return NULL;
}
static void vg_fuzz_check(const struct vg_fuzz_sink *s, const struct vg_body *body)
{
	const uint8_t *flag = (const uint8_t *)(const void *)body;
	if (flag < s->is_open || flag >= s->is_open + sizeof(s->is_open) || !*flag)
		abort();
}
static enum vg_step vg_fuzz_data(void *ctx, struct vg_body *body, const uint8_t *bytes, uint32_t n, int64_t wall_ns)
{
	struct vg_fuzz_sink *s = ctx;
	(void)wall_ns;
	vg_fuzz_check(s, body);
	if (!n)
		abort();
	for (uint32_t i = 0; i < n; i++)
		s->n_bytes += 1 + bytes[i];
	return VG_MORE;
}
static enum vg_step vg_fuzz_gap(void *ctx, struct vg_body *body, uint64_t n_missing)
{
	struct vg_fuzz_sink *s = ctx;
	vg_fuzz_check(s, body);
	s->n_gaps += 1 + n_missing;
	return VG_MORE;
}
static void vg_fuzz_amend(void *ctx, struct vg_body *body, const struct vg_attribution *card)
{
	(void)card;
	vg_fuzz_check(ctx, body);
}
static void vg_fuzz_close(void *ctx, struct vg_body *body, enum vg_state state, int64_t wall_ns)
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

/* VG_SKIP or VG_BAD: nothing more is fed. */
static enum vg_step vg_fuzz_feed(struct vg_proto *p, struct vg_proto_flow **flow, unsigned dir, const uint8_t *bytes,
				 size_t n, int by_byte)
{
	enum vg_step step = VG_MORE;
	for (size_t at = 0; at < n && step == VG_MORE; at += by_byte ? 1 : n) {
		uint32_t n_piece = by_byte ? 1 : (uint32_t)n;
		uint8_t *copy = malloc(n_piece); /* of exactly this size, for sanitizers */
		if (!copy)
			abort();
		memcpy(copy, bytes + at, n_piece);
		step = vg_proto_feed(p, flow, dir, copy, n_piece, 1);
		free(copy);
	}
	return step;
}

static void vg_fuzz_talk(struct vg_proto *p, enum vg_app app, const uint8_t *data, size_t size, int by_byte)
{
	struct vg_flow_ident ident = { .ip_version = 4, .midstream = size && (data[0] & 1) };
	struct vg_proto_flow *flow = vg_proto_flow_take(p, app, &ident);
	enum vg_step step = VG_MORE;
	if (!flow)
		abort();
	for (size_t at = 1; at + 2 <= size && step == VG_MORE;) {
		unsigned what = data[at] & 7, dir = data[at] >> 7;
		size_t n = data[at + 1];
		at += 2;
		if (what == 7) {
			step = vg_proto_gap(p, flow, dir, n, 1);
		} else if (what == 6) {
			vg_proto_end(p, flow, dir, (enum vg_stream_end)(n % VG_END_N), 1);
		} else if (what == 5) {
			vg_proto_conflict(p, flow, dir);
		} else {
			n = n < size - at ? n : size - at;
			step = vg_fuzz_feed(p, &flow, dir, data + at, n, by_byte);
			at += n;
		}
	}
	vg_proto_flow_give(p, &flow);
	for (unsigned i = 0; i < VG_APP_N; i++)
		if (vg_pool_n_out(&p->flows[i]))
			abort();
}

/* What each feeding's protocols must hold afterwards. */
typedef void (*vg_fuzz_after_fn)(const struct vg_proto *proto);

static int vg_fuzz_flow(enum vg_app app, const uint8_t *data, size_t size, vg_fuzz_after_fn after)
{
	/* made once: pools are large, and that they are whole again is checked after each talk */
	static struct vg_stats_page stats;
	static struct vg_proto *protos[2];
	static struct vg_fuzz_sink seen[2];
	struct vg_dataplane_conf conf = { .n_streams = 4 };
	for (int by_byte = 0; by_byte < 2; by_byte++) {
		struct vg_body_sink sink = { &seen[by_byte], vg_fuzz_open,  vg_fuzz_data,
					     vg_fuzz_gap,    vg_fuzz_amend, vg_fuzz_close };
		if (!protos[by_byte])
			protos[by_byte] = vg_proto_create(&conf, &stats, &sink, vg_protocols);
		if (!protos[by_byte])
			abort();
		protos[by_byte]->flows[VG_APP_TUNNEL].n_spare = protos[by_byte]->flows[VG_APP_TUNNEL].n_fresh = 0;
		memset(&seen[by_byte], 0, sizeof(seen[0]));
		vg_fuzz_talk(protos[by_byte], app, data, size, by_byte);
		if (seen[by_byte].n_open)
			abort();
		after(protos[by_byte]);
	}
#ifndef VG_FUZZ_CUTS_MATTER
	if (memcmp(&seen[0], &seen[1], sizeof(seen[0])) && !protos[0]->flows[VG_APP_TUNNEL].n_fresh)
		abort();
#endif
	return 0;
}
