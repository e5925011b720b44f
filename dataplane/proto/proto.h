#pragma once
/* proto: turns the in-order bytes of a flow's two directions into transferred bodies with their attribution, and
 * gives them to a body sink. One per core: fixed pools made at start, no locks, no clock; a full pool lets the flow
 * go, counted. Fed by stream. What a protocol is to it: parser.h; which ones there are: dataplane/protocols.h. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>
#include <vigil/err.h>
#include <vigil/stats_page.h>

#include "dataplane/decode/packet.h"
#include "dataplane/detect/detect.h"
#include "dataplane/proto/body.h"
#include "dataplane/stream/stream.h"

/* Who talks to whom. Index = direction 0/1 of the canonical flow key: ip[0]:port[0] sent what is fed as dir 0. */
struct vg_flow_ident {
	uint8_t ip_version; /* 4 or 6; IPv4 in the first 4 bytes */
	uint8_t ip[2][16];
	uint16_t port[2];                       /* host order */
	uint16_t vlan[2];                       /* outer, inner tag; 0xffff = none */
	uint8_t network[VG_FLOW_NETWORK_BYTES]; /* whose addresses: of the flow key */
	uint32_t capture_idx;
	uint64_t flow_id;
	const struct vg_attr_tunnel
		*tunnels; /* n_tunnels (<= VG_ATTR_TUNNELS); borrowed until the flow is given back */
	uint8_t n_tunnels;
	uint8_t midstream; /* the flow was picked up after its start */
	/* The client that a PROXY header named: 4 or 6, 0 = none. A claim: goes to `forwarded`, where that is empty. */
	uint8_t claimed_version, claimed_ip[16];
	uint8_t is_client;     /* a trusted proxy said so: no mere claim */
	uint8_t n_handed_over; /* from one protocol to another, so far */
	uint8_t is_inner;      /* one stream of a connection that has others */
	uint8_t profile;       /* of scope (< VG_SCOPE_PROFILES), and its id */
	uint32_t profile_id;
	/* Where a client told a proxy to connect it; NULL: nowhere. Given back with the flow. */
	const struct vg_flow_claim *claim;
};

/* Stands as the host of bodies that name none themselves. */
struct vg_flow_claim {
	uint16_t n_host;
	char host[254]; /* not terminated */
};

struct vg_proto;
struct vg_proto_flow;
struct vg_parser;

/* Pools for conf->n_streams flows. parsers: ends with NULL, at most one per app. They, the stats page and the sink's
 * functions are borrowed until destroy; the sink struct is copied. NULL: out of memory. Cold. */
void vg_proto_destroy(struct vg_proto *proto);
struct vg_proto *vg_proto_create(const struct vg_dataplane_conf *conf, struct vg_stats_page *stats,
				 const struct vg_body_sink *sink, const struct vg_parser *const *parsers)
	VG_DEALLOC(vg_proto_destroy);
/* The seed of resources' names (vg_attribution.resource): random per dataplane, the same on all cores. Cold. */
void vg_proto_seed(struct vg_proto *proto, uint64_t seed);
/* Listed URLs as vigild gives them: looked at from then on. Borrowed. Cold. */
struct vg_urls;
void vg_proto_urls(struct vg_proto *proto, struct vg_urls *urls);
/* Between bursts: a new table of listed URLs is taken up. */
void vg_proto_poll(struct vg_proto *proto);
/* How its protocols are recognised: fills rows[VG_APP_N] for vg_detect_create(), returns how many. Cold. */
uint32_t vg_proto_recognisers(const struct vg_proto *proto, struct vg_recogniser *rows);

/* Which app was announced at an end of this new flow, VG_APP_NONE: nobody announced it. Cheap where nothing is
 * announced at all. */
enum vg_app vg_proto_expected(struct vg_proto *proto, const struct vg_flow_key *key, int64_t wall_ns);
/* Whose a UDP datagram of direction dir of key is: VG_APP_NONE: nobody's. *client is then the direction of who asked:
 * the flow has the other side's port as 0. */
enum vg_app vg_proto_datagram_app(struct vg_proto *proto, const struct vg_flow_key *key, unsigned dir,
				  const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns, unsigned *client);
/* A datagram of direction dir, as vg_proto_feed(); src_port and dst_port are its own. */
enum vg_step vg_proto_datagram(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, uint16_t src_port,
			       uint16_t dst_port, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns);
/* End of input, all flows have been given back: what was announced is forgotten. */
void vg_proto_flush(struct vg_proto *proto);

/* Parser state for a flow that detect named; ident is copied. NULL: pool empty, or no parser for app (counted). */
struct vg_proto_flow *vg_proto_flow_take(struct vg_proto *proto, enum vg_app app, const struct vg_flow_ident *ident);
/* Gives the state back and nulls the caller's pointer. Bodies still open are closed as truncated. */
void vg_proto_flow_give(struct vg_proto *proto, struct vg_proto_flow **flow);

/* The next payload bytes of direction dir (0/1), in order, cut anywhere; borrowed for the call. wall_ns: packet time.
 * VG_MORE: go on feeding. VG_SKIP or VG_BAD: nothing more will be found, give the flow back. *flow is another one after
 * the call where one protocol handed over to another. */
enum vg_step vg_proto_feed(struct vg_proto *proto, struct vg_proto_flow **flow, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns);
/* n_missing bytes (0 = unknown many) will never come. */
enum vg_step vg_proto_gap(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns);
/* Overlapping segments of dir carried different bytes; marks the body that is open there, or the next one. */
void vg_proto_conflict(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir);
/* Direction dir has ended; each protocol says what state an open body gets. Idempotent. */
void vg_proto_end(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		  int64_t wall_ns);
