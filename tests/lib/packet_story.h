#pragma once
/* packet_story: a client and a server whose packets go through struct vg_inspect into a body log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/inspect.h"
#include "dataplane/protocols.h"
#include "tests/lib/body_log.h"
#include "tests/lib/guard.h"
#include "tests/lib/pktbuild.h"

#define MS      UINT64_C(1000000)
#define CLIENT  0u
#define SERVER  1u
#define FIN     1u
#define SYN     2u
#define RST     4u
#define ACK     16u
#define REQUEST "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
#define HEAD(n) "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\n\r\n"
#define CLOSED  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define LINE    "down GET h /a 200 file=a"

struct story {
	struct vg_dataplane_conf conf;
	struct vg_stats_page *stats;
	struct vg_body_log *log;
	struct vg_body_sink sink;
	struct vg_proto *proto;
	struct vg_inspect *inspect;
	uint64_t clock_ns;
	uint32_t isn[2];
	uint16_t client_port, vlan;
};

static inline void set_up_with(struct story *s, uint32_t n_flows, uint32_t n_streams, uint32_t flags)
{
	static const uint64_t seed[3] = { 1, 2, 3 };

	memset(s, 0, sizeof(*s));
	s->conf = (struct vg_dataplane_conf){ .flags = VG_CONF_REPLAY | VG_CONF_ALL_FILES | flags,
					      .n_flows = n_flows,
					      .n_streams = n_streams,
					      .idle_timeout_ms = 10000,
					      .hole_timeout_ms = 1000,
					      .hole_bytes = 1 << 18 };
	s->stats = calloc(1, sizeof(*s->stats));
	s->log = calloc(1, sizeof(*s->log));
	s->sink = vg_body_log_sink(s->log);
	s->proto = vg_proto_create(&s->conf, s->stats, &s->sink, vg_protocols);
	s->inspect = vg_inspect_create(&s->conf, seed, s->stats, s->proto);
	assert_true(s->log && s->proto && s->inspect);
	s->clock_ns = 1000000 * MS;
	s->isn[CLIENT] = 0xfffffff8u; /* wraps early */
	s->isn[SERVER] = 5000;
	s->client_port = 40000;
}

static inline void set_up_sized(struct story *s, uint32_t n_flows, uint32_t n_streams)
{
	set_up_with(s, n_flows, n_streams, 0);
}

static inline void set_up(struct story *s)
{
	set_up_sized(s, 1000, 100);
}

static inline void tear_down(struct story *s)
{
	vg_inspect_flush(s->inspect);
	assert_int_equal(s->log->n_open, 0);
	vg_inspect_destroy(s->inspect);
	vg_proto_destroy(s->proto);
	free(s->log);
	free(s->stats);
}

static inline struct pb_tcp tcp_of(const struct story *s, unsigned side, uint8_t flags, uint32_t off, const char *text)
{
	return (struct pb_tcp){ .src = side == CLIENT ? 0x0a000009 : 0x0a000001,
				.dst = side == CLIENT ? 0x0a000001 : 0x0a000009,
				.sport = side == CLIENT ? s->client_port : 80,
				.dport = side == CLIENT ? 80 : s->client_port,
				.seq = s->isn[side] + (flags & SYN ? 0 : 1 + off),
				.ack = s->isn[!side] + 1,
				.flags = flags,
				.payload = text,
				.n_payload = (uint32_t)strlen(text) };
}

static inline void send_frame(struct story *s, const struct pb_frame *f, const void *segment, uint32_t n_frame_bytes)
{
	struct vg_packet pkt = { .n_first_bytes = f->n_bytes,
				 .n_frame_bytes = n_frame_bytes,
				 .segment = segment,
				 .wall_ns = (int64_t)s->clock_ns,
				 .clock_ns = s->clock_ns,
				 .link = VG_LINK_ETHERNET };
	uint8_t *at = vg_guard_copy(f->bytes, f->n_bytes);

	pkt.frame = at;
	vg_inspect_burst(s->inspect, &pkt, 1);
	vg_guard_free(at, f->n_bytes);
	vg_inspect_tick(s->inspect, s->clock_ns);
	s->clock_ns += MS;
}

/* One packet of a side; off counts payload bytes after its SYN. */
static inline void say(struct story *s, unsigned side, uint8_t flags, uint32_t off, const char *text)
{
	struct pb_tcp t = tcp_of(s, side, flags, off, text);
	struct pb_frame f;

	pb_ether(&f);
	if (s->vlan)
		pb_tag(&f, 0x8100, s->vlan);
	pb_be16(&f, 0x0800);
	pb_ipv4_tcp(&f, &t, 0);
	send_frame(s, &f, NULL, f.n_bytes);
}

/* One packet of a row of a table: what is not named is as usual. */
struct shot {
	unsigned side;
	uint8_t flags;
	uint32_t off; /* of payload bytes after the side's SYN */
	const char *text;
	uint32_t wait_ms;   /* before it */
	int32_t seq, ack;   /* added to the right ones */
	uint8_t ttl;        /* 0: 64 */
	uint8_t is_bad_sum; /* all others are right */
	uint16_t urgent;    /* pointer, with the flag */
	uint8_t is_zero_ip; /* IP says that it is 0 bytes long */
	uint32_t stamp;     /* its timestamp; 0: none */
};
#define URG 32u

static inline uint32_t pb_sum(const uint8_t *at, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += i & 1 ? at[i] : (uint32_t)at[i] << 8;
	return sum;
}

static inline void shoot(struct story *s, const struct shot *shot)
{
	struct pb_tcp t = tcp_of(s, shot->side, (uint8_t)(shot->flags | (shot->urgent ? URG : 0)), shot->off,
				 shot->text ? shot->text : "");
	uint32_t tcp_off, sum;
	struct pb_frame f;

	s->clock_ns += shot->wait_ms * MS;
	if (shot->wait_ms)
		vg_inspect_tick(s->inspect, s->clock_ns);
	t.seq += (uint32_t)shot->seq;
	t.ack += (uint32_t)shot->ack;
	t.stamp = shot->stamp;
	pb_simple(&f, &t);
	tcp_off = f.ip_off + 20;
	f.bytes[f.ip_off + 8] = shot->ttl ? shot->ttl : 64;
	pb_set16(&f, tcp_off + 18, shot->urgent);
	sum = pb_sum(f.bytes + f.ip_off + 12, f.n_bytes - f.ip_off - 12) + 6 + f.n_bytes - tcp_off;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	pb_set16(&f, tcp_off + 16, (~sum & 0xffff) ^ (shot->is_bad_sum ? 0x5a5a : 0));
	if (shot->is_zero_ip)
		pb_set16(&f, f.ip_off + 2, 0);
	send_frame(s, &f, NULL, f.n_bytes);
}

static inline void shake_hands(struct story *s)
{
	say(s, CLIENT, SYN, 0, "");
	say(s, SERVER, SYN | ACK, 0, "");
	say(s, CLIENT, ACK, 0, "");
}

static inline uint32_t len(const char *text)
{
	return (uint32_t)strlen(text);
}

static inline void expect(struct story *s, const char *text)
{
	assert_string_equal(s->log->text, text);
	s->log->text[0] = 0;
	s->log->n_text = 0;
}
