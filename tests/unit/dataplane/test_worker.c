/* worker: what its rooms promise together: once they are made, no packet makes any of them, nor nDPI or Hyperscan,
 * allocate. malloc and its sisters are counted here (glibc's own names stay reachable); a sanitizer has its own: with
 * one the same talks run uncounted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/inspect.h"
#include "dataplane/media/media.h"
#include "dataplane/protocols.h"
#include "tests/lib/handoff_bench.h"
#include "tests/lib/pktbuild.h"

static struct {
	uint64_t n;
	int counts;
} allocations;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTED 1
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t each);
void *__libc_realloc(void *at, size_t n);
void *__libc_memalign(size_t align, size_t n);
void *malloc(size_t n)
{
	allocations.n += (uint64_t)allocations.counts;
	return __libc_malloc(n);
}
void *calloc(size_t n, size_t each)
{
	allocations.n += (uint64_t)allocations.counts;
	return __libc_calloc(n, each);
}
void *realloc(void *at, size_t n)
{
	allocations.n += (uint64_t)allocations.counts;
	return __libc_realloc(at, n);
}
void *aligned_alloc(size_t align, size_t n)
{
	allocations.n += (uint64_t)allocations.counts;
	return __libc_memalign(align, n);
}
#else
#define COUNTED 0
#endif

struct rooms {
	struct vg_handoff_bench *end;
	struct vg_media *media;
	struct vg_proto *proto;
	struct vg_inspect *inspect;
	uint64_t clock_ns, n_packets;
};

static void rooms_make(struct rooms *r)
{
	static const uint64_t seed[3] = { 1, 2, 3 };
	struct vg_lane_geometry geometry = {
		.n_slots = 256, .n_returns = 1024, .n_small = 400, .n_large = 16, .n_attr = 60
	};
	struct vg_body_sink bodies;

	memset(r, 0, sizeof(*r));
	r->end = vg_bench_make(1, geometry, 0, 1 << 20);
	r->end->conf.n_flows = 300; /* fewer than are fed: flows are put out, too */
	r->end->conf.n_streams = 310;
	r->end->conf.idle_timeout_ms = 10000;
	r->end->conf.hole_timeout_ms = 1000;
	r->end->conf.hole_bytes = 1 << 18;
	r->end->conf.object_min_bytes = 4;
	vg_sim_attach(&r->end->sims[0], r->end->handoff, 0);
	r->end->sims[0].any_bytes = 1;
	r->media = vg_media_create(&r->end->conf, &r->end->stats, &r->end->sink);
	vg_media_body_sink(r->media, &bodies);
	r->proto = vg_proto_create(&r->end->conf, &r->end->stats, &bodies, vg_protocols);
	r->inspect = vg_inspect_create(&r->end->conf, seed, &r->end->stats, r->proto);
	assert_non_null(r->inspect);
	vg_inspect_order(r->inspect, vg_handoff_order(r->end->handoff));
	r->clock_ns = 1000000000;
}

static void rooms_free(struct rooms *r)
{
	vg_inspect_destroy(r->inspect);
	vg_proto_destroy(r->proto);
	vg_media_destroy(r->media);
	vg_bench_free(r->end);
}

/* A packet of flow n's client (0) or server (1) on server port `port`. */
static void say(struct rooms *r, uint32_t n, int side, uint16_t port, uint8_t flags, uint32_t seq, const void *text,
		uint32_t n_text)
{
	uint32_t client = 0x0a000000u + n, server = 0xc6336401u;
	struct pb_tcp t = { .src = side ? server : client,
			    .dst = side ? client : server,
			    .sport = side ? port : 40000,
			    .dport = side ? 40000 : port,
			    .seq = seq,
			    .ack = 1,
			    .flags = flags,
			    .payload = text,
			    .n_payload = n_text };
	struct pb_frame f;
	struct vg_packet pkt;

	pb_ether(&f);
	pb_be16(&f, 0x0800);
	pb_ipv4_tcp(&f, &t, 0);
	r->clock_ns += 2000000;
	pkt = (struct vg_packet){ .frame = f.bytes,
				  .n_first_bytes = f.n_bytes,
				  .n_frame_bytes = f.n_bytes,
				  .wall_ns = (int64_t)r->clock_ns,
				  .clock_ns = r->clock_ns,
				  .order = r->n_packets + 1,
				  .link = VG_LINK_ETHERNET };
	vg_inspect_burst(r->inspect, &pkt, 1);
	vg_inspect_tick(r->inspect, r->clock_ns);
	r->n_packets++;
	assert_int_equal(*vg_handoff_order(r->end->handoff), r->n_packets);
	vg_handoff_passed(r->end->handoff, r->n_packets);
	vg_handoff_poll(r->end->handoff, r->clock_ns);
	(void)vg_sim_run(&r->end->sims[0], 1000);
}

