/* A whole flow: the input is a list of steps, each a command byte (low bits: what; bit 7: direction), a length byte
 * and that many bytes. The sink's rules are checked: nothing after a body's end, no body left open, no pooled state
 * lost. Fed twice, the second time byte by byte: the same number of bodies and bytes must come out. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/proto/http1/http1_priv.h"
#include "dataplane/protocols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sink {
	unsigned n_open, n_bodies;
	uint64_t n_bytes, n_gaps, states;
	uint8_t is_open[64];
};

static struct vg_body *body_open(void *ctx, const struct vg_attribution *card)
{
	struct sink *s = ctx;
	if (card->n_url > VG_ATTR_URL || card->n_host > VG_ATTR_HOST || card->n_filename > VG_ATTR_FILENAME ||
	    card->n_boundary > VG_ATTR_BOUNDARY || card->n_method > VG_ATTR_METHOD)
		abort();
	for (unsigned i = 0; i < sizeof(s->is_open); i++) {
		if (s->is_open[i])
			continue;
		s->is_open[i] = 1;
		s->n_open++;
		s->n_bodies++;
		return (struct vg_body *)(void *)&s->is_open[i];
	}
	abort();
}
static void check(const struct sink *s, const struct vg_body *body)
{
	const uint8_t *flag = (const uint8_t *)(const void *)body;
	if (flag < s->is_open || flag >= s->is_open + sizeof(s->is_open) || !*flag)
		abort();
}
static enum vg_step body_data(void *ctx, struct vg_body *body, const uint8_t *bytes, uint32_t n, int64_t wall_ns)
{
	struct sink *s = ctx;
	(void)wall_ns;
	check(s, body);
	for (uint32_t i = 0; i < n; i++)
		s->n_bytes += 1 + bytes[i];
	return VG_MORE;
}
static enum vg_step body_gap(void *ctx, struct vg_body *body, uint64_t n_missing)
{
	struct sink *s = ctx;
	check(s, body);
	s->n_gaps += 1 + n_missing;
	return VG_MORE;
}
static void body_amend(void *ctx, struct vg_body *body, const struct vg_attribution *card)
{
	(void)card;
	check(ctx, body);
}
static void body_close(void *ctx, struct vg_body *body, enum vg_state state, int64_t wall_ns)
{
	struct sink *s = ctx;
	(void)wall_ns;
	check(s, body);
	if (state <= VG_STATE_OPEN || state >= VG_STATE_N)
		abort();
	s->states += 1ull << (8 * state);
	*(uint8_t *)(void *)body = 0;
	s->n_open--;
}

static void feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
		 int by_byte)
{
	for (size_t at = 0; at < n; at += by_byte ? 1 : n) {
		uint32_t n_piece = by_byte ? 1 : (uint32_t)n;
		uint8_t *copy = malloc(n_piece); /* of exactly this size, for sanitizers */
		if (!copy)
			abort();
		memcpy(copy, bytes + at, n_piece);
		(void)vg_proto_feed(p, &flow, dir, copy, n_piece, 1);
		free(copy);
	}
}

static void talk(struct vg_proto *p, const uint8_t *data, size_t size, int by_byte)
{
	struct vg_flow_ident ident = { .ip_version = 4, .midstream = size && (data[0] & 1) };
	struct vg_proto_flow *flow = vg_proto_flow_take(p, VG_APP_HTTP1, &ident);
	if (!flow)
		abort();
	for (size_t at = 1; at + 2 <= size;) {
		unsigned what = data[at] & 7, dir = data[at] >> 7;
		size_t n = data[at + 1];
		at += 2;
		if (what == 7) {
			(void)vg_proto_gap(p, flow, dir, n, 1);
		} else if (what == 6) {
			vg_proto_end(p, flow, dir, (enum vg_stream_end)(n % VG_END_N), 1);
		} else if (what == 5) {
			vg_proto_conflict(p, flow, dir);
		} else {
			n = n < size - at ? n : size - at;
			feed(p, flow, dir, data + at, n, by_byte);
			at += n;
		}
	}
	vg_proto_flow_give(p, &flow);
	const struct vg_http1 *http1 = vg_http1_of(p);
	if (vg_pool_n_out(&p->flows[VG_APP_HTTP1]) || vg_pool_n_out(&http1->asks) || vg_pool_n_out(&http1->long_asks) ||
	    vg_pool_n_out(&http1->small) || vg_pool_n_out(&http1->large))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* made once: pools are large, and that they are whole again is checked after each talk */
	static struct vg_stats_page stats;
	static struct vg_proto *protos[2];
	static struct sink seen[2];
	struct vg_dataplane_conf conf = { .n_streams = 4 };
	for (int by_byte = 0; by_byte < 2; by_byte++) {
		struct vg_body_sink sink = { &seen[by_byte], body_open, body_data, body_gap, body_amend, body_close };
		if (!protos[by_byte])
			protos[by_byte] = vg_proto_create(&conf, &stats, &sink, vg_protocols);
		if (!protos[by_byte])
			abort();
		memset(&seen[by_byte], 0, sizeof(seen[0]));
		talk(protos[by_byte], data, size, by_byte);
		if (seen[by_byte].n_open)
			abort();
	}
	if (memcmp(&seen[0], &seen[1], sizeof(seen[0])))
		abort();
	return 0;
}
