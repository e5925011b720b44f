#pragma once
/* ftp_bench: FTP conversations as data, held whole, byte by byte and at 100 random cuts: the same bodies every time.
 * Steps: '>' the client's bytes, '<' the server's, on the control connection; 'N' a new data connection (n = server's
 * port << 16 | client's port); 'd' bytes down and 'u' up on it; 'g' n bytes down on it are missing; 'F' and 'f' FIN of
 * server and client on it; 'R' RST of the server on it; 'T' it is silent for too long; 'X' it leaves the table; '(' and
 * ')' a gap in the client's and the server's control bytes; 'E' the control connection ends; '!' the last control bytes
 * were answered by VG_SKIP; 't' n seconds pass. */
#include "tests/lib/body_log.h"

#include <stdlib.h>
#include <time.h>

#include <vigil/stats_page.h>

#include "dataplane/proto/ftp/ftp_priv.h"
#include "dataplane/protocols.h"
#include "tests/lib/guard.h"

struct ftp_step {
	char what;
	const char *bytes;
	uint64_t n;
};
struct ftp_talk {
	const char *name;
	int midstream;
	struct ftp_step steps[16];
	const char *bodies;
};
enum ftp_cuts { WHOLE, BYTES, RANDOM };
struct ftp_bench {
	struct vg_proto *proto;
	struct vg_stats_page stats;
	struct vg_body_log log;
	struct vg_proto_flow *control, *data;
	int64_t wall_ns;
	uint64_t next_flow_id;
	enum vg_step last;
};
/* server 10.0.0.1 is side 0 of every key, client 10.0.0.2 side 1 */
#define FTP_PORTS(server, client) ((uint64_t)(server) << 16 | (client))

static inline int ftp_bench_open(void **state)
{
	struct vg_dataplane_conf conf = { .n_streams = 64 };
	struct ftp_bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	struct vg_body_sink sink;

	if (!b)
		return -1;
	memset(b, 0, sizeof(*b));
	sink = vg_body_log_sink(&b->log);
	b->proto = vg_proto_create(&conf, &b->stats, &sink, vg_protocols);
	*state = b;
	return b->proto ? 0 : -1;
}
static inline int ftp_bench_close(void **state)
{
	struct ftp_bench *b = *state;
	vg_proto_destroy(b->proto);
	free(b);
	return 0;
}
static inline struct vg_flow_key ftp_key(uint64_t ports)
{
	return (struct vg_flow_key){ .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } },
				     .port = { (uint16_t)(ports >> 16), (uint16_t)ports },
				     .vlan = { VG_VLAN_NONE, VG_VLAN_NONE },
				     .net = 4 };
}
static inline struct vg_flow_ident ftp_ident(struct ftp_bench *b, uint64_t ports, int midstream)
{
	struct vg_flow_key key = ftp_key(ports);
	struct vg_flow_ident ident = { .ip_version = 4,
				       .port = { key.port[0], key.port[1] },
				       .flow_id = ++b->next_flow_id,
				       .midstream = (uint8_t)midstream };
	memcpy(ident.ip, key.ip, sizeof(ident.ip));
	memcpy(ident.network, vg_flow_key_network(&key), sizeof(ident.network));
	return ident;
}
static inline void ftp_feed(struct ftp_bench *b, struct vg_proto_flow **flow, unsigned dir, const char *bytes,
			    enum ftp_cuts cuts)
{
	size_t n_all = strlen(bytes);

