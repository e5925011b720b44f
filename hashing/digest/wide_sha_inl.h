#pragma once
/* wide_sha_inl: SHA-1 and SHA-256 by the processor's SHA extensions, up to four streams in flight: a stream waits four
 * cycles for each step of SHA-256, six for four steps of SHA-1, and meanwhile the unit takes the others' (FIPS 180-4
 * 6.1.2, 6.2.2; sha256rnds2 does two rounds, sha1rnds4 four). Compiled by the tiers; runs only where the machine has
 * the extensions. Pure arithmetic over the caller's memory. */
#include <immintrin.h>

#include <vigil/base.h>

#include "hashing/digest/digest.h"
#include "hashing/digest/wide.h"

#define VG_SHA_MAX_WAYS    4u
#define VG_SHA_AHEAD_BYTES 256u /* what is copied is sent for: three streams take about 150 cycles a block */

/* What each stream is at: chaining values a, b, those before the block, and the last 16 words, the next at [i % 4]. */
struct vg_sha_ways {
	__m128i a[VG_SHA_MAX_WAYS], b[VG_SHA_MAX_WAYS], w[VG_SHA_MAX_WAYS][4];
	__m128i a0[VG_SHA_MAX_WAYS], b0[VG_SHA_MAX_WAYS];
};

#define VG_SHA_INLINE static inline __attribute__((always_inline))

/* Begins a block of n streams: its words in the order of their bytes. It is copied to `to`, where that is not NULL. */
VG_SHA_INLINE void vg_sha_read(struct vg_sha_ways *x, const uint8_t *const *from, uint8_t *const *to, size_t off,
			       unsigned n, __m128i order)
{
	VG_UNROLL
	for (unsigned s = 0; s < n; s++) {
		const __m128i *at = (const void *)(from[s] + off);
		VG_UNROLL
		for (unsigned i = 0; i < 4; i++) {
			__m128i raw = _mm_loadu_si128(at + i);
			if (to)
				_mm_storeu_si128((__m128i *)(void *)(to[s] + off) + i, raw);
			x->w[s][i] = _mm_shuffle_epi8(raw, order);
		}
		if (to)
			__builtin_prefetch(from[s] + off + VG_SHA_AHEAD_BYTES);
		x->a0[s] = x->a[s];
		x->b0[s] = x->b[s];
	}
}

/* All 64 rounds of a block that was read; a: words a b e f, b: c d g h. */
VG_SHA_INLINE void vg_sha256_block(struct vg_sha_ways *x, const uint32_t *k, unsigned n)
{
	VG_UNROLL
	for (unsigned i = 0; i < 16; i++) {
		__m128i ki = _mm_loadu_si128((const __m128i *)(const void *)k + i);
		VG_UNROLL
		for (unsigned s = 0; s < n; s++) {
			__m128i *w = x->w[s], m = _mm_add_epi32(w[i & 3], ki);
			x->b[s] = _mm_sha256rnds2_epu32(x->b[s], x->a[s], m);
			x->a[s] = _mm_sha256rnds2_epu32(x->a[s], x->b[s], _mm_shuffle_epi32(m, 0x0e));
			if (i < 12)
				w[i & 3] = _mm_sha256msg2_epu32(
					_mm_add_epi32(_mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]),
						      _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4)),
					w[(i + 3) & 3]);
		}
	}
	VG_UNROLL
	for (unsigned s = 0; s < n; s++) {
		x->a[s] = _mm_add_epi32(x->a[s], x->a0[s]);
		x->b[s] = _mm_add_epi32(x->b[s], x->b0[s]);
	}
}

/* Group i of four steps, of the i / 5th function; a: words a to d, b: e in the highest. */
VG_SHA_INLINE void vg_sha1_group(struct vg_sha_ways *x, unsigned i, unsigned n)
{
	VG_UNROLL
	for (unsigned s = 0; s < n; s++) {
		__m128i *w = x->w[s], a = x->a[s];
		__m128i e = i ? _mm_sha1nexte_epu32(x->b[s], w[i & 3]) : _mm_add_epi32(x->b[s], w[0]);
		x->b[s] = a;
		x->a[s] = i < 5    ? _mm_sha1rnds4_epu32(a, e, 0)
			  : i < 10 ? _mm_sha1rnds4_epu32(a, e, 1)
			  : i < 15 ? _mm_sha1rnds4_epu32(a, e, 2)
				   : _mm_sha1rnds4_epu32(a, e, 3);
		if (i < 16)
			w[i & 3] = _mm_sha1msg2_epu32(
				_mm_xor_si128(_mm_sha1msg1_epu32(w[i & 3], w[(i + 1) & 3]), w[(i + 2) & 3]),
				w[(i + 3) & 3]);
	}
}

