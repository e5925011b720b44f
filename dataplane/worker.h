#pragma once
/* worker: one core of the dataplane: receives, inspects, hands over; the packet path as calls in order. Made by the
 * main thread, run by its lcore's thread, which then is the only one that touches it. */
#include <stdatomic.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>
#include <vigil/stats_page.h>

#include "dataplane/dispatch.h"
#include "dataplane/handoff/handoff.h"
#include "dataplane/hold/hold.h"
#include "dataplane/idle.h"
#include "dataplane/inspect.h"
#include "dataplane/media/media.h"
#include "dataplane/offload/offload.h"
#include "dataplane/proto/proto.h"
#include "dataplane/scope/urls.h"
#include "dataplane/steer.h"

/* What the threads of one dataplane share; written by main, except n_lost. */
struct vg_shared {
	const struct vg_dataplane_conf *conf;
	struct vg_ports *ports;
	struct vg_dispatch *dispatch; /* NULL: workers receive by themselves */
	uint64_t boot_id;
	_Atomic int stop;        /* take no more input */
	_Atomic int quit;        /* leave */
	_Atomic int awaits_urls; /* a replay: vigild's table of listed URLs has not come yet */
	_Atomic uint64_t n_lost; /* buffers that were lost: a lossless replay has failed */
};
struct vg_worker {
	struct vg_shared *shared;
	uint32_t core_idx;
	int stats_fd;
	struct vg_stats_page *stats;
	struct vg_handoff *handoff;
	struct vg_hold *hold; /* NULL: no pair is inspect-first */
	struct vg_media *media;
	struct vg_proto *proto;
	struct vg_inspect *inspect;
	struct vg_offload *offload; /* main's; NULL: no card drops anything */
	struct vg_urls urls;        /* main puts tables in, proto looks at them */
	struct vg_feed feed;
	struct vg_dispatch_end end;  /* ring NULL: none */
	struct vg_steer *steer;      /* main's; NULL: every port has one queue */
	struct vg_idle idle;         /* live */
	uint32_t source;             /* whose turn it is: dispatcher, other workers, own queues */
	uint64_t clock_ns;           /* of inspect: never goes back within a round */
	uint64_t dispatched[VG_C_N]; /* core 0: what the dispatcher had counted */
	uint64_t next_lost_ns;       /* when the ports' losses are looked at again */
};

/* All pools and tables of core core_idx. shared is borrowed until destroy. NULL: logged. Cold. */
void vg_worker_destroy(struct vg_worker *worker);
struct vg_worker *vg_worker_create(struct vg_shared *shared, uint32_t core_idx) VG_DEALLOC(vg_worker_destroy);
/* The core's thread: until shared->quit. A replay begins once all hashers hold their lanes. */
int vg_worker_run(void *worker);
