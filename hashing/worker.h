#pragma once
/* worker: the object path of one hasher, as calls in order: intake -> digest, unpack -> kind, image, pdq, index
 * (match) -> match link -> DONE. Feeds itself from its lanes in bursts; an object that is held is looked at when it
 * closes, in the order of order.h, a digest-only one as its bytes come, its chunks going straight back. A progressive
 * JPEG gets an early look at its first scans, which settles nothing but its turn (docs/adr/0021). All pools are made at
 * start (worker_setup.c): one job per attribution record, VG_WORKER_N_DIGESTS running digests, VG_WORKER_N_STREAMS
 * digest-only bodies with a head sample. What finds its pool empty loses depth, never its verdict: counted
 * (unpack_failed reason=budget). One thread. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/config_snapshot.h>
#include <vigil/stats_page.h>

#include "hashing/body.h"
#include "hashing/handoff/match_link.h"
#include "hashing/intake/intake.h"
#include "hashing/match/match.h"

#define VG_WORKER_N_DIGESTS     8192u
#define VG_WORKER_N_STREAMS     64u
#define VG_WORKER_HELD_KEEP     (256ull << 20) /* decoded bytes of a held body that can be matched whole */
#define VG_WORKER_MEMBER_KEEP   (64ull << 20)  /* of one member of a decoded, held body */
#define VG_WORKER_STREAM_KEEP   (8ull << 20)   /* of one member of a digest-only body */
#define VG_WORKER_N_RESOURCES   4096u          /* in pieces, at a time */
#define VG_WORKER_RESOURCE_PART 4u             /* one that is kept whole may take so much of resource_hold_bytes */
#define VG_WORKER_NEST_KEEP     (256ull << 20) /* of all open layers of containers */
#define VG_WORKER_BATCH_BYTES   (8ull << 20)   /* that may wait to be digested beside others', in a large arena */
#define VG_WORKER_BATCH_PART    8u             /* in a small one: so much of its chunks */
#define VG_WORKER_GATHER_LANES  2u             /* streams that wait, in lanes, are enough to begin */
#define VG_WORKER_GATHER_NS     2000000u       /* a closed body waits no longer for others */
#define VG_WORKER_BURSTS        8u             /* taken from each lane before anything is judged */
#define VG_WORKER_JUDGE_BYTES   65536u         /* judged in one go, before the lanes are looked at again */
/* Where every file is asked for (VG_OPEN_ALL_FILES) or nobody is at the wire (VG_HCONF_NOBODY_WAITS: scans, replays)
 * no verdict is waited for. Idle steps: the first sleep 0.2 or 1 ms, the others
 * 2 ms (run.c), 50 ms in all. */
#define VG_WORKER_BULK_NS       50000000u
#define VG_WORKER_BULK_IDLE     28u
#define VG_WORKER_BULK_PART     2u
#define VG_WORKER_BULK_BYTES    (256ull << 20)
#define VG_WORKER_LINE_NS \
	1000000000u               /* a piece waits for lanes that are behind; ten times so long where nobody waits */
#define VG_WORKER_WALL_FACTOR 10u /* time on the wall that a body may cost, in its limits of processor time */

struct vg_worker_setup {
	struct vg_intake *const *lanes; /* by core_idx; stay the caller's */
	uint32_t n_lanes;
	struct vg_match_link *link;
	struct vg_match *match;
	struct vg_stats_page *stats;
	struct vg_hashing_conf conf;
	uint64_t boot_id;
	/* Called where a record cannot be kept before others are acknowledged: waits a little and serves the link.
	 * False: the process is to end, give up. */
	bool (*wait)(void *ctx);
	void *ctx;
};
struct vg_worker;

void vg_worker_destroy(struct vg_worker *worker);
/* Start-up only. NULL: out of memory. */
struct vg_worker *vg_worker_create(const struct vg_worker_setup *setup) VG_DEALLOC(vg_worker_destroy);

/* Takes some bursts from each lane and judges what is first among what is closed. Returns how many descriptors and
 * objects that were. */
uint32_t vg_worker_step(struct vg_worker *worker);

/* A record of this object is durable: give it to vg_match_link as its acked function, the worker as its ctx. */
void vg_worker_acked(void *worker, uint32_t core_idx, uint64_t object_id);

/* The dataplane is gone: what is still open ends here, truncated, and gets its verdict. */
void vg_worker_close_all(struct vg_worker *worker);

/* True once a record could not be kept and nothing was left to wait for: the process must end without a DONE for that
 * object, so that it is offered again. */
bool vg_worker_gave_up(const struct vg_worker *worker);

/* Did a lane's other side say what cannot be true? */
bool vg_worker_broken(const struct vg_worker *worker);

/* Do descriptors wait in a lane? */
bool vg_worker_pending(const struct vg_worker *worker);

/* Objects taken in and not yet DONE. */
uint32_t vg_worker_outstanding(const struct vg_worker *worker);
