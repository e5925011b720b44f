/* One core, from bytes in order to the arena's copy: files of 64 KiB by HTTP/1 (kept alive), HTTP/2, SMB 2 and FTP,
 * each next to the same bytes without a parser (every piece is copied), in pieces of 1,460 bytes, in one run. The copy
 * goes into 8 MiB, used in turn. A talk is a list of what was said, made once and held anew every time, on flows of its
 * own. */
#include <stdlib.h>
#include <string.h>

#include <vigil/bytes.h>

#include "dataplane/protocols.h"
#include "tests/bench/bench.h"
#include "tests/lib/h2_make.h"

#define MSS         1460u
#define FILE_BYTES  65536u
#define N_FILES     16u
#define SMB_HEAD    64u
#define ARENA_BYTES (8u << 20)
#define TALK_BYTES  (2u << 20)
#define MAX_SAID    256u
#define ROUNDS      5u

/* A direction says n bytes on the main flow or on the data flow of this number; is_end: that flow ends behind them. */
struct said {
	const uint8_t *bytes;
	uint32_t n;
	uint8_t dir, data_no, is_end;
};
struct talk {
	uint8_t *memory, *end;
	struct said said[MAX_SAID];
	unsigned n_said;
	uint16_t server_port;
	enum vg_app app;
};
struct bench {
	struct vg_proto *proto;
	uint8_t *arena;
	const struct talk *talk;
	uint32_t at;
	uint64_t n_bytes, flow_id;
	unsigned n_whole;
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
	struct bench *b = ctx;
	(void)body, (void)wall_ns;
	if (state != VG_STATE_COMPLETE)
		abort();
	b->n_whole++;
}

/* ---- what is said ---- */

