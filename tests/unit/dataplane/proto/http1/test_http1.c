/* HTTP/1 as conversations and the bodies they carry: each is fed whole, byte by byte and at 100 random cuts, and must
 * give the same bodies every time. */
#include "tests/lib/body_log.h"

#include <stdlib.h>
#include <time.h>

#include <vigil/stats_page.h>

#include "dataplane/proto/http1/http1.h"
#include "dataplane/proto/http1/http1_priv.h"
#include "dataplane/protocols.h"
#include "tests/lib/guard.h"

/* '>' client's bytes, '<' server's bytes; '(' and ')' a gap of n in the client's and the server's; 'f', 'F' FIN of
 * client and server; 'R' RST of the server; 'T' time-out of both; 'E' end of input of both; 'C' conflict in the
 * server's; 't' n milliseconds pass; '!' nothing more will be found (VG_SKIP). */
struct step {
	char what;
	const char *bytes;
	uint64_t n;
};
struct talk {
	const char *name;
	int midstream;
	struct step steps[12];
	const char *bodies;
	unsigned n_bad;
};

#include "tests/unit/dataplane/proto/http1/http1_talks.inc"

struct bench {
	struct vg_proto *proto;
	struct vg_stats_page stats;
	struct vg_body_log log;
	int64_t wall_ns;
	enum vg_step last;
};

static int bench_open(void **state)
{
	struct vg_dataplane_conf conf = { .n_streams = 64 };
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	struct vg_body_sink sink;
	if (!b)
		return -1;
	memset(b, 0, sizeof(*b));
	sink = vg_body_log_sink(&b->log);
	b->proto = vg_proto_create(&conf, &b->stats, &sink, vg_protocols);
	*state = b;
	return b->proto ? 0 : -1;
}

static int bench_close(void **state)
{
	struct bench *b = *state;
	vg_proto_destroy(b->proto);
	free(b);
	return 0;
}

enum cuts { WHOLE, BYTES, RANDOM };

static void bytes_feed(struct bench *b, struct vg_proto_flow *flow, unsigned dir, const char *bytes, enum cuts cuts)
{
	size_t n_all = strlen(bytes);
	for (size_t at = 0, n; at < n_all; at += n) {
		n = cuts == WHOLE ? n_all : cuts == BYTES ? 1 : 1 + (size_t)random() % (random() % 2 ? 5 : 60);
		n = n < n_all - at ? n : n_all - at;
		uint8_t *copy = vg_guard_copy(bytes + at, n);
		b->last = vg_proto_feed(b->proto, &flow, dir, copy, (uint32_t)n, b->wall_ns);
		vg_guard_free(copy, n);
	}
}

static void step_take(struct bench *b, struct vg_proto_flow *flow, const struct step *s, enum cuts cuts)
{
	switch (s->what) {
	case '>':
	case '<':
		bytes_feed(b, flow, s->what == '<', s->bytes, cuts);
		break;
	case '(':
	case ')':
		(void)vg_proto_gap(b->proto, flow, s->what == ')', s->n, b->wall_ns);
		break;
	case 'f':
	case 'F':
		vg_proto_end(b->proto, flow, s->what == 'F', VG_END_FIN, b->wall_ns);
		break;
	case 'R':
		vg_proto_end(b->proto, flow, 1, VG_END_RST, b->wall_ns);
		break;
	case 'T':
	case 'E':
		for (unsigned dir = 0; dir < 2; dir++)
			vg_proto_end(b->proto, flow, dir, s->what == 'T' ? VG_END_TIMEOUT : VG_END_INPUT_END,
				     b->wall_ns);
		break;
	case 'C':
		vg_proto_conflict(b->proto, flow, 1);
		break;
	case 't':
		b->wall_ns += (int64_t)s->n * 1000000;
		break;
	case '!':
		assert_int_equal(b->last, VG_SKIP);
		break;
	default:
		fail();
	}
}

