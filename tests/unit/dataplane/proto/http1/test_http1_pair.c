/* Pairing of requests and responses beyond what test_http1.c's conversations show: long lines and low pools. */
#include "tests/lib/body_log.h"

#include <stdlib.h>

#include <vigil/stats_page.h>

#include "dataplane/proto/http1/http1_priv.h"
#include "dataplane/protocols.h"

struct bench {
	struct vg_stats_page stats;
	struct vg_proto *proto;
	struct vg_proto_flow *flow;
	struct vg_body_log log;
};

static int bench_open(void **state)
{
	struct vg_dataplane_conf conf = { .n_streams = 300 };
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	memset(b, 0, sizeof(*b));
	struct vg_body_sink sink = vg_body_log_sink(&b->log);
	b->proto = vg_proto_create(&conf, &b->stats, &sink, vg_protocols);
	b->flow = vg_proto_flow_take(b->proto, VG_APP_HTTP1, &ident);
	*state = b;
	return 0;
}

static int bench_close(void **state)
{
	struct bench *b = *state;
	vg_proto_flow_give(b->proto, &b->flow);
	assert_int_equal(vg_pool_n_out(&vg_http1_of(b->proto)->asks), 0);
	assert_int_equal(vg_pool_n_out(&vg_http1_of(b->proto)->long_asks), 0);
	vg_proto_destroy(b->proto);
	free(b);
	return 0;
}

static void say(struct bench *b, struct vg_proto_flow *flow, unsigned dir, const char *text)
{
	assert_int_equal(vg_proto_feed(b->proto, &flow, dir, (const uint8_t *)text, (uint32_t)strlen(text), 1),
			 VG_MORE);
}

static void ask(struct bench *b, struct vg_proto_flow *flow, unsigned n)
{
	char text[64];
	snprintf(text, sizeof(text), "GET /%u HTTP/1.1\r\n\r\n", n);
	say(b, flow, 0, text);
}

static void as_many_requests_as_the_limit_wait_in_order(void **state)
{
	struct bench *b = *state;
	char want[64];
	for (unsigned i = 0; i < VG_HTTP1_MAX_WAITING; i++)
		ask(b, b->flow, i);
	for (unsigned i = 0; i < VG_HTTP1_MAX_WAITING; i++) {
		b->log.n_text = 0;
		say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
		snprintf(want, sizeof(want), "down GET  /%u 200 file=%u: x = complete\n", i, i);
		assert_string_equal(b->log.text, want);
	}
}

static void short_and_long_requests_keep_all_their_texts_in_order(void **state)
{
	struct bench *b = *state;
	char text[1024], path[701], want[1024];
	memset(path, 'p', 700);
	for (int n = 100; n <= 700; n += 200) {
		snprintf(text, sizeof(text), "GET /%.*s HTTP/1.1\r\nHost: h%d\r\nUser-Agent: a\r\n\r\n", n, path, n);
		say(b, b->flow, 0, text);
		ask(b, b->flow, (unsigned)n);
	}
	assert_int_equal(vg_pool_n_out(&vg_http1_of(b->proto)->long_asks), 3);
	assert_int_equal(vg_pool_n_out(&vg_http1_of(b->proto)->asks), 5);
	for (int n = 100; n <= 700; n += 200) {
		b->log.n_text = 0;
		say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
		snprintf(want, sizeof(want), "down GET h%d /%.*s 200 file=%.*s agent=a", n, n, path,
			 n < VG_ATTR_FILENAME ? n : VG_ATTR_FILENAME, path);
		assert_memory_equal(b->log.text, want, strlen(want));
		b->log.n_text = 0;
		say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny");
		snprintf(want, sizeof(want), "down GET  /%d 200 file=%d: y = complete\n", n, n);
		assert_string_equal(b->log.text, want);
	}
}

static void beyond_the_limit_pairing_starts_over_without_guessing(void **state)
{
	struct bench *b = *state;
	for (unsigned i = 0; i <= VG_HTTP1_MAX_WAITING; i++)
		ask(b, b->flow, i);
	say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
	assert_string_equal(b->log.text, "down    200: x = complete\n");
	b->log.n_text = 0;
	ask(b, b->flow, 7); /* the connection is at rest */
	say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny");
	assert_string_equal(b->log.text, "down GET  /7 200 file=7: y = complete\n");
}

static void after_lost_responses_only_an_unpipelined_request_is_believed(void **state)
{
	struct bench *b = *state;
	ask(b, b->flow, 1);
	say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
	b->log.n_text = 0;
	ask(b, b->flow, 2);
	(void)vg_proto_gap(b->proto, b->flow, 1, 100, 1);
	ask(b, b->flow, 3);
	say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb");
	assert_string_equal(b->log.text, "down GET  /3 200 file=3: b = complete\n");
	b->log.n_text = 0;
	ask(b, b->flow, 4);
	ask(b, b->flow, 5); /* pipelined */
	(void)vg_proto_gap(b->proto, b->flow, 1, 100, 1);
	say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nc");
	assert_string_equal(b->log.text, "down    200: c = complete\n");
}

static void one_sided_flows_do_not_use_the_pool_up(void **state)
{
	struct bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flows[8];
	for (unsigned k = 0; k < 8; k++) {
		flows[k] = vg_proto_flow_take(b->proto, VG_APP_HTTP1, &ident);
		for (unsigned i = 0; i < VG_HTTP1_MAX_WAITING; i++)
			ask(b, flows[k], i);
	}
	assert_true(vg_pool_n_out(&vg_http1_of(b->proto)->asks) < vg_http1_of(b->proto)->asks.n_items);
	ask(b, b->flow, 1);
	say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
	assert_string_equal(b->log.text, "down GET  /1 200 file=1: a = complete\n");
	for (unsigned k = 0; k < 8; k++)
		vg_proto_flow_give(b->proto, &flows[k]);
}

static void without_texts_a_request_still_says_its_kind(void **state)
{
	struct bench *b = *state;
	void *taken[301];
	unsigned n = 0;
	while ((taken[n] = vg_pool_take(&vg_http1_of(b->proto)->asks)))
		n++;
	say(b, b->flow, 0, "HEAD /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
	assert_int_equal(b->stats.counters[VG_C_HTTP_NO_STATE], 2);
	say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
	assert_string_equal(b->log.text, "down    200: x = complete\n");
	while (n)
		vg_pool_give(&vg_http1_of(b->proto)->asks, taken[--n]);
}

static void late_requests_go_to_their_own_early_responses(void **state)
{
	struct bench *b = *state;
	say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
	say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nb");
	ask(b, b->flow, 1);
	ask(b, b->flow, 2);
	say(b, b->flow, 1, "c");
	assert_string_equal(b->log.text, "down    200: a = complete\ndown GET  /2 200 file=2: bc = complete\n");
	b->log.n_text = 0;
	ask(b, b->flow, 3);
	say(b, b->flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nd");
	assert_string_equal(b->log.text, "down GET  /3 200 file=3: d = complete\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(late_requests_go_to_their_own_early_responses, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(as_many_requests_as_the_limit_wait_in_order, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(short_and_long_requests_keep_all_their_texts_in_order, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(beyond_the_limit_pairing_starts_over_without_guessing, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(after_lost_responses_only_an_unpipelined_request_is_believed,
						bench_open, bench_close),
		cmocka_unit_test_setup_teardown(one_sided_flows_do_not_use_the_pool_up, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(without_texts_a_request_still_says_its_kind, bench_open, bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
