#pragma once
/* proto_talk: conversations of a flow as steps, fed to dataplane/proto whole, byte by byte and at random cuts, with a
 * body log behind it. Each piece ends at a guard page. */
#include "tests/lib/body_log.h"

#include <stdlib.h>
#include <time.h>

#include <vigil/stats_page.h>

#include "dataplane/proto/parser.h"
#include "dataplane/protocols.h"
#include "tests/lib/guard.h"

/* '>' client's bytes, '<' server's bytes (n of them; n 0: a text); '(' and ')' a gap of n in the client's and the
 * server's; 'f', 'F' FIN of client and server; 'R' RST of the server; 'E' end of input of both; 'c', 'C' conflict in
 * the client's, the server's; '!' nothing more will be found (VG_SKIP). */
struct vg_talk_step {
	char what;
	const char *bytes;
	uint64_t n;
};
enum vg_talk_cuts { VG_TALK_WHOLE, VG_TALK_BYTES, VG_TALK_RANDOM };
struct vg_talk_bench {
	struct vg_proto *proto;
	struct vg_stats_page stats;
	struct vg_body_log log;
	enum vg_step last;
	enum vg_app app; /* of the flow at its end */
};

static inline int vg_talk_open(void **state)
{
	struct vg_dataplane_conf conf = { .n_streams = 64 };
	struct vg_talk_bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	struct vg_body_sink sink;

	if (!b)
		return -1;
	memset(b, 0, sizeof(*b));
	sink = vg_body_log_sink(&b->log);
	b->proto = vg_proto_create(&conf, &b->stats, &sink, vg_protocols);
	*state = b;
	return b->proto ? 0 : -1;
}

static inline int vg_talk_close(void **state)
{
	struct vg_talk_bench *b = *state;

	vg_proto_destroy(b->proto);
	free(b);
	return 0;
}

static inline void vg_talk_bytes(struct vg_talk_bench *b, struct vg_proto_flow **flow, unsigned dir, const char *bytes,
				 size_t n_all, enum vg_talk_cuts cuts)
{
	for (size_t at = 0, n; at < n_all; at += n) {
		n = cuts == VG_TALK_WHOLE   ? n_all
		    : cuts == VG_TALK_BYTES ? 1
					    : 1 + (size_t)random() % (random() % 2 ? 5 : 60);
		n = n < n_all - at ? n : n_all - at;
		uint8_t *copy = vg_guard_copy(bytes + at, n);
		b->last = vg_proto_feed(b->proto, flow, dir, copy, (uint32_t)n, 1000);
		vg_guard_free(copy, n);
	}
}

static inline void vg_talk_step_take(struct vg_talk_bench *b, struct vg_proto_flow **flow, const struct vg_talk_step *s,
				     enum vg_talk_cuts cuts)
{
	switch (s->what) {
	case '>':
	case '<':
		vg_talk_bytes(b, flow, s->what == '<', s->bytes, s->n ? s->n : strlen(s->bytes), cuts);
		break;
	case '(':
	case ')':
		(void)vg_proto_gap(b->proto, *flow, s->what == ')', s->n, 1000);
		break;
	case 'f':
	case 'F':
		vg_proto_end(b->proto, *flow, s->what == 'F', VG_END_FIN, 1000);
		break;
	case 'R':
		vg_proto_end(b->proto, *flow, 1, VG_END_RST, 1000);
		break;
	case 'E':
		for (unsigned dir = 0; dir < 2; dir++)
			vg_proto_end(b->proto, *flow, dir, VG_END_INPUT_END, 1000);
		break;
	case 'c':
	case 'C':
		vg_proto_conflict(b->proto, *flow, s->what == 'C');
		break;
	case '!':
		assert_int_equal(b->last, VG_SKIP);
		break;
	default:
		fail();
	}
}

/* Holds a conversation of n_steps in a flow that begins with app; fails where it does not give these bodies, or where
 * anything stays out. */
static inline void vg_talk_hold(struct vg_talk_bench *b, const char *name, enum vg_app app, int midstream,
				const struct vg_talk_step *steps, size_t n_steps, const char *bodies,
				enum vg_talk_cuts cuts)
{
	struct vg_flow_ident ident = { .ip_version = 4,
				       .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } },
				       .port = { 40000, 80 },
				       .midstream = (uint8_t)midstream };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, app, &ident);

	assert_non_null(flow);
	b->log.n_text = 0;
	b->log.text[0] = 0;
	for (size_t i = 0; i < n_steps && steps[i].what; i++)
		vg_talk_step_take(b, &flow, &steps[i], cuts);
	b->app = (enum vg_app)flow->parser->app;
	vg_proto_flow_give(b->proto, &flow);
	assert_null(flow);
	if (strcmp(b->log.text, bodies)) {
		print_error("talk \"%s\", cuts %d:\n%swanted:\n%s", name, (int)cuts, b->log.text, bodies);
		fail();
	}
	assert_int_equal(b->log.n_open, 0);
	for (unsigned i = 0; i < VG_APP_N; i++)
		assert_int_equal(vg_pool_n_out(&b->proto->flows[i]), 0);
}

/* Whole, byte by byte, and at 100 random cuts; the seed is printed once. */
static inline void vg_talk_all_cuts(struct vg_talk_bench *b, const char *name, enum vg_app app, int midstream,
				    const struct vg_talk_step *steps, size_t n_steps, const char *bodies)
{
	static unsigned seed;

	if (!seed) {
		seed = (unsigned)time(NULL);
		print_message("seed %u\n", seed);
		srandom(seed);
	}
	vg_talk_hold(b, name, app, midstream, steps, n_steps, bodies, VG_TALK_WHOLE);
	vg_talk_hold(b, name, app, midstream, steps, n_steps, bodies, VG_TALK_BYTES);
	for (unsigned i = 0; i < 100; i++)
		vg_talk_hold(b, name, app, midstream, steps, n_steps, bodies, VG_TALK_RANDOM);
}
