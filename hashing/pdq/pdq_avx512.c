/* Sixteen floats at a time. */
#define VEC          16
#define SHUFFLE_LOW  0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define SHUFFLE_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define TIER_NAME    vg_pdq_tier_avx512
#define TIER_ISA     VG_ISA_AVX512
#define ABOVE(a, b)  (unsigned)_mm512_cmp_ps_mask((__m512)(a), (__m512)(b), _CMP_GT_OQ)
#define BELOW(a, b)  (unsigned)_mm512_cmplt_epi32_mask((__m512i)(a), (__m512i)(b))
#define BYTES(p)     (vec) _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(p))))
#include "hashing/pdq/pdq_body.inc"
