#pragma once
/* sum: adds up the stats pages of all dataplane cores and hashers, and names every counter. Pages are written by other
 * programs while they are read: a wrong magic or count makes a page count for nothing or for less, never for more.
 * Pure but for the pages; any thread. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/stats_page.h>

struct vg_stats_sum {
	uint64_t dataplane[VG_C_N], hashing[VG_H_N];
	uint64_t progress_packets, progress_bytes, n_objects_out;
	uint64_t verdict_us_log2[VG_STATS_BUCKETS]; /* not cumulative */
	uint32_t n_cores, n_hashers;                /* pages added */
};
/* Adds one page. The generation in use is a gauge: the smallest of all hashers' is kept. */
void vg_stats_sum_add(struct vg_stats_sum *sum, int is_hasher, const struct vg_stats_page *page);
/* Adds what `more` counted (pages of programs that are gone); gauges of it are left out. */
void vg_stats_sum_merge(struct vg_stats_sum *sum, const struct vg_stats_sum *more);

/* Name and help of a counter of counters.h; counter < VG_C_N or VG_H_N. */
const struct vg_counter_text *vg_stats_text(int is_hasher, unsigned counter);

#define VG_STATS_NAME 96
struct vg_stats_name {
	char base[VG_STATS_NAME];                        /* without label */
	char label[VG_STATS_NAME], value[VG_STATS_NAME]; /* empty: no label */
};
/* Takes `base:label=value` apart. */
void vg_stats_name_split(const char *name, struct vg_stats_name *parts);
/* True for counters that say what was not seen, not kept or not scanned: the summary's "shed" and status. */
int vg_stats_is_shed(const char *name);