/* A picture in small segments, every third of them late, some lost. */
static void transfer(struct rooms *r, uint32_t n, unsigned *seed)
{
	static const char request[] = "GET /a.jpg HTTP/1.1\r\nHost: h.example\r\n\r\n";
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 6000\r\n\r\n";
	static const uint8_t jpeg[600] = { 0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F' };
	uint32_t at = 1 + sizeof(head) - 1;

	say(r, n, 0, 80, 2, 0, NULL, 0);
	say(r, n, 1, 80, 18, 0, NULL, 0);
	say(r, n, 0, 80, 16, 1, request, 20);
	say(r, n, 0, 80, 16, 21, request + 20, sizeof(request) - 1 - 20);
	say(r, n, 1, 80, 16, 1, head, sizeof(head) - 1);
	for (uint32_t i = 0; i < 10; i++)
		if (i % 3 != 1)
			say(r, n, 1, 80, 16, at + i * 600, jpeg, sizeof(jpeg));
	for (uint32_t i = 1; i < 10; i += 3)
		if (rand_r(seed) % 4)
			say(r, n, 1, 80, 16, at + i * 600, jpeg, sizeof(jpeg));
	if (rand_r(seed) % 3)
		say(r, n, 1, 80, 17, at + 6000, NULL, 0);
}

/* What first bytes do not tell goes to nDPI: banners, handshakes, and noise. */
static void something_else(struct rooms *r, uint32_t n, unsigned *seed)
{
	static const struct {
		uint16_t port;
		const char *asks, *says;
	} talks[] = {
		{ 25, "EHLO a.example\r\n", "220 mail.example ESMTP\r\n" },
		{ 21, "USER anonymous\r\n", "220 ftp ready\r\n" },
		{ 110, "USER a\r\n", "+OK POP3\r\n" },
		{ 143, "a1 LOGIN a b\r\n", "* OK IMAP4rev1\r\n" },
		{ 6667, "NICK a\r\nUSER a b c d\r\n", ":irc.example 001 a :Welcome\r\n" },
		{ 5060, "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c\r\n", "SIP/2.0 100 Trying\r\n" },
		{ 554, "DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n" },
		{ 6881, "\023BitTorrent protocol00000000aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbb", "\023BitTorrent" },
		{ 5222, "<?xml version='1.0'?><stream:stream to='a' xmlns='jabber:client'>", "<?xml?>" },
		{ 6379, "*1\r\n$4\r\nPING\r\n", "+PONG\r\n" },
		{ 9999, "GETX something HTTQ/1.1\r\nHost: a\r\nUser-Agent: b\r\n\r\n", "what?" },
	};
	uint8_t noise[500];
	uint32_t k = n % (VG_ARRAY_LEN(talks) + 3), a = 1, b = 1;

	uint16_t port = k < VG_ARRAY_LEN(talks) ? talks[k].port : k & 1 ? 443 : 7777;

	for (uint32_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)rand_r(seed);
	say(r, n, 0, port, 2, 0, NULL, 0);
	say(r, n, 1, port, 18, 0, NULL, 0);
	for (uint32_t i = 0; i < 8; i++) {
		if (k < VG_ARRAY_LEN(talks)) {
			uint32_t n_asks = (uint32_t)strlen(talks[k].asks), n_says = (uint32_t)strlen(talks[k].says);
			say(r, n, 0, port, 16, a, talks[k].asks, n_asks);
			say(r, n, 1, port, 16, b, talks[k].says, n_says);
			a += n_asks;
			b += n_says;
		} else {
			say(r, n, (int)(i & 1), port, 16, i & 1 ? b : a, noise, sizeof(noise));
			*(i & 1 ? &b : &a) += sizeof(noise);
		}
	}
}

static void no_packet_makes_anything_allocate(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	void *volatile one;
	struct rooms r;

	(void)state;
	print_message("seed %u\n", seed);
	rooms_make(&r);
	allocations.counts = 1;
	one = malloc(1); /* they are counted indeed */
	free(one);
	assert_int_equal(allocations.n, COUNTED);
	allocations.n = 0;
	for (uint32_t n = 0; n < 1000; n++) {
		if (n % 2)
			transfer(&r, n, &seed);
		else
			something_else(&r, n / 2, &seed);
	}
	vg_inspect_flush(r.inspect);
	vg_handoff_poll(r.end->handoff, r.clock_ns);
	allocations.counts = 0;
	assert_int_equal(allocations.n, 0);
	/* it was all there: pictures, holes, evicted flows, nDPI */
	assert_true(r.end->stats.counters[VG_C_OBJECTS] >= 400);
	assert_true(r.end->stats.counters[VG_C_STREAM_GAPS] > 10);
	assert_true(r.end->stats.counters[VG_C_FLOWS_EVICTED] > 100);
	assert_true(r.end->stats.counters[VG_C_DETECT_NDPI] > 500);
	rooms_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_packet_makes_anything_allocate) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
