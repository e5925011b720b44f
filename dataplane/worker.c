/* The packet path. A replay never spins: where it waits (hashers, pacing, drained input) it sleeps; live workers
 * poll. */
#include <unistd.h>

#include <rte_mbuf.h>

#include <vigil/clock.h>

#include "dataplane/worker.h"

#define N_SOURCES    3u
#define WAIT_US      50
#define DRAINED_US   500
#define LOST_EACH_NS 1000000000u

static int is_set(const _Atomic int *flag)
{
	return atomic_load_explicit(flag, memory_order_relaxed);
}

/* Frames of worker->feed through decode … proto, and their buffers back. */
static void inspect_frames(struct vg_worker *worker)
{
	struct vg_feed *feed = &worker->feed;
	struct vg_packet pkts[VG_BURST];
	uint32_t tags[VG_BURST];
	uint64_t n_bytes = 0;
	uint8_t flows_of = vg_port_flows_of(feed->ports, feed->capture_idx);

	for (uint32_t i = 0; i < feed->n_frames; i++) {
		struct rte_mbuf *m = feed->mbufs[feed->first + i];
		struct vg_packet *pkt = &pkts[i];

		pkt->frame = rte_pktmbuf_mtod(m, const uint8_t *);
		vg_packet_prefetch(pkt->frame);
		pkt->n_first_bytes = m->data_len;
		pkt->n_frame_bytes = m->pkt_len;
		pkt->segment = m;
		pkt->frame_no = (uint8_t)i;
		tags[i] = m->hash.usr;
		pkt->wall_ns = feed->wall_ns[feed->first + i];
		if (feed->clocks_ns[feed->first + i] > worker->clock_ns)
			worker->clock_ns = feed->clocks_ns[feed->first + i];
		pkt->clock_ns = worker->clock_ns;
		pkt->order = feed->orders[feed->first + i];
		pkt->link = feed->link;
		pkt->key.capture_idx = flows_of;
		pkt->port_idx = (uint8_t)feed->capture_idx;
		n_bytes += m->pkt_len;
	}
	if (worker->hold)
		vg_hold_burst_begin(worker->hold, worker->shared->ports->ports[feed->capture_idx].frames, tags,
				    feed->n_frames);
	vg_inspect_burst(worker->inspect, pkts, feed->n_frames);
	if (worker->hold)
		vg_hold_burst_end(worker->hold);
	vg_count(worker->stats, VG_C_RX_PACKETS, feed->n_frames);
	vg_count(worker->stats, VG_C_RX_BYTES, n_bytes);
	atomic_store_explicit(&worker->stats->progress_packets,
			      atomic_load_explicit(&worker->stats->counters[VG_C_RX_PACKETS], memory_order_relaxed),
			      memory_order_relaxed);
	atomic_store_explicit(&worker->stats->progress_bytes,
			      atomic_load_explicit(&worker->stats->counters[VG_C_RX_BYTES], memory_order_relaxed),
			      memory_order_relaxed);
	rte_pktmbuf_free_bulk(&feed->mbufs[feed->first], feed->n_frames);
}

/* From the dispatcher's ring, from the other workers, or from this worker's own queues. */
static enum vg_feed_word next_of(struct vg_worker *worker, uint32_t source, uint64_t mono_ns)
{
	struct vg_feed *feed = &worker->feed;
	enum vg_feed_word word;

	if (source == 0)
		return worker->end.ring ? vg_dispatch_next(&worker->end, feed) : VG_FEED_IDLE;
	if (source == 1)
		return worker->steer ? vg_steer_next(worker->steer, feed) : VG_FEED_IDLE;
	if (worker->end.ring && (worker->shared->conf->flags & VG_CONF_REPLAY))
		return VG_FEED_IDLE;
	word = vg_feed_next(feed, mono_ns, vg_wall_now().ns);
	if (word == VG_FEED_PACKETS && worker->steer && feed->ports->ports[feed->capture_idx].n_queues > 1)
		vg_steer_burst(worker->steer, feed);
	return word;
}

static enum vg_feed_word next_frames(struct vg_worker *worker, uint64_t mono_ns)
{
	enum vg_feed_word word = VG_FEED_IDLE;

	for (uint32_t k = 0; k < N_SOURCES && word == VG_FEED_IDLE; k++) {
		word = next_of(worker, worker->source, mono_ns);
		worker->source = (worker->source + 1) % N_SOURCES;
	}
	return word;
}

