#pragma once
/* hold: an inspect-first pair: frames are copied first, wait in line for the inspector's word, and in queues for a
 * verdict (vigil/frame_ring.h, docs/adr/0011-verdict-hold.md). The clocks are ours: whatever the inspector does or
 * leaves undone, a frame waits wait_ns at most for its word and hold_ns for its verdict; then it goes, in the order it
 * came. Where the inspector is late everything that waits goes, and frames pass at once until it has caught up. One
 * thread per pair, fixed size, made at start, no allocation afterwards. Every word is read once and checked: a wrong
 * one is counted and means "pass". */
#include <stdint.h>

#include <vigil/base.h>

#include "forward/pump/pump.h"

#define VG_HOLD_LINE_FRAMES  1024u /* of one direction, that wait for their word; a power of two */
#define VG_HOLD_FRAMES       4096u /* of a pair, in queues */
#define VG_HOLD_QUEUE_FRAMES 1024u /* of one queue */
#define VG_HOLD_MBUFS        (2 * VG_HOLD_LINE_FRAMES + VG_HOLD_FRAMES + 64u) /* buffers that may wait, of a pair */
#define VG_HOLD_DROP_CREDIT  256u       /* frames of stopped connections that may be dropped, for each stop */
#define VG_HOLD_LATE_NS      100000000u /* the least time that a late inspector is not waited for */

struct rte_mempool;
struct vg_hold;
struct vg_hold_conf {
	uint64_t wait_ns, hold_ns;
	uint32_t stops_per_minute;
	struct rte_mempool *pool; /* of what is made: resets; borrowed */
};

/* pump is borrowed until destroy; its ring must be inspect-first. NULL: out of memory. Cold. */
void vg_hold_destroy(struct vg_hold *hold);
struct vg_hold *vg_hold_create(struct vg_pump *pump, const struct vg_hold_conf *conf) VG_DEALLOC(vg_hold_destroy);

/* As vg_pump_burst(); also does what words and clocks say of the frames of both directions. */
uint32_t vg_hold_burst(struct vg_hold *hold, unsigned direction, uint64_t mono_ns, int64_t wall_ns);
/* True while a frame waits for anything: then the thread must not sleep. */
int vg_hold_is_waiting(const struct vg_hold *hold);
