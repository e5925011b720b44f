#pragma once
/* beside: one piece of work that would stop the loop (a checksum over gigabytes, an fsync) in a thread of its own; its
 * end comes back to the loop. The work shares nothing with the loop's thread but ctx, which it has to itself until
 * then. Signals stay with the loop's thread. */
#include <vigil/base.h>
#include <vigil/err.h>

#include "control/loop/loop.h"

struct vg_beside;
typedef void (*vg_beside_fn)(void *ctx);

/* Waits for the work where it still runs; done is not called then. */
void vg_beside_destroy(struct vg_beside *beside);
/* Runs work(ctx) in a new thread, then done(ctx) from the loop; done may destroy it, or start another. NULL where there
 * is no thread to be had: nothing has run. */
struct vg_beside *vg_beside_create(struct vg_loop *loop, vg_beside_fn work, vg_beside_fn done, void *ctx)
	VG_DEALLOC(vg_beside_destroy);
