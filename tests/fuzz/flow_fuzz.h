#pragma once
/* flow_fuzz: feeds a flow of one protocol out of fuzz input, twice: as it comes, and byte by byte. Input: a byte
 * (bit 0: picked up midway), then steps: a command byte (low bits: 7 gap, 6 end, 5 conflict, else bytes; bit 7:
 * direction), two bytes of length (little endian), the bytes. Checks the sink's rules and that nothing pooled is
 * lost. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/proto/parser.h"
#include "dataplane/protocols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FLOW_FUZZ_BODIES 2048u

struct flow_fuzz_sink {
	unsigned n_open, n_bodies;
	uint64_t bytes, gaps, states, texts;
	uint8_t is_open[FLOW_FUZZ_BODIES];
};

static struct vg_body *flow_fuzz_open(void *ctx, const struct vg_attribution *card)
{
	struct flow_fuzz_sink *s = ctx;
	if (card->n_url > VG_ATTR_URL || card->n_host > VG_ATTR_HOST || card->n_filename > VG_ATTR_FILENAME ||
	    card->n_method > VG_ATTR_METHOD)
		abort();
	for (unsigned i = 0; i < card->n_url; i++)
		s->texts = s->texts * 31 + (uint8_t)card->url[i];
	for (unsigned i = 0; i < FLOW_FUZZ_BODIES; i++) {
		if (s->is_open[i])
			continue;
		s->is_open[i] = 1;
		s->n_open++;
		s->n_bodies++;
		return (struct vg_body *)(void *)&s->is_open[i];
	}
	abort();
}
static void flow_fuzz_check(const struct flow_fuzz_sink *s, const struct vg_body *body)
{
	const uint8_t *flag = (const uint8_t *)(const void *)body;
	if (flag < s->is_open || flag >= s->is_open + FLOW_FUZZ_BODIES || !*flag)
		abort();
}
static enum vg_step flow_fuzz_data(void *ctx, struct vg_body *body, const uint8_t *bytes, uint32_t n, int64_t wall_ns)
{
	struct flow_fuzz_sink *s = ctx;
	(void)wall_ns;
	flow_fuzz_check(s, body);
	if (!n)
		abort();
	for (uint32_t i = 0; i < n; i++)
		s->bytes = s->bytes * 31 + 1 + bytes[i];
	return VG_MORE;
}
static enum vg_step flow_fuzz_gap(void *ctx, struct vg_body *body, uint64_t n_missing)
{
	struct flow_fuzz_sink *s = ctx;
	flow_fuzz_check(s, body);
	s->gaps += 1 + n_missing;
	return VG_MORE;
}
static void flow_fuzz_amend(void *ctx, struct vg_body *body, const struct vg_attribution *card)
{
	(void)card;
	flow_fuzz_check(ctx, body);
}
static void flow_fuzz_close(void *ctx, struct vg_body *body, enum vg_state state, int64_t wall_ns)
{
	struct flow_fuzz_sink *s = ctx;
	(void)wall_ns;
	flow_fuzz_check(s, body);
	if (state <= VG_STATE_OPEN || state >= VG_STATE_N)
		abort();
	s->states += 1ull << (8 * state);
	*(uint8_t *)(void *)body = 0;
	s->n_open--;
}

/* 1: the flow was let go. */
static int flow_fuzz_feed(struct vg_proto *p, struct vg_proto_flow **flow, unsigned dir, const uint8_t *bytes, size_t n,
			  int by_byte)
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
	return step != VG_MORE;
}

static void flow_fuzz_talk(struct vg_proto *p, enum vg_app app, const uint8_t *data, size_t size, int by_byte)
{
	struct vg_flow_ident ident = { .ip_version = 4, .midstream = size && (data[0] & 1) };
	struct vg_proto_flow *flow = vg_proto_flow_take(p, app, &ident);
	int is_over = 0;
	if (!flow)
		abort();
	for (size_t at = 1; at + 3 <= size && !is_over;) {
		unsigned what = data[at] & 7, dir = data[at] >> 7;
		size_t n = data[at + 1] | (size_t)data[at + 2] << 8;
		at += 3;
		if (what == 7) {
			(void)vg_proto_gap(p, flow, dir, n, 1);
		} else if (what == 6) {
			vg_proto_end(p, flow, dir, (enum vg_stream_end)(n % VG_END_N), 1);
		} else if (what == 5) {
			vg_proto_conflict(p, flow, dir);
		} else {
			n = n < size - at ? n : size - at;
			is_over = flow_fuzz_feed(p, &flow, dir, data + at, n, by_byte);
			at += n;
		}
	}
	vg_proto_flow_give(p, &flow);
	if (vg_pool_n_out(&p->flows[app]))
		abort();
}

/* Feeds one input both ways and compares what was found; gives one of the two, for looking at its pools. */
static inline const struct vg_proto *flow_fuzz(enum vg_app app, const uint8_t *data, size_t size)
{
	/* made once: pools are large, and that they are whole again is checked after each talk */
	static struct vg_stats_page stats;
	static struct vg_proto *protos[2];
	static struct flow_fuzz_sink seen[2];
	struct vg_dataplane_conf conf = { .n_streams = 4 };
	for (int by_byte = 0; by_byte < 2; by_byte++) {
		struct vg_body_sink sink = { &seen[by_byte], flow_fuzz_open,  flow_fuzz_data,
					     flow_fuzz_gap,  flow_fuzz_amend, flow_fuzz_close };
		if (!protos[by_byte])
			protos[by_byte] = vg_proto_create(&conf, &stats, &sink, vg_protocols);
		if (!protos[by_byte])
			abort();
		memset(&seen[by_byte], 0, sizeof(seen[0]));
		flow_fuzz_talk(protos[by_byte], app, data, size, by_byte);
		if (seen[by_byte].n_open)
			abort();
	}
	if (memcmp(&seen[0], &seen[1], sizeof(seen[0])))
		abort();
	return protos[1];
}