static void talk_hold(struct bench *b, const struct talk *t, enum cuts cuts)
{
	struct vg_flow_ident ident = { .ip_version = 4, .port = { 40000, 80 }, .midstream = (uint8_t)t->midstream };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_HTTP1, &ident);
	uint64_t n_bad = b->stats.counters[VG_C_HTTP_BAD];
	assert_non_null(flow);
	b->log.n_text = 0;
	b->log.text[0] = 0;
	b->wall_ns = 1000;
	for (size_t i = 0; i < VG_ARRAY_LEN(t->steps) && t->steps[i].what; i++)
		step_take(b, flow, &t->steps[i], cuts);
	vg_proto_flow_give(b->proto, &flow);
	assert_null(flow);
	if (strcmp(b->log.text, t->bodies) || b->stats.counters[VG_C_HTTP_BAD] - n_bad != t->n_bad) {
		print_error("talk \"%s\", cuts %d:\n%swanted:\n%s", t->name, cuts, b->log.text, t->bodies);
		fail();
	}
	/* nothing stays out: neither bodies nor pooled state */
	assert_int_equal(b->log.n_open, 0);
	assert_int_equal(vg_pool_n_out(&b->proto->flows[VG_APP_HTTP1]), 0);
	assert_int_equal(vg_pool_n_out(&vg_http1_of(b->proto)->asks), 0);
	assert_int_equal(vg_pool_n_out(&vg_http1_of(b->proto)->long_asks), 0);
	assert_int_equal(vg_pool_n_out(&vg_http1_of(b->proto)->small), 0);
	assert_int_equal(vg_pool_n_out(&vg_http1_of(b->proto)->large), 0);
}

static void conversations_give_their_bodies_fed_whole(void **state)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++)
		talk_hold(*state, &talks[i], WHOLE);
}

static void conversations_give_their_bodies_fed_byte_by_byte(void **state)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++)
		talk_hold(*state, &talks[i], BYTES);
}

static void conversations_give_their_bodies_at_random_cuts(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	print_message("seed %u\n", seed);
	srandom(seed);
	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++)
		for (unsigned k = 0; k < 100; k++)
			talk_hold(*state, &talks[i], RANDOM);
}

static void a_body_nobody_wants_is_still_framed(void **state)
{
	struct bench *b = *state;
	static const struct talk t = {
		"unwanted", 0, { { '>', GET("/1") GET("/2"), 0 }, { '<', OK("3") "abc" OK("2") "de", 0 } }, "", 0
	};
	unsigned n_before = b->log.n_opened;
	b->log.refuse = 1;
	talk_hold(b, &t, BYTES);
	b->log.refuse = 0;
	assert_int_equal(b->log.n_opened - n_before, 2);
	b->log.skip_after = 1;
	talk_hold(b, &t, BYTES);
	b->log.skip_after = 0;
	assert_int_equal(b->log.n_opened - n_before, 4);
}

static void a_stranger_is_let_go(void **state)
{
	struct bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_HTTP1, &ident);
	uint8_t noise[4096];
	memset(noise, 0x81, sizeof(noise));
	for (unsigned i = 0; i < 40; i++) {
		(void)vg_proto_feed(b->proto, &flow, 0, noise, sizeof(noise), 0);
		b->last = vg_proto_feed(b->proto, &flow, 1, noise, sizeof(noise), 0);
	}
	assert_int_equal(b->last, VG_SKIP);
	vg_proto_flow_give(b->proto, &flow);
}

static void heads_have_a_limit(void **state)
{
	struct bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_HTTP1, &ident);
	uint64_t n_bad = b->stats.counters[VG_C_HTTP_BAD];
	static uint8_t line[1000];
	memset(line, 'a', sizeof(line));
	(void)vg_proto_feed(b->proto, &flow, 0, (const uint8_t *)"GET / HTTP/1.1\r\n", 16, 0);
	for (unsigned i = 0; i < 60; i++)
		(void)vg_proto_feed(b->proto, &flow, 0, line, sizeof(line), 0);
	assert_int_equal(b->stats.counters[VG_C_HTTP_BAD] - n_bad, 0);
	assert_int_equal(vg_pool_n_out(&vg_http1_of(b->proto)->large), 1);
	for (unsigned i = 0; i < 10; i++)
		(void)vg_proto_feed(b->proto, &flow, 0, line, sizeof(line), 0);
	assert_int_equal(b->stats.counters[VG_C_HTTP_BAD] - n_bad, 1);
	assert_int_equal(vg_pool_n_out(&vg_http1_of(b->proto)->large), 0);
	vg_proto_flow_give(b->proto, &flow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(conversations_give_their_bodies_fed_whole, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(conversations_give_their_bodies_fed_byte_by_byte, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(conversations_give_their_bodies_at_random_cuts, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(a_body_nobody_wants_is_still_framed, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(a_stranger_is_let_go, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(heads_have_a_limit, bench_open, bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