	b->last = VG_MORE;
	for (size_t at = 0, n; at < n_all && *flow; at += n) {
		n = cuts == WHOLE ? n_all : cuts == BYTES ? 1 : 1 + (size_t)random() % (random() % 2 ? 5 : 60);
		n = n < n_all - at ? n : n_all - at;
		uint8_t *copy = vg_guard_copy(bytes + at, n);
		b->last = vg_proto_feed(b->proto, flow, dir, copy, (uint32_t)n, b->wall_ns);
		vg_guard_free(copy, n);
		if (b->last != VG_MORE)
			vg_proto_flow_give(b->proto, flow);
	}
}
static inline void ftp_new_data(struct ftp_bench *b, uint64_t ports)
{
	struct vg_flow_ident ident = ftp_ident(b, ports, 0);

	vg_proto_flow_give(b->proto, &b->data);
	b->data = vg_proto_flow_take(b->proto, VG_APP_FTP_DATA, &ident);
	assert_non_null(b->data);
}
static inline void ftp_end_data(struct ftp_bench *b, unsigned dir, enum vg_stream_end how)
{
	if (b->data)
		vg_proto_end(b->proto, b->data, dir, how, b->wall_ns);
}
static inline void ftp_take(struct ftp_bench *b, const struct ftp_step *s, enum ftp_cuts cuts)
{
	switch (s->what) {
	case '>':
	case '<':
		ftp_feed(b, &b->control, s->what == '>', s->bytes, cuts);
		break;
	case 'N':
		ftp_new_data(b, s->n);
		break;
	case 'd':
	case 'u':
		ftp_feed(b, &b->data, s->what == 'u', s->bytes, cuts);
		break;
	case 'g':
		(void)vg_proto_gap(b->proto, b->data, 0, s->n, b->wall_ns);
		break;
	case 'F':
	case 'f':
		ftp_end_data(b, s->what == 'f', VG_END_FIN);
		break;
	case 'R':
		ftp_end_data(b, 0, VG_END_RST);
		break;
	case 'T':
		for (unsigned dir = 0; dir < 2; dir++)
			ftp_end_data(b, dir, VG_END_TIMEOUT);
		break;
	case 'X':
		vg_proto_flow_give(b->proto, &b->data);
		break;
	case '(':
	case ')':
		(void)vg_proto_gap(b->proto, b->control, s->what == '(', s->n, b->wall_ns);
		break;
	case 'E':
		for (unsigned dir = 0; dir < 2; dir++)
			vg_proto_end(b->proto, b->control, dir, VG_END_FIN, b->wall_ns);
		vg_proto_flow_give(b->proto, &b->control);
		break;
	case 't':
		b->wall_ns += (int64_t)s->n * 1000000000;
		break;
	case '!':
		assert_int_equal(b->last, VG_SKIP);
		break;
	default:
		fail();
	}
}
static inline void ftp_hold(struct ftp_bench *b, const struct ftp_talk *t, enum ftp_cuts cuts)
{
	struct vg_flow_ident ident = ftp_ident(b, FTP_PORTS(21, 40000), t->midstream);

	b->control = vg_proto_flow_take(b->proto, VG_APP_FTP, &ident);
	assert_non_null(b->control);
	b->log.n_text = 0;
	b->log.text[0] = 0;
	b->wall_ns = 1000;
	for (size_t i = 0; i < VG_ARRAY_LEN(t->steps) && t->steps[i].what; i++)
		ftp_take(b, &t->steps[i], cuts);
	vg_proto_flow_give(b->proto, &b->data);
	vg_proto_flow_give(b->proto, &b->control);
	vg_proto_flush(b->proto);
	if (strcmp(b->log.text, t->bodies)) {
		print_error("talk \"%s\", cuts %d:\n%swanted:\n%s", t->name, cuts, b->log.text, t->bodies);
		fail();
	}
	assert_int_equal(b->log.n_open, 0);
	assert_int_equal(vg_pool_n_out(&b->proto->flows[VG_APP_FTP]), 0);
	assert_int_equal(vg_pool_n_out(&b->proto->flows[VG_APP_FTP_DATA]), 0);
	assert_int_equal(vg_pool_n_out(&vg_ftp_of(b->proto)->transfers), 0);
	assert_int_equal(b->proto->expect.n_used, 0);
}
/* All three ways; the seed of the random cuts is printed. */
static inline void ftp_hold_all(struct ftp_bench *b, const struct ftp_talk *talks, size_t n_talks)
{
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	srandom(seed);
	for (size_t i = 0; i < n_talks; i++) {
		ftp_hold(b, &talks[i], WHOLE);
		ftp_hold(b, &talks[i], BYTES);
		for (unsigned k = 0; k < 100; k++)
			ftp_hold(b, &talks[i], RANDOM);
	}
}
