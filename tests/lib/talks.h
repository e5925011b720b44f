#pragma once
/* talks: conversations of a protocol as data, held whole, byte by byte and at random cuts: the bodies must be the same.
 * A talk is steps of text: ">x" the client sends x, "<x" the server does, ")n" n bytes of the server are missing, "(n"
 * of the client (0: unknown many), "f" "F" FIN of client, server, "R" reset by the server, "E" the input ends. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dataplane/protocols.h"
#include "tests/lib/body_log.h"
#include "tests/lib/guard.h"

#define VG_TALK_STEPS 16
struct vg_talk {
	const char *name;
	const char *steps[VG_TALK_STEPS];
	const char *bodies; /* as body_log.h writes them */
	int midstream, ends_in_skip;
};

struct vg_talks {
	struct vg_stats_page stats;
	struct vg_body_log log;
	struct vg_proto *proto;
	enum vg_step last;
};
enum vg_talk_cuts { VG_TALK_WHOLE, VG_TALK_BYTES, VG_TALK_RANDOM };

static inline void vg_talk_bytes(struct vg_talks *t, struct vg_proto_flow **flow, unsigned dir, const char *bytes,
				 enum vg_talk_cuts cuts)
{
	size_t n_all = strlen(bytes);
	for (size_t at = 0, n; at < n_all && t->last == VG_MORE; at += n) {
		n = cuts == VG_TALK_WHOLE ? n_all : cuts == VG_TALK_BYTES ? 1 : 1 + (size_t)random() % 40;
		n = n < n_all - at ? n : n_all - at;
		uint8_t *copy = vg_guard_copy(bytes + at, n);
		t->last = vg_proto_feed(t->proto, flow, dir, copy, (uint32_t)n, 1000);
		vg_guard_free(copy, n);
	}
}

static inline void vg_talk_step(struct vg_talks *t, struct vg_proto_flow **flow, const char *step,
				enum vg_talk_cuts cuts)
{
	unsigned dir = step[0] == '<' || step[0] == ')' || step[0] == 'F';
	if (step[0] == '>' || step[0] == '<') {
		vg_talk_bytes(t, flow, dir, step + 1, cuts);
	} else if (step[0] == '(' || step[0] == ')') {
		(void)vg_proto_gap(t->proto, *flow, dir, strtoull(step + 1, NULL, 10), 1000);
	} else if (step[0] == 'f' || step[0] == 'F') {
		vg_proto_end(t->proto, *flow, dir, VG_END_FIN, 1000);
	} else {
		for (dir = 0; dir < 2; dir++)
			vg_proto_end(t->proto, *flow, dir, step[0] == 'R' ? VG_END_RST : VG_END_INPUT_END, 1000);
	}
}

static inline void vg_talk_hold(const struct vg_talk *talk, enum vg_app app, uint32_t conf_flags,
				enum vg_talk_cuts cuts)
{
	struct vg_dataplane_conf conf = { .n_streams = 2, .flags = conf_flags };
	struct vg_talks *t = aligned_alloc(64, (sizeof(*t) + 63) & ~(size_t)63);
	struct vg_flow_ident ident = { .ip_version = 4, .port = { 40000, 25 }, .midstream = (uint8_t)talk->midstream };
	struct vg_body_sink sink;
	memset(t, 0, sizeof(*t));
	sink = vg_body_log_sink(&t->log);
	t->proto = vg_proto_create(&conf, &t->stats, &sink, vg_protocols);
	assert_non_null(t->proto);
	struct vg_proto_flow *flow = vg_proto_flow_take(t->proto, app, &ident);
	assert_non_null(flow);
	t->last = VG_MORE;
	for (size_t i = 0; i < VG_TALK_STEPS && talk->steps[i]; i++)
		vg_talk_step(t, &flow, talk->steps[i], cuts);
	assert_int_equal(t->last, talk->ends_in_skip ? VG_SKIP : VG_MORE);
	vg_proto_flow_give(t->proto, &flow);
	if (strcmp(t->log.text, talk->bodies)) {
		print_message("%s (%d):\n%s", talk->name, cuts, t->log.text);
		assert_string_equal(t->log.text, talk->bodies);
	}
	assert_int_equal(t->log.n_open, 0);
	vg_proto_destroy(t->proto);
	free(t);
}

static inline void vg_talks_hold(const struct vg_talk *talks, size_t n_talks, enum vg_app app, uint32_t conf_flags)
{
	unsigned seed = (unsigned)time(NULL);
	printf("seed %u\n", seed);
	srandom(seed);
	for (size_t i = 0; i < n_talks; i++) {
		vg_talk_hold(&talks[i], app, conf_flags, VG_TALK_WHOLE);
		vg_talk_hold(&talks[i], app, conf_flags, VG_TALK_BYTES);
		for (unsigned round = 0; round < 50; round++)
			vg_talk_hold(&talks[i], app, conf_flags, VG_TALK_RANDOM);
	}
}
