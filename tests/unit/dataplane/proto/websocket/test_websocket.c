/* WebSockets as conversations and the bodies they carry, however they are cut. */
#include "tests/lib/proto_talk.h"

#include "dataplane/proto/websocket/websocket_priv.h"

struct talk {
	const char *name;
	struct vg_talk_step steps[12];
	const char *bodies;
	unsigned n_lost;
};

#define ASK \
	"GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
#define YES(more) "HTTP/1.1 101 Switching\r\nUpgrade: WebSocket\r\n" more "\r\n"
#define DEFLATE   "Sec-WebSocket-Extensions: permessage-deflate\r\n"
#define RESETS    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n"
#define B(bytes)  bytes, sizeof(bytes) - 1
#define UP        "up GET h /chat 0 file=chat"
#define DOWN      "down GET h /chat 0 file=chat"

static const struct talk talks[] = {
	{ "masked and plain messages, control frames between",
	  { { '>', ASK, 0 },
	    { '<', YES(""), 0 },
	    { '>', B("\x82\x85\1\2\3\4\x69\x67\x6f\x68\x6e") }, /* hello under 01020304 */
	    { '<', B("\x89\0\x81\2ok\x8a\1x\x82\0") } },
	  UP ": hello = complete\n" DOWN ": ok = complete\n" DOWN ":  = complete\n",
	  0 },
	{ "fragments, with a ping between, and a long length",
	  { { '>', ASK, 0 },
	    { '<', YES(""), 0 },
	    { '<', B("\2\3abc\x89\0\0\x7e\0\3def\x80\x7f\0\0\0\0\0\0\0\2gh\x82\1z") } },
	  DOWN ": abcdefgh = complete\n" DOWN ": z = complete\n",
	  0 },
	{ "compressed messages that begin anew each are bodies of their own",
	  { { '>', ASK, 0 }, { '<', YES(RESETS), 0 }, { '<', B("\xc2\3xyz\x82\2ab") } },
	  DOWN " coded=2: xyz...... = complete\n" DOWN ": ab = complete\n",
	  0 },
	{ "compressed messages that hang together are one body",
	  { { '>', ASK, 0 },
	    { '<', YES(DEFLATE), 0 },
	    { '<', B("\xc2\3xyz\x82\1p\x42\2ab\x80\1c") },
	    { 'E', NULL, 0 } },
	  DOWN ": p = complete\n" DOWN " boundary=f3c0fc85159a21fb coded=6: "
	       "............xyz............ab............c = complete\n",
	  0 },
	{ "a hole inside a message",
	  { { '>', ASK, 0 },
	    { '<', YES(""), 0 },
	    { '<', B("\x82\x6"
		     "ab") },
	    { ')', NULL, 2 },
	    { '<', B("ef\x82\1z") } },
	  DOWN ": ab{2}ef = gap\n" DOWN ": z = complete\n",
	  0 },
	{ "a hole over a frame's end, and one header that is found behind it",
	  { { '>', ASK, 0 },
	    { '<', YES(""), 0 },
	    { '<', B("\x82\x6"
		     "ab") },
	    { ')', NULL, 20 },
	    { '<', B("\x82\1z") } },
	  DOWN ": ab{0} = gap\n" DOWN ": z = complete\n",
	  0 },
	{ "a hole over a frame's end, and none",
	  { { '>', ASK, 0 },
	    { '<', YES(""), 0 },
	    { '<', B("\x82\x6"
		     "ab") },
	    { ')', NULL, 20 },
	    { '<', B("\x33\1z\x82\1z") } },
	  DOWN ": ab{0} = gap\n",
	  1 },
	{ "what nobody negotiated is no frame",
	  { { '>', ASK, 0 }, { '<', YES(""), 0 }, { '<', B("\xc2\3xyz\x82\2ab") } },
	  "",
	  1 },
	{ "a message that never ends, one that another interrupts",
	  { { '>', ASK, 0 }, { '<', YES(""), 0 }, { '<', B("\2\1a\x82\1b\2\1c") }, { 'R', NULL, 0 } },
	  DOWN ": a = truncated\n" DOWN ": b = complete\n" DOWN ": c = aborted\n",
	  0 },
};

static void conversations_give_their_bodies_however_they_are_cut(void **state)
{
	struct vg_talk_bench *b = *state;

	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++) {
		const struct talk *t = &talks[i];
		uint64_t n_lost = b->stats.counters[VG_C_WEBSOCKET_LOST];
		vg_talk_all_cuts(b, t->name, VG_APP_HTTP1, 0, t->steps, VG_ARRAY_LEN(t->steps), t->bodies);
		assert_int_equal(b->app, VG_APP_WEBSOCKET);
		assert_int_equal(b->stats.counters[VG_C_WEBSOCKET_LOST] - n_lost, 102 * t->n_lost);
		assert_int_equal(vg_pool_n_out(&vg_websocket_of(b->proto)->asks), 0);
	}
}

static void an_upgrade_that_was_refused_stays_http(void **state)
{
	static const struct vg_talk_step steps[] = { { '>', ASK, 0 },
						     { '<', "HTTP/1.1 400 No\r\nContent-Length: 1\r\n\r\nn", 0 } };
	struct vg_talk_bench *b = *state;

	vg_talk_all_cuts(b, "refused", VG_APP_HTTP1, 0, steps, 2, "down GET h /chat 400 file=chat: n = complete\n");
	assert_int_equal(b->app, VG_APP_HTTP1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(conversations_give_their_bodies_however_they_are_cut, vg_talk_open,
						vg_talk_close),
		cmocka_unit_test_setup_teardown(an_upgrade_that_was_refused_stays_http, vg_talk_open, vg_talk_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
