#include "control/replay/progress.h"

#include <stdio.h>

size_t vg_progress_line(const struct vg_progress *p, char *line, size_t cap)
{
	double rate = p->seconds > 0 ? (double)p->n_bytes_done / p->seconds : 0;
	uint64_t done = p->n_bytes_done > p->n_bytes_all ? p->n_bytes_all : p->n_bytes_done;
	int n = 0;
	if (p->n_bytes_all)
		n = snprintf(line, cap, "%3u %%  ", (unsigned)((double)done * 100 / (double)p->n_bytes_all));
	if (n >= 0 && (size_t)n < cap)
		n += snprintf(line + n, cap - (size_t)n, "%.1f MB/s  %llu packets  %llu objects  %llu matches",
			      rate / 1e6, (unsigned long long)p->n_packets, (unsigned long long)p->n_objects,
			      (unsigned long long)p->n_matches);
	if (p->n_bytes_all && rate > 0 && n >= 0 && (size_t)n < cap) {
		unsigned long to_go = (unsigned long)((double)(p->n_bytes_all - done) / rate + 0.5);
		n += snprintf(line + n, cap - (size_t)n, "  %lu:%02lu to go", to_go / 60, to_go % 60);
	}
	return n < 0 ? 0 : (size_t)n >= cap ? cap - 1 : (size_t)n;
}
