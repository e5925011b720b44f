/* One core from decode to a copy, without reader, rings and hashers: frames lie in memory, flows take turns by every
 * segment, in an order without neighbours (the worst for caches). What a packet costs over the whole life of its flow,
 * and what a data segment costs by the number of flows at a time, the size of segments and the share of opaque flows;
 * beside each what memcpy alone makes of the same payload, in the same run. Only inspecting is timed, by CPU time. What
 * it costs room by room: bench_dataplane_rooms; a second core: replay.sh. */
#include "tests/bench/bench.h"
#include "tests/lib/bench_flows.h"

#define N_FRAMES (1u << 17) /* of a round */
#define ROUNDS   5u

struct bench {
	struct bf_rooms rooms;
	struct bf_source source;
	struct bf_copy copy;
	uint32_t n_connections;
	double tick_s; /* what a pair of clock readings costs */
};

static double burst_s(struct bench *b, uint32_t n_flows, uint32_t first, uint32_t k)
{
	struct vg_packet pkts[VG_BURST];
	double began;
	bf_burst(&b->source, pkts, b->n_connections, n_flows, first, k);
	began = vg_bench_now_s();
	vg_inspect_burst(b->rooms.inspect, pkts, VG_BURST);
	vg_inspect_tick(b->rooms.inspect, b->source.clock_ns);
	return vg_bench_now_s() - began - b->tick_s;
}

static double clock_s(void)
{
	double began = vg_bench_now_s();
	for (unsigned i = 0; i < 100000; i++)
		(void)vg_bench_now_s();
	return (vg_bench_now_s() - began) / 100000;
}

static int make(struct bench *b, uint32_t n_flows, struct bf_shape shape)
{
	struct vg_dataplane_conf conf = bf_conf(n_flows);
	struct vg_stats_page *stats = aligned_alloc(64, sizeof(*stats));
	struct vg_media_sink sink = bf_copy_sink(&b->copy);
	*b = (struct bench){ .source = { .shape = shape, .clock_ns = 1000000000 }, .tick_s = clock_s() };
	b->copy.bytes = malloc(BF_COPY_BYTES);
	b->source.frames = calloc(BF_FRAME_SETS, BF_JUMBO);
	if (!stats || !b->copy.bytes || !b->source.frames) {
		free(stats);
		return 0;
	}
	memset(stats, 0, sizeof(*stats));
	return bf_rooms_make(&b->rooms, &conf, stats, &sink, NULL);
}

static void unmake(struct bench *b)
{
	bf_rooms_free(&b->rooms);
	free(b->copy.bytes);
	free(b->source.frames);
}

static void copy(void *ctx, unsigned n_times)
{
	struct bench *b = ctx;
	while (n_times--)
		for (uint32_t i = 0; i < BF_FRAME_SETS; i++)
			(void)bf_copy_data(&b->copy, NULL, b->source.frames + (size_t)i * BF_JUMBO + BF_HEADS,
					   b->source.shape.mss, 0);
}

static void print(struct bench *b, const char *name, double rounds[ROUNDS], uint64_t n_frames, uint64_t n_bytes)
{
	double s, copy_s = vg_bench_time_s(copy, b, 0.01) / BF_FRAME_SETS;
	qsort(rounds, ROUNDS, sizeof(*rounds), vg_bench_compare);
	s = rounds[ROUNDS / 2];
	vg_bench_print(name, s * 1e9, "ns/packet");
	vg_bench_print(name, (double)n_bytes / (double)n_frames * 8 / s / 1e9, "Gbit/s");
	vg_bench_print(name, copy_s * 1e9, "ns-memcpy");
	vg_bench_print(name, s / copy_s, "times-memcpy");
}

/* Whole lives: every picture must be found and copied whole, or the figure means nothing. */
static int lives(uint32_t n_flows, struct bf_shape shape)
{
	struct bench b;
	double rounds[ROUNDS];
	uint64_t n_wanted = 0;
	char name[80];
	int failed = !make(&b, n_flows, shape);

	for (unsigned i = 0; i <= ROUNDS && !failed; i++) { /* the first is to warm up */
		uint64_t before = b.source.n_frames;
		double s = 0;
		for (uint64_t until = before + N_FRAMES; b.source.n_frames < until; b.n_connections += n_flows) {
			n_wanted += n_flows / 16 * (16 - shape.opaque_of_16);
			for (uint32_t k = 0; k < bf_steps(&shape); k++)
				for (uint32_t first = 0; first < n_flows; first += VG_BURST)
					s += burst_s(&b, n_flows, first, k);
		}
		rounds[i ? i - 1 : 0] = s / (double)(b.source.n_frames - before);
	}
	snprintf(name, sizeof(name), "inspect_%u_flows_opaque_%u_of_16", n_flows, shape.opaque_of_16);
	if (!failed) {
		failed = b.copy.n_objects != n_wanted || b.copy.n_bytes != n_wanted * shape.n_segments * shape.mss;
		print(&b, name, rounds, b.source.n_frames, b.source.n_bytes);
	}
	if (failed)
		fprintf(stderr, "%s: %llu pictures of %llu\n", name, (unsigned long long)b.copy.n_objects,
			(unsigned long long)n_wanted);
	unmake(&b);
	return failed;
}

/* Data segments while n_flows flows are in the middle of their responses. */
static int segments(uint32_t n_flows, uint32_t mss)
{
	uint32_t n_rounds = (N_FRAMES + n_flows - 1) / n_flows;
	struct bf_shape shape = { mss, (ROUNDS + 1) * n_rounds + 1, 0 };
	struct bench b;
	double rounds[ROUNDS];
	uint32_t k = 0;
	char name[80];
	int failed = !make(&b, n_flows, shape);

	for (; k < 4 && !failed; k++) /* all begin */
		for (uint32_t first = 0; first < n_flows; first += VG_BURST)
			(void)burst_s(&b, n_flows, first, k);
	b.source.n_frames = b.source.n_bytes = 0;
	for (unsigned i = 0; i < ROUNDS && !failed; i++) {
		uint64_t before = b.source.n_frames;
		rounds[i] = 0;
		for (uint32_t until = k + n_rounds; k < until; k++)
			for (uint32_t first = 0; first < n_flows && b.source.n_frames < before + N_FRAMES;
			     first += VG_BURST)
				rounds[i] += burst_s(&b, n_flows, first, k);
		rounds[i] /= (double)(b.source.n_frames - before);
	}
	snprintf(name, sizeof(name), "segment_%u_flows_%u_bytes", n_flows, mss);
	if (!failed) {
		print(&b, name, rounds, b.source.n_frames, b.source.n_bytes);
		failed = b.copy.n_objects != n_flows;
	}
	if (failed)
		fprintf(stderr, "%s: %llu pictures\n", name, (unsigned long long)b.copy.n_objects);
	unmake(&b);
	return failed;
}

int main(void)
{
	static const uint32_t flows[] = { 1024, 10240, 102400, 1048576 };
	static const uint32_t sizes[] = { 88, 536, 8960 };
	static const uint32_t opaque[] = { 0, 8, 16 };
	int failed = 0;

	for (unsigned i = 0; i < VG_ARRAY_LEN(opaque) && !failed; i++)
		failed = lives(10240, (struct bf_shape){ 1460, 16, opaque[i] });
	for (unsigned i = 0; i < VG_ARRAY_LEN(flows) && !failed; i++)
		failed = segments(flows[i], 1460);
	for (unsigned i = 0; i < VG_ARRAY_LEN(sizes) && !failed; i++)
		failed = segments(10240, sizes[i]);
	return failed;
}
