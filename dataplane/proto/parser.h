#pragma once
/* parser: what a protocol room is to proto: one row. A new protocol is a folder dataplane/proto/NAME with a
 * `const struct vg_parser` in its _setup.c, and one line in dataplane/protocols.c. The door (proto.h) keeps the states
 * in pools, feeds them, and lets one protocol hand a flow over to another.
 *
 * All functions but create and destroy are hot: one core, no locks, no clock, nothing allocated, no byte copied that
 * need not be. dir is 0 or 1 as in struct vg_flow_ident. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/bytes.h>
#include <vigil/config_snapshot.h>
#include <vigil/err.h>
#include <vigil/stats_page.h>

#include "dataplane/detect/detect.h"
#include "dataplane/proto/body.h"
#include "dataplane/proto/expect.h"
#include "dataplane/proto/pool.h"
#include "dataplane/proto/proto.h"
#include "dataplane/proto/trust.h"
#include "dataplane/scope/sites.h"
#include "dataplane/scope/urls.h"
#include "dataplane/stream/stream.h"

struct vg_parser;
struct vg_again;

_Static_assert(VG_APP_N <= 32, "apps_off has a bit for each");

/* One core's protocols: what the parsers share. */
struct vg_proto {
	struct vg_stats_page *stats;
	struct {
		struct vg_sites *sites; /* NULL: all hosts and paths are in scope */
		uint32_t apps_off;      /* bit per enum vg_app: not looked into */
	} profiles[VG_SCOPE_PROFILES];
	struct vg_urls *urls;            /* its listed URLs come by it */
	const struct vg_url_map *listed; /* those of this burst; NULL: none */
	struct vg_body_sink sink;
	struct vg_attribution card; /* the one being filled; nobody's between two calls */
	struct vg_trust_conf trust;
	uint64_t seed;                             /* secret of this dataplane, the same on all its cores */
	const struct vg_parser *parsers[VG_APP_N]; /* by app; NULL: none */
	void *shared[VG_APP_N];                    /* by app: what its create() made */
	struct vg_pool flows[VG_APP_N];            /* by app: states of flow_bytes */
	struct vg_expect expect;                   /* flows that others announced */
	struct vg_pool claims;                     /* struct vg_flow_claim */
	uint32_t n_openers;
	uint8_t openers[VG_APP_N]; /* apps over UDP */
};

/* Every parser's state of a flow begins with this. */
struct vg_proto_flow {
	struct vg_flow_ident ident;
	const struct vg_parser *parser;
	/* Hand-over: a feed() that returned VG_DONE leaves the flow to next_app, from the last n_rest bytes on that it
	 * was given. */
	uint32_t n_rest;
	uint8_t next_app; /* enum vg_app; NONE: no hand-over */
	/* What is fed before that (dataplane/proto/again); NULL: nothing. */
	const struct vg_again *again;
};

/* States of a flow pool: conf->n_streams / share, at least this many (but never more than n_streams). */
#define VG_PARSER_MIN_FLOWS 256u

struct vg_parser {
	const char *name;    /* as metrics name it */
	uint8_t app;         /* enum vg_app */
	uint32_t flow_bytes; /* the state of a flow */
	uint32_t share;      /* one in so many streams may be of this protocol at a time */
	uint32_t conf_flag;  /* VG_CONF_*: parsed only where the configuration has it; 0: always */
	struct vg_recogniser recogniser;
	/* What all its flows share, e.g. pools of its own. *shared = NULL is fine. Cold. May be NULL together. */
	enum vg_err (*create)(const struct vg_dataplane_conf *conf, void **shared);
	void (*destroy)(void *shared);
	/* A state from the pool holds whatever its last flow left: only the struct vg_proto_flow at its beginning is
	 * set. from: the flow's state under the protocol that hands over, or NULL. */
	void (*init)(struct vg_proto *proto, struct vg_proto_flow *flow, struct vg_proto_flow *from);
	/* Closes what is open as truncated and gives back all that the flow holds. */
	void (*fini)(struct vg_proto *proto, struct vg_proto_flow *flow);
	/* As vg_proto_feed() and its sisters. feed may set next_app and n_rest, and return VG_DONE. */
	enum vg_step (*feed)(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			     uint32_t n_bytes, int64_t wall_ns);
	/* Protocols over UDP have these two, and need no feed, gap and conflict where they are over UDP only. opens:
	 * the datagram begins an exchange, and its sender is the client; the flow is all that its port and the other
	 * address say to each other, whatever port that has: ident.port are those of this datagram. */
	int (*opens)(const uint8_t *bytes, uint32_t n_bytes);
	enum vg_step (*datagram)(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
				 uint32_t n_bytes, int64_t wall_ns);
	enum vg_step (*gap)(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			    int64_t wall_ns);
	void (*conflict)(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir);
	void (*end)(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		    int64_t wall_ns);
};

/* A flow inside of outer: what one of its streams carries, from that stream's first byte on; to be fed by
 * vg_proto_feed() and its sisters, and given back before outer. init()'s `from` is outer. claim: of proto->claims, is
 * the flow's from now on, or NULL. NULL: nested too deep, no parser, or no state is free (claim is given back). */
struct vg_proto_flow *vg_proto_inner_take(struct vg_proto *proto, enum vg_app app, struct vg_proto_flow *outer,
					  struct vg_flow_claim *claim);

/* Fills proto->card for a body that direction dir sends: empty but for who and where. proto_id: enum vg_proto_id. */
void vg_card_begin(struct vg_proto *proto, const struct vg_proto_flow *flow, unsigned dir, unsigned proto_id,
		   unsigned direction);
/* The name of a resource for vg_attribution.resource: the same for the same texts (any of which may be empty) between
 * the same two hosts of the same VLAN, whoever of them sends; never 0. */
uint64_t vg_card_resource(const struct vg_proto *proto, const struct vg_flow_ident *who, const struct vg_span *texts,
			  uint32_t n_texts);
/* Sets who and where only. */
void vg_card_who(struct vg_attribution *card, const struct vg_flow_ident *who, unsigned dir);
