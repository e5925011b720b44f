/* first_bytes: a table of beginnings, each also fed byte by byte: an answer may come early, but never a wrong one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/detect/first_bytes.h"
#include "tests/lib/guard.h"

static const struct {
	const char *bytes;
	uint32_t n_bytes; /* 0: strlen */
	enum vg_app app;
} table[] = {
	{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0, VG_APP_HTTP1 },
	{ "GET /\r\n", 0, VG_APP_HTTP1 }, /* HTTP/0.9 */
	{ "\r\n\r\nPOST /x HTTP/1.0\r\n", 0, VG_APP_HTTP1 },
	{ "   GET / HTTP/1.0\r\n\r\n", 0, VG_APP_HTTP1 },
	{ "HEAD http://example.org/ HTTP/1.1\r\n", 0, VG_APP_HTTP1 },
	{ "OPTIONS * HTTP/1.1\r\n", 0, VG_APP_HTTP1 },
	{ "CONNECT example.org:443 HTTP/1.1\r\n", 0, VG_APP_HTTP1 },
	{ "PROPFIND /dav HTTP/1.1\r\n", 0, VG_APP_HTTP1 },
	{ "BASELINE-CONTROL /a HTTP/1.1\r\n", 0, VG_APP_HTTP1 },
	{ "HELLO /strange HTTP/1.1\r\n\r\n", 0, VG_APP_HTTP1 },
	{ "HTTP/1.1 200 OK\r\n", 0, VG_APP_HTTP1 },
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, VG_APP_HTTP2 },
	{ "SSH-2.0-OpenSSH_9.2\r\n", 0, VG_APP_OPAQUE },
	{ "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11, VG_APP_OPAQUE },
	{ "\x17\x03\x03\x10\x00zzzzzz", 11, VG_APP_OPAQUE },
	{ "OPTIONS sip:a@example.org SIP/2.0\r\n", 0, VG_APP_UNKNOWN },
	{ "DESCRIBE rtsp://example.org/ RTSP/1.0\r\n", 0, VG_APP_UNKNOWN },
	{ "220 mail.example.org ESMTP ready\r\n", 0, VG_APP_UNKNOWN },
	{ "\x05\x01\x00", 3, VG_APP_UNKNOWN },
	{ "\x00\x00\x00\x45\xffSMB", 8, VG_APP_UNKNOWN },
	{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", 0, VG_APP_UNKNOWN },
	{ "GET", 0, VG_APP_NONE },
	{ "GE", 0, VG_APP_NONE },
	{ "HTTP", 0, VG_APP_NONE },
	{ "\r\n", 0, VG_APP_NONE },
	{ "\x16", 1, VG_APP_NONE },
	{ "", 0, VG_APP_NONE },
};

static enum vg_app ask(const char *bytes, uint32_t n)
{
	uint8_t *at = vg_guard_copy(bytes, n);
	enum vg_app app = vg_first_bytes_http1(at, n);

	(void)vg_first_bytes_is_message(at, n);
	vg_guard_free(at, n);
	return app;
}

static void each_beginning_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint32_t n = table[i].n_bytes ? table[i].n_bytes : (uint32_t)strlen(table[i].bytes);
		if (ask(table[i].bytes, n) != table[i].app)
			fail_msg("%s", table[i].bytes);
	}
}

static void fewer_bytes_never_say_something_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint32_t n = table[i].n_bytes ? table[i].n_bytes : (uint32_t)strlen(table[i].bytes);
		if (table[i].app == VG_APP_UNKNOWN || strstr(table[i].bytes, "strange"))
			continue;
		for (uint32_t k = 0; k < n; k++) {
			enum vg_app app = ask(table[i].bytes, k);
			if (app != VG_APP_NONE && app != table[i].app)
				fail_msg("%u bytes of %s: %d", k, table[i].bytes, (int)app);
		}
	}
}

static void enough_bytes_always_give_an_answer(void **state)
{
	unsigned seed = 7;
	uint8_t bytes[VG_FIRST_BYTES + 8];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		static const char alphabet[] = "GETPOSHDAHTTP/1. -_*:abz\x16\x03\x00\xff";
		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (uint8_t)alphabet[(unsigned)rand_r(&seed) % (sizeof(alphabet) - 1)];
		assert_int_not_equal(vg_first_bytes_http1(bytes, sizeof(bytes)), VG_APP_NONE);
	}
}

static int is_message(const char *bytes)
{
	uint8_t *at = vg_guard_copy(bytes, strlen(bytes));
	int is = vg_first_bytes_is_message(at, (uint32_t)strlen(bytes));

	vg_guard_free(at, strlen(bytes));
	return is;
}

static void messages_inside_a_flow_are_recognized_strictly(void **state)
{
	(void)state;
	assert_true(is_message("GET /a HTTP/1.1\r\n"));
	assert_true(is_message("HTTP/1.1 200 OK\r\n"));
	assert_true(is_message("HTTP/1.0 404 x"));
	assert_false(is_message("HTTP/1.1 xx OK\r\n"));
	assert_false(is_message("HTTP/2 200 OK\r\n"));
	assert_false(is_message("GETTING /a HTTP/1.1\r\n"));
	assert_false(is_message("get /a HTTP/1.1\r\n"));
	assert_false(is_message("GET"));
	assert_false(is_message("\x89PNG\r\n\x1a\n0000IHDR"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_beginning_is_named),
		cmocka_unit_test(fewer_bytes_never_say_something_else),
		cmocka_unit_test(enough_bytes_always_give_an_answer),
		cmocka_unit_test(messages_inside_a_flow_are_recognized_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
