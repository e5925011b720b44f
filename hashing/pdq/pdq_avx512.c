/* Sixteen floats at a time. */
#define VEC          16
#define SHUFFLE_LOW  0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define SHUFFLE_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define TIER_NAME    vg_pdq_tier_avx512
#define TIER_ISA     VG_ISA_AVX512
#include "hashing/pdq/pdq_body.inc"
