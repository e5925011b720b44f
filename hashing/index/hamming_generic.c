/* One hash at a time, by the popcnt instruction. It is the specification of the other tiers. */
#include <stdint.h>

#define LANES     1
#define TIER_NAME vg_hamming_tier_generic
#define TIER_ISA  VG_ISA_GENERIC

typedef uint64_t words;

static inline words load(const uint64_t *p)
{
	return *p;
}
static inline words splat(uint64_t value)
{
	return value;
}
static inline words distance(words x, words y)
{
	return (words)(__builtin_popcountll(x) + __builtin_popcountll(y));
}
static inline words smaller(words a, words b)
{
	return a < b ? a : b;
}
static inline unsigned within(words d, uint32_t limit)
{
	return d <= limit;
}
#include "hashing/index/hamming_body.inc"
