#pragma once
/* expect: endpoints that a protocol announced: who listens there will soon be spoken to, and what then crosses is the
 * announcer's (FTP's data connections, TFTP's answers from a new port). A fixed table, one thread, no allocation after
 * create, no clock: an endpoint that nobody announced or asked for again for VG_EXPECT_NS of packet time is forgotten;
 * where the table is full the longest forgotten one goes first. Also the dispatcher has one: endpoint -> worker. */
#include <stdint.h>
#include <string.h>

#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/stats_page.h>

#include "dataplane/decode/packet.h"

/* Servers wait 10 to 60 s for a data connection (vsftpd accept_timeout, ProFTPD TimeoutStalled). */
#define VG_EXPECT_NS INT64_C(120000000000)

/* An address in somebody's network: the part of a flow key that one side has. Compared and hashed as bytes. */
struct vg_endpoint {
	uint8_t ip[16];
	uint16_t port;
	uint8_t network[VG_FLOW_NETWORK_BYTES];
};
_Static_assert(sizeof(struct vg_endpoint) == 28, "an endpoint has no padding");

struct vg_expected {
	struct vg_endpoint at;
	uint32_t next_idx;             /* of its hash chain */
	uint32_t older_idx, newer_idx; /* 0: none; index + 1 as all of them */
	uint64_t value;                /* the announcer's */
	int64_t last_ns;
	uint8_t app; /* enum vg_app of the flow that is expected; NONE: a note of the announcer's own */
};
struct vg_expect {
	struct vg_expected *entries;
	uint32_t *heads;
	struct vg_stats_page *stats;
	int64_t life_ns; /* VG_EXPECT_NS */
	uint32_t n_entries, head_mask, n_used, n_fresh, free_idx, oldest_idx, newest_idx;
};

/* n_entries >= 1. VG_OK or VG_ENOMEM (then all zero). Cold. */
enum vg_err vg_expect_create(struct vg_expect *table, uint32_t n_entries, struct vg_stats_page *stats);
/* An all-zero table is nothing. Cold. */
void vg_expect_destroy(struct vg_expect *table);

/* `at` is announced at now_ns, whatever was there before. Counted. */
void vg_expect_put(struct vg_expect *table, const struct vg_endpoint *at, unsigned app, uint64_t value, int64_t now_ns);
/* What is expected there and still young, which then is as if just announced; NULL: nothing. Borrowed until the next
 * call but vg_expect_find(). */
struct vg_expected *vg_expect_find(struct vg_expect *table, const struct vg_endpoint *at, int64_t now_ns);
/* Forgets one. */
void vg_expect_drop(struct vg_expect *table, struct vg_expected *entry);
/* Forgets all: the clock may begin anew. */
void vg_expect_reset(struct vg_expect *table);

/* Side 0 or 1 of a flow key. */
static inline struct vg_endpoint vg_endpoint_of(const struct vg_flow_key *key, unsigned side)
{
	struct vg_endpoint at = { .port = key->port[side] };

	memcpy(at.ip, key->ip[side], sizeof(at.ip));
	memcpy(at.network, vg_flow_key_network(key), sizeof(at.network));
	return at;
}
/* The address is of this IP version (4, 6), whatever carried the word of it. */
static inline void vg_endpoint_set_version(struct vg_endpoint *at, uint8_t ip_version)
{
	const size_t net = offsetof(struct vg_flow_key, net) - offsetof(struct vg_flow_key, vlan);

	at->network[net] = (uint8_t)((at->network[net] & ~7u) | ip_version);
}
