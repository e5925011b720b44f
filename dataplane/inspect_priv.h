#pragma once
/* inspect_priv: the state of inspect.c and its _setup half. */
#include "dataplane/decode/defrag.h"
#include "dataplane/detect/detect.h"
#include "dataplane/flow/flow_table.h"
#include "dataplane/inspect.h"
#include "dataplane/offload/offload.h"
#include "dataplane/scope/scope.h"
#include "dataplane/stream/stream.h"

/* What the worker knows of a live stream beyond its sequence numbers; same index as in the pool of streams. */
#define VG_HAS_STAMP 1u
#define VG_HAS_SENT  2u
#define VG_HAS_ACKED 4u
struct vg_inspect_stream {
	struct vg_proto_flow *proto; /* once detect has decided; before that NULL, or the one that carves */
	struct vg_flow *flow;
	uint64_t flow_id; /* 1, 2, 3 … of this core, never reused */
	struct vg_detect_flow detect;
	uint8_t app;         /* enum vg_app */
	uint8_t expected;    /* enum vg_app that another flow announced */
	uint8_t conflict[2]; /* told before proto was there */
	uint8_t ended[2];    /* 1 + enum vg_stream_end, told before proto was there */
	/* what its sender has that its receiver may not take (inspect_doubt, inspect_syn) */
	uint8_t ttl[2];            /* of what is not doubted, at least; 0: nothing was seen */
	uint8_t has_lowest_ttl[2]; /* that is the lowest that was acknowledged, not the highest that was seen */
	uint8_t doubt_ttl[2];      /* the highest of what is doubted; 0: nothing is */
	uint8_t has_doubt_fin[2];
	uint8_t syn_dir, is_syn_near; /* 1 + direction of a SYN in a connection that goes on; 0: none */
	uint32_t syn_seq;             /* where it would begin */
	uint32_t doubt_fin[2];
	uint32_t stamp[2]; /* the last that its receiver took (RFC 7323 4.3) */
	uint32_t sent[2];  /* up to where it has sent, by all its packets */
	uint32_t acked[2]; /* the most that it has acknowledged */
	uint32_t heard_ms[2];
	uint8_t has[2]; /* VG_HAS_*: which of these are known */
	uint8_t n_tunnels, profile;
	uint16_t vlan[2];
};
/* Around a live stream's first packet with payload; apart, so that memory is touched only where there are any. */
struct vg_inspect_carriers {
	struct vg_attr_tunnel tunnels[VG_ATTR_TUNNELS];
};
struct vg_inspect {
	struct vg_defrag *defrag;
	struct vg_flow_table *flows;
	struct vg_scope *scopes[VG_SCOPE_PROFILES];    /* by profile; NULL: there is none */
	struct vg_scope *customers[VG_SCOPE_PROFILES]; /* of named profiles that have some */
	uint32_t profile_ids[VG_SCOPE_PROFILES];
	uint32_t n_customers; /* profiles that have some */
	struct vg_streams *streams;
	struct vg_detect *detect;
	struct vg_proto *proto; /* borrowed */
	struct vg_stats_page *stats;
	struct vg_hold *hold;                 /* NULL: no pair is inspect-first */
	struct vg_offload *offload;           /* NULL: no card drops anything */
	uint64_t *order;                      /* of the frame at hand, for others; NULL: nobody asks */
	struct vg_inspect_stream *live;       /* n_live of them */
	struct vg_inspect_carriers *carriers; /* the same */
	uint64_t n_begun;                     /* live streams so far */
	uint32_t n_live;
	uint32_t carves; /* bit per profile: VG_CONF_CARVE */
	struct vg_port_rule rules[VG_SNAPSHOT_MAX_PORTS];
	uint8_t datagram[65536]; /* one that lies in several segments, put together */
};

/* stream's sink and the flow table's end: the owner is the struct vg_inspect. */
void vg_inspect_stream_sink(struct vg_inspect *inspect, struct vg_stream_sink *sink);
void vg_inspect_flow_end(void *owner, struct vg_flow *flow, enum vg_flow_end why);

/* Obeys what the rooms said of a live flow; nothing to do for VG_MORE. May let the flow go. */
void vg_inspect_obey(struct vg_inspect *inspect, struct vg_flow *flow, enum vg_step step);
/* proto takes a live flow over: what was lost and held goes first. VG_SKIP: no state was free. */
enum vg_step vg_inspect_start_proto(struct vg_inspect *inspect, struct vg_inspect_stream *live, enum vg_app app,
				    int64_t wall_ns);
/* The profile of scope that a flow has: that of its port, else of the first that has one of its two ends among its
 * customers, else 0. */
unsigned vg_inspect_profile(const struct vg_inspect *inspect, const struct vg_flow *flow);
/* Who carried the packet, and for whom: read from the frame once per stream. */
void vg_inspect_note_carriers(struct vg_inspect *inspect, uint32_t idx, const struct vg_packet *pkt);
/* A flow gets its state; 0: none is free, it is let go. */
int vg_inspect_make_live(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt);
/* Tells the end of a live flow and lets it go. */
void vg_inspect_finish(struct vg_inspect *inspect, struct vg_flow *flow, enum vg_stream_end how);

/* inspect_pass: a packet of a flow without a stream, that makes it none. */
void vg_inspect_pass_by(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt,
			uint32_t next_seq);

/* inspect_syn: where a connection begins. A SYN within a connection is no beginning until the other side takes it. */
void vg_inspect_take_syn(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt);
/* Whether a packet of a live flow takes the SYN that waits there (live->syn_dir): then the flow begins anew. */
void vg_inspect_settle_syn(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt);
/* Whether the beginnings that SYNs told can be those of the first payload. */
int vg_inspect_syn_holds(struct vg_inspect *inspect, const struct vg_flow *flow, const struct vg_packet *pkt);

/* inspect_doubt: what may not reach its receiver, or is not taken there: packets of a lower TTL than those that did,
 * without ACK, with an old timestamp, or acknowledging what was not sent. */
void vg_inspect_begin_doubts(struct vg_inspect *inspect, const struct vg_flow *flow, struct vg_inspect_stream *live);
/* Whether the packet (of a live flow) is doubted; if not, what it acknowledges is believed. May let the flow go. */
int vg_inspect_doubts(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt);
/* A doubted FIN: it holds once it is acknowledged. */
void vg_inspect_doubt_fin(struct vg_inspect_stream *live, unsigned dir, uint32_t end_seq);
/* The TTL or hop limit of a packet. */
static inline uint8_t vg_inspect_ttl(const struct vg_packet *pkt)
{
	const uint8_t *ip = pkt->frame + pkt->ip_off;

	return ip[0] >> 4 == 4 ? ip[8] : ip[7];
}

/* inspect_datagram: a UDP packet; those that nobody waits for are counted and forgotten. */
void vg_inspect_datagram(struct vg_inspect *inspect, struct vg_packet *pkt);
