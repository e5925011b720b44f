/* HTTP/2 as conversations and the bodies they carry: each is fed whole, byte by byte and at 100 random cuts, and must
 * give the same bodies every time. */
#include "tests/lib/proto_talk.h"

#include "dataplane/proto/http2/http2_priv.h"
#include "tests/lib/h2_make.h"

struct talk {
	const char *name;
	enum vg_app app;
	int midstream;
	struct vg_talk_step steps[10]; /* bytes are lines of h2_make.h */
	const char *bodies;
	enum vg_dataplane_counter counter; /* must have gone up by n_counted, once for each feeding; 0: none */
	unsigned n_counted;
};

#define ASK(path)  ":method=GET :scheme=http :authority=h :path=" path
#define OK         ":status=200"
#define DOWN(path) "down GET h " path " 200"

#include "tests/unit/dataplane/proto/http2/http2_talks.inc"

static void talk_hold(struct vg_talk_bench *b, const struct talk *t)
{
	static uint8_t bytes[VG_ARRAY_LEN(t->steps)][VG_H2_MAKE_BYTES];
	struct vg_talk_step steps[VG_ARRAY_LEN(t->steps)];
	struct vg_h2_make make;
	uint64_t n_before = b->stats.counters[t->counter];

	vg_h2_make_init(&make);
	memcpy(steps, t->steps, sizeof(steps));
	for (size_t i = 0; i < VG_ARRAY_LEN(steps) && steps[i].what; i++)
		if (steps[i].bytes) {
			steps[i].n = vg_h2_make(&make, steps[i].what == '<', steps[i].bytes, bytes[i]);
			steps[i].bytes = (const char *)bytes[i];
		}
	vg_h2_make_fini(&make);
	vg_talk_all_cuts(b, t->name, t->app, t->midstream, steps, VG_ARRAY_LEN(steps), t->bodies);
	if (t->counter && b->stats.counters[t->counter] - n_before != 102u * t->n_counted) {
		print_error("talk \"%s\": counted %llu in 102 times\n", t->name,
			    (unsigned long long)(b->stats.counters[t->counter] - n_before));
		fail();
	}
	assert_int_equal(vg_pool_n_out(&vg_http2_of(b->proto)->streams), 0);
	assert_int_equal(vg_pool_n_out(&vg_http2_of(b->proto)->asks), 0);
	assert_int_equal(vg_pool_n_out(&vg_http2_of(b->proto)->heads), 0);
	assert_int_equal(vg_http2_of(b->proto)->heap.n_out, 0);
}

static void conversations_give_their_bodies_however_they_are_cut(void **state)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++)
		talk_hold(*state, &talks[i]);
}

static void a_trusted_proxy_names_the_client(void **state)
{
	static char many[600];
	const struct talk trusted[] = {
		{ "the right end of the list",
		  VG_APP_HTTP2,
		  0,
		  { { '>',
		      "PRI\nSET\nH 1 e " ASK("/a") " x-forwarded-for=10.9.9.9,~203.0.113.9 forwarded=for=203.0.113.66",
		      0 },
		    { '<', "SET\nH 1 - " OK "\nD 1 e a", 0 } },
		  DOWN("/a") " file=a client=203.0.113.9 flags=40: a = complete\n",
		  0,
		  0 },
		{ "a list that is longer than what is kept",
		  VG_APP_HTTP2,
		  0,
		  { { '>', many, 0 }, { '<', "SET\nH 1 - " OK "\nD 1 e a", 0 } },
		  DOWN("/a") " file=a client=203.0.113.9 flags=40: a = complete\n",
		  0,
		  0 },
	};
	struct vg_talk_bench *b = *state;
	size_t n = (size_t)snprintf(many, sizeof(many), "PRI\nSET\nH 1 e " ASK("/a") " x-forwarded-for=");
	for (unsigned i = 0; i < 40; i++)
		n += (size_t)snprintf(many + n, sizeof(many) - n, "10.9.9.%u,", i);
	snprintf(many + n, sizeof(many) - n, "203.0.113.9");
	b->proto->trust.n_rules = 1;
	b->proto->trust.rules[0] = (struct vg_scope_rule){ .ip = { [10] = 0xff, 0xff, 10, 0, 0, 1 }, .n_bits = 128 };
	for (size_t i = 0; i < VG_ARRAY_LEN(trusted); i++)
		talk_hold(b, &trusted[i]);
	b->proto->trust.n_rules = 0;
}

