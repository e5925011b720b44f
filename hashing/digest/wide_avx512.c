/* Sixteen lanes to a set; two sets keep the adders busy while the one waits for itself. */
#ifndef __clang__ /* what the next step waits for is added last: the order of sums is as written */
#pragma GCC optimize("no-tree-reassoc")
#endif
#include <immintrin.h>

#include <vigil/isa.h>

#include "hashing/digest/wide_sha256.h"

#define V               __m512i
#define LANES           16
#define LOAD(at)        _mm512_load_si512(at)
#define STORE(at, v)    _mm512_store_si512(at, v)
#define ADD(a, b)       _mm512_add_epi32(a, b)
#define SET1(k)         _mm512_set1_epi32((int)(k))
#define ROL(v, n)       _mm512_rol_epi32(v, n)
#define ROR(v, n)       _mm512_ror_epi32(v, n)
#define SHR(v, n)       _mm512_srli_epi32(v, n)
#define XOR(a, b)       _mm512_xor_si512(a, b)
#define XOR3(a, b, c)   _mm512_ternarylogic_epi32(a, b, c, 0x96)
#define SELECT(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0xca) /* a ? b : c */
#define MAJOR(a, b, c)  _mm512_ternarylogic_epi32(a, b, c, 0xe8)
#define MD5_I(b, c, d)  _mm512_ternarylogic_epi32(b, c, d, 0x39) /* c ^ (b | ~d) */
#define SWAP(v)         _mm512_shuffle_epi8(v, _mm512_set4_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203))
#define TIER_NAME       vg_wide_tier_avx512
#define TIER_SHA        vg_wide_tier_avx512_sha
#define TIER_ISA        VG_ISA_AVX512
#define MIN_LANES       2, 4, 3 /* vg_wide_tier.min_lanes, without SHA extensions */
#define SHA1_IN_LANES   10u     /* with them: from how many on SHA-1 is faster in lanes */

/* Rows of 16 words of 16 streams become vectors of one word of all. */
static inline void gather(V w[16], const unsigned char *const from[LANES], unsigned long off)
{
	V r[16], t[16];

	VG_UNROLL
	for (int i = 0; i < 16; i++)
		r[i] = _mm512_loadu_si512(from[i] + off);
	VG_UNROLL
	for (int i = 0; i < 8; i++) {
		t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
		t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
	}
	VG_UNROLL
	for (int i = 0; i < 4; i++) { /* r[4 * i + k]: word k of each quarter, of streams 4 * i .. 4 * i + 3 */
		r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
		r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
		r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
		r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
	}
	VG_UNROLL
	for (int k = 0; k < 4; k++) {
		V low = _mm512_shuffle_i32x4(r[k], r[4 + k], 0x44), high = _mm512_shuffle_i32x4(r[k], r[4 + k], 0xee);
		V low2 = _mm512_shuffle_i32x4(r[8 + k], r[12 + k], 0x44);
		V high2 = _mm512_shuffle_i32x4(r[8 + k], r[12 + k], 0xee);
		w[k] = _mm512_shuffle_i32x4(low, low2, 0x88);
		w[4 + k] = _mm512_shuffle_i32x4(low, low2, 0xdd);
		w[8 + k] = _mm512_shuffle_i32x4(high, high2, 0x88);
		w[12 + k] = _mm512_shuffle_i32x4(high, high2, 0xdd);
	}
}
static unsigned sha256_rows(struct vg_wide_state *state, const uint8_t *const *from, uint8_t *const *copies,
			    size_t n_blocks, unsigned n_lanes);
#define SHA256_ROWS sha256_rows
#include "hashing/digest/wide_body.inc"

/* As many rows of eight lanes as there are; how many lanes these are. */
static unsigned sha256_rows(struct vg_wide_state *state, const uint8_t *const *from, uint8_t *const *copies,
			    size_t n_blocks, unsigned n_lanes)
{
	unsigned n_rows = n_lanes / VG_WIDE_ROW_LANES;

	if (n_rows)
		vg_wide_sha256_rows(state->sha256, from, copies, n_blocks, n_rows, sha256_k);
	return n_rows * VG_WIDE_ROW_LANES;
}
