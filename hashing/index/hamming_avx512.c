/* Eight hashes at a time, by VPOPCNTQ. */
#include <immintrin.h>
#include <stdint.h>

#define LANES     8
#define TIER_NAME vg_hamming_tier_avx512
#define TIER_ISA  VG_ISA_AVX512

typedef __m512i words;

static inline words load(const uint64_t *p)
{
	return _mm512_loadu_si512(p);
}
static inline words splat(uint64_t value)
{
	return _mm512_set1_epi64((long long)value);
}
static inline words distance(words x, words y)
{
	return _mm512_add_epi64(_mm512_popcnt_epi64(x), _mm512_popcnt_epi64(y));
}
static inline words smaller(words a, words b)
{
	return _mm512_min_epu32(a, b); /* distances are at most 128, the upper halves 0 */
}
static inline unsigned within(words d, uint32_t limit)
{
	return _mm512_cmple_epu64_mask(d, _mm512_set1_epi64(limit));
}
#include "hashing/index/hamming_body.inc"
