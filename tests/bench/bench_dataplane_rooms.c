/* Where a packet's cycles go: the walk of one core, from decode to the lane of a hasher, with a look at the time stamp
 * counter at every door. inspect.c is compiled here once more, its calls wrapped; media's and handoff's doors are
 * function pointers. A room's figure is without the rooms it calls and without what the looking costs (measured); a
 * burst in which the thread was not running all the time is left out. The hasher is a loop that gives everything back
 * at once, not counted. */
#include "dataplane/decode/checksum.h"
#include "dataplane/decode/decode.h"
#include "dataplane/decode/tenant.h"
#include "dataplane/detect/first_bytes.h"
#include "dataplane/flow/decoy.h"
#include "dataplane/handoff/handoff_priv.h"
#include "dataplane/inspect_priv.h"
#include "tests/bench/bench.h"
#include "tests/lib/bench_flows.h"

#define N_FRAMES (1u << 17) /* of a round */
#define ROUNDS   5u
#define TORN     400000u /* cycles of a burst that nothing but a switch of threads explains */

enum room { OUTSIDE, DECODE, FLOW, CHECKSUM, STREAM, DETECT, PROTO, MEDIA, HANDOFF, GLUE, N_ROOMS };
static const char *const names[N_ROOMS] = { "outside", "decode", "flow",  "checksum", "stream",
					    "detect",  "proto",  "media", "handoff",  "inspect" };

/* The one thread's book. */
static struct book {
	enum room here;
	uint64_t last, cycles[N_ROOMS], n_doors[N_ROOMS], n_packets, n_bytes;
} book;

static inline uint64_t cycles_now(void)
{
	return __builtin_ia32_rdtsc();
}
static inline enum room go(enum room to)
{
	enum room from = book.here;
	uint64_t now = cycles_now();
	book.cycles[from] += now - book.last;
	book.n_doors[from]++;
	book.n_doors[to]++;
	book.here = to;
	book.last = now;
	return from;
}
#define IN(where, call)                       \
	__extension__({                       \
		enum room from_ = go(where);  \
		__typeof__(call) got_ = call; \
		(void)go(from_);              \
		got_;                         \
	})
#define DO(where, call)                      \
	do {                                 \
		enum room from_ = go(where); \
		call;                        \
		(void)go(from_);             \
	} while (0)

#define vg_defrag_burst(...)              IN(DECODE, vg_defrag_burst(__VA_ARGS__))
#define vg_tenant_apply(...)              DO(DECODE, vg_tenant_apply(__VA_ARGS__))
#define vg_flow_table_prefetch_burst(...) DO(FLOW, vg_flow_table_prefetch_burst(__VA_ARGS__))
#define vg_flow_table_find(...)           IN(FLOW, vg_flow_table_find(__VA_ARGS__))
#define vg_flow_table_age(...)            IN(FLOW, vg_flow_table_age(__VA_ARGS__))
#define vg_decoy_judge(...)               IN(CHECKSUM, vg_decoy_judge(__VA_ARGS__))
#define vg_streams_take(...)              IN(STREAM, vg_streams_take(__VA_ARGS__))
#define vg_streams_due(...)               IN(STREAM, vg_streams_due(__VA_ARGS__))
#define vg_stream_begin(...)              IN(STREAM, vg_stream_begin(__VA_ARGS__))
#define vg_stream_segment(...)            IN(STREAM, vg_stream_segment(__VA_ARGS__))
#define vg_stream_fin(...)                IN(STREAM, vg_stream_fin(__VA_ARGS__))
#define vg_detect_bytes(...)              IN(DETECT, vg_detect_bytes(__VA_ARGS__))
#define vg_detect_first(...)              IN(DETECT, vg_detect_first(__VA_ARGS__))
#define vg_detect_begins(...)             IN(DETECT, vg_detect_begins(__VA_ARGS__))
#define vg_proto_flow_take(...)           IN(PROTO, vg_proto_flow_take(__VA_ARGS__))
#define vg_proto_feed(...)                IN(PROTO, vg_proto_feed(__VA_ARGS__))
#define vg_proto_end(...)                 DO(PROTO, vg_proto_end(__VA_ARGS__))
#define vg_proto_flow_give(...)           DO(PROTO, vg_proto_flow_give(__VA_ARGS__))
#include "dataplane/inspect.c"

static struct vg_body_sink media; /* behind the wrapped one */
static struct vg_media_sink lane; /* handoff's own */

