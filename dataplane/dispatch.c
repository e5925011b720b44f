/* What travels with a frame: carry.h. The field of its clock also carries the marks: end of a round, end of input. */
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_ring.h>

#include <vigil/clock.h>
#include <vigil/log.h>

#include "dataplane/carry.h"
#include "dataplane/decode/defrag.h"
#include "dataplane/dispatch.h"
#include "dataplane/steer.h"

#define ROOM         "dataplane/dispatch"
#define MARK_ROUND   UINT64_MAX
#define MARK_END     (UINT64_MAX - 1)
#define WAIT_US      20
#define IDLE_ROUNDS  256u
/* Buffers that per-lcore caches may hold back: one and a half cache per lcore (rte_mempool). */
#define CACHED_MBUFS (128u * 3 / 2)

static void release(struct vg_dispatch *dispatch)
{
	if (!dispatch)
		return;
	for (uint32_t i = 0; i < dispatch->n_rings; i++)
		rte_ring_free(dispatch->rings[i]);
	vg_defrag_destroy(dispatch->defrag);
	vg_pins_destroy(&dispatch->pins);
	free(dispatch->stats);
	free(dispatch);
}

struct vg_dispatch *vg_dispatch_create(struct vg_ports *ports, const struct vg_dataplane_conf *conf, uint32_t n_rings,
				       const _Atomic int *stop)
{
	struct vg_dispatch *dispatch = calloc(1, sizeof(*dispatch));
	uint64_t seed[3];
	char name[32];

	if (!dispatch)
		return NULL;
	dispatch->stats = calloc(1, sizeof(*dispatch->stats));
	if (dispatch->stats && getrandom(seed, sizeof(seed), 0) == (ssize_t)sizeof(seed))
		dispatch->defrag = vg_defrag_create(seed, dispatch->stats);
	if (!dispatch->defrag ||
	    vg_pins_create(&dispatch->pins, (int64_t)conf->idle_timeout_ms * 1000000, dispatch->stats)) {
		vg_log(VG_LOG_ERROR, ROOM, "no memory for fragments and pins");
		release(dispatch);
		return NULL;
	}
	vg_feed_init(&dispatch->feed, ports, conf, conf->flags & VG_CONF_REPLAY ? VG_FEED_ALL : VG_FEED_SINGLE_QUEUE,
		     0);
	vg_idle_init(&dispatch->idle, conf->rx_idle, 1);
	dispatch->stop = stop;
	dispatch->clock_off = vg_carry_clock_off();
	for (uint32_t i = 0; i < n_rings && dispatch->clock_off >= 0; i++) {
		snprintf(name, sizeof(name), "vigil_%u", i);
		dispatch->rings[i] = rte_ring_create(name, VG_DISPATCH_RING, SOCKET_ID_ANY,
						     RING_F_SP_ENQ | RING_F_SC_DEQ);
		dispatch->n_rings += dispatch->rings[i] != NULL;
	}
	if (dispatch->n_rings == n_rings)
		return dispatch;
	vg_log(VG_LOG_ERROR, ROOM, "no memory for %u rings: %s", n_rings, rte_strerror(rte_errno));
	release(dispatch);
	return NULL;
}

void vg_dispatch_destroy(struct vg_dispatch *dispatch)
{
	release(dispatch);
}

/* Symmetric in addresses and ports (the key is ordered); frames without TCP go anywhere. Beside cards
 * that share out by themselves, a flow's worker is the one that they would name. */
static uint32_t ring_of(const struct vg_dispatch *dispatch, const struct vg_packet *pkt)
{
	uint64_t words[4], h;

	if (dispatch->feed.ports->rss.n_queues)
		return vg_steer_home(&dispatch->feed.ports->rss, pkt);
	memcpy(words, pkt->key.ip, sizeof(words));
	h = words[0] ^ words[1] ^ words[2] ^ words[3] ^ (uint64_t)pkt->key.port[0] << 32 ^
	    (uint64_t)pkt->key.port[1] << 48;
	h *= UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)((h >> 32) * dispatch->n_rings >> 32);
}

static int must_wait(const struct vg_dispatch *dispatch)
{
	return (dispatch->feed.flags & VG_CONF_LOSSLESS) != 0;
}

/* What is gathered for a ring goes into it, or, where that is full and nothing waits, nowhere. */
static void flush(struct vg_dispatch *dispatch, uint32_t ring, int is_mark)
{
	struct rte_mbuf **mbufs = dispatch->out[ring];
	uint32_t n = dispatch->n_out[ring], n_sent = 0;

	dispatch->n_out[ring] = 0;
	for (;;) {
		n_sent += rte_ring_sp_enqueue_burst(dispatch->rings[ring], (void **)(mbufs + n_sent), n - n_sent, NULL);
		if (n_sent == n)
			return;
		if ((!is_mark && !must_wait(dispatch)) || atomic_load_explicit(dispatch->stop, memory_order_relaxed))
			break;
		usleep(WAIT_US);
	}
	rte_pktmbuf_free_bulk(mbufs + n_sent, n - n_sent);
	atomic_fetch_add_explicit(&dispatch->n_missed, n - n_sent, memory_order_relaxed);
}

