#pragma once
/* file_talk: conversations of a protocol as data: each is fed whole, byte by byte and at random cuts, and must give the
 * same bodies (body_log.h) every time. The includer says which protocol: VG_TALK_APP, VG_TALK_RECORD(out, line,
 * is_answer) (a record out of words; its bytes), VG_TALK_OUT(proto) (pooled items that are out). A step is a text:
 *	"> line" "< line"     a record of the client, of the server
 *	">~K,N line"          the same, of which N bytes after the first K are lost
 *	"(n" ")n"             a gap of n bytes in the client's, in the server's
 *	"x hex" "X hex"       bytes of the client, of the server
 *	"t n"                 n ms pass
 *	"f" "F" "r" "R" "E"   FIN, RST of client and server; end of input of both
 *	"c" "C"               a conflict in the client's, in the server's
 *	"!"                   the last feed said VG_SKIP */
#include "tests/lib/body_log.h"

#include <stdlib.h>
#include <time.h>

#include <vigil/stats_page.h>

#include "dataplane/proto/parser.h"
#include "dataplane/protocols.h"
#include "tests/lib/guard.h"

struct talk {
	const char *name;
	int midstream;
	const char *steps[24];
	const char *bodies;
};
struct bench {
	struct vg_proto *proto;
	struct vg_stats_page stats;
	struct vg_body_log log;
	enum vg_step last;
	int64_t wall_ns;
	struct vg_proto_flow *flow;
	unsigned dir;
	size_t n_bytes;
	uint8_t bytes[1 << 16];
};
enum cuts { WHOLE, BYTES, RANDOM };

static inline int bench_open(void **state)
{
	struct vg_dataplane_conf conf = { .n_streams = 64 };
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	struct vg_body_sink sink;
	if (!b)
		return -1;
	memset(b, 0, sizeof(*b));
	sink = vg_body_log_sink(&b->log);
	b->proto = vg_proto_create(&conf, &b->stats, &sink, vg_protocols);
	*state = b;
	return b->proto ? 0 : -1;
}
static inline int bench_close(void **state)
{
	struct bench *b = *state;
	vg_proto_destroy(b->proto);
	free(b);
	return 0;
}
static inline void bytes_flush(struct bench *b, enum cuts cuts)
{
	for (size_t at = 0, n; at < b->n_bytes; at += n) {
		n = cuts == WHOLE ? b->n_bytes : cuts == BYTES ? 1 : 1 + (size_t)random() % (random() % 2 ? 5 : 200);
		n = n < b->n_bytes - at ? n : b->n_bytes - at;
		uint8_t *copy = vg_guard_copy(b->bytes + at, n);
		b->last = vg_proto_feed(b->proto, &b->flow, b->dir, copy, (uint32_t)n, b->wall_ns);
		vg_guard_free(copy, n);
	}
	b->n_bytes = 0;
}
static inline void bytes_add(struct bench *b, enum cuts cuts, unsigned dir, const uint8_t *bytes, size_t n)
{
	if (dir != b->dir)
		bytes_flush(b, cuts);
	b->dir = dir;
	assert_true(n <= sizeof(b->bytes) - b->n_bytes);
	memcpy(b->bytes + b->n_bytes, bytes, n);
	b->n_bytes += n;
}
static inline void record_step(struct bench *b, const char *step, enum cuts cuts)
{
	static uint8_t record[8192];
	unsigned dir = step[0] == '<';
	const char *line = strchr(step, ' ') + 1;
	uint32_t n = VG_TALK_RECORD(record, line, (int)dir), n_keep = n, n_lost = 0;
	if (step[1] == '~') {
		char *end;
		n_keep = (uint32_t)strtoul(step + 2, &end, 10);
		n_lost = (uint32_t)strtoul(end + 1, NULL, 10);
	}
	bytes_add(b, cuts, dir, record, n_keep);
	if (!n_lost)
		return;
	bytes_flush(b, cuts);
	assert_true(n_keep + n_lost <= n);
	(void)vg_proto_gap(b->proto, b->flow, dir, n_lost, b->wall_ns);
	bytes_add(b, cuts, dir, record + n_keep + n_lost, n - n_keep - n_lost);
}
static inline void hex_step(struct bench *b, const char *step, enum cuts cuts)
{
	uint8_t bytes[512];
	size_t n = strlen(step + 2) / 2;
	assert_int_equal(vg_unhex(step + 2, bytes, n), 0);
	bytes_add(b, cuts, step[0] == 'X', bytes, n);
}
static inline void step_take(struct bench *b, const char *step, enum cuts cuts)
{
	static const char ends[] = "fFrR";
	const char *end = strchr(ends, step[0]);
	if (step[0] == '>' || step[0] == '<') {
		record_step(b, step, cuts);
		return;
	}
	if (step[0] == 'x' || step[0] == 'X') {
		hex_step(b, step, cuts);
		return;
	}
	bytes_flush(b, cuts);
	if (end)
		vg_proto_end(b->proto, b->flow, (end - ends) & 1, end - ends < 2 ? VG_END_FIN : VG_END_RST, b->wall_ns);
	else if (step[0] == '(' || step[0] == ')')
		(void)vg_proto_gap(b->proto, b->flow, step[0] == ')', strtoul(step + 1, NULL, 10), b->wall_ns);
	else if (step[0] == 'c' || step[0] == 'C')
		vg_proto_conflict(b->proto, b->flow, step[0] == 'C');
	else if (step[0] == 't')
		b->wall_ns += strtol(step + 1, NULL, 10) * 1000000;
	else if (step[0] == '!')
		assert_int_equal(b->last, VG_SKIP);
	else
		for (unsigned dir = 0; dir < 2; dir++)
			vg_proto_end(b->proto, b->flow, dir, VG_END_INPUT_END, b->wall_ns);
}
static inline void talk_hold(struct bench *b, const struct talk *t, enum cuts cuts)
{
	struct vg_flow_ident ident = { .ip_version = 4, .port = { 40000, 445 }, .midstream = (uint8_t)t->midstream };
	b->flow = vg_proto_flow_take(b->proto, VG_TALK_APP, &ident);
	b->log.n_text = 0;
	b->wall_ns = 1;
	b->log.text[0] = 0;
	assert_non_null(b->flow);
	for (unsigned i = 0; i < sizeof(t->steps) / sizeof(t->steps[0]) && t->steps[i]; i++)
		step_take(b, t->steps[i], cuts);
	bytes_flush(b, cuts);
	vg_proto_flow_give(b->proto, &b->flow);
	if (strcmp(b->log.text, t->bodies))
		fail_msg("%s (%s):\n%s--- instead of\n%s", t->name,
			 cuts == WHOLE   ? "whole"
			 : cuts == BYTES ? "by byte"
					 : "random cuts",
			 b->log.text, t->bodies);
	assert_int_equal(b->log.n_open, 0);
	assert_int_equal(VG_TALK_OUT(b->proto), 0);
}
static inline void talks_hold(struct bench *b, const struct talk *talks, size_t n_talks)
{
	unsigned seed = (unsigned)time(NULL);
	printf("seed %u\n", seed);
	srandom(seed);
	for (size_t i = 0; i < n_talks; i++) {
		talk_hold(b, &talks[i], WHOLE);
		talk_hold(b, &talks[i], BYTES);
		for (unsigned round = 0; round < 100; round++)
			talk_hold(b, &talks[i], RANDOM);
	}
}
