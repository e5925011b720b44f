/* The door of the room: pools and hand-overs. */
#include "tests/lib/body_log.h"

#include <stdlib.h>

#include "dataplane/proto/parser.h"
#include "dataplane/protocols.h"

struct bench {
	struct vg_stats_page stats;
	struct vg_body_log log;
};

static void a_full_pool_and_other_protocols_give_no_state(void **state)
{
	struct bench *b = *state;
	struct vg_dataplane_conf conf = { .n_streams = 2 };
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_body_sink sink = vg_body_log_sink(&b->log);
	struct vg_proto *p = vg_proto_create(&conf, &b->stats, &sink, vg_protocols);
	struct vg_proto_flow *one = vg_proto_flow_take(p, VG_APP_HTTP1, &ident), *two, *three;
	assert_non_null(one);
	assert_null(vg_proto_flow_take(p, VG_APP_OPAQUE, &ident));
	two = vg_proto_flow_take(p, VG_APP_HTTP1, &ident);
	three = vg_proto_flow_take(p, VG_APP_HTTP1, &ident);
	assert_non_null(two);
	assert_null(three);
	assert_int_equal(b->stats.counters[VG_C_PROTO_NO_STATE], 2);
	vg_proto_flow_give(p, &three);
	vg_proto_flow_give(p, &two);
	assert_non_null(vg_proto_flow_take(p, VG_APP_HTTP1, &ident));
	vg_proto_destroy(p);
}

static void state_given_back_closes_its_bodies(void **state)
{
	struct bench *b = *state;
	struct vg_dataplane_conf conf = { .n_streams = 2 };
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_body_sink sink = vg_body_log_sink(&b->log);
	struct vg_proto *p = vg_proto_create(&conf, &b->stats, &sink, vg_protocols);
	struct vg_proto_flow *flow = vg_proto_flow_take(p, VG_APP_HTTP1, &ident);
	static const char text[] = "HTTP/1.1 200 OK\r\n\r\nabc";
	b->log.n_text = 0;
	assert_int_equal(vg_proto_feed(p, &flow, 1, (const uint8_t *)text, sizeof(text) - 1, 5), VG_MORE);
	vg_proto_flow_give(p, &flow);
	assert_null(flow);
	assert_string_equal(b->log.text, "down    200: abc = truncated\n");
	vg_proto_destroy(p);
}

static void an_end_is_told_once_and_bytes_behind_it_are_ignored(void **state)
{
	struct bench *b = *state;
	struct vg_dataplane_conf conf = { .n_streams = 2 };
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_body_sink sink = vg_body_log_sink(&b->log);
	struct vg_proto *p = vg_proto_create(&conf, &b->stats, &sink, vg_protocols);
	struct vg_proto_flow *flow = vg_proto_flow_take(p, VG_APP_HTTP1, &ident);
	static const char text[] = "HTTP/1.1 200 OK\r\n\r\nabc";
	b->log.n_text = 0;
	(void)vg_proto_feed(p, &flow, 1, (const uint8_t *)text, sizeof(text) - 1, 5);
	vg_proto_end(p, flow, 1, VG_END_FIN, 6);
	vg_proto_end(p, flow, 1, VG_END_RST, 7);
	(void)vg_proto_feed(p, &flow, 1, (const uint8_t *)text, sizeof(text) - 1, 8);
	(void)vg_proto_gap(p, flow, 1, 5, 8);
	vg_proto_conflict(p, flow, 1);
	vg_proto_flow_give(p, &flow);
	assert_string_equal(b->log.text, "down    200: abc = complete\n");
	vg_proto_destroy(p);
}

/* A protocol that ends at '!' and leaves the rest to HTTP/1. */
static void lead_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from)
{
	(void)p, (void)flow, (void)from;
}
static void lead_fini(struct vg_proto *p, struct vg_proto_flow *flow)
{
	(void)p, (void)flow;
}
static enum vg_step lead_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			      uint32_t n_bytes, int64_t wall_ns)
{
	const uint8_t *mark = memchr(bytes, '!', n_bytes);
	(void)p, (void)dir, (void)wall_ns;
	if (!mark)
		return VG_MORE;
	flow->next_app = VG_APP_HTTP1;
	flow->n_rest = n_bytes - (uint32_t)(mark + 1 - bytes);
	return VG_DONE;
}

static void a_protocol_may_leave_the_flow_to_another_in_the_middle_of_a_span(void **state)
{
	struct bench *b = *state;
	struct vg_dataplane_conf conf = { .n_streams = 1 };
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_body_sink sink = vg_body_log_sink(&b->log);
	static const struct vg_parser lead = { .name = "lead",
					       .app = VG_APP_OPAQUE,
					       .flow_bytes = sizeof(struct vg_proto_flow),
					       .init = lead_init,
					       .fini = lead_fini,
					       .feed = lead_feed };
	const struct vg_parser *const rows[] = { vg_protocols[0], &lead, NULL };
	struct vg_proto *p = vg_proto_create(&conf, &b->stats, &sink, rows);
	struct vg_proto_flow *flow = vg_proto_flow_take(p, VG_APP_OPAQUE, &ident), *busy;
	static const char text[] = "xx!HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
	b->log.n_text = 0;
	assert_int_equal(vg_proto_feed(p, &flow, 1, (const uint8_t *)text, 2, 5), VG_MORE);
	assert_int_equal(vg_proto_feed(p, &flow, 1, (const uint8_t *)text + 2, sizeof(text) - 3, 5), VG_MORE);
	assert_string_equal(b->log.text, "down    200: abc = complete\n");
	assert_int_equal(b->stats.counters[VG_C_PROTO_HANDED_OVER], 1);
	/* the old state is free again; where the next protocol has none left the flow is let go, not lost */
	busy = flow;
	flow = vg_proto_flow_take(p, VG_APP_OPAQUE, &ident);
	assert_int_equal(vg_proto_feed(p, &flow, 1, (const uint8_t *)text, sizeof(text) - 1, 5), VG_SKIP);
	assert_non_null(flow);
	vg_proto_flow_give(p, &flow);
	vg_proto_flow_give(p, &busy);
	vg_proto_destroy(p);
}

static int bench_open(void **state)
{
	*state = aligned_alloc(64, (sizeof(struct bench) + 63) & ~(size_t)63);
	memset(*state, 0, sizeof(struct bench));
	return 0;
}

static int bench_close(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_full_pool_and_other_protocols_give_no_state, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(state_given_back_closes_its_bodies, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(a_protocol_may_leave_the_flow_to_another_in_the_middle_of_a_span,
						bench_open, bench_close),
		cmocka_unit_test_setup_teardown(an_end_is_told_once_and_bytes_behind_it_are_ignored, bench_open,
						bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
