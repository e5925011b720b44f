/* One core from decode to the arena's copy, without reader, rings and hashers: frames lie in memory, flows take turns
 * by every segment (the worst order for caches), each sends one response of 16 segments. Per number of flows at a time:
 * nanoseconds a packet, Gbit/s of frames; the same with a part of the flows opaque; and what memcpy alone makes of the
 * payload. The copy goes into 8 MiB that are used in turn. */
#include <string.h>

#include "dataplane/inspect.h"
#include "dataplane/media/media.h"
#include "dataplane/protocols.h"
#include "tests/bench/bench.h"

#define HEADS       54u
#define MSS         1460u
#define N_SEGMENTS  16u
#define N_STEPS     (N_SEGMENTS + 5)
#define N_FRAMES    (1u << 18) /* of one round */
#define ROUNDS      3u
#define ARENA_BYTES (8u << 20)
#define FRAME_ROOM  1536u
#define FRAME_SETS  4096u /* frames of payload in memory: their heads are written anew for every packet */

struct arena {
	uint8_t *bytes;
	uint32_t at;
	uint64_t n_bytes, n_objects;
};
struct vg_object {
	int unused;
};
struct bench {
	struct vg_inspect *inspect;
	struct arena arena;
	uint8_t *frames;
	uint64_t clock_ns, n_frames, n_frame_bytes, n_wanted;
	uint32_t n_connections; /* made so far: each has a port and address of its own */
};

static struct vg_object *object_open(void *ctx, const struct vg_attribution *card, uint32_t flags)
{
	static struct vg_object object;
	(void)card;
	(void)flags;
	((struct arena *)ctx)->n_objects++;
	return &object;
}
static enum vg_step object_data(void *ctx, struct vg_object *object, const uint8_t *bytes, uint32_t n_bytes,
				int64_t wall_ns)
{
	struct arena *a = ctx;
	(void)object;
	(void)wall_ns;
	a->at = a->at + n_bytes > ARENA_BYTES ? 0 : a->at;
	memcpy(a->bytes + a->at, bytes, n_bytes);
	a->at += n_bytes;
	a->n_bytes += n_bytes;
	return VG_MORE;
}
static enum vg_step object_gap(void *ctx, struct vg_object *object, uint64_t n_missing)
{
	(void)ctx;
	(void)object;
	(void)n_missing;
	return VG_MORE;
}
static void object_amend(void *ctx, struct vg_object *object, const struct vg_attribution *card)
{
	(void)ctx;
	(void)object;
	(void)card;
}
static void object_close(void *ctx, struct vg_object *object, enum vg_state state, int64_t wall_ns)
{
	(void)ctx;
	(void)object;
	(void)state;
	(void)wall_ns;
}

static void put16(uint8_t *b, uint32_t v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}
static void put32(uint8_t *b, uint32_t v)
{
	put16(b, v >> 16);
	put16(b + 2, v & 0xffff);
}

/* Heads of a frame of connection n; from 0 = client. Its payload is what lies there, or `text`. */
static uint32_t frame_write(uint8_t *b, uint32_t n, int from, uint8_t flags, uint32_t seq, const void *text,
			    uint32_t n_bytes)
{
	static const uint8_t model[HEADS] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };
	uint32_t client = 0x0a000000u + (n >> 14), server = 0xc6336464u;
	uint16_t port = (uint16_t)(1024 + (n & 0x3fff));
	memcpy(b, model, HEADS);
	put16(b + 16, 40 + n_bytes);
	b[22] = 64;
	b[23] = 6;
	put32(b + 26, from ? server : client);
	put32(b + 30, from ? client : server);
	put16(b + 34, from ? 80 : port);
	put16(b + 36, from ? port : 80);
	put32(b + 38, seq);
	b[46] = 0x50;
	b[47] = flags;
	if (text)
		memcpy(b + HEADS, text, n_bytes);
	return HEADS + n_bytes;
}

