#pragma once
/* hold_rig: a verdict hold between media and handoff; forwarder and hasher are played at the two shared pages. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/hold/hold.h"
#include "tests/lib/lane_hasher.h"

#define N_SLOTS 256u
#define MSS     1000u
#define HEAD    "HTTP/1.1 200 OK\r\n\r\n"

struct rig {
	struct vg_dataplane_conf conf;
	struct vg_stats_page *stats;
	struct vg_handoff *handoff;
	struct vg_hold *hold;
	struct vg_media *media;
	struct vg_body_sink sink;
	struct vg_sim sim;
	struct vg_frame_ring_out *out;
	struct vg_frames frames;
	uint32_t tag;
	uint64_t now_ns;
	/* the frame being made */
	struct vg_packet pkt;
	uint8_t payload[64];
	uint32_t seq[2];
	struct vg_attribution card;
	struct vg_body *body;
};

static inline int rig_open(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct vg_media_sink media;
	struct vg_body_sink inner;
	size_t n_in;

	r->conf = (struct vg_dataplane_conf){
		.flags = VG_CONF_ALL_FILES,
		.n_cores = 1,
		.n_hashers = 1,
		.n_streams = 16,
		.object_hold_bytes = 1 << 20,
		.object_max_bytes = 1 << 30,
		.verdict_hold_bytes = 65536,
		.stops_per_minute = 2,
		.lane = { .n_slots = 256, .n_returns = 256, .n_small = 32, .n_large = 8, .n_attr = 16 }
	};
	r->stats = calloc(1, VG_STATS_BYTES);
	r->handoff = vg_handoff_create(&r->conf, 0, 5, r->stats, NULL);
	r->hold = vg_hold_create(&r->conf, r->handoff, r->stats);
	vg_hold_media_sink(r->hold, &media);
	r->media = vg_media_create(&r->conf, r->stats, &media);
	vg_media_body_sink(r->media, &inner);
	vg_hold_body_sink(r->hold, &inner, &r->sink);
	r->frames.geometry = (struct vg_frame_ring_geometry){ N_SLOTS, VG_FRAME_RING_MIN_BYTES };
	n_in = vg_frame_ring_in_bytes(&r->frames.geometry, 1);
	r->out = calloc(1, VG_FRAME_RING_PAGE);
	r->frames.in = aligned_alloc(4096, n_in);
	memset(r->frames.in, 0, n_in);
	r->frames.out = r->out;
	r->frames.words = (_Atomic uint64_t *)(void *)((uint8_t *)r->frames.in + VG_FRAME_RING_PAGE);
	r->frames.is_inspect_first = 1;
	assert_int_equal(vg_hold_add_pair(r->hold, &r->frames), VG_OK);
	r->sim.any_bytes = r->sim.hold_done = 1;
	vg_sim_attach(&r->sim, r->handoff, 0);
	r->now_ns = 1000000000000u;
	vg_hold_poll(r->hold, r->now_ns);
	r->card.proto = VG_PROTO_HTTP;
	r->card.direction = VG_DOWNLOAD;
	r->card.ip_version = 4;
	r->card.src_ip[0] = 1;
	r->card.dst_ip[0] = 2;
	r->card.src_port = 80;
	r->card.dst_port = 4000;
	*state = r;
	return 0;
}

static inline int rig_close(void **state)
{
	struct rig *r = *state;
	if (r->body)
		r->sink.close(r->sink.ctx, r->body, VG_STATE_TRUNCATED, 1);
	vg_sim_detach(&r->sim);
	vg_media_destroy(r->media);
	vg_hold_destroy(r->hold);
	vg_handoff_destroy(r->handoff);
	free(r->frames.in);
	free(r->out);
	free(r->stats);
	free(r);
	return 0;
}

