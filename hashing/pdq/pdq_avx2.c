/* Eight floats at a time. */
#define VEC          8
#define SHUFFLE_LOW  0, 8, 1, 9, 2, 10, 3, 11
#define SHUFFLE_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define TIER_NAME    vg_pdq_tier_avx2
#define TIER_ISA     VG_ISA_AVX2
#define ABOVE(a, b)  (unsigned)_mm256_movemask_ps((__m256)((a) > (b)))
#define BELOW(a, b)  (unsigned)_mm256_movemask_ps((__m256)((a) < (b)))
#define BYTES(p)     (vec) _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(p))))
#include "hashing/pdq/pdq_body.inc"