static struct vg_body *body_open(void *ctx, const struct vg_attribution *card)
{
	return IN(MEDIA, media.open(ctx, card));
}
static enum vg_step body_data(void *ctx, struct vg_body *body, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	return IN(MEDIA, media.data(ctx, body, bytes, n_bytes, wall_ns));
}
static void body_close(void *ctx, struct vg_body *body, enum vg_state state, int64_t wall_ns)
{
	DO(MEDIA, media.close(ctx, body, state, wall_ns));
}
static void wrap_media(struct vg_body_sink *sink)
{
	media = *sink;
	sink->open = body_open;
	sink->data = body_data;
	sink->close = body_close;
}
static struct vg_object *object_open(void *ctx, const struct vg_attribution *card, uint32_t flags)
{
	return IN(HANDOFF, lane.open(ctx, card, flags));
}
static enum vg_step object_data(void *ctx, struct vg_object *object, const uint8_t *bytes, uint32_t n_bytes,
				int64_t wall_ns)
{
	return IN(HANDOFF, lane.data(ctx, object, bytes, n_bytes, wall_ns));
}
static void object_close(void *ctx, struct vg_object *object, enum vg_state state, int64_t wall_ns)
{
	DO(HANDOFF, lane.close(ctx, object, state, wall_ns));
}

/* A hasher that is done with everything at once. */
struct hasher {
	struct vg_handoff *handoff;
	struct vg_lane_in *in;
	uint64_t tail, ret_head;
};

static int hasher_attach(struct hasher *h, struct vg_handoff *handoff)
{
	struct vg_lane *l = &handoff->lanes[0];
	size_t n = vg_lane_in_bytes(&l->geometry);
	*h = (struct hasher){ .handoff = handoff, .in = aligned_alloc(VG_LANE_PAGE, n) };
	if (!h->in)
		return 0;
	memset(h->in, 0, n);
	l->in = h->in;
	l->epoch = 1;
	atomic_store(&l->state, VG_LANE_OFFERED);
	vg_handoff_poll(handoff, 1);
	return atomic_load(&l->state) == VG_LANE_ATTACHED;
}
static void hasher_run(struct hasher *h)
{
	struct vg_lane *l = &h->handoff->lanes[0];
	struct vg_return *returns = (struct vg_return *)(void *)((uint8_t *)h->in + VG_LANE_PAGE);
	for (uint64_t head = atomic_load(&l->out->head); h->tail != head; h->tail++) {
		const struct vg_desc *d = &l->slots[h->tail & (l->geometry.n_slots - 1)];
		if (d->type == VG_DESC_CLOSE)
			returns[h->ret_head++ & (l->geometry.n_returns - 1)] =
				(struct vg_return){ .type = VG_RETURN_DONE, .object_id = d->object_id };
	}
	atomic_store(&h->in->tail, h->tail);
	atomic_store(&h->in->ret_head, h->ret_head);
}

static void walk_burst(struct vg_inspect *inspect, struct hasher *hasher, struct vg_packet *pkts, uint64_t clock_ns,
		       const uint32_t n_bytes[VG_BURST])
{
	struct book before = book;
	uint64_t began = cycles_now();

	book.last = began;
	(void)go(HANDOFF);
	vg_handoff_poll(hasher->handoff, clock_ns);
	(void)go(GLUE);
	vg_inspect_burst(inspect, pkts, VG_BURST);
	vg_inspect_tick(inspect, clock_ns);
	(void)go(OUTSIDE);
	for (unsigned i = 0; i < VG_BURST; i++)
		book.n_bytes += n_bytes[i];
	book.n_packets += VG_BURST;
	if (book.last - began > TORN)
		book = before;
	hasher_run(hasher);
}

static void round_run(struct bf_rooms *r, struct hasher *hasher, struct bf_source *s, uint32_t n_flows,
		      uint32_t *n_connections)
{
	struct vg_packet pkts[VG_BURST];
	uint32_t n_bytes[VG_BURST];
	for (uint64_t until = s->n_frames + N_FRAMES; s->n_frames < until; *n_connections += n_flows)
		for (uint32_t k = 0; k < bf_steps(&s->shape); k++)
			for (uint32_t first = 0; first < n_flows; first += VG_BURST) {
				bf_burst(s, pkts, *n_connections, n_flows, first, k);
				for (unsigned i = 0; i < VG_BURST; i++) /* the rooms move packets about */
					n_bytes[i] = pkts[i].n_frame_bytes;
				walk_burst(r->inspect, hasher, pkts, s->clock_ns, n_bytes);
			}
}

/* Cycles that a door costs: half in the room that is left, half in the one that is entered. */
static double door_cycles(void)
{
	double least = 1e9;
	for (unsigned round = 0; round < 200; round++) {
		uint64_t began = cycles_now();
		for (unsigned i = 0; i < 1000; i++)
			(void)go(i & 1 ? OUTSIDE : GLUE);
		double one = (double)(cycles_now() - began) / 1000;
		least = one < least ? one : least;
	}
	return least;
}

