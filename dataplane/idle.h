#pragma once
/* idle: what a receiving thread does while nothing comes (dataplane.rx_idle): polls on, which costs a core and answers
 * at once; sleeps, longer the longer nothing came, up to VG_IDLE_MAX_US; or waits for an interrupt of its queues where
 * all of their drivers have that, at most VG_IDLE_WAIT_MS, because hashers are to be answered too. One thread each. */
#include <stdint.h>

#include <vigil/config_snapshot.h>

#include "dataplane/feed.h"

#define VG_IDLE_ROUNDS  512u /* empty polls before the first sleep */
#define VG_IDLE_MIN_US  10u
#define VG_IDLE_MAX_US  250u
#define VG_IDLE_WAIT_MS 1

struct vg_idle {
	uint8_t how; /* enum vg_rx_idle; INTERRUPT becomes SLEEP where a driver cannot */
	uint8_t is_armed;
	uint32_t n_empty, sleep_us;
	uint64_t n_sleeps; /* also waits */
};

/* has_own_queues: 0 where others feed the thread (rings), which interrupt nobody. */
void vg_idle_init(struct vg_idle *idle, enum vg_rx_idle how, int has_own_queues);
/* Something came. */
static inline void vg_idle_reset(struct vg_idle *idle)
{
	idle->n_empty = 0;
	idle->sleep_us = VG_IDLE_MIN_US;
}
/* Nothing came from the queues of feed: returns at once, after a sleep, or with an interrupt. */
void vg_idle_wait(struct vg_idle *idle, const struct vg_feed *feed);
