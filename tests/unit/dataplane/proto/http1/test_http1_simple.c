/* Which first lines are simple requests. */
#include "tests/lib/proto_talk.h"

static void a_simple_request_leaves_to_http_0_9(void **state)
{
	static const struct {
		const char *line;
		enum vg_app app;
	} rows[] = {
		{ "GET /\r\n", VG_APP_HTTP09 },        { "GET /a?b=c \n", VG_APP_HTTP09 },
		{ "GET /a b\r\n", VG_APP_HTTP1 },      { "GET /a HTTP/1.0\r\n", VG_APP_HTTP1 },
		{ "GET http://h/\r\n", VG_APP_HTTP1 }, { "POST /a\r\n", VG_APP_HTTP1 },
		{ "GET /\x01\r\n", VG_APP_HTTP1 },     { "GET /", VG_APP_HTTP1 },
	};
	struct vg_talk_bench *b = *state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		struct vg_talk_step step = { '>', rows[i].line, 0 };
		vg_talk_all_cuts(b, rows[i].line, VG_APP_HTTP1, 0, &step, 1, "");
		assert_int_equal(b->app, rows[i].app);
	}
}

static void a_line_without_end_is_no_request(void **state)
{
	struct vg_talk_bench *b = *state;
	static char line[9000] = "GET /";
	struct vg_talk_step step = { '>', line, 0 };
	memset(line + 5, 'x', sizeof(line) - 8);
	memcpy(line + sizeof(line) - 3, "\r\n", 3);
	vg_talk_hold(b, "long", VG_APP_HTTP1, 0, &step, 1, "", VG_TALK_WHOLE);
	assert_int_equal(b->app, VG_APP_HTTP1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_simple_request_leaves_to_http_0_9, vg_talk_open, vg_talk_close),
		cmocka_unit_test_setup_teardown(a_line_without_end_is_no_request, vg_talk_open, vg_talk_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
