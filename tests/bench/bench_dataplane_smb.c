/* One core, from bytes in order to the arena's copy: SMB 2 reads of 64 KiB through its parser, next to the same stream
 * without a parser (every piece is copied), in pieces of 1,460 bytes. The copy goes into 8 MiB, used in turn. */
#include <stdlib.h>
#include <string.h>

#include <vigil/bytes.h>

#include "dataplane/protocols.h"
#include "tests/bench/bench.h"

#define MSS         1460u
#define READ_BYTES  65536u
#define N_READS     16u
#define HEAD        64u
#define ARENA_BYTES (8u << 20)
#define ROUNDS      5u

struct bench {
	struct vg_proto *proto;
	struct vg_proto_flow *flow;
	uint8_t *arena, *stream; /* the stream: what the server sends for a file */
	uint32_t at, n_stream;
	uint64_t n_bytes, id;
	uint8_t ask[4 + HEAD + 64];
};

static struct vg_body *body_open(void *ctx, const struct vg_attribution *card)
{
	(void)card;
	return ctx;
}
static enum vg_step body_data(void *ctx, struct vg_body *body, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	struct bench *b = ctx;
	(void)body;
	(void)wall_ns;
	b->at = b->at + n_bytes > ARENA_BYTES ? 0 : b->at;
	memcpy(b->arena + b->at, bytes, n_bytes);
	b->at += n_bytes;
	b->n_bytes += n_bytes;
	return VG_MORE;
}
static enum vg_step body_gap(void *ctx, struct vg_body *body, uint64_t n_missing)
{
	(void)ctx, (void)body, (void)n_missing;
	abort();
}
static void body_amend(void *ctx, struct vg_body *body, const struct vg_attribution *card)
{
	(void)ctx, (void)body, (void)card;
}
static void body_close(void *ctx, struct vg_body *body, enum vg_state state, int64_t wall_ns)
{
	(void)ctx, (void)body, (void)wall_ns;
	if (state != VG_STATE_COMPLETE)
		abort();
}

/* The head of a message of n_body bytes in a record of its own (MS-SMB2 2.2.1). */
static uint8_t *head_put(uint8_t *at, unsigned command, int is_answer, uint64_t id, uint32_t n_body)
{
	memset(at, 0, 4 + HEAD + 64);
	vg_put_be32(at, HEAD + n_body);
	memcpy(at + 4, "\xfeSMB\x40", 5);
	at[4 + 12] = (uint8_t)command;
	at[4 + 16] = (uint8_t)is_answer;
	memcpy(at + 4 + 24, &id, sizeof(id));
	return at + 4 + HEAD;
}
static void ask_feed(struct bench *b, unsigned command, uint32_t n_bytes, uint64_t off)
{
	uint8_t *body = head_put(b->ask, command, 0, ++b->id, 60);
	memcpy(body + 4, &n_bytes, sizeof(n_bytes));
	memcpy(body + 8, &off, sizeof(off));
	body[command == 6 ? 8 : 16] = 7; /* the file's id */
	if (command == 5)
		memset(body, 0, 60);
	(void)vg_proto_feed(b->proto, &b->flow, 0, b->ask, 4 + HEAD + 60, 1);
}
/* Its ids are written anew for every file. */
static void stream_make(struct bench *b)
{
	uint64_t id = b->id, size = (uint64_t)READ_BYTES * N_READS;
	uint8_t *at = b->stream, *body = head_put(at, 5, 1, ++id, 88);
	uint32_t n = READ_BYTES;
	memset(body, 0, 88);
	memcpy(body + 48, &size, sizeof(size));
	body[64] = 7;
	at = body + 88;
	for (unsigned i = 0; i < N_READS; i++, at = body + 16 + n) {
		body = head_put(at, 8, 1, ++id, 16 + n);
		body[2] = HEAD + 16;
		memcpy(body + 4, &n, sizeof(n));
	}
	body = head_put(at, 6, 1, ++id, 60);
	b->n_stream = (uint32_t)(body + 60 - b->stream);
}

static void parsed(void *ctx, unsigned n_times)
{
	struct bench *b = ctx;
	while (n_times--) {
		uint32_t at = 4 + HEAD + 88; /* the answer to the opening comes before the reads */
		stream_make(b);
		ask_feed(b, 5, 0, 0);
		(void)vg_proto_feed(b->proto, &b->flow, 1, b->stream, at, 1);
		for (unsigned i = 0; i < N_READS; i++)
			ask_feed(b, 8, READ_BYTES, (uint64_t)i * READ_BYTES);
		ask_feed(b, 6, 0, 0);
		for (; at < b->n_stream; at += MSS)
			(void)vg_proto_feed(b->proto, &b->flow, 1, b->stream + at,
					    b->n_stream - at < MSS ? b->n_stream - at : MSS, 1);
	}
}
static void plain(void *ctx, unsigned n_times)
{
	struct bench *b = ctx;
	while (n_times--) {
		stream_make(b);
		for (uint32_t at = 0; at < b->n_stream; at += MSS)
			(void)body_data(b, NULL, b->stream + at, b->n_stream - at < MSS ? b->n_stream - at : MSS, 1);
	}
}

int main(void)
{
	struct vg_dataplane_conf conf = { .n_streams = 64 };
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_stats_page *stats = aligned_alloc(64, (sizeof(*stats) + 63) & ~(size_t)63);
	struct bench b = { .arena = malloc(ARENA_BYTES), .stream = malloc((READ_BYTES + 256) * (N_READS + 2)) };
	struct vg_body_sink sink = { &b, body_open, body_data, body_gap, body_amend, body_close };
	double with[ROUNDS], without[ROUNDS], ratio[ROUNDS];

	if (!stats || !b.arena || !b.stream)
		return 1;
	memset(stats, 0, sizeof(*stats));
	b.proto = vg_proto_create(&conf, stats, &sink, vg_protocols);
	b.flow = b.proto ? vg_proto_flow_take(b.proto, VG_APP_SMB, &ident) : NULL;
	if (!b.flow)
		return 1;
	b.n_bytes = 0;
	parsed(&b, 1);
	if (b.n_bytes != (uint64_t)READ_BYTES * N_READS)
		return 1;
	for (unsigned i = 0; i < ROUNDS; i++) { /* side by side: the ratio is of one time */
		with[i] = b.n_stream * 8 / vg_bench_time_s(parsed, &b, 0.05) / 1e9;
		without[i] = b.n_stream * 8 / vg_bench_time_s(plain, &b, 0.05) / 1e9;
		ratio[i] = with[i] / without[i];
	}
	qsort(with, ROUNDS, sizeof(*with), vg_bench_compare);
	qsort(without, ROUNDS, sizeof(*without), vg_bench_compare);
	qsort(ratio, ROUNDS, sizeof(*ratio), vg_bench_compare);
	vg_bench_print("smb2_reads_64_KiB", with[ROUNDS / 2], "Gbit/s");
	vg_bench_print("plain_stream", without[ROUNDS / 2], "Gbit/s");
	vg_bench_print("smb2_to_plain_stream", ratio[ROUNDS / 2], "ratio");
	vg_proto_flow_give(b.proto, &b.flow);
	vg_proto_destroy(b.proto);
	free(b.arena);
	free(b.stream);
	free(stats);
	return 0;
}
