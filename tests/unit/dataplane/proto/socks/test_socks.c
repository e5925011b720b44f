/* SOCKS handshakes as conversations: what is behind them, however they are cut. */
#include "tests/lib/proto_talk.h"

#include "dataplane/proto/socks/socks_priv.h"

#define GET     "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
#define OK      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
#define BODY    "down GET h /a 200 file=a: a = complete\n"
#define B(text) text, sizeof(text) - 1
#define HI                     \
	{ '>', B("\5\1\0") },  \
	{                      \
		'<', B("\5\0") \
	}
#define ASK    "\5\1\0\3\6x.test\0\x50"
#define AGREED "\5\0\0\1\x0a\0\0\2\0\x50"

static const struct talk {
	const char *name;
	struct vg_talk_step steps[12];
	const char *bodies;
} talks[] = {
	{ "version 5, a name", { HI, { '>', B(ASK) }, { '<', B(AGREED) }, { '>', GET, 0 }, { '<', OK, 0 } }, BODY },
	{ "version 5, IPv6, user and password",
	  { { '>', B("\5\2\0\2") },
	    { '<', B("\5\2") },
	    { '>', B("\1\3bob\2pw") },
	    { '<', B("\1\0") },
	    { '>', B("\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7\0\x50") },
	    { '<', B("\5\0\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7\0\x50") },
	    { '>', GET, 0 },
	    { '<', OK, 0 } },
	  BODY },
	{ "version 4",
	  { { '>', B("\4\1\0\x50\xc0\0\2\7me\0") }, { '<', B("\0\x5a\0\0\0\0\0\0") }, { '>', GET, 0 }, { '<', OK, 0 } },
	  BODY },
	{ "version 4a",
	  { { '>', B("\4\1\0\x50\0\0\0\1\0www.test\0") },
	    { '<', B("\0\x5a\0\0\0\0\0\0") },
	    { '>', GET, 0 },
	    { '<', OK, 0 } },
	  BODY },
	{ "all that a client says at once", { { '>', B("\5\1\0" ASK GET) }, { '<', B("\5\0" AGREED OK) } }, BODY },
	{ "the server is heard first",
	  { { '<', B("\5\0" AGREED) }, { '>', B("\5\1\0" ASK GET) }, { '<', OK, 0 } },
	  BODY },
	{ "a server's choice that was lost, as it begins",
	  { { ')', 0, 2 }, { '>', B("\5\1\0" ASK) }, { '<', B(AGREED) }, { '>', GET, 0 }, { '<', OK, 0 } },
	  BODY },
	{ "only the server is heard behind the handshake",
	  { HI, { '>', B(ASK) }, { '<', B(AGREED) }, { '<', OK, 0 }, { 'E', 0, 0 } },
	  "down  x.test:80  200: a = complete\n" },
	{ "bind is answered twice",
	  { HI, { '>', B("\5\2\0\1\xc0\0\2\7\0\x50") }, { '<', B(AGREED AGREED) }, { '>', GET, 0 }, { '<', OK, 0 } },
	  BODY },
	{ "another handshake behind the first",
	  { HI,
	    { '>', B(ASK) },
	    { '<', B(AGREED) },
	    HI,
	    { '>', B(ASK) },
	    { '<', B(AGREED) },
	    { '>', GET, 0 },
	    { '<', OK, 0 } },
	  BODY },
	{ "behind a PROXY header is no SOCKS but HTTP/2's beginning, and back",
	  { HI,
	    { '>', B(ASK) },
	    { '<', B(AGREED) },
	    { '>', B("PROXY TCP4 192.0.2.7 10.0.0.2 1 2\r\n" GET) },
	    { '<', OK, 0 } },
	  "down GET h /a 200 file=a client=192.0.2.7: a = complete\n" },
};

static void the_flow_goes_on_behind_the_handshake(void **state)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++)
		vg_talk_all_cuts(*state, talks[i].name, VG_APP_SOCKS, 0, talks[i].steps, VG_ARRAY_LEN(talks[i].steps),
				 talks[i].bodies);
}