/* Step k of connection n: SYN, request, head, segments, both FINs. */
static uint32_t frame_of_step(uint8_t *b, uint32_t n, uint32_t k, int opaque)
{
	static const char request[] = "GET /p/1.jpg HTTP/1.1\r\nHost: a.example\r\n\r\n";
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 opaque from here on, whatever it is";
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 23360\r\n\r\n";
	static const char jpeg[] = "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00";
	uint32_t body = 2000 + sizeof(head) - 1;
	switch (k) {
	case 0:
		return frame_write(b, n, 0, 0x02, 999, NULL, 0);
	case 1:
		return opaque ? frame_write(b, n, 0, 0x18, 1000, hello, sizeof(hello) - 1)
			      : frame_write(b, n, 0, 0x18, 1000, request, sizeof(request) - 1);
	case 2:
		return frame_write(b, n, 1, 0x18, 2000, opaque ? hello : head,
				   opaque ? sizeof(hello) - 1 : sizeof(head) - 1);
	case N_SEGMENTS + 3:
		return frame_write(b, n, 1, 0x11, body + N_SEGMENTS * MSS, NULL, 0);
	case N_SEGMENTS + 4:
		return frame_write(b, n, 0, 0x11, 1000 + (opaque ? sizeof(hello) : sizeof(request)) - 1, NULL, 0);
	default:
		frame_write(b, n, 1, 0x10, body + (k - 3) * MSS, NULL, MSS);
		if (k == 3 && !opaque)
			memcpy(b + HEADS, jpeg, sizeof(jpeg) - 1);
		return HEADS + MSS;
	}
}

/* Seconds for one burst whose frames were written just before: only inspecting is timed. */
static double burst_s(struct bench *b, uint32_t first, uint32_t k, uint32_t opaque_of_16)
{
	struct vg_packet pkts[VG_BURST];
	double began;
	for (uint32_t i = 0; i < VG_BURST; i++) {
		uint32_t flow = first + i, n = b->n_connections + flow;
		uint8_t *at = b->frames + (size_t)(b->n_frames % FRAME_SETS) * FRAME_ROOM;
		uint32_t n_bytes = frame_of_step(at, n, k, (flow & 15) < opaque_of_16);
		b->clock_ns += 1000;
		pkts[i] = (struct vg_packet){ .frame = at,
					      .n_first_bytes = n_bytes,
					      .n_frame_bytes = n_bytes,
					      .wall_ns = (int64_t)b->clock_ns,
					      .clock_ns = b->clock_ns,
					      .link = VG_LINK_ETHERNET };
		b->n_frames++;
		b->n_frame_bytes += n_bytes;
	}
	began = vg_bench_now_s();
	vg_inspect_burst(b->inspect, pkts, VG_BURST);
	vg_inspect_tick(b->inspect, b->clock_ns);
	return vg_bench_now_s() - began;
}

static double round_s(struct bench *b, uint32_t n_flows, uint32_t opaque_of_16)
{
	double s = 0;
	for (uint64_t until = b->n_frames + N_FRAMES; b->n_frames < until; b->n_connections += n_flows) {
		b->n_wanted += n_flows / 16 * (16 - opaque_of_16);
		for (uint32_t k = 0; k < N_STEPS; k++)
			for (uint32_t first = 0; first < n_flows; first += VG_BURST)
				s += burst_s(b, first, k, opaque_of_16);
	}
	return s;
}

/* What a pair of clock readings costs, to be taken off each burst. */
static double clock_s(void)
{
	double began = vg_bench_now_s();
	for (unsigned i = 0; i < 100000; i++)
		(void)vg_bench_now_s();
	return (vg_bench_now_s() - began) / 100000;
}

