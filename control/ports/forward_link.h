#pragma once
/* forward_link: vigild's end of RUN/forward.sock (vigil/msg.h): takes the stats page of each inline pair and reads it.
 * It connects and reconnects by itself; the forwarder never waits for it. Pages are a peer's memory: seals and size are
 * checked before they are mapped, words are only ever loaded. One thread (the loop's). */
#include <stdint.h>

#include <vigil/config_snapshot.h>
#include <vigil/stats_page.h>

#include "control/loop/loop.h"

struct vg_forward_link;

void vg_forward_link_destroy(struct vg_forward_link *link);
/* run_dir is copied. NULL: out of memory. */
struct vg_forward_link *vg_forward_link_create(struct vg_loop *loop, const char *run_dir)
	VG_DEALLOC(vg_forward_link_destroy);
/* 1 while every page of a running forwarder is here. */
int vg_forward_link_is_up(const struct vg_forward_link *link);
/* Pairs that were seen; the page of one, NULL = none now. */
uint32_t vg_forward_link_n_pairs(const struct vg_forward_link *link);
const struct vg_stats_page *vg_forward_link_page(const struct vg_forward_link *link, uint32_t pair);
/* Counters of a pair (-1: of all), those of forwarders that are gone added; INSPECTOR_HERE is the present one's. */
void vg_forward_link_sum(const struct vg_forward_link *link, int pair, uint64_t counters[VG_F_N]);
