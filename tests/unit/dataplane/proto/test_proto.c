/* The door of the room: pools and what is not HTTP/1. */
#include "tests/lib/body_log.h"

#include <stdlib.h>

#include "dataplane/proto/proto_priv.h"

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
	struct vg_proto *p = vg_proto_create(&conf, &b->stats, &sink);
	struct vg_proto_flow *one = vg_proto_flow_take(p, VG_APP_HTTP1, &ident), *two, *three;
	assert_non_null(one);
	assert_null(vg_proto_flow_take(p, VG_APP_OPAQUE, &ident));
	two = vg_proto_flow_take(p, VG_APP_HTTP1, &ident);
	three = vg_proto_flow_take(p, VG_APP_HTTP1, &ident);
	assert_non_null(two);
	assert_null(three);
	assert_int_equal(b->stats.counters[VG_C_HTTP_NO_STATE], 2);
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
	struct vg_proto *p = vg_proto_create(&conf, &b->stats, &sink);
	struct vg_proto_flow *flow = vg_proto_flow_take(p, VG_APP_HTTP1, &ident);
	static const char text[] = "HTTP/1.1 200 OK\r\n\r\nabc";
	b->log.n_text = 0;
	assert_int_equal(vg_proto_feed(p, flow, 1, (const uint8_t *)text, sizeof(text) - 1, 5), VG_MORE);
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
	struct vg_proto *p = vg_proto_create(&conf, &b->stats, &sink);
	struct vg_proto_flow *flow = vg_proto_flow_take(p, VG_APP_HTTP1, &ident);
	static const char text[] = "HTTP/1.1 200 OK\r\n\r\nabc";
	b->log.n_text = 0;
	(void)vg_proto_feed(p, flow, 1, (const uint8_t *)text, sizeof(text) - 1, 5);
	vg_proto_end(p, flow, 1, VG_END_FIN, 6);
	vg_proto_end(p, flow, 1, VG_END_RST, 7);
	(void)vg_proto_feed(p, flow, 1, (const uint8_t *)text, sizeof(text) - 1, 8);
	(void)vg_proto_gap(p, flow, 1, 5, 8);
	vg_proto_conflict(p, flow, 1);
	vg_proto_flow_give(p, &flow);
	assert_string_equal(b->log.text, "down    200: abc = complete\n");
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
		cmocka_unit_test_setup_teardown(an_end_is_told_once_and_bytes_behind_it_are_ignored, bench_open,
						bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
