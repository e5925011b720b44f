/* The rarer codings: zstd, lzma, xz and the messages of a WebSocket come back at any cut; wrong checksums of gzip are
 * passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <vigil/bytes.h>
#include <vigil/media.h>

#include "hashing/unpack/coding.h"

struct got {
	size_t n;
	char text[65536];
};
static void sink(void *ctx, const uint8_t *bytes, size_t n)
{
	struct got *g = ctx;

	assert_true(g->n + n < sizeof(g->text));
	memcpy(g->text + g->n, bytes, n);
	g->n += n;
	g->text[g->n] = 0;
}

static struct vg_coding_result undo(uint32_t codings, const uint8_t *bytes, size_t n, size_t n_piece, struct got *got)
{
	struct vg_coding_stack *stack = vg_coding_create();
	struct vg_budget budget = { .max_bytes = 1 << 20, .max_ratio = 10000 };
	struct vg_coding_result result;

	assert_non_null(stack);
	got->n = 0;
	vg_coding_begin(stack, codings, 0, &budget, sink, got);
	vg_coding_boundary(stack, "bound", 5);
	for (size_t at = 0; at < n; at += n_piece)
		if (vg_coding_feed(stack, bytes + at, n - at < n_piece ? n - at : n_piece) != VG_MORE)
			break;
	vg_coding_end(stack, &result);
	vg_coding_destroy(stack);
	return result;
}

static const char plain[] = "what was said once is said again, what was said once is said again and again";
static struct got got;

static void hold(uint32_t coding, const uint8_t *bytes, size_t n)
{
	for (size_t piece = 1; piece <= n; piece += piece < 8 ? 1 : n - piece ? n - piece : 1) {
		struct vg_coding_result r = undo(coding, bytes, n, piece, &got);
		assert_string_equal(got.text, plain);
		assert_true(r.coded && !r.bad);
		r = undo(coding, bytes, n - 3, piece, &got);
		assert_true(r.bad);
	}
}

static void zstd_lzma_and_xz_come_back_at_any_cut(void **state)
{
	uint8_t bytes[1024];
	size_t n = ZSTD_compress(bytes, sizeof(bytes), plain, strlen(plain), 3);
	lzma_stream l = LZMA_STREAM_INIT;
	lzma_options_lzma options;
	(void)state;

	hold(VG_CODING_ZSTD, bytes, n);
	n = 0;
	assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, (const uint8_t *)plain, strlen(plain),
						 bytes, &n, sizeof(bytes)),
			 LZMA_OK);
	hold(VG_CODING_LZMA, bytes, n);
	assert_false(lzma_lzma_preset(&options, 6));
	assert_int_equal(lzma_alone_encoder(&l, &options), LZMA_OK);
	l.next_in = (const uint8_t *)plain;
	l.avail_in = strlen(plain);
	l.next_out = bytes;
	l.avail_out = sizeof(bytes);
	assert_int_equal(lzma_code(&l, LZMA_FINISH), LZMA_STREAM_END);
	n = sizeof(bytes) - l.avail_out;
	lzma_end(&l);
	hold(VG_CODING_LZMA, bytes, n);
}

static void what_is_labelled_so_and_is_not_passes_as_it_is(void **state)
{
	(void)state;
	for (uint32_t coding = VG_CODING_ZSTD; coding <= VG_CODING_LZMA; coding++) {
		struct vg_coding_result r = undo(coding, (const uint8_t *)plain, strlen(plain), 5, &got);
		assert_string_equal(got.text, plain);
		assert_true(r.wrong_label && !r.coded);
	}
}

static void a_wrong_checksum_or_length_of_gzip_is_passed_over(void **state)
{
	uint8_t bytes[1024];
	z_stream z = { .next_in = (Bytef *)(uintptr_t)plain,
		       .avail_in = (uInt)strlen(plain),
		       .next_out = bytes,
		       .avail_out = sizeof(bytes) };
	(void)state;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	memset(bytes + z.total_out - 8, 0x55, 8);
	struct vg_coding_result r = undo(VG_CODING_GZIP, bytes, z.total_out, 7, &got);
	assert_string_equal(got.text, plain);
	assert_true(r.coded && !r.bad);
	(void)deflateEnd(&z);
}

/* A record: flags, length, bytes. */
static size_t record(uint8_t *at, uint32_t flags, const uint8_t *bytes, size_t n)
{
	vg_put_be32(at, flags);
	vg_put_be32(at + 4, 0);
	vg_put_be32(at + 8, (uint32_t)n);
	memcpy(at + 12, bytes, n);
	return 12 + n;
}