static void say(struct talk *t, unsigned dir, const void *bytes, size_t n)
{
	struct said *s = t->n_said ? &t->said[t->n_said - 1] : NULL;

	if (!s || (s->bytes && (s->dir != dir || s->data_no || s->is_end)))
		s = &t->said[t->n_said++];
	if (!s->bytes)
		*s = (struct said){ .bytes = t->end, .dir = (uint8_t)dir };
	memcpy(t->end, bytes, n);
	t->end += n;
	s->n += (uint32_t)n;
}
static void say_text(struct talk *t, unsigned dir, const char *text)
{
	say(t, dir, text, strlen(text));
}
static void say_bytes(struct talk *t, uint32_t n)
{
	static uint8_t bytes[FILE_BYTES] = { 0xff, 0xd8, 0xff, 0xe0 };
	say(t, 1, bytes, n);
}
static void http1_make(struct talk *t)
{
	for (unsigned i = 0; i < N_FILES; i++) {
		say_text(t, 0,
			 "GET /pictures/1.jpg HTTP/1.1\r\nHost: h.example\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n");
		say_text(t, 1,
			 "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Type: image/jpeg\r\nContent-Length: 65536\r\n\r\n");
		say_bytes(t, FILE_BYTES);
	}
}
/* DATA frames of 16 KiB (RFC 9113 4.2: the size that everybody takes). */
static void http2_make(struct talk *t)
{
	uint8_t at[VG_H2_MAKE_BYTES], frame[9];
	struct vg_h2_make make;
	char line[256];

	vg_h2_make_init(&make);
	say(t, 0, at, vg_h2_make(&make, 0, "PRI\nSET", at));
	say(t, 1, at, vg_h2_make(&make, 1, "SET", at));
	for (unsigned i = 0; i < N_FILES; i++) {
		unsigned id = 2 * i + 1;
		snprintf(line, sizeof(line),
			 "H %u e :method=GET :scheme=http :path=/pictures/%u.jpg :authority=h.example user-agent=bench",
			 id, i);
		say(t, 0, at, vg_h2_make(&make, 0, line, at));
		snprintf(line, sizeof(line), "H %u - :status=200 content-type=image/jpeg content-length=65536", id);
		say(t, 1, at, vg_h2_make(&make, 1, line, at));
		for (unsigned k = 0; k < 4; k++) {
			(void)vg_h2_frame(frame, 0, k == 3, id, frame, 0);
			frame[1] = FILE_BYTES / 4 >> 8;
			say(t, 1, frame, sizeof(frame));
			say_bytes(t, FILE_BYTES / 4);
		}
	}
	vg_h2_make_fini(&make);
}
/* A message of n_body bytes in a record of its own (MS-SMB2 2.2.1); its body begins with n bytes. */
static void smb_say(struct talk *t, unsigned command, unsigned is_answer, uint64_t id, const uint8_t *body, uint32_t n,
		    uint32_t n_body)
{
	uint8_t head[4 + SMB_HEAD] = { 0 };

	vg_put_be32(head, SMB_HEAD + n_body);
	memcpy(head + 4, "\xfeSMB\x40", 5);
	head[4 + 12] = (uint8_t)command;
	head[4 + 16] = (uint8_t)is_answer;
	memcpy(head + 4 + 24, &id, sizeof(id));
	say(t, is_answer, head, sizeof(head));
	say(t, is_answer, body, n);
}
static void smb_make(struct talk *t)
{
	const uint32_t n = FILE_BYTES;
	uint64_t id = 1, size = (uint64_t)n * N_FILES;
	uint8_t create[88] = { 0 }, ask[60] = { 0 }, answer[16] = { 0, 0, SMB_HEAD + 16 };

	smb_say(t, 5, 0, id, ask, sizeof(ask), sizeof(ask));
	memcpy(create + 48, &size, sizeof(size));
	create[64] = 7; /* the file's id */
	smb_say(t, 5, 1, id, create, sizeof(create), sizeof(create));
	for (unsigned i = 0; i < N_FILES; i++) {
		uint64_t off = (uint64_t)i * n;
		memcpy(ask + 4, &n, sizeof(n));
		memcpy(ask + 8, &off, sizeof(off));
		ask[16] = 7;
		smb_say(t, 8, 0, ++id, ask, sizeof(ask), sizeof(ask));
		memcpy(answer + 4, &n, sizeof(n));
		smb_say(t, 8, 1, id, answer, sizeof(answer), 16 + n);
		say_bytes(t, n);
	}
	memset(ask, 0, sizeof(ask));
	ask[8] = 7;
	smb_say(t, 6, 0, ++id, ask, sizeof(ask), sizeof(ask));
	smb_say(t, 6, 1, id, ask, sizeof(ask), sizeof(ask));
}
static void ftp_make(struct talk *t)
{
	char line[128];

	say_text(t, 1, "220 ready\r\n");
	say_text(t, 0, "USER ann\r\nPASS x\r\nTYPE I\r\n");
	say_text(t, 1, "331 who\r\n230 in\r\n200 ok\r\n");
	for (unsigned i = 1; i <= N_FILES; i++) {
		say_text(t, 0, "PASV\r\n");
		snprintf(line, sizeof(line), "227 Entering Passive Mode (10,0,0,1,16,%u)\r\n", i);
		say_text(t, 1, line);
		say_text(t, 0, "RETR 1.jpg\r\n");
		say_text(t, 1, "150 Opening BINARY mode data connection for 1.jpg (65536 bytes).\r\n");
		t->n_said++;
		say_bytes(t, FILE_BYTES);
		t->said[t->n_said - 1].data_no = (uint8_t)i;
		t->said[t->n_said - 1].is_end = 1;
		say_text(t, 1, "226 done\r\n");
	}
}

/* ---- held ---- */

