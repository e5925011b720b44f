/* steer: a mirror in GRE that comes on one queue as a whole gives the same bodies as without it, with one worker and
 * with several; fragments find their datagram, datagrams their flow; what does not fit is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "dataplane/inspect.h"
#include "dataplane/protocols.h"
#include "dataplane/steer.h"
#include "tests/lib/capture_make.h"
#include "tests/lib/encapsulate.h"

#define N_FLOWS   100000u
#define WINDOW    400u /* flows at once */
#define N_STEPS   4u   /* packets of a flow */
#define N_WORKERS 3u
#define N_BODIES  4096u

/* What all bodies of a run add up to, whatever their order. */
struct sum {
	uint64_t n_bodies, n_complete, hash;
};
struct body {
	int is_open;
	uint64_t hash;
};
struct sink {
	struct sum sum;
	struct body bodies[N_BODIES];
	uint32_t next;
};

static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static struct vg_body *open_body(void *ctx, const struct vg_attribution *card)
{
	struct sink *sink = ctx;
	struct body *body;

	do
		body = &sink->bodies[sink->next++ % N_BODIES];
	while (body->is_open);
	body->is_open = 1;
	body->hash = mix(mix(1, card->url, card->n_url), card->src_ip, 4);
	return (struct vg_body *)(void *)body;
}

static enum vg_step take_data(void *ctx, struct vg_body *b, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	struct body *body = (struct body *)(void *)b;

	(void)ctx;
	(void)wall_ns;
	body->hash = mix(body->hash, bytes, n_bytes);
	return VG_MORE;
}

static enum vg_step take_gap(void *ctx, struct vg_body *body, uint64_t n_missing)
{
	(void)ctx;
	(void)body;
	(void)n_missing;
	return VG_MORE;
}

static void amend(void *ctx, struct vg_body *body, const struct vg_attribution *card)
{
	(void)ctx;
	(void)body;
	(void)card;
}

static void close_body(void *ctx, struct vg_body *b, enum vg_state state, int64_t wall_ns)
{
	struct sink *sink = ctx;
	struct body *body = (struct body *)(void *)b;

	(void)wall_ns;
	sink->sum.n_bodies++;
	sink->sum.n_complete += state == VG_STATE_COMPLETE;
	sink->sum.hash += mix(body->hash, &state, 1);
	body->is_open = 0;
}

/* One worker's rooms, and the port before all of them. */
struct core {
	struct vg_stats_page *stats;
	struct sink *sink;
	struct vg_proto *proto;
	struct vg_inspect *inspect;
	struct vg_feed feed;
	struct vg_steer *steer;
	uint64_t clock_ns;
};
struct house {
	uint32_t n;
	struct vg_dataplane_conf conf;
	struct vg_ports *ports;
	struct rte_ring *queues[N_WORKERS];
	struct core cores[N_WORKERS];
	struct vg_steer *steers[N_WORKERS];
};

