/* chain: every helper against the flat bytes, for all ways a small file can be cut into spans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hashing/chain/chain.h"
#include "tests/lib/picture.h"

#define N 13

static const uint8_t flat[N] = "abcdefghijklm";

/* Cuts flat behind each byte whose bit is set. */
static struct vg_chain cut(unsigned bits, struct vg_span spans[N])
{
	struct vg_chain c = { spans, 0, N };
	size_t begin = 0;
	for (size_t i = 1; i <= N; i++)
		if (i == N || bits >> (i - 1) & 1) {
			spans[c.n_spans++] = (struct vg_span){ flat + begin, i - begin };
			begin = i;
		}
	return c;
}

static void a_copy_of_any_range_is_the_flat_bytes_however_they_are_cut(void **state)
{
	struct vg_span spans[N];
	uint8_t got[N + 1];
	(void)state;
	for (unsigned bits = 0; bits < 1u << (N - 1); bits += 7) {
		struct vg_chain c = cut(bits, spans);
		for (size_t off = 0; off <= N + 1; off++)
			for (size_t n = 0; n <= N + 1; n++) {
				size_t want = off >= N ? 0 : n < N - off ? n : N - off;
				assert_int_equal(vg_chain_copy(&c, off, got, n), want);
				if (want)
					assert_memory_equal(got, flat + off, want);
			}
	}
}

static void pieces_come_in_order_and_never_longer_than_asked(void **state)
{
	struct vg_span spans[N];
	(void)state;
	for (unsigned bits = 0; bits < 1u << (N - 1); bits += 5)
		for (size_t most = 1; most <= N; most++) {
			struct vg_chain c = cut(bits, spans);
			struct vg_chain_reader r;
			struct vg_span piece;
			size_t at = 0;
			vg_chain_reader_init(&r, &c);
			while ((piece = vg_chain_next(&r, most)).n_bytes) {
				assert_true(piece.n_bytes <= most);
				assert_ptr_equal(piece.at, flat + at);
				at += piece.n_bytes;
				assert_int_equal(r.off, at);
				assert_int_equal(vg_chain_left(&r), N - at);
			}
			assert_int_equal(at, N);
		}
}

static void reading_and_skipping_move_alike_and_stop_at_the_end(void **state)
{
	struct vg_span spans[N];
	uint64_t seed = 1;
	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct vg_chain c = cut((unsigned)vg_random(&seed) & ((1u << (N - 1)) - 1), spans);
		struct vg_chain_reader a, b;
		uint8_t got[N];
		vg_chain_reader_init(&a, &c);
		vg_chain_reader_init(&b, &c);
		for (size_t at = 0; at < N;) {
			size_t n = vg_random(&seed) % 6, left = N - at;
			assert_int_equal(vg_chain_read(&a, got, n), n < left ? n : left);
			assert_int_equal(vg_chain_skip(&b, n), n < left ? n : left);
			at += n < left ? n : left;
			assert_int_equal(a.off, at);
			assert_int_equal(b.off, at);
			assert_int_equal(a.span_idx, b.span_idx);
			assert_int_equal(a.span_off, b.span_off);
		}
		assert_int_equal(vg_chain_read(&a, got, 1), 0);
		assert_int_equal(vg_chain_skip(&b, 1), 0);
	}
}

static void a_part_of_a_chain_holds_just_its_range_or_says_why_not(void **state)
{
	struct vg_span spans[N], own[N];
	uint8_t got[N];
	(void)state;
	for (unsigned bits = 0; bits < 1u << (N - 1); bits += 11) {
		struct vg_chain c = cut(bits, spans), part;
		for (size_t off = 0; off <= N; off++)
			for (size_t n = 0; n <= N; n++) {
				enum vg_err err = vg_chain_sub(&c, off, n, own, N, &part);
				if (n > N - off) {
					assert_int_equal(err, VG_ERANGE);
					continue;
				}
				assert_int_equal(err, VG_OK);
				assert_int_equal(part.n_bytes, n);
				assert_int_equal(vg_chain_copy(&part, 0, got, N), n);
				if (n)
					assert_memory_equal(got, flat + off, n);
			}
		if (c.n_spans > 2)
			assert_int_equal(vg_chain_sub(&c, 0, N, own, c.n_spans - 1, &part), VG_EFULL);
		assert_int_equal(vg_chain_sub(&c, UINT64_MAX, 2, own, N, &part), VG_ERANGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_of_any_range_is_the_flat_bytes_however_they_are_cut),
		cmocka_unit_test(pieces_come_in_order_and_never_longer_than_asked),
		cmocka_unit_test(reading_and_skipping_move_alike_and_stop_at_the_end),
		cmocka_unit_test(a_part_of_a_chain_holds_just_its_range_or_says_why_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