static struct vg_proto_flow *flow_take(struct bench *b, enum vg_app app, uint16_t server_port)
{
	struct vg_flow_ident ident = { .ip_version = 4,
				       .ip = { { 10, 0, 0, 2 }, { 10, 0, 0, 1 } },
				       .port = { 40000, server_port },
				       .network = { 0, 0, 0, 0, 0, 0, 0, 0, 4 },
				       .flow_id = ++b->flow_id };
	return vg_proto_flow_take(b->proto, app, &ident);
}
static void parsed(void *ctx, unsigned n_times)
{
	struct bench *b = ctx;
	const struct talk *t = b->talk;

	while (n_times--) {
		struct vg_proto_flow *flow = flow_take(b, t->app, t->server_port), *data = NULL;
		for (unsigned i = 0; i < t->n_said; i++) {
			const struct said *s = &t->said[i];
			struct vg_proto_flow **on = s->data_no ? &data : &flow;
			if (s->data_no)
				data = flow_take(b, VG_APP_FTP_DATA, (uint16_t)(4096 + s->data_no));
			for (uint32_t at = 0; at < s->n; at += MSS)
				if (vg_proto_feed(b->proto, on, s->dir, s->bytes + at,
						  s->n - at < MSS ? s->n - at : MSS, 1) != VG_MORE)
					abort();
			for (unsigned dir = 0; s->is_end && dir < 2; dir++)
				vg_proto_end(b->proto, *on, dir, VG_END_FIN, 1);
			if (s->is_end)
				vg_proto_flow_give(b->proto, on);
		}
		vg_proto_flow_give(b->proto, &flow);
	}
}
static void plain(void *ctx, unsigned n_times)
{
	struct bench *b = ctx;
	const struct talk *t = b->talk;

	while (n_times--)
		for (unsigned i = 0; i < t->n_said; i++)
			for (uint32_t at = 0; at < t->said[i].n; at += MSS)
				(void)body_data(b, NULL, t->said[i].bytes + at,
						t->said[i].n - at < MSS ? t->said[i].n - at : MSS, 1);
}
static double median(double *of)
{
	qsort(of, ROUNDS, sizeof(*of), vg_bench_compare);
	return of[ROUNDS / 2];
}
/* False: the talk does not give its files. */
static int measure(struct bench *b, const char *name, unsigned n_bodies)
{
	double with[ROUNDS], without[ROUNDS], ratio[ROUNDS], n_bits = (double)(b->talk->end - b->talk->memory) * 8;
	char text[64];

	b->n_bytes = 0;
	b->n_whole = 0;
	parsed(b, 1);
	if (b->n_bytes != (uint64_t)FILE_BYTES * N_FILES || b->n_whole != n_bodies) {
		fprintf(stderr, "%s: %u bodies, %llu bytes\n", name, b->n_whole, (unsigned long long)b->n_bytes);
		return 0;
	}
	for (unsigned i = 0; i < ROUNDS; i++) { /* side by side: the ratio is of one time */
		with[i] = n_bits / vg_bench_time_s(parsed, b, 0.02) / 1e9;
		without[i] = n_bits / vg_bench_time_s(plain, b, 0.02) / 1e9;
		ratio[i] = with[i] / without[i];
	}
	snprintf(text, sizeof(text), "%s_64_KiB", name);
	vg_bench_print(text, median(with), "Gbit/s");
	snprintf(text, sizeof(text), "%s_plain_stream", name);
	vg_bench_print(text, median(without), "Gbit/s");
	snprintf(text, sizeof(text), "%s_to_plain_stream", name);
	vg_bench_print(text, median(ratio), "ratio");
	return 1;
}

int main(void)
{
	static const struct {
		const char *name;
		void (*make)(struct talk *t);
		enum vg_app app;
		uint16_t server_port;
		unsigned n_bodies;
	} rows[] = { { "http1_keep_alive", http1_make, VG_APP_HTTP1, 80, N_FILES },
		     { "http2", http2_make, VG_APP_HTTP2, 80, N_FILES },
		     { "smb2_reads", smb_make, VG_APP_SMB, 445, 1 },
		     { "ftp", ftp_make, VG_APP_FTP, 21, N_FILES } };
	struct vg_dataplane_conf conf = { .n_streams = 64 };
	struct vg_stats_page *stats = aligned_alloc(64, (sizeof(*stats) + 63) & ~(size_t)63);
	struct bench b = { .arena = malloc(ARENA_BYTES) };
	struct vg_body_sink sink = { &b, body_open, body_data, body_gap, body_amend, body_close };
	static struct talk talk;
	uint8_t *memory = malloc(TALK_BYTES);
	int good = stats && b.arena && memory;

	if (good) {
		memset(stats, 0, sizeof(*stats));
		b.proto = vg_proto_create(&conf, stats, &sink, vg_protocols);
	}
	good = good && b.proto;
	for (unsigned i = 0; good && i < sizeof(rows) / sizeof(rows[0]); i++) {
		talk = (struct talk){
			.memory = memory, .end = memory, .app = rows[i].app, .server_port = rows[i].server_port
		};
		rows[i].make(&talk);
		b.talk = &talk;
		good = measure(&b, rows[i].name, rows[i].n_bodies);
	}
	if (b.proto)
		vg_proto_destroy(b.proto);
	free(memory);
	free(b.arena);
	free(stats);
	return good ? 0 : 1;
}
