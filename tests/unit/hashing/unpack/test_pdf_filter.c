/* pdf_filter: the standard's own LZW example, codes of all lengths, run lengths, predictors, and what breaks or is
 * too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/unpack/pdf_filter.h"
#include "tests/lib/guard.h"

#define MAX_BYTES 60000u

struct rig {
	struct vg_budget budget;
	struct vg_pdf_out out;
};
static void begin(struct rig *r, size_t n_max)
{
	memset(r, 0, sizeof(*r));
	r->budget.max_bytes = 1 << 20;
	r->out.budget = &r->budget;
	r->out.n_max = n_max;
}

static void lzw_reads_the_example_of_the_standard(void **state)
{
	static const uint8_t packed[] = { 0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01 };
	static const uint8_t plain[] = { 45, 45, 45, 45, 45, 65, 45, 45, 45, 66 };
	struct rig r;
	(void)state;
	for (size_t n = 0; n <= sizeof(packed); n++) {
		uint8_t *copy = vg_guard_copy(packed, n);
		begin(&r, 1000);
		assert_int_equal(vg_pdf_lzw((struct vg_span){ copy, n }, true, &r.out), n == sizeof(packed));
		assert_true(r.out.n <= sizeof(plain));
		assert_memory_equal(r.out.at ? r.out.at : plain, plain, r.out.n);
		assert_int_equal(r.budget.n_made, r.out.n);
		free(r.out.at);
		vg_guard_free(copy, n);
	}
	begin(&r, 4);
	assert_true(vg_pdf_lzw((struct vg_span){ packed, sizeof(packed) }, true, &r.out));
	assert_int_equal(r.out.n, 4);
	free(r.out.at);
}

/* LZW as an encoder writes it that looks its strings up one by one: slow and plain. */
struct encoder {
	uint8_t *to;
	size_t n_bits, n_codes;
	unsigned early;
	uint32_t off[4096], n[4096];
};
static void put(struct encoder *e, unsigned code)
{
	unsigned n = (unsigned)e->n_codes + e->early, width = n <= 512 ? 9 : n <= 1024 ? 10 : n <= 2048 ? 11 : 12;
	for (unsigned i = width; i--; e->n_bits++)
		e->to[e->n_bits / 8] |= (uint8_t)((code >> i & 1) << (7 - e->n_bits % 8));
}
static size_t encode(struct encoder *e, const uint8_t *in, size_t n_in, unsigned early)
{
	e->n_bits = 0;
	e->n_codes = 258;
	e->early = early;
	put(e, 256);
	for (size_t at = 0; at < n_in;) {
		unsigned best = in[at];
		uint32_t n_best = 1;
		for (unsigned c = 258; c < e->n_codes; c++)
			if (e->n[c] > n_best && e->n[c] <= n_in - at && !memcmp(in + at, in + e->off[c], e->n[c])) {
				best = c;
				n_best = e->n[c];
			}
		put(e, best);
		e->off[e->n_codes] = (uint32_t)at;
		e->n[e->n_codes++] = n_best + 1;
		at += n_best;
		if (e->n_codes == 4094) {
			put(e, 256);
			e->n_codes = 258;
		}
	}
	put(e, 257);
	return (e->n_bits + 7) / 8;
}

static void lzw_gives_back_what_was_packed(void **state)
{
	struct encoder *e = calloc(1, sizeof(*e));
	uint8_t *plain = malloc(MAX_BYTES), *packed = calloc(1, 2 * MAX_BYTES);
	unsigned seed = (unsigned)time(NULL);
	struct rig r;
	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (unsigned i = 0; i < 6; i++) {
		size_t n = (size_t)rand() % MAX_BYTES, n_packed;
		for (size_t k = 0; k < n; k++)
			plain[k] = (uint8_t)(i < 3 ? rand() % 3 : rand());
		memset(packed, 0, 2 * MAX_BYTES);
		e->to = packed;
		n_packed = encode(e, plain, n, i % 2);
		begin(&r, MAX_BYTES);
		assert_true(vg_pdf_lzw((struct vg_span){ packed, n_packed }, i % 2, &r.out));
		assert_int_equal(r.out.n, n);
		assert_memory_equal(r.out.at ? r.out.at : plain, plain, n);
		free(r.out.at);
		for (size_t k = 0; k < n_packed; k++) /* rubbish is no more than broken */
			packed[k] = (uint8_t)rand();
		begin(&r, MAX_BYTES);
		(void)vg_pdf_lzw((struct vg_span){ packed, n_packed }, i % 2, &r.out);
		assert_true(r.out.n <= MAX_BYTES);
		free(r.out.at);
	}
	free(plain);
	free(packed);
	free(e);
}