static struct vg_proto_flow *flow_begin(struct vg_talk_bench *b, struct vg_h2_make *make)
{
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_HTTP2, &ident);

	assert_non_null(flow);
	vg_h2_make_init(make);
	b->log.n_text = 0;
	return flow;
}

static void lines_feed(struct vg_talk_bench *b, struct vg_h2_make *make, struct vg_proto_flow **flow, unsigned dir,
		       const char *lines)
{
	uint8_t bytes[VG_H2_MAKE_BYTES];

	vg_talk_bytes(b, flow, dir, (const char *)bytes, vg_h2_make(make, dir, lines, bytes), VG_TALK_WHOLE);
}

static void too_many_streams_let_the_oldest_go(void **state)
{
	struct vg_talk_bench *b = *state;
	struct vg_h2_make make;
	struct vg_proto_flow *flow = flow_begin(b, &make);
	char line[128];

	lines_feed(b, &make, &flow, 1, "SET\nH 1 - " OK "\nD 1 - first");
	for (unsigned i = 1; i <= VG_HTTP2_MAX_STREAMS; i++) {
		snprintf(line, sizeof(line), "H %u e %s", 2 * i + 1, ASK("/x"));
		lines_feed(b, &make, &flow, 0, line);
	}
	/* one without a body went first */
	assert_int_equal(b->stats.counters[VG_C_HTTP2_STREAMS], 0);
	assert_int_equal(vg_pool_n_out(&vg_http2_of(b->proto)->streams), VG_HTTP2_MAX_STREAMS);
	lines_feed(b, &make, &flow, 1, "D 1 e !");
	assert_string_equal(b->log.text, "down    200: first! = complete\n");
	vg_proto_flow_give(b->proto, &flow);
	vg_h2_make_fini(&make);
}

/* A sink that takes everything. */
struct count {
	unsigned n_open, n_states[VG_STATE_N];
};
static struct vg_body *count_open(void *ctx, const struct vg_attribution *card)
{
	(void)card;
	((struct count *)ctx)->n_open++;
	return ctx;
}
static enum vg_step count_data(void *ctx, struct vg_body *body, const uint8_t *bytes, uint32_t n, int64_t wall_ns)
{
	(void)ctx, (void)body, (void)bytes, (void)n, (void)wall_ns;
	return VG_MORE;
}
static void count_close(void *ctx, struct vg_body *body, enum vg_state state, int64_t wall_ns)
{
	(void)body, (void)wall_ns;
	((struct count *)ctx)->n_open--;
	((struct count *)ctx)->n_states[state]++;
}

static void open_bodies_beyond_the_limit_are_truncated_and_counted(void **state)
{
	struct vg_talk_bench *b = *state;
	struct vg_h2_make make;
	struct vg_proto_flow *flow = flow_begin(b, &make);
	struct count count = { 0 };
	char line[128];

	b->proto->sink = (struct vg_body_sink){ &count, count_open, count_data, NULL, NULL, count_close };
	lines_feed(b, &make, &flow, 1, "SET");
	for (unsigned i = 0; i < VG_HTTP2_MAX_STREAMS + 3; i++) {
		snprintf(line, sizeof(line), "H %u - " OK, 2 * i + 1);
		lines_feed(b, &make, &flow, 1, line);
	}
	assert_int_equal(count.n_open, VG_HTTP2_MAX_STREAMS);
	assert_int_equal(count.n_states[VG_STATE_TRUNCATED], 3);
	assert_int_equal(b->stats.counters[VG_C_HTTP2_STREAMS], 3);
	assert_null(vg_http2_stream_find((struct vg_http2_flow *)(void *)flow, 1)); /* the oldest */
	assert_non_null(vg_http2_stream_find((struct vg_http2_flow *)(void *)flow, 7));
	vg_proto_flow_give(b->proto, &flow);
	assert_int_equal(count.n_open, 0);
	vg_h2_make_fini(&make);
}

