/* Heads in pieces: the same head comes out however it is cut, and a full pool says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/proto/http1/http1_priv.h"
#include "tests/lib/guard.h"

static void pools_make(struct vg_proto *p, struct vg_http1 *http1, uint32_t n_small, uint32_t n_large)
{
	memset(p, 0, sizeof(*p));
	memset(http1, 0, sizeof(*http1));
	p->shared[VG_APP_HTTP1] = http1;
	assert_int_equal(vg_pool_create(&vg_http1_of(p)->small, n_small, VG_GATHER_SMALL), VG_OK);
	assert_int_equal(vg_pool_create(&vg_http1_of(p)->large, n_large, VG_GATHER_LARGE), VG_OK);
}

static void pools_free(struct vg_proto *p)
{
	assert_int_equal(vg_pool_n_out(&vg_http1_of(p)->small), 0);
	assert_int_equal(vg_pool_n_out(&vg_http1_of(p)->large), 0);
	vg_pool_destroy(&vg_http1_of(p)->small);
	vg_pool_destroy(&vg_http1_of(p)->large);
}

/* Feeds text in pieces of up to max_piece; returns the step that was not VG_MORE, *n_used how far it went. */
static enum vg_step feed(struct vg_proto *p, struct vg_http1_dir *d, const char *text, size_t n, size_t max_piece,
			 size_t *n_used, struct vg_http1_head *head, char host[16])
{
	enum vg_step step = VG_MORE;
	*n_used = 0;
	while (*n_used < n && step == VG_MORE) {
		size_t n_piece = 1 + (size_t)random() % max_piece, n_eaten;
		n_piece = n_piece < n - *n_used ? n_piece : n - *n_used;
		uint8_t *copy = vg_guard_copy(text + *n_used, n_piece);
		for (size_t at = 0; at < n_piece && step == VG_MORE; at += n_eaten) {
			step = vg_http1_gather_feed(p, d, copy + at, n_piece - at, &n_eaten, head);
			*n_used += n_eaten;
		}
		if (step == VG_DONE)
			snprintf(host, 16, "%.*s", (int)head->host.n_bytes, (const char *)head->host.at);
		vg_guard_free(copy, n_piece);
	}
	return step;
}

static void a_head_of_any_size_and_cut_comes_out_the_same(void **state)
{
	static char text[VG_HTTP1_MAX_HEAD_BYTES + 2000];
	unsigned seed = (unsigned)time(NULL);
	struct vg_proto *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	pools_make(p, &(struct vg_http1){ 0 }, 1, 1);
	for (unsigned round = 0; round < 300; round++) {
		struct vg_http1_dir d = { 0 };
		struct vg_http1_head head;
		char host[16];
		size_t n_used, n_pad = (size_t)random() % (random() % 2 ? 100 : 60000), n;
		n = (size_t)sprintf(text, "GET /x HTTP/1.1\r\nX: ");
		memset(text + n, 'p', n_pad);
		n += n_pad;
		n += (size_t)sprintf(text + n, "\r\nHost: me\r\n\r\n");
		memcpy(text + n, "body", 4);
		assert_int_equal(feed(p, &d, text, n + 4, 1 + (size_t)random() % 3000, &n_used, &head, host), VG_DONE);
		assert_int_equal(n_used, n);
		assert_string_equal(host, "me");
		vg_http1_gather_drop(p, &d);
	}
	pools_free(p);
	free(p);
}

static void a_head_beyond_the_limit_is_bad(void **state)
{
	static char text[VG_HTTP1_MAX_HEAD_BYTES + 2000];
	struct vg_proto *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	struct vg_http1_head head;
	char host[16];
	size_t n_used;
	(void)state;
	pools_make(p, &(struct vg_http1){ 0 }, 1, 1);
	memset(text, 'p', sizeof(text));
	memcpy(text, "GET /x HTTP/1.1\r\n", 17);
	memcpy(text + VG_HTTP1_MAX_HEAD_BYTES - 2, "\n\n\n", 3);
	for (size_t max_piece = 1000; max_piece < 3 * sizeof(text); max_piece *= 3) {
		struct vg_http1_dir d = { 0 };
		text[VG_HTTP1_MAX_HEAD_BYTES - 1] = '\n';
		assert_int_equal(feed(p, &d, text, sizeof(text), max_piece, &n_used, &head, host), VG_DONE);
		assert_int_equal(n_used, VG_HTTP1_MAX_HEAD_BYTES);
		vg_http1_gather_drop(p, &d);
		text[VG_HTTP1_MAX_HEAD_BYTES - 1] = 'p';
		assert_int_equal(feed(p, &d, text, sizeof(text), max_piece, &n_used, &head, host), VG_BAD);
		assert_int_equal(n_used, VG_HTTP1_MAX_HEAD_BYTES);
		vg_http1_gather_drop(p, &d);
	}
	pools_free(p);
	free(p);
}

static void a_full_pool_lets_the_head_go(void **state)
{
	static char text[8000];
	struct vg_proto *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	struct vg_http1_head head;
	char host[16];
	size_t n_used;
	struct vg_http1_dir a = { 0 }, b = { 0 };
	(void)state;
	pools_make(p, &(struct vg_http1){ 0 }, 1, 0);
	memset(text, 'p', sizeof(text));
	assert_int_equal(feed(p, &a, text, 100, 10, &n_used, &head, host), VG_MORE);
	assert_int_equal(feed(p, &b, text, 100, 10, &n_used, &head, host), VG_SKIP);
	assert_int_equal(feed(p, &a, text, sizeof(text), 1000, &n_used, &head, host), VG_SKIP);
	vg_http1_gather_drop(p, &a);
	vg_http1_gather_drop(p, &b);
	pools_free(p);
	free(p);
}

static void a_candidate_whose_line_is_no_text_is_dropped_at_that_byte(void **state)
{
	struct vg_proto *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	struct vg_http1_head head;
	char host[16];
	size_t n_used;
	(void)state;
	pools_make(p, &(struct vg_http1){ 0 }, 1, 0);
	for (size_t max_piece = 1; max_piece < 20; max_piece++) {
		struct vg_http1_dir d = { .is_tentative = 1 };
		assert_int_equal(vg_http1_gather_put(p, &d, (const uint8_t *)"GET /", 5), VG_MORE);
		assert_int_equal(feed(p, &d, "abc\001def", 7, max_piece, &n_used, &head, host), VG_BAD);
		assert_int_equal(n_used, 3);
		vg_http1_gather_drop(p, &d);
		d = (struct vg_http1_dir){ .is_tentative = 1 };
		assert_int_equal(vg_http1_gather_put(p, &d, (const uint8_t *)"GET /", 5), VG_MORE);
		assert_int_equal(feed(p, &d, "abc\r\nGET / HTTP", 15, max_piece, &n_used, &head, host), VG_BAD);
		assert_int_equal(n_used, 5);
		vg_http1_gather_drop(p, &d);
	}
	pools_free(p);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_of_any_size_and_cut_comes_out_the_same),
		cmocka_unit_test(a_head_beyond_the_limit_is_bad),
		cmocka_unit_test(a_full_pool_lets_the_head_go),
		cmocka_unit_test(a_candidate_whose_line_is_no_text_is_dropped_at_that_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