static int as_double(const void *a, const void *b)
{
	return vg_bench_compare(a, b);
}

static void print_rooms(double rounds[N_ROOMS][ROUNDS], double n_bytes, uint32_t n_flows)
{
	double total = 0;
	char name[80];
	for (unsigned room = OUTSIDE + 1; room < N_ROOMS; room++) {
		qsort(rounds[room], ROUNDS, sizeof(double), as_double);
		total += rounds[room][ROUNDS / 2];
	}
	printf("# %u flows: room, cycles a packet, cycles a byte, share\n", n_flows);
	for (unsigned room = OUTSIDE + 1; room < N_ROOMS; room++) {
		double c = rounds[room][ROUNDS / 2];
		printf("#   %-10s %7.1f  %6.3f  %4.1f %%\n", names[room], c, c / n_bytes, 100 * c / total);
	}
	for (unsigned room = OUTSIDE + 1; room < N_ROOMS; room++) {
		snprintf(name, sizeof(name), "room_%s_%u_flows", names[room], n_flows);
		vg_bench_print(name, rounds[room][ROUNDS / 2], "cycles/packet");
	}
	snprintf(name, sizeof(name), "room_all_%u_flows", n_flows);
	vg_bench_print(name, total, "cycles/packet");
	vg_bench_print(name, total / n_bytes, "cycles/byte");
}

static int measure(uint32_t n_flows, struct bf_shape shape)
{
	struct vg_dataplane_conf conf = bf_conf(n_flows);
	struct vg_stats_page *stats = aligned_alloc(64, sizeof(*stats));
	struct bf_source s = { .shape = shape, .frames = calloc(BF_FRAME_SETS, BF_JUMBO), .clock_ns = 1000000000 };
	struct bf_rooms r = { 0 };
	struct hasher hasher = { 0 };
	struct vg_handoff *handoff = NULL;
	struct vg_media_sink sink;
	double rounds[N_ROOMS][ROUNDS], door = door_cycles();
	uint32_t n_connections = 0;
	int failed = 1;

	conf.n_hashers = 1;
	conf.lane = (struct vg_lane_geometry){ .n_slots = 16384, .n_attr = n_flows + 1024, .n_large = 64 };
	conf.lane.n_small = (n_flows + 1024) * (shape.n_segments * shape.mss / VG_CHUNK_SMALL + 1);
	for (conf.lane.n_returns = 1; conf.lane.n_returns <= conf.lane.n_small + conf.lane.n_attr + 64;)
		conf.lane.n_returns *= 2;
	if (!stats || !s.frames)
		goto out;
	memset(stats, 0, sizeof(*stats));
	handoff = vg_handoff_create(&conf, 0, 1, stats, NULL);
	if (!handoff || !hasher_attach(&hasher, handoff))
		goto out;
	vg_handoff_media_sink(handoff, &lane);
	sink = (struct vg_media_sink){ lane.ctx, object_open, object_data, lane.gap, lane.amend, object_close };
	if (!bf_rooms_make(&r, &conf, stats, &sink, wrap_media))
		goto out;
	round_run(&r, &hasher, &s, n_flows, &n_connections); /* warm */
	for (unsigned i = 0; i < ROUNDS; i++) {
		memset(&book, 0, sizeof(book));
		round_run(&r, &hasher, &s, n_flows, &n_connections);
		for (unsigned room = 0; room < N_ROOMS; room++)
			rounds[room][i] = ((double)book.cycles[room] - door / 2 * (double)book.n_doors[room]) /
					  (double)book.n_packets;
	}
	print_rooms(rounds, (double)book.n_bytes / (double)book.n_packets, n_flows);
	failed = stats->counters[VG_C_CLOSE_COMPLETE] != n_connections;
	if (failed)
		fprintf(stderr, "%u flows: %llu pictures of %u\n", n_flows,
			(unsigned long long)stats->counters[VG_C_CLOSE_COMPLETE], n_connections);
out:
	if (!r.inspect && failed)
		fprintf(stderr, "%u flows: no memory\n", n_flows);
	bf_rooms_free(&r);
	vg_handoff_destroy(handoff);
	free(hasher.in);
	free(s.frames);
	if (!r.stats)
		free(stats);
	return failed;
}

int main(void)
{
	int failed = measure(1024, (struct bf_shape){ 1460, 10, 0 });
	return measure(102400, (struct bf_shape){ 1460, 4, 0 }) || failed;
}
