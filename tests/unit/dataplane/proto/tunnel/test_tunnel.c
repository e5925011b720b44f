/* What is behind CONNECT, of HTTP/1; streams of HTTP/2: test_http2_tunnel.c. */
#include "tests/lib/proto_talk.h"

#define CONNECT "CONNECT far.example:80 HTTP/1.1\r\nHost: far.example:80\r\n\r\n"
#define YES     "HTTP/1.1 200 Connection established\r\n\r\n"
#define B(text) text, sizeof(text) - 1

static const struct talk {
	const char *name;
	struct vg_talk_step steps[8];
	const char *bodies;
	enum vg_dataplane_counter counter;
	enum vg_app app; /* at the end */
} talks[] = {
	{ "HTTP/1 again, without a host of its own",
	  { { '>', B(CONNECT) },
	    { '<', B(YES) },
	    { '>', B("GET /a HTTP/1.0\r\n\r\n") },
	    { '<', B("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na") } },
	  "down GET far.example:80 /a 200 file=a: a = complete\n",
	  VG_C_TUNNELS_KNOWN,
	  VG_APP_HTTP1 },
	{ "a server that speaks first",
	  { { '>', B(CONNECT) }, { '<', B(YES) }, { '<', B("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na") } },
	  "down  far.example:80  200: a = complete\n",
	  VG_C_TUNNELS_KNOWN,
	  VG_APP_HTTP1 },
	{ "sealed",
	  { { '>', B(CONNECT) }, { '<', B(YES) }, { '>', B("\x16\3\1\2\0\1\0\1\xfc\3\3\1\2\3\4\5\6\7\x8\x9") } },
	  "",
	  VG_C_TUNNELS_OPAQUE,
	  VG_APP_TUNNEL },
	{ "of nobody's protocol, both ways",
	  { { '>', B(CONNECT) },
	    { '<', B(YES) },
	    { '>', B("\xf0\xf1\xf2 some protocol that nobody has heard of yet") },
	    { '<', B("\xf0\xf1\xf2 and its answer, as strange as it was asked") } },
	  "",
	  VG_C_TUNNELS_UNKNOWN,
	  VG_APP_TUNNEL },
};

static void a_tunnel_is_what_its_first_bytes_say_however_they_are_cut(void **state)
{
	struct vg_talk_bench *b = *state;

	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++) {
		const struct talk *t = &talks[i];
		uint64_t n = b->stats.counters[t->counter];
		vg_talk_hold(b, t->name, VG_APP_HTTP1, 0, t->steps, VG_ARRAY_LEN(t->steps), t->bodies, VG_TALK_WHOLE);
		assert_int_equal(b->app, t->app);
		assert_int_equal(b->stats.counters[t->counter] - n, 1);
		if (VG_APP_IS_PARSED(t->app) && t->app != VG_APP_TUNNEL) /* others end in the middle */
			vg_talk_all_cuts(b, t->name, VG_APP_HTTP1, 0, t->steps, VG_ARRAY_LEN(t->steps), t->bodies);
		assert_int_equal(vg_pool_n_out(&b->proto->claims), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_tunnel_is_what_its_first_bytes_say_however_they_are_cut, vg_talk_open,
						vg_talk_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
