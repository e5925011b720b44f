#pragma once
/* names: names, labels and help of every counter of include/vigil/counters.h, for metrics, summaries and `vigilctl
 * stats`. Pure, any thread. */
#include <vigil/counters.h>

/* Name and help of a counter of counters.h; counter < VG_C_N or VG_H_N. */
const struct vg_counter_text *vg_stats_text(int is_hasher, unsigned counter);
/* The same of vigil-forward's; counter < VG_F_N. */
const struct vg_counter_text *vg_stats_forward_text(unsigned counter);

#define VG_STATS_NAME 64
struct vg_stats_name {
	char base[VG_STATS_NAME];                        /* without label */
	char label[VG_STATS_NAME], value[VG_STATS_NAME]; /* empty: no label */
	char label2[VG_STATS_NAME], value2[VG_STATS_NAME];
};
/* Takes `base:label=value` or `base:label=value,label=value` apart. */
void vg_stats_name_split(const char *name, struct vg_stats_name *parts);
/* True for counters that say what was not seen, not kept or not scanned: the summary's "shed" and status. */
int vg_stats_is_shed(const char *name);
