/* The cold half of worker.h: the rooms of one core, created from the last to the first, because each knows whom it
 * feeds. */
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <vigil/log.h>

#include "dataplane/protocols.h"
#include "dataplane/worker.h"

static void release(struct vg_worker *worker)
{
	if (!worker)
		return;
	vg_inspect_destroy(worker->inspect);
	vg_proto_destroy(worker->proto);
	vg_media_destroy(worker->media);
	vg_hold_destroy(worker->hold);
	vg_handoff_destroy(worker->handoff);
	vg_urls_fini(&worker->urls);
	if (worker->stats_fd >= 0)
		close(worker->stats_fd);
	free(worker);
}

/* Where a pair is inspect-first, its frames wait for this core's words. */
static int create_hold(struct vg_worker *worker)
{
	struct vg_ports *ports = worker->shared->ports;

	for (uint32_t i = 0; i < ports->n_ports; i++) {
		if (!ports->ports[i].frames || !ports->ports[i].frames->is_inspect_first)
			continue;
		if (!worker->hold)
			worker->hold = vg_hold_create(worker->shared->conf, worker->handoff, worker->stats);
		if (!worker->hold || vg_hold_add_pair(worker->hold, ports->ports[i].frames))
			return -1;
	}
	return 0;
}

static int create_rooms(struct vg_worker *worker)
{
	struct vg_shared *shared = worker->shared;
	struct vg_media_sink media_sink;
	struct vg_body_sink body_sink, inner_sink;
	uint64_t seed[3];

	if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		return -1;
	worker->stats = vg_handoff_stats_page(&worker->stats_fd);
	if (!worker->stats)
		return -1;
	worker->handoff = vg_handoff_create(shared->conf, worker->core_idx, shared->boot_id, worker->stats,
					    &shared->stop);
	if (!worker->handoff)
		return -1;
	if (create_hold(worker))
		return -1;
	if (worker->hold)
		vg_hold_media_sink(worker->hold, &media_sink);
	else
		vg_handoff_media_sink(worker->handoff, &media_sink);
	worker->media = vg_media_create(shared->conf, worker->stats, &media_sink);
	if (!worker->media)
		return -1;
	vg_media_body_sink(worker->media, &inner_sink);
	body_sink = inner_sink;
	if (worker->hold)
		vg_hold_body_sink(worker->hold, &inner_sink, &body_sink);
	worker->proto = vg_proto_create(shared->conf, worker->stats, &body_sink, vg_protocols);
	if (!worker->proto)
		return -1;
	vg_proto_seed(worker->proto, shared->boot_id);
	worker->urls.profiles = shared->conf->scope.profiles_id;
	vg_proto_urls(worker->proto, &worker->urls);
	worker->inspect = vg_inspect_create(shared->conf, seed, worker->stats, worker->proto);
	if (!worker->inspect)
		return -1;
	vg_inspect_hold(worker->inspect, worker->hold);
	vg_inspect_order(worker->inspect, vg_handoff_order(worker->handoff));
	vg_handoff_passed(worker->handoff, 0);
	return 0;
}

struct vg_worker *vg_worker_create(struct vg_shared *shared, uint32_t core_idx)
{
	struct vg_worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->shared = shared;
	worker->core_idx = core_idx;
	worker->stats_fd = -1;
	if (create_rooms(worker)) {
		vg_log(VG_LOG_ERROR, "dataplane/worker", "core %u: no memory for its tables and pools", core_idx);
		release(worker);
		return NULL;
	}
	vg_feed_init(&worker->feed, shared->ports, shared->conf, shared->dispatch ? VG_FEED_MULTI_QUEUE : VG_FEED_ALL,
		     (uint16_t)core_idx);
	vg_idle_init(&worker->idle, shared->conf->rx_idle, !shared->dispatch && !shared->ports->rss.n_queues);
	if (shared->dispatch)
		vg_dispatch_end_init(&worker->end, shared->dispatch, core_idx);
	return worker;
}

void vg_worker_destroy(struct vg_worker *worker)
{
	release(worker);
}
