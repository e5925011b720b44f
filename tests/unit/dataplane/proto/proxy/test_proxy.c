/* PROXY headers as conversations: whom the bodies behind them name, however they are cut. */
#include "tests/lib/proto_talk.h"

#include "dataplane/proto/proxy/proxy_priv.h"

#define GET     "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
#define OK      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
#define V2      "\r\n\r\n\0\r\nQUIT\n"
#define B(text) text, sizeof(text) - 1

static const struct talk {
	const char *name;
	const char *bytes;
	size_t n_bytes;
	const char *client; /* "": none claimed */
	unsigned n_bad;
} talks[] = {
	{ "version 1, IPv4", B("PROXY TCP4 192.0.2.7 10.0.0.2 1234 80\r\n" GET), " client=192.0.2.7", 0 },
	{ "version 1, IPv6", B("PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n" GET), " client=2001:db8::7", 0 },
	{ "version 1, unknown", B("PROXY UNKNOWN what ever\r\n" GET), "", 0 },
	{ "version 1, broken", B("PROXY TCP4 nobody\r\n" GET), "", 1 },
	{ "version 2, IPv4", B(V2 "\x21\x11\0\xc\xc0\0\2\7\x0a\0\0\2\1\2\0\x50" GET), " client=192.0.2.7", 0 },
	{ "version 2, IPv4 and more",
	  B(V2 "\x21\x11\0\x30\xc0\0\2\7\x0a\0\0\2\1\2\0\x50"
	       "123456789012345678901234567890123456" GET),
	  " client=192.0.2.7", 0 },
	{ "version 2, IPv6",
	  B(V2 "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7"
	       "1234567890123456\1\2\0\x50" GET),
	  " client=2001:db8::7", 0 },
	{ "version 2, local", B(V2 "\x20\0\0\0" GET), "", 0 },
	{ "version 2, too short for its addresses", B(V2 "\x21\x11\0\2xx" GET), "", 1 },
	{ "a version that nobody knows",
	  B(V2 "\x31\x11\0\xc"
	       "123456789012" GET),
	  "", 1 },
};

static void headers_name_the_client_and_http_goes_on(void **state)
{
	struct vg_talk_bench *b = *state;
	char bodies[256];

	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++) {
		struct vg_talk_step steps[] = { { '>', talks[i].bytes, talks[i].n_bytes }, { '<', OK, 0 } };
		uint64_t n_bad = b->stats.counters[VG_C_PROXY_BAD];
		snprintf(bodies, sizeof(bodies), "down GET h /a 200 file=a%s: a = complete\n", talks[i].client);
		vg_talk_all_cuts(b, talks[i].name, VG_APP_PROXY, 0, steps, 2, bodies);
		assert_int_equal(b->stats.counters[VG_C_PROXY_BAD] - n_bad, 102 * talks[i].n_bad);
	}
}

static void what_the_request_says_itself_goes_first(void **state)
{
	static const struct vg_talk_step steps[] = {
		{ '>',
		  "PROXY TCP4 192.0.2.7 10.0.0.2 1 2\r\nGET /a HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n",
		  0 },
		{ '<', OK, 0 }
	};

	vg_talk_all_cuts(*state, "both", VG_APP_PROXY, 0, steps, 2,
			 "down GET h /a 200 file=a client=9.9.9.9: a = complete\n");
}

static void first_bytes_tell(void **state)
{
	(void)state;
	assert_int_equal(vg_proxy_first((const uint8_t *)"PROXY TCP4", 10), VG_APP_PROXY);
	assert_int_equal(vg_proxy_first((const uint8_t *)"PRO", 3), VG_APP_NONE);
	assert_int_equal(vg_proxy_first((const uint8_t *)V2, 12), VG_APP_PROXY);
	assert_int_equal(vg_proxy_first((const uint8_t *)"\r\n", 2), VG_APP_NONE);
	assert_int_equal(vg_proxy_first((const uint8_t *)"\r\nGET", 5), VG_APP_UNKNOWN);
	assert_int_equal(vg_proxy_first((const uint8_t *)"PROPFIND / ", 11), VG_APP_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(headers_name_the_client_and_http_goes_on, vg_talk_open, vg_talk_close),
		cmocka_unit_test_setup_teardown(what_the_request_says_itself_goes_first, vg_talk_open, vg_talk_close),
		cmocka_unit_test(first_bytes_tell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