static void a_block_beyond_its_budget_costs_the_table_only(void **state)
{
	struct vg_talk_bench *b = *state;
	struct vg_h2_make make;
	struct vg_proto_flow *flow = flow_begin(b, &make);
	static uint8_t frame[16384 + 9] = { 0, 0x40, 0, 9 };

	lines_feed(b, &make, &flow, 1, "SET");
	vg_talk_bytes(b, &flow, 1, "\0\0\1\1\0\0\0\0\1\x88", 10, VG_TALK_WHOLE);
	memset(frame + 9, 0x88, 16384); /* :status 200 again and again */
	frame[8] = 1;
	for (unsigned i = 0; i < 17; i++)
		vg_talk_bytes(b, &flow, 1, (const char *)frame, sizeof(frame), VG_TALK_WHOLE);
	assert_int_equal(b->stats.counters[VG_C_HTTP2_TABLE_LOST], 1);
	vg_talk_bytes(b, &flow, 1, "\0\0\1\x9\4\0\0\0\1\x88", 10, VG_TALK_WHOLE);
	lines_feed(b, &make, &flow, 1, "D 1 e body");
	assert_string_equal(b->log.text, "down    200 flags=4: body = complete\n");
	vg_proto_flow_give(b->proto, &flow);
	vg_h2_make_fini(&make);
}

static void hpack_memory_is_bounded_for_a_direction(void **state)
{
	struct vg_talk_bench *b = *state;
	struct vg_h2_make make;
	struct vg_proto_flow *flow = flow_begin(b, &make);
	/* a table of 64 KiB, then entries of a one-byte name and value: more memory than the purse has */
	static uint8_t frame[9 + 4 + 5 * 2400];
	size_t n = 9;

	memcpy(frame + n, "\x3f\xe1\xff\x03", 4);
	n += 4;
	for (unsigned i = 0; i < 2400; i++, n += 5)
		memcpy(frame + n, "\x40\1a\1b", 5);
	frame[1] = (uint8_t)((n - 9) >> 8);
	frame[2] = (uint8_t)(n - 9);
	memcpy(frame + 3, "\1\4\0\0\0\1", 6);
	lines_feed(b, &make, &flow, 1, "SET");
	vg_talk_bytes(b, &flow, 1, (const char *)frame, n, VG_TALK_WHOLE);
	assert_int_equal(b->stats.counters[VG_C_HTTP2_TABLE_LOST], 1);
	assert_int_equal(vg_http2_of(b->proto)->heap.n_out, 0);
	vg_proto_flow_give(b->proto, &flow);
	vg_h2_make_fini(&make);
}

static void a_stranger_is_let_go(void **state)
{
	struct vg_talk_bench *b = *state;
	struct vg_h2_make make;
	struct vg_proto_flow *flow = flow_begin(b, &make);
	static const char noise[4096] = "\x81";

	for (unsigned i = 0; i < 40; i++) {
		vg_talk_bytes(b, &flow, 0, noise + 1, sizeof(noise) - 1, VG_TALK_WHOLE);
		vg_talk_bytes(b, &flow, 1, noise, sizeof(noise), VG_TALK_WHOLE);
	}
	vg_proto_flow_give(b->proto, &flow);
	vg_h2_make_fini(&make);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(conversations_give_their_bodies_however_they_are_cut, vg_talk_open,
						vg_talk_close),
		cmocka_unit_test_setup_teardown(a_trusted_proxy_names_the_client, vg_talk_open, vg_talk_close),
		cmocka_unit_test_setup_teardown(too_many_streams_let_the_oldest_go, vg_talk_open, vg_talk_close),
		cmocka_unit_test_setup_teardown(open_bodies_beyond_the_limit_are_truncated_and_counted, vg_talk_open,
						vg_talk_close),
		cmocka_unit_test_setup_teardown(a_block_beyond_its_budget_costs_the_table_only, vg_talk_open,
						vg_talk_close),
		cmocka_unit_test_setup_teardown(hpack_memory_is_bounded_for_a_direction, vg_talk_open, vg_talk_close),
		cmocka_unit_test_setup_teardown(a_stranger_is_let_go, vg_talk_open, vg_talk_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
