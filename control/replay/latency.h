#pragma once
/* latency: a histogram of durations in fixed memory, exact below 64 ns and within 1/64 above; the greatest is exact.
 * One thread, no heap. */
#include <stdint.h>

#define VG_LATENCY_SUB     64u
#define VG_LATENCY_BUCKETS (VG_LATENCY_SUB * 60u)

struct vg_latency {
	uint64_t n, max_ns;
	uint32_t count[VG_LATENCY_BUCKETS];
};
/* Adds one duration. A bucket's count stays at UINT32_MAX once it is there. */
void vg_latency_add(struct vg_latency *latency, uint64_t ns);
/* The duration that at least `per_mille` of 1000 of all added ones do not exceed (nearest rank, rounded up to the
 * end of its bucket, never above the greatest). 0 where nothing was added; per_mille above 1000 counts as 1000. */
uint64_t vg_latency_at(const struct vg_latency *latency, unsigned per_mille);
