/* Buckets: the value itself below VG_LATENCY_SUB, then for each power of two as many equal steps. */
#include "control/replay/latency.h"

static unsigned bucket_of(uint64_t ns)
{
	unsigned shift;
	if (ns < VG_LATENCY_SUB)
		return (unsigned)ns;
	shift = 63u - (unsigned)__builtin_clzll(ns) - 6u;
	return VG_LATENCY_SUB * (shift + 1) + (unsigned)((ns >> shift) - VG_LATENCY_SUB);
}

static uint64_t end_of(unsigned bucket)
{
	unsigned shift = bucket / VG_LATENCY_SUB;
	if (!shift)
		return bucket;
	shift--;
	return ((((uint64_t)VG_LATENCY_SUB + bucket % VG_LATENCY_SUB) + 1) << shift) - 1;
}

void vg_latency_add(struct vg_latency *latency, uint64_t ns)
{
	uint32_t *count = &latency->count[bucket_of(ns)];
	latency->n++;
	if (*count != UINT32_MAX)
		++*count;
	if (ns > latency->max_ns)
		latency->max_ns = ns;
}

uint64_t vg_latency_at(const struct vg_latency *latency, unsigned per_mille)
{
	uint64_t rank, seen = 0;
	per_mille = per_mille > 1000 ? 1000 : per_mille;
	rank = (latency->n / 1000) * per_mille + ((latency->n % 1000) * per_mille + 999) / 1000;
	if (!latency->n)
		return 0;
	rank = rank ? rank : 1;
	for (unsigned i = 0; i < VG_LATENCY_BUCKETS; i++) {
		seen += latency->count[i];
		if (seen >= rank)
			return end_of(i) < latency->max_ns ? end_of(i) : latency->max_ns;
	}
	return latency->max_ns;
}
