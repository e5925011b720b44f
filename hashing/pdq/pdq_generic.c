/* The tier of every x86-64-v2 machine: four floats at a time. It is the specification of the others. */
#define VEC          4
#define SHUFFLE_LOW  0, 4, 1, 5
#define SHUFFLE_HIGH 2, 6, 3, 7
#define TIER_NAME    vg_pdq_tier_generic
#define TIER_ISA     VG_ISA_GENERIC
#define ABOVE(a, b)  (unsigned)_mm_movemask_ps((__m128)((a) > (b)))
#define BELOW(a, b)  (unsigned)_mm_movemask_ps((__m128)((a) < (b)))
#define BYTES(p)     (vec) _mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_loadu_si32(p)))
#include "hashing/pdq/pdq_body.inc"
