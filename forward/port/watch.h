#pragma once
/* watch: what the two ports of a pair say of themselves: link, frames, losses; into rows 0 (a) and 1 (b) of the pair's
 * stats page, and the losses of both added up into its counters. Cold, the main thread's. */
#include <vigil/stats_page.h>

#include "forward/port/pairs.h"

/* Names the rows before anybody else has the page; devices: as the configuration names them. */
void vg_pairs_watch_begin(struct vg_pair *pair, struct vg_stats_page *page, const char *a, const char *b);
void vg_pairs_watch(struct vg_pair *pair, struct vg_stats_page *page);