static void open_port(struct house *h)
{
	static unsigned n_made;
	struct rte_eth_conf conf = { 0 };
	char name[32];
	int eth_id;

	h->ports = calloc(1, sizeof(*h->ports));
	h->ports->pool = rte_pktmbuf_pool_create("steer", 32767, 0, 0, 2048 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	assert_non_null(h->ports->pool);
	assert_int_equal(rte_mbuf_dyn_rx_timestamp_register(&h->ports->timestamp_off, NULL), 0);
	for (uint32_t i = 0; i < h->n; i++) {
		snprintf(name, sizeof(name), "queue_%u_%u", n_made, i);
		h->queues[i] = rte_ring_create(name, 1024, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		assert_non_null(h->queues[i]);
	}
	snprintf(name, sizeof(name), "mirror_%u", n_made++);
	eth_id = rte_eth_from_rings(name, h->queues, h->n, h->queues, h->n, 0);
	assert_true(eth_id >= 0);
	assert_int_equal(rte_eth_dev_configure((uint16_t)eth_id, (uint16_t)h->n, (uint16_t)h->n, &conf), 0);
	for (uint16_t q = 0; q < h->n; q++) {
		assert_int_equal(rte_eth_rx_queue_setup((uint16_t)eth_id, q, 64, 0, NULL, h->ports->pool), 0);
		assert_int_equal(rte_eth_tx_queue_setup((uint16_t)eth_id, q, 64, 0, NULL), 0);
	}
	assert_int_equal(rte_eth_dev_start((uint16_t)eth_id), 0);
	h->ports->n_ports = 1;
	h->ports->ports[0].eth_id = (uint16_t)eth_id;
	h->ports->ports[0].n_queues = (uint16_t)h->n;
	h->ports->rss = (struct vg_rss){ h->n, VG_RSS_MAX_MAP, 1 };
}

static void set_up(struct house *h, uint32_t n)
{
	static const uint64_t seed[3] = { 1, 2, 3 };
	struct vg_stats_page *stats[N_WORKERS];

	memset(h, 0, sizeof(*h));
	h->n = n;
	h->conf = (struct vg_dataplane_conf){ .flags = VG_CONF_ALL_FILES | VG_CONF_NO_HUGE,
					      .n_flows = 131072,
					      .n_streams = 2048,
					      .idle_timeout_ms = 1000000,
					      .hole_timeout_ms = 1000,
					      .hole_bytes = 1 << 18 };
	h->conf.rules[0].checksums = VG_CHECKSUMS_IGNORE; /* all are 0, which is right now and then */
	open_port(h);
	for (uint32_t i = 0; i < n; i++) {
		struct core *c = &h->cores[i];
		struct vg_body_sink sink;

		c->stats = stats[i] = calloc(1, sizeof(*c->stats));
		c->sink = calloc(1, sizeof(*c->sink));
		sink = (struct vg_body_sink){ c->sink, open_body, take_data, take_gap, amend, close_body };
		c->proto = vg_proto_create(&h->conf, c->stats, &sink, vg_protocols);
		c->inspect = vg_inspect_create(&h->conf, seed, c->stats, c->proto);
		assert_non_null(c->inspect);
		vg_feed_init(&c->feed, h->ports, &h->conf, VG_FEED_ALL, (uint16_t)i);
		c->clock_ns = 1;
	}
	assert_int_equal(vg_steers_create(h->steers, h->ports, stats, n), 0);
	for (uint32_t i = 0; i < n; i++)
		h->cores[i].steer = h->steers[i];
}

static uint64_t counted(const struct house *h, unsigned counter)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < h->n; i++)
		n += h->cores[i].stats->counters[counter];
	return n;
}

static struct sum tear_down(struct house *h)
{
	struct sum sum = { 0 };

	for (uint32_t i = 0; i < h->n; i++) {
		struct core *c = &h->cores[i];
		vg_inspect_flush(c->inspect);
		sum.n_bodies += c->sink->sum.n_bodies;
		sum.n_complete += c->sink->sum.n_complete;
		sum.hash += c->sink->sum.hash;
		vg_inspect_destroy(c->inspect);
		vg_proto_destroy(c->proto);
		free(c->sink);
		free(c->stats);
	}
	assert_int_equal(rte_mempool_in_use_count(h->ports->pool), 0);
	vg_steers_destroy(h->steers, h->n);
	assert_int_equal(rte_eth_dev_stop(h->ports->ports[0].eth_id), 0);
	assert_int_equal(rte_eth_dev_close(h->ports->ports[0].eth_id), 0);
	for (uint32_t i = 0; i < h->n; i++)
		rte_ring_free(h->queues[i]);
	rte_mempool_free(h->ports->pool);
	free(h->ports);
	return sum;
}

static void inspect(struct core *c)
{
	struct vg_packet pkts[VG_BURST];
	struct vg_feed *feed = &c->feed;

	for (uint32_t i = 0; i < feed->n_frames; i++) {
		struct rte_mbuf *m = feed->mbufs[feed->first + i];
		pkts[i] = (struct vg_packet){ .frame = rte_pktmbuf_mtod(m, const uint8_t *),
					      .n_first_bytes = m->data_len,
					      .n_frame_bytes = m->pkt_len,
					      .segment = m,
					      .clock_ns = feed->clocks_ns[feed->first + i],
					      .link = feed->link };
	}
	vg_count(c->stats, VG_C_RX_PACKETS, feed->n_frames);
	vg_inspect_burst(c->inspect, pkts, feed->n_frames);
	rte_pktmbuf_free_bulk(&feed->mbufs[feed->first], feed->n_frames);
}

/* Every worker's turn, until nobody has anything. */
static void work(struct house *h, uint64_t now_ns)
{
	int is_idle = 0;

	while (!is_idle) {
		is_idle = 1;
		for (uint32_t i = 0; i < h->n; i++) {
			struct core *c = &h->cores[i];
			while (vg_steer_next(c->steer, &c->feed) == VG_FEED_PACKETS) {
				is_idle = 0;
				inspect(c);
			}
			if (vg_feed_next(&c->feed, now_ns, (int64_t)now_ns) != VG_FEED_PACKETS)
				continue;
			is_idle = 0;
			vg_steer_burst(c->steer, &c->feed);
			inspect(c);
		}
	}
}

