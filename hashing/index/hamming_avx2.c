/* Four hashes at a time; bits are counted by a table of nibbles (VPSHUFB) and summed per 64-bit lane (VPSADBW). */
#include <immintrin.h>
#include <stdint.h>

#define LANES     4
#define TIER_NAME vg_hamming_tier_avx2
#define TIER_ISA  VG_ISA_AVX2

typedef __m256i words;

static inline words load(const uint64_t *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}
static inline words splat(uint64_t value)
{
	return _mm256_set1_epi64x((long long)value);
}
static inline words bits_of_bytes(words x)
{
	const words table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1,
					     2, 2, 3, 2, 3, 3, 4);
	const words nibble = _mm256_set1_epi8(15);
	words low = _mm256_shuffle_epi8(table, _mm256_and_si256(x, nibble));
	words high = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble));
	return _mm256_add_epi8(low, high);
}
static inline words distance(words x, words y)
{
	return _mm256_sad_epu8(_mm256_add_epi8(bits_of_bytes(x), bits_of_bytes(y)), _mm256_setzero_si256());
}
/* Distances are at most 128: comparing 32-bit halves compares the lanes. */
static inline words smaller(words a, words b)
{
	return _mm256_min_epu32(a, b);
}
static inline unsigned within(words d, uint32_t limit)
{
	words above = _mm256_cmpgt_epi64(d, _mm256_set1_epi64x(limit));
	return ~(unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(above)) & 15;
}
#include "hashing/index/hamming_body.inc"