static const char *const texts[] = { "once upon a time", "once upon a time again", "upon a time" };

static void assert_parts(uint32_t coding, const uint8_t *bytes, size_t n)
{
	for (size_t piece = 1; piece < n; piece++) {
		struct vg_coding_result r = undo(coding, bytes, n, piece, &got);
		assert_true(r.coded && !r.bad);
		assert_string_equal(got.text,
				    "--bound\r\nContent-Disposition: attachment; filename=\"message-1\"\r\n\r\n"
				    "once upon a time\r\n--bound\r\n"
				    "Content-Disposition: attachment; filename=\"message-2\"\r\n\r\n"
				    "once upon a time again\r\n--bound\r\n"
				    "Content-Disposition: attachment; filename=\"message-3\"\r\n\r\n"
				    "upon a time\r\n--bound");
	}
}

static void files_of_one_zstd_stream_become_parts(void **state)
{
	uint8_t bytes[1024], message[256];
	ZSTD_CCtx *z = ZSTD_createCCtx();
	size_t n = 0;
	(void)state;

	for (unsigned i = 0; i < 3; i++) {
		ZSTD_inBuffer in = { texts[i], strlen(texts[i]), 0 };
		ZSTD_outBuffer out = { message, sizeof(message), 0 };
		assert_int_equal(ZSTD_compressStream2(z, &out, &in, ZSTD_e_flush), 0);
		n += record(bytes + n, VG_MESSAGES_FIRST, message, 2);
		n += record(bytes + n, 0, message + 2, out.pos - 2);
		n += record(bytes + n, VG_MESSAGES_LAST, message, 0);
	}
	(void)ZSTD_freeCCtx(z);
	assert_parts(VG_CODING_ZSTD_MESSAGES, bytes, n);
	memset(bytes + 12, 0, 2); /* no zstd */
	assert_true(undo(VG_CODING_ZSTD_MESSAGES, bytes, n, 7, &got).bad);
}

static void messages_that_hang_together_become_parts(void **state)
{
	uint8_t bytes[1024], message[256];
	size_t n = 0, n_message;
	z_stream z = { 0 };
	(void)state;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, 0), Z_OK);
	for (unsigned i = 0; i < 3; i++) {
		z.next_in = (Bytef *)(uintptr_t)texts[i];
		z.avail_in = (uInt)strlen(texts[i]);
		z.next_out = message;
		z.avail_out = sizeof(message);
		assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
		n_message = sizeof(message) - z.avail_out - 4; /* without the tail */
		n += record(bytes + n, VG_MESSAGES_FIRST, message, 3);
		n += record(bytes + n, VG_MESSAGES_LAST, message + 3, n_message - 3);
	}
	(void)deflateEnd(&z);
	assert_parts(VG_CODING_MESSAGES, bytes, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zstd_lzma_and_xz_come_back_at_any_cut),
		cmocka_unit_test(what_is_labelled_so_and_is_not_passes_as_it_is),
		cmocka_unit_test(a_wrong_checksum_or_length_of_gzip_is_passed_over),
		cmocka_unit_test(messages_that_hang_together_become_parts),
		cmocka_unit_test(files_of_one_zstd_stream_become_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