static int measure(uint32_t n_flows, uint32_t opaque_of_16, double tick_s)
{
	static const uint64_t seed[3] = { 1, 2, 3 };
	struct vg_dataplane_conf conf = { .n_flows = 262144,
					  .n_streams = 131072,
					  .idle_timeout_ms = 120000,
					  .hole_timeout_ms = 5000,
					  .hole_bytes = 1 << 20,
					  .object_min_bytes = 64,
					  .object_max_bytes = UINT64_MAX,
					  .flags = VG_CONF_REPLAY,
					  .rules[0].checksums = VG_CHECKSUMS_IGNORE };
	struct bench b = { .clock_ns = 1000000000 };
	struct vg_media_sink sink = { &b.arena, object_open, object_data, object_gap, object_amend, object_close };
	struct vg_stats_page *stats = calloc(1, sizeof(*stats));
	struct vg_media *media = stats ? vg_media_create(&conf, stats, &sink) : NULL;
	struct vg_body_sink bodies;
	struct vg_proto *proto = NULL;
	double rounds[ROUNDS], frames_s, per_round;
	char name[80];
	int failed = 1;

	b.arena.bytes = malloc(ARENA_BYTES);
	b.frames = calloc(FRAME_SETS, FRAME_ROOM);
	if (!media || !b.arena.bytes || !b.frames)
		goto out;
	vg_media_body_sink(media, &bodies);
	proto = vg_proto_create(&conf, stats, &bodies, vg_protocols);
	b.inspect = proto ? vg_inspect_create(&conf, seed, stats, proto) : NULL;
	if (!b.inspect)
		goto out;
	(void)round_s(&b, n_flows, opaque_of_16); /* warm */
	b.n_frame_bytes = b.arena.n_bytes = b.arena.n_objects = b.n_wanted = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t before = b.n_frames;
		rounds[i] = round_s(&b, n_flows, opaque_of_16);
		per_round = (double)(b.n_frames - before);
		rounds[i] = rounds[i] / per_round - tick_s / VG_BURST;
	}
	qsort(rounds, ROUNDS, sizeof(*rounds), vg_bench_compare);
	frames_s = rounds[ROUNDS / 2];
	snprintf(name, sizeof(name), "inspect_%u_flows_opaque_%u_of_16", n_flows, opaque_of_16);
	vg_bench_print(name, frames_s * 1e9, "ns/packet");
	per_round = (double)b.n_frame_bytes / ((double)b.n_frames - (double)b.n_frames / (ROUNDS + 1));
	vg_bench_print(name, per_round * 8 / frames_s / 1e9, "Gbit/s");
	/* every picture was found and copied whole, or the figure means nothing */
	failed = b.arena.n_objects != b.n_wanted || b.arena.n_bytes != b.n_wanted * N_SEGMENTS * MSS;
	if (failed)
		fprintf(stderr, "%s: %llu pictures of %llu, %llu bytes\n", name, (unsigned long long)b.arena.n_objects,
			(unsigned long long)b.n_wanted, (unsigned long long)b.arena.n_bytes);
out:
	vg_inspect_destroy(b.inspect);
	vg_proto_destroy(proto);
	vg_media_destroy(media);
	free(b.arena.bytes);
	free(b.frames);
	free(stats);
	return failed;
}

static void copy(void *ctx, unsigned n_times)
{
	struct bench *b = ctx;
	while (n_times--)
		for (uint32_t i = 0; i < FRAME_SETS; i++)
			object_data(&b->arena, NULL, b->frames + (size_t)i * FRAME_ROOM + HEADS, MSS, 0);
}

int main(void)
{
	static const uint32_t flows[] = { 1024, 10240, 102400 };
	static const uint32_t opaque[] = { 8, 16 };
	struct bench b = { .arena.bytes = malloc(ARENA_BYTES), .frames = calloc(FRAME_SETS, FRAME_ROOM) };
	double tick_s = clock_s();
	int failed = !b.arena.bytes || !b.frames;

	if (!failed) {
		double s = vg_bench_time_s(copy, &b, 0.02) / FRAME_SETS;
		vg_bench_print("memcpy_1460_bytes_into_8_MiB", s * 1e9, "ns/packet");
		vg_bench_print("memcpy_1460_bytes_into_8_MiB", (HEADS + MSS) * 8 / s / 1e9, "Gbit/s");
	}
	free(b.arena.bytes);
	free(b.frames);
	for (unsigned i = 0; i < VG_ARRAY_LEN(flows) && !failed; i++)
		failed = measure(flows[i], 0, tick_s);
	for (unsigned i = 0; i < VG_ARRAY_LEN(opaque) && !failed; i++)
		failed = measure(10240, opaque[i], tick_s);
	return failed;
}
