/* Tunnels in streams of HTTP/2 (CONNECT, RFC 8441) as conversations, however they are cut. */
#include "tests/lib/proto_talk.h"

#include "dataplane/proto/http2/http2_priv.h"
#include "dataplane/proto/websocket/websocket_priv.h"
#include "tests/lib/h2_make.h"

struct talk {
	const char *name;
	struct vg_talk_step steps[10]; /* bytes are lines of h2_make.h */
	const char *bodies;
};

#define ASK_WS(path)    ":method=CONNECT :protocol=websocket :scheme=http :authority=h :path=" path
#define OK              ":status=200"
#define DEFLATE         "sec-websocket-extensions=permessage-deflate"
#define UP              "up CONNECT h /chat 0 file=chat flags=2000"
#define DOWN_WITH(more) "down CONNECT h /chat 0 file=chat" more " flags=2000"
#define DOWN            DOWN_WITH("")

#include "tests/unit/dataplane/proto/http2/http2_tunnel_talks.inc"

static void nothing_is_out(const struct vg_proto *p)
{
	assert_int_equal(vg_pool_n_out(&vg_http2_of(p)->streams), 0);
	assert_int_equal(vg_pool_n_out(&vg_http2_of(p)->asks), 0);
	assert_int_equal(vg_pool_n_out(&vg_http2_of(p)->heads), 0);
	assert_int_equal(vg_pool_n_out(&vg_websocket_of(p)->asks), 0);
	assert_int_equal(vg_pool_n_out(&p->claims), 0);
	for (unsigned app = 0; app < VG_APP_N; app++)
		assert_int_equal(vg_pool_n_out(&p->flows[app]), 0);
}

static void streams_give_the_bodies_of_what_is_in_them_however_they_are_cut(void **state)
{
	static uint8_t bytes[10][VG_H2_MAKE_BYTES];
	struct vg_talk_bench *b = *state;

	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++) {
		struct vg_talk_step steps[10];
		struct vg_h2_make make;
		vg_h2_make_init(&make);
		memcpy(steps, talks[i].steps, sizeof(steps));
		for (size_t k = 0; k < VG_ARRAY_LEN(steps) && steps[k].what; k++)
			if (steps[k].bytes) {
				steps[k].n = vg_h2_make(&make, steps[k].what == '<', steps[k].bytes, bytes[k]);
				steps[k].bytes = (const char *)bytes[k];
			}
		vg_h2_make_fini(&make);
		vg_talk_all_cuts(b, talks[i].name, VG_APP_HTTP2, 0, steps, VG_ARRAY_LEN(steps), talks[i].bodies);
		nothing_is_out(b->proto);
	}
}

static void lines_feed(struct vg_talk_bench *b, struct vg_h2_make *make, struct vg_proto_flow **flow, unsigned dir,
		       const char *lines)
{
	uint8_t bytes[VG_H2_MAKE_BYTES];

	vg_talk_bytes(b, flow, dir, (const char *)bytes, vg_h2_make(make, dir, lines, bytes), VG_TALK_WHOLE);
}

static void what_is_let_go_is_counted_once(void **state)
{
	struct vg_talk_bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_HTTP2, &ident);
	struct vg_h2_make make;

	vg_h2_make_init(&make);
	lines_feed(b, &make, &flow, 0, "PRI\nSET\nH 1 - :method=CONNECT :authority=h:443\nX 1 - 16030102000100");
	lines_feed(b, &make, &flow, 0, "X 1 - 01fc0303010203040506070809\nX 1 - 16030102000100");
	assert_int_equal(b->stats.counters[VG_C_HTTP2_TUNNELS], 1);
	assert_int_equal(b->stats.counters[VG_C_TUNNELS_OPAQUE], 1);
	assert_int_equal(vg_pool_n_out(&b->proto->flows[VG_APP_TUNNEL]), 0);
	vg_proto_flow_give(b->proto, &flow);
	vg_h2_make_fini(&make);
	nothing_is_out(b->proto);
}

/* HTTP/2 in a stream of HTTP/2 in …: five deep. */
static void tunnels_in_tunnels_end_somewhere(void **state)
{
	enum { DEEP = 7 };
	static uint8_t bytes[2][VG_H2_MAKE_BYTES];
	struct vg_talk_bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_HTTP2, &ident);
	struct vg_h2_make make;

	for (unsigned depth = 0; depth < DEEP; depth++) {
		size_t n;
		vg_h2_make_init(&make);
		n = vg_h2_make(&make, 0, "PRI\nSET\nH 1 - :method=CONNECT :authority=h:80", bytes[0]);
		vg_h2_make_fini(&make);
		for (unsigned k = 0; k < depth; k++) { /* each layer around it */
			size_t n_outer = vg_h2_frame(bytes[1], 0, 0, 1, bytes[0], n);
			memcpy(bytes[0], bytes[1], n_outer);
			n = n_outer;
		}
		vg_talk_bytes(b, &flow, 0, (const char *)bytes[0], n, VG_TALK_WHOLE);
	}
	/* a tunnel and the HTTP/2 in it are two hand-overs: the flow itself and two inside of it */
	assert_int_equal(vg_pool_n_out(&b->proto->flows[VG_APP_HTTP2]), 3);
	vg_proto_flow_give(b->proto, &flow);
	nothing_is_out(b->proto);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(streams_give_the_bodies_of_what_is_in_them_however_they_are_cut,
						vg_talk_open, vg_talk_close),
		cmocka_unit_test_setup_teardown(what_is_let_go_is_counted_once, vg_talk_open, vg_talk_close),
		cmocka_unit_test_setup_teardown(tunnels_in_tunnels_end_somewhere, vg_talk_open, vg_talk_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