static void give(struct house *h, uint32_t queue, const uint8_t *bytes, uint32_t n_bytes)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(h->ports->pool);

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, (uint16_t)n_bytes), bytes, n_bytes);
	assert_int_equal(rte_ring_sp_enqueue(h->queues[queue], m), 0);
}

/* An IPv4 frame with untagged Ethernet in two fragments. */
static void give_in_two(struct house *h, uint32_t queue, const uint8_t *bytes, uint32_t n_bytes, uint16_t id)
{
	uint8_t part[2048];
	uint32_t n_first = 48;

	for (unsigned k = 0; k < 2; k++) {
		uint32_t n = k ? n_bytes - 34 - n_first : n_first;
		memcpy(part, bytes, 34);
		part[16] = (uint8_t)((20 + n) >> 8);
		part[17] = (uint8_t)(20 + n);
		part[18] = (uint8_t)(id >> 8);
		part[19] = (uint8_t)id;
		part[20] = k ? 0 : 0x20;
		part[21] = k ? (uint8_t)(n_first / 8) : 0;
		memcpy(part + 34, bytes + 34 + (k ? n_first : 0), n);
		give(h, queue, part, 34 + n);
	}
}

/* Packet `step` of flow `id`; everything of it from the seed. */
static void make_packet(struct pb_frame *f, uint32_t id, uint32_t step, uint32_t seed)
{
	static char text[512];
	uint32_t r = (id + 1) * 2654435761u ^ seed;
	uint32_t client = 0x0a000000u | (r >> 8), server = 0xc6336400u | (r & 0xff);
	uint16_t port = (uint16_t)(1024 + (r * 40503u >> 16) % 60000);
	int back = step == 1 || step == 3;
	struct pb_tcp t = { .src = back ? server : client,
			    .dst = back ? client : server,
			    .sport = back ? 80 : port,
			    .dport = back ? port : 80,
			    .seq = step < 2 ? 100 : 101,
			    .ack = step ? 101 : 0,
			    .flags = step == 0   ? 2
				     : step == 1 ? 18
				     : step == 2 ? 17
						 : 17,
			    .payload = text };

	if (step == 2)
		t.n_payload = (uint32_t)snprintf(text, sizeof(text), "GET /%u HTTP/1.1\r\nHost: h\r\n\r\n", id);
	if (step == 3)
		t.n_payload = (uint32_t)snprintf(text, sizeof(text),
						 "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n%0100u", id * seed);
	pb_simple(f, &t);
}

/* All flows, WINDOW at once; is_mirror: in GRE, all on queue 0, every tenth packet in fragments. Else plain, as a card
 * would share them out. */
static struct sum run(uint32_t n_workers, int is_mirror, uint32_t seed)
{
	static struct house h;
	static uint8_t room[PB_MAX + 128];
	uint32_t begun = 0, n_given = 0, n_at_once = WINDOW, n_fragments = 0;
	uint8_t steps[WINDOW] = { 0 };
	uint32_t ids[WINDOW];
	uint64_t n_seen;

	set_up(&h, n_workers);
	for (uint32_t i = 0; i < WINDOW; i++)
		ids[i] = begun++;
	for (uint32_t turn = 0; n_at_once; turn++) {
		uint32_t i = turn * 7 % n_at_once;
		struct pb_frame f;

		make_packet(&f, ids[i], steps[i], seed);
		if (is_mirror) {
			uint32_t n = en_capsulate("gre", 7, f.bytes, f.n_bytes, room);
			if (turn % 10 == 9 && n > 34 + 56) {
				give_in_two(&h, 0, room, n, (uint16_t)turn);
				n_fragments += 2;
			} else {
				give(&h, 0, room, n);
			}
		} else {
			uint16_t fold = vg_rss_fold(f.bytes + 26, 12); /* addresses and ports */
			give(&h, vg_rss_queue(&h.ports->rss, vg_rss_hash(fold)), f.bytes, f.n_bytes);
		}
		n_given++;
		if (++steps[i] == N_STEPS && begun < N_FLOWS) {
			steps[i] = 0;
			ids[i] = begun++;
		} else if (steps[i] == N_STEPS) {
			steps[i] = steps[--n_at_once];
			ids[i] = ids[n_at_once];
		}
		if (turn % 100 == 99 || !n_at_once)
			work(&h, 1000000000u + turn * 1000u);
	}
	n_seen = counted(&h, VG_C_RX_PACKETS);
	assert_int_equal(n_given, N_FLOWS * N_STEPS);
	assert_int_equal(n_seen, n_given + n_fragments / 2); /* a datagram counts as its fragments do */
	assert_int_equal(counted(&h, VG_C_STEER_FULL) + counted(&h, VG_C_STEER_NOMBUF), 0);
	assert_int_equal(counted(&h, VG_C_FLOWS), N_FLOWS); /* no flow was seen on two workers */
	if (is_mirror && n_workers > 1)
		for (uint32_t i = 0; i < n_workers; i++) /* all work, and about alike */
			assert_true(h.cores[i].stats->counters[VG_C_FLOWS] > N_FLOWS / n_workers / 2);
	else
		assert_int_equal(counted(&h, VG_C_STEERED), 0);
	return tear_down(&h);
}

