/* Limits of a flow's requests. */
#include "tests/lib/proto_talk.h"

#include "dataplane/proto/fastcgi/fastcgi_priv.h"
#include "tests/lib/fastcgi_make.h"

static void feed(struct vg_talk_bench *b, struct vg_proto_flow **flow, unsigned dir, const struct vg_fcgi_made *made)
{
	uint8_t *copy = vg_guard_copy(made->bytes, made->n);
	assert_int_equal(vg_proto_feed(b->proto, flow, dir, copy, made->n, 1), VG_MORE);
	vg_guard_free(copy, made->n);
}

static void at_the_limit_the_oldest_request_goes(void **state)
{
	static const uint8_t begin[8] = { 0, 1, 1 };
	struct vg_talk_bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_FASTCGI, &ident);
	struct vg_fcgi_flow *fcgi = (struct vg_fcgi_flow *)flow;
	struct vg_fcgi_made made = { 0 };
	for (unsigned id = 1; id <= VG_FCGI_MAX_REQUESTS + 5; id++) {
		made.n = 0;
		vg_fcgi_put(&made, VG_FCGI_BEGIN, id, begin, 8, 0);
		vg_fcgi_put(&made, VG_FCGI_STDIN, id, "x", 1, 0);
		feed(b, &flow, 0, &made);
	}
	assert_int_equal(fcgi->requests.n_items, VG_FCGI_MAX_REQUESTS);
	assert_int_equal(b->stats.counters[VG_C_FASTCGI_SHED_REQUESTS], 5);
	assert_int_equal(b->log.n_opened, VG_FCGI_MAX_REQUESTS + 5);
	vg_proto_flow_give(b->proto, &flow);
	assert_int_equal(b->log.n_open, 0);
	assert_int_equal(vg_pool_n_out(&vg_fcgi_of(b->proto)->requests.items), 0);
}

static void a_head_without_end_is_let_go(void **state)
{
	struct vg_talk_bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_FASTCGI, &ident);
	struct vg_fcgi_made made;
	b->log.n_text = 0;
	b->log.text[0] = 0;
	vg_fcgi_make(&made, "B1|P1|p1|I1");
	feed(b, &flow, 0, &made);
	vg_fcgi_make(&made, "o1:X-Long: 0123456789012345678901234567890123456789012345678901234567890123456789~");
	for (unsigned i = 0; i < 200; i++)
		feed(b, &flow, 1, &made);
	vg_fcgi_make(&made, "o1:~abc|E1");
	feed(b, &flow, 1, &made);
	assert_string_equal(b->log.text, "");
	assert_int_equal(b->stats.counters[VG_C_FASTCGI_NO_HEAD], 1);
	vg_proto_flow_give(b->proto, &flow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(at_the_limit_the_oldest_request_goes, vg_talk_open, vg_talk_close),
		cmocka_unit_test_setup_teardown(a_head_without_end_is_let_go, vg_talk_open, vg_talk_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
