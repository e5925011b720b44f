/* The tier of every x86-64-v2 machine: four floats at a time. It is the specification of the others. */
#define VEC          4
#define SHUFFLE_LOW  0, 4, 1, 5
#define SHUFFLE_HIGH 2, 6, 3, 7
#define TIER_NAME    vg_pdq_tier_generic
#define TIER_ISA     VG_ISA_GENERIC
#define ABOVE(a, b)  (unsigned)_mm_movemask_ps((__m128)((a) > (b)))
#define BELOW(a, b)  (unsigned)_mm_movemask_ps((__m128)((a) < (b)))
#include "hashing/pdq/pdq_body.inc"
