/* Message heads: where they end, what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <vigil/base.h>
#include <vigil/media.h>

#include "dataplane/proto/http1/http1_head.h"
#include "tests/lib/guard.h"

static enum vg_step parse(const char *text, struct vg_http1_head *head, uint8_t **copy)
{
	*copy = vg_guard_copy(text, strlen(text));
	return vg_http1_head_parse(*copy, strlen(text), head);
}

static void the_end_of_a_head_is_found_at_any_cut(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 20000; round++) {
		char text[24];
		size_t n = (size_t)random() % sizeof(text), want = 0;
		for (size_t i = 0; i < n; i++)
			text[i] = "\r\n\na"[random() % 4];
		/* the specification: a line end, then an empty line */
		for (size_t i = 0; i < n && !want; i++) {
			if (text[i] != '\n')
				continue;
			if (i + 1 < n && text[i + 1] == '\n')
				want = i + 2;
			else if (i + 2 < n && text[i + 1] == '\r' && text[i + 2] == '\n')
				want = i + 3;
		}
		size_t found = 0, seen = 0;
		while (seen < n && !found) {
			size_t more = seen + 1 + (size_t)random() % 5;
			more = more < n ? more : n;
			uint8_t *copy = vg_guard_copy(text, more);
			found = vg_http1_head_end(copy, more, seen);
			vg_guard_free(copy, more);
			seen = more;
		}
		assert_int_equal(found, want);
	}
}

static void start_lines_are_told_apart(void **state)
{
	static const struct {
		const char *line;
		enum vg_step step;
		int is_response, minor, status;
	} rows[] = {
		{ "GET / HTTP/1.1", VG_DONE, 0, 1, 0 },
		{ "GET / HTTP/1.0\r\n", VG_DONE, 0, 0, 0 },
		{ "M-SEARCH * HTTP/1.1", VG_DONE, 0, 1, 0 },
		{ "GET /a b c HTTP/1.1", VG_DONE, 0, 1, 0 },
		{ "HTTP/1.1 200 OK", VG_DONE, 1, 1, 200 },
		{ "HTTP/1.0 304", VG_DONE, 1, 0, 304 },
		{ "HTTP/1.1 200\r\n", VG_DONE, 1, 1, 200 },
		{ "HTTP/2.0 404 x", VG_DONE, 1, 1, 404 },
		{ "ICY 200 OK", VG_DONE, 1, 0, 200 },
		{ "HTTP/1.1 2000 OK", VG_DONE, 1, 1, 200 },
		{ "HTTP/1.1 20 OK", VG_BAD, 0, 0, 0 },
		{ "HTTP/1.1 099 OK", VG_BAD, 0, 0, 0 },
		{ "HTTP/1.1", VG_BAD, 0, 0, 0 },
		{ "GET /", VG_BAD, 0, 0, 0 },
		{ "GET HTTP/1.1", VG_BAD, 0, 0, 0 },
		{ "GET  HTTP/1.1", VG_BAD, 0, 0, 0 },
		{ "GET /HTTP/1.1", VG_BAD, 0, 0, 0 },
		{ "G(T / HTTP/1.1", VG_BAD, 0, 0, 0 },
		{ "AVERYLONGMETHODTHATISNONE / HTTP/1.1", VG_BAD, 0, 0, 0 },
		{ "", VG_BAD, 0, 0, 0 },
		{ "\r\n", VG_BAD, 0, 0, 0 },
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		struct vg_http1_head head;
		uint8_t *copy = vg_guard_copy(rows[i].line, strlen(rows[i].line));
		enum vg_step step = vg_http1_start_line(copy, strlen(rows[i].line), &head);
		if (step != rows[i].step)
			fail_msg("\"%s\" gives %d", rows[i].line, step);
		if (step == VG_DONE) {
			assert_int_equal(head.is_response, rows[i].is_response);
			assert_int_equal(head.minor, rows[i].minor);
			assert_int_equal(head.status, rows[i].status);
		}
		vg_guard_free(copy, strlen(rows[i].line));
	}
}