/* A buffer for a mark; NULL only at stop. */
static struct rte_mbuf *take_mbuf(struct vg_dispatch *dispatch)
{
	struct rte_mbuf *m;

	while (!(m = rte_pktmbuf_alloc(dispatch->feed.ports->pool))) {
		if (atomic_load_explicit(dispatch->stop, memory_order_relaxed))
			return NULL;
		usleep(WAIT_US);
	}
	return m;
}

static void send_mark(struct vg_dispatch *dispatch, uint64_t mark)
{
	for (uint32_t i = 0; i < dispatch->n_rings; i++) {
		struct rte_mbuf *m = take_mbuf(dispatch);

		if (!m)
			return;
		*vg_carry_clock(m, dispatch->clock_off) = mark;
		*vg_carry_order(m, dispatch->clock_off) = dispatch->feed.order;
		dispatch->out[i][dispatch->n_out[i]++] = m;
		flush(dispatch, i, 1);
	}
}

/* A datagram that was put together, in buffers of its own. NULL: there were none. */
static struct rte_mbuf *copy_whole(struct vg_dispatch *dispatch, const struct vg_packet *pkt)
{
	struct rte_mbuf *m;

	while (!(m = vg_carry_copy(dispatch->feed.ports->pool, pkt))) {
		if (!must_wait(dispatch) || atomic_load_explicit(dispatch->stop, memory_order_relaxed))
			return NULL;
		usleep(WAIT_US);
	}
	return m;
}

/* The frame that goes on instead of m: m, a datagram whose last fragment m was, or NULL. m is taken over. */
static struct rte_mbuf *join(struct vg_dispatch *dispatch, struct rte_mbuf *m, struct vg_packet *pkt, uint32_t *ring)
{
	enum vg_decode_word word = vg_defrag_frame(dispatch->defrag, pkt, 0);
	struct rte_mbuf *whole = NULL;
	uint32_t n_bytes = m->pkt_len;

	*ring = word == VG_DECODE_TCP   ? vg_pins_worker(&dispatch->pins, pkt, ring_of(dispatch, pkt))
		: word == VG_DECODE_UDP ? vg_pins_datagram(&dispatch->pins, pkt, ring_of(dispatch, pkt))
					: 0;
	*ring = *ring == VG_PINS_NOBODY ? 0 : *ring; /* to be counted */
	if (word == VG_DECODE_WORD_FRAGMENT)
		vg_count(dispatch->stats, VG_C_DECODE_FRAGMENT, 1);
	else if (word != VG_DEFRAG_KEPT && pkt->segment)
		return m;
	else if (word != VG_DEFRAG_KEPT && !(whole = copy_whole(dispatch, pkt)))
		atomic_fetch_add_explicit(&dispatch->n_missed, 1, memory_order_relaxed);
	rte_pktmbuf_free(m);
	/* workers count what reaches them; this is the rest, modulo 2^64 */
	vg_count(dispatch->stats, VG_C_RX_PACKETS, whole ? 0 : 1);
	vg_count(dispatch->stats, VG_C_RX_BYTES, n_bytes - (uint64_t)(whole ? whole->pkt_len : 0));
	return whole;
}

static void send_frames(struct vg_dispatch *dispatch)
{
	struct vg_feed *feed = &dispatch->feed;
	uint8_t flows_of = vg_port_flows_of(feed->ports, feed->capture_idx);

	for (uint32_t i = feed->first; i < feed->first + feed->n_frames; i++)
		vg_packet_prefetch(rte_pktmbuf_mtod(feed->mbufs[i], const uint8_t *));
	for (uint32_t i = feed->first; i < feed->first + feed->n_frames; i++) {
		struct rte_mbuf *m = feed->mbufs[i];
		struct vg_packet pkt = { .frame = rte_pktmbuf_mtod(m, const uint8_t *),
					 .n_first_bytes = m->data_len,
					 .n_frame_bytes = m->pkt_len,
					 .segment = m,
					 .clock_ns = feed->clocks_ns[i],
					 .link = feed->link,
					 .key = { .capture_idx = flows_of } };
		uint32_t ring;

		m = join(dispatch, m, &pkt, &ring);
		dispatch->n_spare -= m ? m->nb_segs : 0;
		if (!m)
			continue;
		m->port = feed->capture_idx;
		m->packet_type = feed->link;
		*RTE_MBUF_DYNFIELD(m, feed->ports->timestamp_off, rte_mbuf_timestamp_t *) = (uint64_t)feed->wall_ns[i];
		*vg_carry_clock(m, dispatch->clock_off) = feed->clocks_ns[i];
		*vg_carry_order(m, dispatch->clock_off) = feed->orders[i];
		dispatch->out[ring][dispatch->n_out[ring]++] = m;
	}
	for (uint32_t ring = 0; ring < dispatch->n_rings; ring++)
		if (dispatch->n_out[ring])
			flush(dispatch, ring, 0);
	if (feed->flags & VG_CONF_REPLAY)
		atomic_store_explicit(&dispatch->sent, feed->orders[feed->first + feed->n_frames - 1],
				      memory_order_release);
}