static const struct talk ends[] = {
	{ "refused", { HI, { '>', B(ASK) }, { '<', B("\5\2") }, { '!', 0, 0 } }, "" },
	{ "version 4, refused", { { '>', B("\4\1\0\x50\xc0\0\2\7me\0") }, { '<', B("\0\x5b") }, { '!', 0, 0 } }, "" },
	{ "GSSAPI", { { '>', B("\5\1\1") }, { '<', B("\5\1") }, { '!', 0, 0 } }, "" },
	{ "for UDP", { HI, { '>', B("\5\3\0\1\0\0\0\0\0\0") }, { '!', 0, 0 } }, "" },
	{ "no address of that kind", { HI, { '>', B("\5\1\0\2\0") }, { '!', 0, 0 } }, "" },
	{ "sealed behind it", { HI, { '>', B(ASK) }, { '<', B(AGREED) }, { '>', B("\x16\3") }, { '!', 0, 0 } }, "" },
};

static void what_is_not_followed_is_let_go_and_counted(void **state)
{
	struct vg_talk_bench *b = *state;
	uint64_t n = b->stats.counters[VG_C_SOCKS_REFUSED];

	for (size_t i = 0; i < VG_ARRAY_LEN(ends); i++) /* the last byte tells: one cut is enough */
		vg_talk_hold(b, ends[i].name, VG_APP_SOCKS, 0, ends[i].steps, VG_ARRAY_LEN(ends[i].steps), "",
			     VG_TALK_WHOLE);
	assert_int_equal(b->stats.counters[VG_C_SOCKS_REFUSED] - n, 4);
	assert_int_equal(vg_pool_n_out(&b->proto->claims), 0);
}

static void handshakes_in_handshakes_end_somewhere(void **state)
{
	struct vg_talk_bench *b = *state;
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(b->proto, VG_APP_SOCKS, &ident);
	enum vg_step step = VG_MORE;
	unsigned n = 0;

	while (step == VG_MORE && n++ < 100) {
		step = vg_proto_feed(b->proto, &flow, 0, (const uint8_t *)"\5\1\0" ASK, 3 + sizeof(ASK) - 1, 1);
		if (step == VG_MORE)
			step = vg_proto_feed(b->proto, &flow, 1, (const uint8_t *)"\5\0" AGREED, 2 + sizeof(AGREED) - 1,
					     1);
	}
	assert_in_range(n, 2, 8);
	vg_proto_flow_give(b->proto, &flow);
	assert_int_equal(vg_pool_n_out(&b->proto->claims), 0);
}

static void first_bytes_tell(void **state)
{
	static const struct {
		const char *bytes;
		size_t n_bytes;
		enum vg_app app;
	} rows[] = {
		{ B("\5"), VG_APP_NONE },
		{ B("\5\1"), VG_APP_NONE },
		{ B("\5\0"), VG_APP_NONE },
		{ B("\5\0\0"), VG_APP_UNKNOWN }, /* DCE/RPC, too */
		{ B("\5\1\0"), VG_APP_SOCKS },
		{ B("\5\3\0\1\2"), VG_APP_SOCKS },
		{ B("\5\3\0\1\x20"), VG_APP_UNKNOWN },
		{ B("\5\1\0\5"), VG_APP_SOCKS },
		{ B("\5\1\0\7"), VG_APP_UNKNOWN },
		{ B("\5\x20\0"), VG_APP_UNKNOWN },
		{ B("\4\1\0\x50\xc0\0\2\7"), VG_APP_NONE },
		{ B("\4\1\0\x50\xc0\0\2\7m"), VG_APP_SOCKS },
		{ B("\4\1\0\x50\xc0\0\2\7m\1"), VG_APP_UNKNOWN },
		{ B("\4\1\0\0\xc0\0\2\7m"), VG_APP_UNKNOWN },
		{ B("\4\3"), VG_APP_UNKNOWN },
		{ B("\4\1\0\x50\0\0\2\7m"), VG_APP_UNKNOWN },
		{ B("GET"), VG_APP_UNKNOWN },
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++)
		assert_int_equal(vg_socks_first((const uint8_t *)rows[i].bytes, (uint32_t)rows[i].n_bytes),
				 rows[i].app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_flow_goes_on_behind_the_handshake, vg_talk_open, vg_talk_close),
		cmocka_unit_test_setup_teardown(what_is_not_followed_is_let_go_and_counted, vg_talk_open,
						vg_talk_close),
		cmocka_unit_test_setup_teardown(handshakes_in_handshakes_end_somewhere, vg_talk_open, vg_talk_close),
		cmocka_unit_test(first_bytes_tell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