/* A frame from the server (dir 0) or the client begins to be inspected; 1: it is not looked at. */
static inline int begin(struct rig *r, unsigned dir, uint8_t flags, const char *payload, uint32_t n_payload)
{
	r->pkt = (struct vg_packet){ .frame = r->payload,
				     .n_first_bytes = sizeof(r->payload),
				     .n_frame_bytes = n_payload,
				     .n_payload_bytes = n_payload,
				     .clock_ns = r->now_ns,
				     .tcp_flags = flags | 16,
				     .dir = (uint8_t)dir,
				     .seq = r->seq[dir],
				     .ack = r->seq[!dir],
				     .hash = 99,
				     .key = { .ip = { { 1 }, { 2 } }, .port = { 80, 4000 }, .net = 4 } };
	if (flags == VG_TCP_SYN)
		r->pkt.tcp_flags = VG_TCP_SYN;
	r->seq[dir] += n_payload;
	memset(r->payload, 'x', sizeof(r->payload));
	memcpy(r->payload, payload, strlen(payload));
	vg_hold_burst_begin(r->hold, &r->frames, &r->tag, 1);
	return vg_hold_before(r->hold, &r->pkt);
}
/* Its inspection ends: the word it got. */
static inline uint64_t end(struct rig *r)
{
	(void)vg_hold_after(r->hold, &r->pkt);
	vg_hold_burst_end(r->hold);
	uint64_t w = r->frames.words[r->tag & (N_SLOTS - 1)];
	assert_int_equal(vg_word_tag(w), r->tag);
	r->tag++;
	return w;
}
static inline void open_body(struct rig *r, uint64_t size)
{
	r->card.size_hint = size;
	r->body = r->sink.open(r->sink.ctx, &r->card);
	assert_non_null(r->body);
}
static inline void data(struct rig *r, uint32_t n)
{
	static const uint8_t bytes[MSS * 2];
	assert_int_equal(r->sink.data(r->sink.ctx, r->body, bytes, n, 1), VG_MORE);
}
static inline void close_body(struct rig *r)
{
	r->sink.close(r->sink.ctx, r->body, VG_STATE_COMPLETE, 1);
	r->body = NULL;
}
/* A response's head in a frame of its own, then frames of n bytes of its body. */
static inline uint64_t head(struct rig *r, uint64_t size)
{
	assert_false(begin(r, 0, 0, HEAD, sizeof(HEAD) - 1));
	open_body(r, size);
	return end(r);
}
static inline uint64_t more(struct rig *r, uint32_t n, int is_last)
{
	assert_false(begin(r, 0, 0, "", n));
	data(r, n);
	if (is_last)
		close_body(r);
	return end(r);
}
static inline unsigned command(const struct rig *r, uint64_t held)
{
	uint64_t w = r->frames.in->queues[vg_word_queue(held)];
	return vg_word_use(w) == vg_word_use(held) ? vg_word_what(w) : VG_QUEUE_NONE;
}
static inline void answer(struct rig *r, uint64_t held, unsigned result)
{
	r->out->results[vg_word_queue(held)] = vg_word_make(0, result, vg_word_use(held), vg_word_queue(held));
	vg_hold_poll(r->hold, r->now_ns);
}
static inline void verdict(struct rig *r, unsigned type, unsigned what)
{
	vg_handoff_poll(r->handoff, r->now_ns);
	vg_sim_run(&r->sim, 64);
	vg_sim_return(&r->sim, (struct vg_return){
				       .type = (uint8_t)type, .verdict = (uint8_t)what, .object_id = r->sim.last.id });
	vg_handoff_poll(r->handoff, r->now_ns);
}
static inline unsigned outcome(const struct rig *r, uint64_t *passed)
{
	const struct vg_attr_slot *a = &r->sim.lane->records[(uint32_t)r->sim.last.id];
	*passed = a->hold_passed_bytes;
	return a->hold;
}
static inline uint64_t counted(const struct rig *r, unsigned counter)
{
	return r->stats->counters[counter];
}