/* A replay receives only while the largest burst would find buffers. Counting the free ones looks at every lcore's
 * cache, so it is done again only when those that were free may be used up. */
static int has_buffers(struct vg_dispatch *dispatch)
{
	const struct vg_ports *ports = dispatch->feed.ports;

	if (!(dispatch->feed.flags & VG_CONF_REPLAY) || dispatch->n_spare >= 0)
		return 1;
	dispatch->n_spare = (int64_t)rte_mempool_avail_count(ports->pool) - ports->n_rx_mbufs -
			    (int64_t)(dispatch->n_rings + 1) * CACHED_MBUFS;
	return dispatch->n_spare >= 0;
}

void vg_dispatch_run(struct vg_dispatch *dispatch)
{
	uint32_t n_idle = 0;

	while (!atomic_load_explicit(dispatch->stop, memory_order_relaxed)) {
		enum vg_feed_word word = VG_FEED_IDLE;

		if (has_buffers(dispatch))
			word = vg_feed_next(&dispatch->feed, vg_mono_now().ns, vg_wall_now().ns);
		if (word == VG_FEED_PACKETS) {
			send_frames(dispatch);
			n_idle = 0;
			vg_idle_reset(&dispatch->idle);
		} else if (word == VG_FEED_ROUND) {
			vg_defrag_flush(dispatch->defrag);
			vg_pins_flush(&dispatch->pins);
			send_mark(dispatch, MARK_ROUND);
		} else if (word == VG_FEED_INPUT_END) {
			send_mark(dispatch, MARK_END);
			return;
		} else if ((dispatch->feed.flags & VG_CONF_REPLAY) && ++n_idle > IDLE_ROUNDS) {
			usleep(WAIT_US);
		} else if (!(dispatch->feed.flags & VG_CONF_REPLAY)) {
			vg_idle_wait(&dispatch->idle, &dispatch->feed);
		}
	}
}

void vg_dispatch_count(const struct vg_dispatch *dispatch, struct vg_stats_page *to, uint64_t *counted)
{
	for (unsigned i = 0; i < VG_C_N; i++) {
		uint64_t n = atomic_load_explicit(&dispatch->stats->counters[i], memory_order_relaxed);

		if (n != counted[i])
			vg_count(to, i, n - counted[i]);
		counted[i] = n;
	}
}

void vg_dispatch_end_init(struct vg_dispatch_end *end, const struct vg_dispatch *dispatch, uint32_t ring_idx)
{
	*end = (struct vg_dispatch_end){ .ring = dispatch->rings[ring_idx],
					 .sent = &dispatch->sent,
					 .clock_off = dispatch->clock_off,
					 .timestamp_off = dispatch->feed.ports->timestamp_off };
}

/* The next frame, which stays the next until end->n_given passes it. Both cache lines of each buffer come from the
 * dispatcher's core: all of a burst are asked for at once. */
static struct rte_mbuf *peek(struct vg_dispatch_end *end)
{
	if (end->n_given == end->n_taken) {
		end->n_given = 0;
		end->n_taken = rte_ring_sc_dequeue_burst(end->ring, end->taken, VG_BURST, NULL);
		for (uint32_t i = 0; i < end->n_taken; i++) {
			rte_prefetch0(end->taken[i]);
			rte_prefetch0((uint8_t *)end->taken[i] + RTE_CACHE_LINE_SIZE);
		}
	}
	return end->n_given < end->n_taken ? end->taken[end->n_given] : NULL;
}

enum vg_feed_word vg_dispatch_next(struct vg_dispatch_end *end, struct vg_feed *burst)
{
	burst->first = burst->n_frames = 0;
	burst->order = end->sent ? atomic_load_explicit(end->sent, memory_order_acquire) : 0;
	while (burst->n_frames < VG_BURST) {
		struct rte_mbuf *m = peek(end);
		uint32_t n = burst->n_frames;
		uint64_t clock_ns;

		if (!m)
			break;
		clock_ns = *vg_carry_clock(m, end->clock_off);
		if (clock_ns >= MARK_END && !n) {
			end->n_given++;
			burst->order = *vg_carry_order(m, end->clock_off);
			rte_pktmbuf_free(m);
			return clock_ns == MARK_END ? VG_FEED_INPUT_END : VG_FEED_ROUND;
		}
		if (clock_ns >= MARK_END || (n && (m->port != burst->capture_idx || m->packet_type != burst->link)))
			break;
		end->n_given++;
		burst->capture_idx = (uint8_t)m->port;
		burst->link = (enum vg_link)m->packet_type;
		burst->mbufs[n] = m;
		burst->wall_ns[n] = (int64_t)*RTE_MBUF_DYNFIELD(m, end->timestamp_off, rte_mbuf_timestamp_t *);
		burst->clocks_ns[n] = burst->clock_ns = clock_ns;
		burst->orders[n] = burst->order = *vg_carry_order(m, end->clock_off);
		burst->n_frames = n + 1;
	}
	return burst->n_frames ? VG_FEED_PACKETS : VG_FEED_IDLE;
}