static void a_mirror_on_one_queue_gives_what_the_link_gives(void **state)
{
	uint32_t seed = (uint32_t)time(NULL);
	struct sum plain, mirror;

	(void)state;
	print_message("seed %u\n", seed);
	plain = run(1, 0, seed);
	assert_int_equal(plain.n_bodies, N_FLOWS);
	assert_int_equal(plain.n_complete, N_FLOWS);
	for (uint32_t n = 1; n <= N_WORKERS; n++) {
		mirror = run(n, 1, seed);
		assert_memory_equal(&mirror, &plain, sizeof(plain));
	}
	mirror = run(N_WORKERS, 0, seed);
	assert_memory_equal(&mirror, &plain, sizeof(plain));
}

static void a_full_way_is_counted_and_nobody_waits(void **state)
{
	static struct house h;
	static uint8_t room[PB_MAX + 128];
	uint64_t n_full;
	struct pb_frame f;
	uint32_t id = 0;

	(void)state;
	set_up(&h, 2);
	for (uint32_t i = 0; i < 8 * VG_STEER_RING; i++) {
		make_packet(&f, id++, 0, 1);
		give(&h, 0, room, en_capsulate("gre", 7, f.bytes, f.n_bytes, room));
		if (i % 16)
			continue;
		/* worker 1 takes nothing */
		if (vg_feed_next(&h.cores[0].feed, 1000, 1000) == VG_FEED_PACKETS) {
			vg_steer_burst(h.steers[0], &h.cores[0].feed);
			inspect(&h.cores[0]);
		}
	}
	n_full = counted(&h, VG_C_STEER_FULL);
	assert_true(n_full > 0);
	assert_int_equal(counted(&h, VG_C_STEERED), VG_STEER_RING - 1);
	work(&h, 2000);
	assert_int_equal(counted(&h, VG_C_RX_PACKETS) + counted(&h, VG_C_STEER_FULL), 8 * VG_STEER_RING);
	tear_down(&h);
}

/* Stacks of tags, IPv6 with extension headers and rubbish: none is lost. */
static void what_a_card_cannot_hash_stays_or_goes_home(void **state)
{
	static struct house h;
	unsigned seed = (unsigned)time(NULL);
	uint32_t n = 0;

	(void)state;
	print_message("seed %u\n", seed);
	set_up(&h, 3);
	for (uint32_t i = 0; i < 3000; i++) {
		struct pb_tcp t = { .src = i * 77, .dst = 5, .sport = (uint16_t)i, .dport = 80, .flags = 16 };
		static const uint8_t options[8] = { 6, 0, 1, 4 };
		struct pb_frame f;

		pb_ether(&f);
		if (i % 3 == 0) {
			pb_tag(&f, 0x88a8, 5);
			pb_tag(&f, 0x8100, 6);
			pb_be16(&f, 0x0800);
			pb_ipv4_tcp(&f, &t, 0);
		} else if (i % 3 == 1) {
			pb_be16(&f, 0x86dd);
			pb_ipv6_tcp(&f, &t, 60, options, sizeof(options));
		} else {
			pb_zeros(&f, 4 + (uint32_t)rand_r(&seed) % 60);
			for (uint32_t k = 12; k < f.n_bytes; k++)
				f.bytes[k] = (uint8_t)rand_r(&seed);
		}
		give(&h, i % 3, f.bytes, f.n_bytes);
		n++;
		if (i % 50 == 49)
			work(&h, 1000 + i);
	}
	assert_int_equal(counted(&h, VG_C_RX_PACKETS), n);
	assert_int_equal(counted(&h, VG_C_FLOWS), 2000);
	assert_true(counted(&h, VG_C_STEERED) > 1000);
	tear_down(&h);
}

int main(void)
{
	static struct vg_dataplane_conf conf;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mirror_on_one_queue_gives_what_the_link_gives),
		cmocka_unit_test(a_full_way_is_counted_and_nobody_waits),
		cmocka_unit_test(what_a_card_cannot_hash_stays_or_goes_home),
	};

	setenv("VIGIL_LOG", "error", 1);
	cm_conf(&conf, 0, 1, NULL, 0);
	conf.eal_mem_mb = 160;
	if (vg_eal_start(&conf, "/tmp", 1))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