static void lengths_are_numbers_or_ambiguous(void **state)
{
	static const struct {
		const char *headers;
		int has_length, ambiguous;
		uint64_t length;
	} rows[] = {
		{ "Content-Length: 5\r\n", 1, 0, 5 },
		{ "content-length:5\r\n", 1, 0, 5 },
		{ "Content-Length:  005 \r\n", 1, 0, 5 },
		{ "Content-Length: 9223372036854775807\r\n", 1, 0, INT64_MAX },
		{ "Content-Length: 9223372036854775808\r\n", 0, 1, 0 },
		{ "Content-Length: 5, 5\r\n", 1, 0, 5 },
		{ "Content-Length: 5\r\nContent-Length: 5\r\n", 1, 0, 5 },
		{ "Content-Length: 5\r\nContent-Length: 6\r\n", 1, 1, 5 },
		{ "Content-Length: 5, 6\r\n", 1, 1, 5 },
		{ "Content-Length: -5\r\n", 0, 1, 0 },
		{ "Content-Length: +5\r\n", 0, 1, 0 },
		{ "Content-Length: 0x5\r\n", 0, 1, 0 },
		{ "Content-Length: 5 5\r\n", 0, 1, 0 },
		{ "Content-Length:\r\n", 0, 1, 0 },
		{ "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 1, 1, 5 },
		{ "X-Content-Length: 5\r\n", 0, 0, 0 },
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		char text[200];
		struct vg_http1_head head;
		uint8_t *copy;
		snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n%s\r\n", rows[i].headers);
		assert_int_equal(parse(text, &head, &copy), VG_DONE);
		if (head.has_length != rows[i].has_length || head.ambiguous != rows[i].ambiguous ||
		    (head.has_length && head.length != rows[i].length))
			fail_msg("%s gives %d %d %llu", rows[i].headers, head.has_length, head.ambiguous,
				 (unsigned long long)head.length);
		vg_guard_free(copy, strlen(text));
	}
}

static void codings_are_packed_in_the_order_they_were_applied(void **state)
{
	static const struct {
		const char *headers;
		uint32_t codings;
		int is_chunked, has_transfer;
	} rows[] = {
		{ "", 0, 0, 0 },
		{ "Content-Encoding: gzip\r\n", VG_CODING_GZIP, 0, 0 },
		{ "Content-Encoding: x-GZIP;q=1 , identity,deflate\r\n", VG_CODING_GZIP | VG_CODING_DEFLATE << 8, 0,
		  0 },
		{ "Content-Encoding: br\r\nContent-Encoding: zstd\r\n", VG_CODING_BR | VG_CODING_ZSTD << 8, 0, 0 },
		{ "Transfer-Encoding: gzip, Chunked\r\nContent-Encoding: br\r\n", VG_CODING_BR | VG_CODING_GZIP << 8, 1,
		  1 },
		{ "Transfer-Encoding: identity\r\n", 0, 0, 1 },
		{ "Content-Encoding: ,,gzip,br,gzip,br,gzip\r\n",
		  VG_CODING_GZIP | VG_CODING_BR << 8 | VG_CODING_GZIP << 16 | (uint32_t)VG_CODING_UNKNOWN << 24, 0, 0 },
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		char text[200];
		struct vg_http1_head head;
		uint8_t *copy;
		snprintf(text, sizeof(text), "HTTP/1.1 200 OK\n%s\n", rows[i].headers);
		assert_int_equal(parse(text, &head, &copy), VG_DONE);
		assert_int_equal(head.codings, rows[i].codings);
		assert_int_equal(head.is_chunked, rows[i].is_chunked);
		assert_int_equal(head.has_transfer, rows[i].has_transfer);
		vg_guard_free(copy, strlen(text));
	}
}

static void headers_have_a_limit(void **state)
{
	static char text[16 + VG_HTTP1_MAX_HEADERS * 4 + 16];
	struct vg_http1_head head;
	uint8_t *copy;
	size_t n = (size_t)sprintf(text, "GET / HTTP/1.1\r\n");
	(void)state;
	for (unsigned i = 0; i < VG_HTTP1_MAX_HEADERS; i++)
		n += (size_t)sprintf(text + n, "a:\r\n");
	sprintf(text + n, "\r\n");
	assert_int_equal(parse(text, &head, &copy), VG_DONE);
	vg_guard_free(copy, strlen(text));
	sprintf(text + n, "a:\r\n\r\n");
	assert_int_equal(parse(text, &head, &copy), VG_BAD);
	vg_guard_free(copy, strlen(text));
}

static void a_beginning_is_judged_by_few_bytes(void **state)
{
	static const struct {
		const char *text;
		enum vg_step step;
	} rows[] = {
		{ "", VG_MORE },
		{ "GET", VG_MORE },
		{ "GET ", VG_DONE },
		{ "HTTP", VG_MORE },
		{ "HTTP/", VG_DONE },
		{ "HTTQ/", VG_BAD },
		{ " GET", VG_BAD },
		{ "\x16\x03\x01", VG_BAD },
		{ "GET/", VG_BAD },
		{ "ABCDEFGHIJKLMNOPQRSTUVWX ", VG_DONE },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXY", VG_BAD },
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		uint8_t *copy = vg_guard_copy(rows[i].text, strlen(rows[i].text));
		if (vg_http1_start_check(copy, strlen(rows[i].text)) != rows[i].step)
			fail_msg("\"%s\"", rows[i].text);
		vg_guard_free(copy, strlen(rows[i].text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_a_head_is_found_at_any_cut),
		cmocka_unit_test(start_lines_are_told_apart),
		cmocka_unit_test(lengths_are_numbers_or_ambiguous),
		cmocka_unit_test(codings_are_packed_in_the_order_they_were_applied),
		cmocka_unit_test(headers_have_a_limit),
		cmocka_unit_test(a_beginning_is_judged_by_few_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
