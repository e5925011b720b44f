/* Eight lanes to a set. */
#ifndef __clang__ /* what the next step waits for is added last: the order of sums is as written */
#pragma GCC optimize("no-tree-reassoc")
#endif
#include <immintrin.h>

#include <vigil/isa.h>

#define V               __m256i
#define LANES           8
#define LOAD(at)        _mm256_load_si256((const V *)(at))
#define STORE(at, v)    _mm256_store_si256((V *)(at), v)
#define ADD(a, b)       _mm256_add_epi32(a, b)
#define SET1(k)         _mm256_set1_epi32((int)(k))
#define ROL(v, n)       _mm256_or_si256(_mm256_slli_epi32(v, n), _mm256_srli_epi32(v, 32 - (n)))
#define ROR(v, n)       ROL(v, 32 - (n))
#define SHR(v, n)       _mm256_srli_epi32(v, n)
#define XOR(a, b)       _mm256_xor_si256(a, b)
#define XOR3(a, b, c)   _mm256_xor_si256(_mm256_xor_si256(a, b), c)
#define SELECT(a, b, c) _mm256_xor_si256(_mm256_and_si256(_mm256_xor_si256(b, c), a), c) /* a ? b : c */
#define MAJOR(a, b, c)  _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(_mm256_or_si256(a, b), c))
#define MD5_I(b, c, d)  _mm256_xor_si256(c, _mm256_or_si256(b, _mm256_xor_si256(d, _mm256_set1_epi32(-1))))
#define SWAP(v)                                                                                             \
	_mm256_shuffle_epi8(v, _mm256_set_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203, 0x0c0d0e0f, \
						0x08090a0b, 0x04050607, 0x00010203))
#define TIER_NAME     vg_wide_tier_avx2
#define TIER_SHA      vg_wide_tier_avx2_sha
#define TIER_ISA      VG_ISA_AVX2
#define MIN_LANES     2, 4, 3 /* vg_wide_tier.min_lanes, without SHA extensions */
#define SHA1_IN_LANES 6u      /* with them: from how many on SHA-1 is faster in lanes */

/* Half of the rows of 16 words of 8 streams becomes vectors of one word of all. */
static inline void gather_half(V w[8], const unsigned char *const from[LANES], unsigned long off)
{
	V r[8], t[8];

	VG_UNROLL
	for (int i = 0; i < 8; i++)
		r[i] = _mm256_loadu_si256((const V *)(from[i] + off));
	VG_UNROLL
	for (int i = 0; i < 4; i++) {
		t[2 * i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
		t[2 * i + 1] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
	}
	VG_UNROLL
	for (int i = 0; i < 2; i++) {
		r[4 * i] = _mm256_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
		r[4 * i + 1] = _mm256_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
		r[4 * i + 2] = _mm256_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
		r[4 * i + 3] = _mm256_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
	}
	VG_UNROLL
	for (int k = 0; k < 4; k++) {
		w[k] = _mm256_permute2x128_si256(r[k], r[4 + k], 0x20);
		w[4 + k] = _mm256_permute2x128_si256(r[k], r[4 + k], 0x31);
	}
}
static inline void gather(V w[16], const unsigned char *const from[LANES], unsigned long off)
{
	gather_half(w, from, off);
	gather_half(w + 8, from, off + 32);
}
#define SHA256_ROWS(...) 0u /* needs more registers */
#include "hashing/digest/wide_body.inc"
