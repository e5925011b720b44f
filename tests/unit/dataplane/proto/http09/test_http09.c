/* HTTP/0.9 as conversations, from HTTP/1's first line on. */
#include "tests/lib/proto_talk.h"

#define DOWN "down GET  /x?y 0 file=x: "

static const struct talk {
	const char *name;
	struct vg_talk_step steps[8];
	const char *bodies;
} talks[] = {
	{ "all until the server closes",
	  { { '>', "GET /x?y\r\n", 0 }, { '<', "<html>", 0 }, { '<', "</html>", 0 }, { 'F', 0, 0 } },
	  DOWN "<html></html> = complete\n" },
	{ "a bare line end, words behind the line",
	  { { '>', "GET /x?y\nHost: h\r\n\r\nGET /z\r\n", 0 }, { '<', "\r\nHTTP", 0 }, { 'F', 0, 0 } },
	  DOWN "..HTTP = complete\n" },
	{ "an answer of four letters",
	  { { '>', "GET /x?y\r\n", 0 }, { '<', "HTTP", 0 }, { 'F', 0, 0 } },
	  DOWN "HTTP = complete\n" },
	{ "no answer", { { '>', "GET /x?y\r\n", 0 }, { 'F', 0, 0 } }, "" },
	{ "a reset", { { '>', "GET /x?y\r\n", 0 }, { '<', "abc", 0 }, { 'R', 0, 0 } }, DOWN "abc = aborted\n" },
	{ "the input ends",
	  { { '>', "GET /x?y\r\n", 0 }, { '<', "abc", 0 }, { 'E', 0, 0 } },
	  DOWN "abc = truncated\n" },
	{ "a hole",
	  { { '>', "GET /x?y\r\n", 0 }, { '<', "HTabc", 0 }, { ')', 0, 7 }, { '<', "def", 0 }, { 'F', 0, 0 } },
	  DOWN "HTabc{7}def = gap\n" },
	{ "a hole at its beginning",
	  { { '>', "GET /x?y\r\n", 0 }, { ')', 0, 7 }, { '<', "HTTP/1", 0 }, { 'F', 0, 0 } },
	  DOWN "{7}HTTP/1 = gap\n" },
	{ "a status line all the same",
	  { { '>', "GET /x?y\r\n", 0 }, { '<', "HTTP/1.0 404 No\r\nContent-Length: 2\r\n\r\nno", 0 } },
	  "down    404: no = complete\n" },
	{ "a version: HTTP/1",
	  { { '>', "GET /x?y HTTP/1.0\r\n\r\n", 0 }, { '<', "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 0 } },
	  "down GET  /x?y 200 file=x: ok = complete\n" },
};

static void conversations_give_their_bodies_at_any_cut(void **state)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++)
		vg_talk_all_cuts(*state, talks[i].name, VG_APP_HTTP1, 0, talks[i].steps, VG_ARRAY_LEN(talks[i].steps),
				 talks[i].bodies);
}

static void only_the_first_line_of_a_connection_is_a_simple_request(void **state)
{
	static const struct vg_talk_step steps[] = {
		{ '>', "GET /a HTTP/1.1\r\n\r\n", 0 },
		{ '<', "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", 0 },
		{ '>', "GET /b\r\n", 0 },
		{ '<', "body", 0 },
		{ 'F', 0, 0 },
	};

	vg_talk_all_cuts(*state, "later", VG_APP_HTTP1, 0, steps, VG_ARRAY_LEN(steps),
			 "down GET  /a 200 file=a: a = complete\n");
	vg_talk_all_cuts(*state, "midway", VG_APP_HTTP1, 1, steps + 2, 3, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(conversations_give_their_bodies_at_any_cut, vg_talk_open,
						vg_talk_close),
		cmocka_unit_test_setup_teardown(only_the_first_line_of_a_connection_is_a_simple_request, vg_talk_open,
						vg_talk_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
