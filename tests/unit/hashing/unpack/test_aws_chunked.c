/* S3's chunks: whatever the cuts the same data comes out; what are no chunks is said so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/unpack/aws_chunked.h"
#include "tests/lib/guard.h"

static enum vg_step feed(const char *text, size_t n, size_t max_piece, char *out, size_t *n_out)
{
	struct vg_aws_chunked c = { 0 };
	enum vg_step step = VG_MORE;
	*n_out = 0;
	for (size_t at = 0; at < n && step == VG_MORE;) {
		size_t k = 1 + (size_t)random() % max_piece;
		k = k < n - at ? k : n - at;
		uint8_t *copy = vg_guard_copy(text + at, k);
		struct vg_span in = { copy, k }, data;
		while (in.n_bytes && step == VG_MORE) {
			step = vg_aws_chunked_feed(&c, &in, &data);
			memcpy(out + *n_out, data.at, data.n_bytes);
			*n_out += data.n_bytes;
		}
		vg_guard_free(copy, k);
		at += k;
	}
	return step;
}

static void data_comes_out_the_same_however_it_is_cut(void **state)
{
	static const char text[] = "a;chunk-signature=0123456789abcdef\r\n0123456789\r\n"
				   "0003 ;chunk-signature=ff\r\n\r\n!\r\n"
				   "1\nx\n"
				   "0;chunk-signature=00\r\nx-amz-checksum-crc32:AAAA==\r\n\r\n";
	unsigned seed = (unsigned)time(NULL);
	char out[sizeof(text)];
	size_t n_out;
	(void)state;
	printf("seed %u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 2000; round++) {
		assert_int_equal(feed(text, sizeof(text) - 1, 1 + round % 40, out, &n_out), VG_DONE);
		assert_int_equal(n_out, 14);
		assert_memory_equal(out, "0123456789\r\n!x", 14);
	}
}

static void what_are_no_chunks_is_refused(void **state)
{
	static const char *const rows[] = { "\r\nabc", "g\r\n",         "\xff\xd8\xff\xe0",
					    ";x\r\n",  "5\r\nabcdefgh", "111111111111111111\r\n" };
	char out[64];
	size_t n_out;
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 1; piece < 9; piece++)
			assert_int_equal(feed(rows[i], strlen(rows[i]), piece, out, &n_out), VG_BAD);
}

static void a_line_has_a_limit(void **state)
{
	static char text[VG_AWS_CHUNKED_MAX_LINE + 2], out[8];
	size_t n_out;
	(void)state;
	memset(text, '0', sizeof(text));
	assert_int_equal(feed(text, sizeof(text), 100, out, &n_out), VG_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_comes_out_the_same_however_it_is_cut),
		cmocka_unit_test(what_are_no_chunks_is_refused),
		cmocka_unit_test(a_line_has_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