/* What the dispatcher counted, and what a replay lost; by core 0. What live ports lost is the main thread's to see. */
static void count_lost(struct vg_worker *worker)
{
	const struct vg_ports *ports = worker->shared->ports;
	uint64_t n_missed = 0, n_nombuf = 0;

	if (worker->shared->dispatch)
		vg_dispatch_count(worker->shared->dispatch, worker->stats, worker->dispatched);
	if (!(worker->shared->conf->flags & VG_CONF_REPLAY))
		return;
	for (uint32_t i = 0; i < ports->n_ports; i++) {
		uint64_t missed, nombuf;
		vg_port_lost(ports, i, &missed, &nombuf);
		n_missed += missed;
		n_nombuf += nombuf;
	}
	if (worker->shared->dispatch)
		n_missed += atomic_load_explicit(&worker->shared->dispatch->n_missed, memory_order_relaxed);
	atomic_store_explicit(&worker->stats->counters[VG_C_RX_MISSED], n_missed, memory_order_relaxed);
	atomic_store_explicit(&worker->stats->counters[VG_C_RX_NOMBUF], n_nombuf, memory_order_relaxed);
	if (worker->shared->conf->flags & VG_CONF_LOSSLESS)
		atomic_store_explicit(&worker->shared->n_lost, n_missed + n_nombuf, memory_order_relaxed);
}

/* One turn; 0 once the input is used up. */
static int turn(struct vg_worker *worker)
{
	const struct vg_dataplane_conf *conf = worker->shared->conf;
	uint64_t mono_ns = vg_mono_now().ns;

	vg_handoff_poll(worker->handoff, mono_ns);
	vg_proto_poll(worker->proto);
	if (worker->hold)
		vg_hold_poll(worker->hold, mono_ns);
	if (worker->offload)
		vg_offload_poll(worker->offload, worker->clock_ns);
	if (worker->core_idx == 0 && mono_ns >= worker->next_lost_ns) {
		worker->next_lost_ns = mono_ns + LOST_EACH_NS;
		count_lost(worker);
	}
	if ((conf->flags & VG_CONF_LOSSLESS) && !vg_handoff_has_room(worker->handoff)) {
		vg_count(worker->stats, VG_C_LOSSLESS_WAITS, 1);
		usleep(WAIT_US);
		return 1;
	}
	switch (next_frames(worker, mono_ns)) {
	case VG_FEED_PACKETS:
		vg_idle_reset(&worker->idle);
		inspect_frames(worker);
		vg_inspect_tick(worker->inspect, worker->clock_ns);
		vg_handoff_passed(worker->handoff, worker->feed.order);
		return 1;
	case VG_FEED_ROUND:
		*vg_handoff_order(worker->handoff) = worker->feed.order;
		vg_inspect_flush(worker->inspect);
		vg_handoff_passed(worker->handoff, worker->feed.order);
		worker->clock_ns = 0;
		return 1;
	case VG_FEED_INPUT_END:
		return 0;
	default:
		if (conf->flags & VG_CONF_REPLAY) {
			vg_handoff_passed(worker->handoff, worker->feed.order);
			usleep(WAIT_US);
		} else {
			worker->clock_ns = mono_ns > worker->clock_ns ? mono_ns : worker->clock_ns;
			*vg_handoff_order(worker->handoff) = worker->clock_ns;
			vg_inspect_tick(worker->inspect, worker->clock_ns);
			vg_handoff_passed(worker->handoff, worker->clock_ns);
			vg_idle_wait(&worker->idle, &worker->feed);
		}
		return 1;
	}
}

int vg_worker_run(void *arg)
{
	struct vg_worker *worker = arg;
	struct vg_shared *shared = worker->shared;

	while (!is_set(&shared->stop) && (shared->conf->flags & VG_CONF_REPLAY) &&
	       (vg_handoff_n_attached(worker->handoff) < shared->conf->n_hashers || is_set(&shared->awaits_urls))) {
		vg_handoff_poll(worker->handoff, vg_mono_now().ns);
		usleep(DRAINED_US);
	}
	while (!is_set(&shared->stop) && turn(worker)) {
	}
	*vg_handoff_order(worker->handoff) = UINT64_MAX;
	vg_inspect_flush(worker->inspect);
	vg_handoff_passed(worker->handoff, UINT64_MAX);
	if (worker->core_idx == 0)
		count_lost(worker);
	vg_handoff_input_done(worker->handoff);
	atomic_store_explicit(&worker->stats->input_done, 1, memory_order_release);
	while (!is_set(&shared->quit)) {
		vg_handoff_poll(worker->handoff, vg_mono_now().ns);
		usleep(DRAINED_US);
	}
	return 0;
}