static void run_lengths_end_at_their_mark(void **state)
{
	static const uint8_t packed[] = { 2, 'a', 'b', 'c', 254, 'd', 0, 'e', 128, 9, 9 };
	struct rig r;
	(void)state;
	for (size_t n = 0; n <= sizeof(packed); n++) {
		uint8_t *copy = vg_guard_copy(packed, n);
		begin(&r, 100);
		assert_int_equal(vg_pdf_run_lengths((struct vg_span){ copy, n }, &r.out), n >= 9);
		assert_memory_equal(r.out.at ? r.out.at : packed, "abcddde", r.out.n);
		assert_int_equal(n < 9 || r.out.n == 7, 1);
		free(r.out.at);
		vg_guard_free(copy, n);
	}
}

static void what_is_too_much_for_the_purse_stops(void **state)
{
	uint8_t packed[2048];
	struct rig r;
	(void)state;
	for (size_t i = 0; i < sizeof(packed); i++)
		packed[i] = i % 2 ? 'x' : 129;
	begin(&r, SIZE_MAX);
	r.budget.max_bytes = 1000;
	assert_false(vg_pdf_run_lengths((struct vg_span){ packed, sizeof(packed) }, &r.out));
	assert_true(r.budget.spent && r.out.n <= 1000);
	free(r.out.at);
}

static void unpredicted(const struct vg_pdf_predictor *p, const char *in, size_t n_in, const char *want, size_t n_want)
{
	struct rig r;
	begin(&r, 1000);
	assert_true(vg_pdf_put(&r.out, (const uint8_t *)in, n_in));
	assert_true(vg_pdf_unpredict(p, &r.out));
	assert_int_equal(r.out.n, n_want);
	assert_memory_equal(r.out.at, want, n_want);
	free(r.out.at);
}

static void predictors_are_undone_row_by_row(void **state)
{
	struct rig r;
	(void)state;
	/* none, left, up, average, the nearest of three; the last row is cut and goes */
	unpredicted(&(struct vg_pdf_predictor){ 15, 1, 8, 3 }, "\0\1\2\3\1\1\1\1\2\1\1\1\3\1\1\1\4\1\1\1\0\1", 22,
		    "\1\2\3\1\2\3\2\3\4\2\3\4\3\4\5", 15);
	unpredicted(&(struct vg_pdf_predictor){ 2, 3, 8, 2 }, "\1\2\3\1\1\1", 6, "\1\2\3\2\3\4", 6);
	unpredicted(&(struct vg_pdf_predictor){ 2, 1, 16, 2 }, "\0\xff\0\2", 4, "\0\xff\1\1", 4);
	unpredicted(&(struct vg_pdf_predictor){ 2, 1, 4, 4 }, "\x11\x1f", 2, "\x12\x32", 2);
	unpredicted(&(struct vg_pdf_predictor){ 2, 1, 1, 8 }, "\xff", 1, "\xaa", 1);
	unpredicted(&(struct vg_pdf_predictor){ 1, 0, 0, 0 }, "ab", 2, "ab", 2);
	static const struct vg_pdf_predictor wrong[] = { { 3, 1, 8, 1 },         { 15, 0, 8, 1 },  { 15, 33, 8, 1 },
							 { 15, 1, 7, 1 },        { 15, 1, 32, 1 }, { 15, 1, 8, 0 },
							 { 2, 1, 8, UINT32_MAX } };
	begin(&r, 10);
	assert_true(vg_pdf_put(&r.out, (const uint8_t *)"abc", 3));
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(vg_pdf_unpredict(&wrong[i], &r.out));
	free(r.out.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lzw_reads_the_example_of_the_standard),
		cmocka_unit_test(lzw_gives_back_what_was_packed),
		cmocka_unit_test(run_lengths_end_at_their_mark),
		cmocka_unit_test(what_is_too_much_for_the_purse_stops),
		cmocka_unit_test(predictors_are_undone_row_by_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