/* All 80 steps of a block that was read. */
VG_SHA_INLINE void vg_sha1_block(struct vg_sha_ways *x, unsigned n)
{
	VG_UNROLL
	for (unsigned i = 0; i < 16; i++)
		vg_sha1_group(x, i, n);
	VG_UNROLL
	for (unsigned i = 16; i < 20; i++)
		vg_sha1_group(x, i, n);
	VG_UNROLL
	for (unsigned s = 0; s < n; s++) {
		x->a[s] = _mm_add_epi32(x->a[s], x->a0[s]);
		x->b[s] = _mm_sha1nexte_epu32(x->b[s], x->b0[s]);
	}
}

/* n_blocks blocks of lanes begin .. begin + n - 1; k: the 64 constants. */
VG_SHA_INLINE void vg_sha256_ways(uint32_t h[][VG_WIDE_MAX_LANES], const uint8_t *const *from, uint8_t *const *to,
				  size_t n_blocks, unsigned begin, unsigned n, const uint32_t *k)
{
	const __m128i order = _mm_set_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203);
	struct vg_sha_ways x;

	for (unsigned s = 0, i = begin; s < n; s++, i++) {
		x.a[s] = _mm_set_epi32((int)h[0][i], (int)h[1][i], (int)h[4][i], (int)h[5][i]);
		x.b[s] = _mm_set_epi32((int)h[2][i], (int)h[3][i], (int)h[6][i], (int)h[7][i]);
	}
	for (size_t at = 0; at < n_blocks; at++) {
		vg_sha_read(&x, from + begin, to ? to + begin : NULL, at * VG_WIDE_BLOCK_BYTES, n, order);
		vg_sha256_block(&x, k, n);
	}
	for (unsigned s = 0, i = begin; s < n; s++, i++) {
		h[0][i] = (uint32_t)_mm_extract_epi32(x.a[s], 3), h[1][i] = (uint32_t)_mm_extract_epi32(x.a[s], 2);
		h[4][i] = (uint32_t)_mm_extract_epi32(x.a[s], 1), h[5][i] = (uint32_t)_mm_extract_epi32(x.a[s], 0);
		h[2][i] = (uint32_t)_mm_extract_epi32(x.b[s], 3), h[3][i] = (uint32_t)_mm_extract_epi32(x.b[s], 2);
		h[6][i] = (uint32_t)_mm_extract_epi32(x.b[s], 1), h[7][i] = (uint32_t)_mm_extract_epi32(x.b[s], 0);
	}
}

/* The same of SHA-1. */
VG_SHA_INLINE void vg_sha1_ways(uint32_t h[][VG_WIDE_MAX_LANES], const uint8_t *const *from, size_t n_blocks,
				unsigned begin, unsigned n)
{
	const __m128i order = _mm_set_epi32(0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f);
	struct vg_sha_ways x;

	for (unsigned s = 0, i = begin; s < n; s++, i++) {
		x.a[s] = _mm_set_epi32((int)h[0][i], (int)h[1][i], (int)h[2][i], (int)h[3][i]);
		x.b[s] = _mm_set_epi32((int)h[4][i], 0, 0, 0);
	}
	for (size_t at = 0; at < n_blocks; at++) {
		vg_sha_read(&x, from + begin, NULL, at * VG_WIDE_BLOCK_BYTES, n, order);
		vg_sha1_block(&x, n);
	}
	for (unsigned s = 0, i = begin; s < n; s++, i++) {
		h[0][i] = (uint32_t)_mm_extract_epi32(x.a[s], 3), h[1][i] = (uint32_t)_mm_extract_epi32(x.a[s], 2);
		h[2][i] = (uint32_t)_mm_extract_epi32(x.a[s], 1), h[3][i] = (uint32_t)_mm_extract_epi32(x.a[s], 0);
		h[4][i] = (uint32_t)_mm_extract_epi32(x.b[s], 3);
	}
}
