/* Chunked bodies at any cut, and what is none. */
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

#include "dataplane/proto/http1/http1_chunked.h"
#include "tests/lib/guard.h"

/* Feeds `coded` in pieces of at most max_cut; *n_used: up to the end of the body. */
static enum vg_step feed(struct vg_http1_chunked *c, const char *coded, size_t n, size_t max_cut, char *body,
			 size_t *n_body, size_t *n_used)
{
	*n_body = *n_used = 0;
	for (size_t at = 0; at < n;) {
		size_t n_piece = 1 + (size_t)random() % max_cut;
		n_piece = n_piece < n - at ? n_piece : n - at;
		uint8_t *copy = vg_guard_copy(coded + at, n_piece);
		for (size_t done = 0; done < n_piece;) {
			struct vg_span data;
			size_t n_eaten = 0;
			enum vg_step step = vg_http1_chunked_feed(c, copy + done, n_piece - done, &n_eaten, &data);
			assert_true(n_eaten >= 1 && n_eaten <= n_piece - done);
			if (data.n_bytes)
				memcpy(body + *n_body, data.at, data.n_bytes);
			*n_body += data.n_bytes;
			*n_used += n_eaten;
			done += n_eaten;
			if (step != VG_MORE) {
				vg_guard_free(copy, n_piece);
				return step;
			}
		}
		vg_guard_free(copy, n_piece);
		at += n_piece;
	}
	return VG_MORE;
}

static void random_bodies_come_out_as_they_went_in(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 500; round++) {
		static char coded[40000], body[8000], out[8000];
		size_t n_coded = 0, n_body = 0, n_out, n_used;
		for (unsigned k = (unsigned)random() % 6; k--;) {
			size_t n = 1 + (size_t)random() % (random() % 2 ? 5 : 1200);
			n_coded += (size_t)sprintf(coded + n_coded, random() % 2 ? "%zx%s%s" : "%08zX%s%s", n,
						   random() % 3 ? "" : " ;a=\"b\"", random() % 3 ? "\r\n" : "\n");
			for (size_t i = 0; i < n; i++)
				coded[n_coded++] = body[n_body++] = (char)random();
			n_coded += (size_t)sprintf(coded + n_coded, random() % 3 ? "\r\n" : "\n");
		}
		n_coded += (size_t)sprintf(coded + n_coded, "0\r\n%s\r\n", random() % 2 ? "" : "X: 1\r\nY: 2\n");
		size_t n_end = n_coded;
		coded[n_coded++] = 'H';
		struct vg_http1_chunked c = { 0 };
		assert_int_equal(feed(&c, coded, n_coded, random() % 3 ? 7 : 3000, out, &n_out, &n_used), VG_DONE);
		assert_int_equal(n_used, n_end);
		assert_int_equal(n_out, n_body);
		assert_memory_equal(out, body, n_body);
	}
}

static void what_is_no_chunk_is_bad(void **state)
{
	static const char *const rows[] = { "x",
					    "x\r\n",
					    "5\r\nhelloX",
					    "5\r\nhello\rX",
					    "5 5\r\n",
					    "-5\r\n",
					    "0x5\r\n",
					    ";a\r\n",
					    "5\r\nhello\r\r\n",
					    "fffffffffffffffff\r\n",
					    "HTTP/1.1 200 OK\r\n" };
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		struct vg_http1_chunked c = { 0 };
		char out[64];
		size_t n_out, n_used;
		if (feed(&c, rows[i], strlen(rows[i]), 3, out, &n_out, &n_used) != VG_BAD)
			fail_msg("\"%s\" is taken", rows[i]);
	}
}

static void what_servers_get_away_with_is_a_chunk(void **state)
{
	static const char *const rows[] = { "5\v\r\nhello\r\n0\r\n\r\n", "\f5\r\nhello\r\n0\n\n",
					    "\r\n\n5\r\nhello\r\n\r\n0\r\n\r\n", "\t0005 ;x\nhello\n0000;y\n\n" };
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		struct vg_http1_chunked c = { 0 };
		char out[64];
		size_t n_out, n_used;
		assert_int_equal(feed(&c, rows[i], strlen(rows[i]), 3, out, &n_out, &n_used), VG_DONE);
		assert_int_equal(n_out, 5);
		assert_memory_equal(out, "hello", 5);
	}
}

static void a_body_is_whole_from_its_last_chunk_on(void **state)
{
	static const struct {
		const char *coded;
		int is_whole;
	} rows[] = { { "", 0 },
		     { "5", 0 },
		     { "5\r\nhello", 0 },
		     { "5\r\nhello\r\n", 0 },
		     { "1\r\na\r\n0", 1 },
		     { "1\r\na\r\n0;x", 1 },
		     { "0\r", 1 },
		     { "0\r\nX: 1", 1 } };
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		struct vg_http1_chunked c = { 0 };
		char out[64];
		size_t n_out, n_used;
		(void)feed(&c, rows[i].coded, strlen(rows[i].coded), 3, out, &n_out, &n_used);
		assert_int_equal(vg_http1_chunked_is_whole(&c), rows[i].is_whole);
	}
}

static void lines_and_trailers_have_limits(void **state)
{
	static char text[VG_HTTP1_MAX_TRAILER_BYTES + 100], out[16];
	struct vg_http1_chunked c = { 0 };
	size_t n_out, n_used;
	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "5;", 2);
	assert_int_equal(feed(&c, text, sizeof(text), 3000, out, &n_out, &n_used), VG_BAD);
	assert_int_equal(n_used, VG_HTTP1_MAX_CHUNK_LINE + 1);
	memcpy(text, "0\r\n", 3);
	c = (struct vg_http1_chunked){ 0 };
	assert_int_equal(feed(&c, text, sizeof(text), 3000, out, &n_out, &n_used), VG_BAD);
	assert_int_equal(n_used, VG_HTTP1_MAX_TRAILER_BYTES + 3 + 1);
}

static void a_hole_inside_a_chunk_keeps_the_framing(void **state)
{
	struct vg_http1_chunked c = { 0 };
	char out[16];
	size_t n_out, n_used;
	(void)state;
	assert_int_equal(vg_http1_chunked_gap(&c, 1), VG_BAD);
	assert_int_equal(feed(&c, "8\r\nab", 5, 2, out, &n_out, &n_used), VG_MORE);
	assert_int_equal(vg_http1_chunked_gap(&c, 0), VG_BAD);
	assert_int_equal(vg_http1_chunked_gap(&c, 7), VG_BAD);
	assert_int_equal(vg_http1_chunked_gap(&c, 6), VG_MORE);
	assert_int_equal(feed(&c, "\r\n0\r\n\r\n", 7, 2, out, &n_out, &n_used), VG_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bodies_come_out_as_they_went_in),
		cmocka_unit_test(what_is_no_chunk_is_bad),
		cmocka_unit_test(what_servers_get_away_with_is_a_chunk),
		cmocka_unit_test(a_body_is_whole_from_its_last_chunk_on),
		cmocka_unit_test(lines_and_trailers_have_limits),
		cmocka_unit_test(a_hole_inside_a_chunk_keeps_the_framing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
