#pragma once
/* flow_table: the flow of each packet. Fixed size, one core, no allocation after create, no locks; oldest out when
 * full. A flow is 92 bytes: 64 that a look-up touches (one cache line), 16 that only its life's events touch, 8 of the
 * timer wheel and 4 of its hash chain; a place of the hash table adds 4 to 8. Chains lie apart from the flows and carry
 * five bits of each flow's hash, so that others' flows are not touched. Time is the caller's packet clock, which never
 * goes back between two resets; a flow that has been idle for idle_ns of it is over, exactly: a later packet with its
 * key begins a new one, whatever the timer wheel has got to by then. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/stats_page.h>

#include "dataplane/decode/packet.h"
#include "dataplane/flow/wheel.h"

#define VG_FLOW_NONE      0xffffffffu
/* A flow that has ended is kept so long after its last packet, for retransmissions that come late. */
#define VG_FLOW_CLOSED_NS (10 * UINT64_C(1000000000))

/* NEW: no payload yet. LIVE: has a stream. LET_GO: nothing more is wanted of it. LISTENING: let go undecided after it
 * was picked up in its middle: still looked at for the beginning of a message. OPAQUE: let go as encrypted, and its
 * card may drop what else comes of it. */
enum vg_flow_state { VG_FLOW_NEW, VG_FLOW_LIVE, VG_FLOW_LET_GO, VG_FLOW_LISTENING, VG_FLOW_OPAQUE };
/* Why the table ends a flow by itself. */
enum vg_flow_end { VG_FLOW_IDLE, VG_FLOW_EVICTED, VG_FLOW_FLUSHED };

/* vg_flow.flags: base_seq[dir] is known from a SYN or from the SYN of the other side that acknowledges ours. */
#define VG_FLOW_BASE(dir) (1u << (dir))
/* fin_seq[dir] is known: a FIN came before any payload. */
#define VG_FLOW_FIN(dir)  (4u << (dir))
/* This direction is known to send right TCP checksums: so many were right that chance is no reason. */
#define VG_FLOW_SUMS(dir) (16u << (dir))
#define VG_FLOW_CLOSED    64u  /* the table's: ended; already counted as that */
#define VG_FLOW_SPOKE     128u /* the table's: it had a packet since its timer was set */

struct vg_flow {
	struct vg_flow_key key;
	uint8_t flags, state; /* enum vg_flow_state */
	uint64_t last_ns;
	union {
		uint32_t fin_seq[2]; /* NEW: the one after the last, per direction */
		uint32_t stream_idx; /* LIVE: the worker's */
		uint32_t card[2];    /* OPAQUE: offload's, per direction; 0 at first */
	};
};
_Static_assert(sizeof(struct vg_flow) == 64, "a look-up touches one cache line");
/* vg_flow_rare.syn: a SYN with a right checksum came; one without ACK did; another did after both beginnings were
 * known. */
#define VG_SYN_GOOD  1u
#define VG_SYN_ASKED 2u
#define VG_SYN_OTHER 4u
struct vg_flow_rare {
	uint32_t base_seq[2];   /* first sequence number of payload, per direction */
	uint8_t syn[2];         /* VG_SYN_* */
	uint8_t ttl[2];         /* the highest of its SYNs; 0: none came */
	uint8_t n_bad_sums[2];  /* TCP checksums that were not right, per direction, until VG_FLOW_SUMS is decided */
	uint8_t n_good_sums[2]; /* and of payload that were; a wrong one is right by chance once in 65,536 packets */
};
_Static_assert(sizeof(struct vg_flow) + sizeof(struct vg_flow_rare) + sizeof(struct vg_wheel_node) + 4 <= 96,
	       "a million flows are 96 MiB at most, their links included");

/* Called just before a flow leaves the table; its stream must be given back now. Must not call the table. */
typedef void (*vg_flow_end_fn)(void *owner, struct vg_flow *flow, enum vg_flow_end why);

struct vg_flow_table {
	struct vg_flow *flows;
	struct vg_flow_rare *rare;
	uint32_t *heads,
		*links; /* of hash chains: first, and next of each flow (also of free ones); see flow_table.c */
	struct vg_wheel *wheel;
	struct vg_stats_page *stats;
	vg_flow_end_fn on_end;
	void *owner;
	uint64_t idle_ns, closed_ns, seed[3];
	uint32_t n_flows, n_used, head_mask, free_idx, n_fresh;
};

/* n_flows entries; seed is secret and random (24 bytes), so that nobody can aim at one chain. NULL: out of memory.
 * stats and owner are borrowed until destroy. Cold. */
void vg_flow_table_destroy(struct vg_flow_table *table);
struct vg_flow_table *vg_flow_table_create(uint32_t n_flows, uint64_t idle_ns, const uint64_t seed[3],
					   struct vg_stats_page *stats, vg_flow_end_fn on_end, void *owner)
	VG_DEALLOC(vg_flow_table_destroy);

/* Computes pkts[i].hash (n_pkts <= VG_BURST) and brings what finding them will touch into the cache. */
void vg_flow_table_prefetch_burst(const struct vg_flow_table *table, struct vg_packet *pkts, uint32_t n_pkts);
/* The flow of pkt (hash set), begun where there was none: never NULL. May end others (on_end): idle ones of the same
 * key, and the oldest where the table is full. Borrowed until the next call on the table. */
struct vg_flow *vg_flow_table_find(struct vg_flow_table *table, const struct vg_packet *pkt);
/* Forgets what the flow was (a new connection took its ports): NEW, no base. on_end is not called. */
void vg_flow_table_restart(struct vg_flow_table *table, struct vg_flow *flow);
/* Both sides have ended, or one has reset: the flow stays for VG_FLOW_CLOSED_NS after its last packet (not longer than
 * idle_ns), so that a flood of short connections leaves room. Counted once. */
void vg_flow_table_close(struct vg_flow_table *table, struct vg_flow *flow);
/* It goes on after all. */
static inline void vg_flow_reopen(struct vg_flow *flow)
{
	flow->flags &= (uint8_t)~VG_FLOW_CLOSED;
}
/* Ends flows that are idle at clock_ns, at most max_flows of them; 0 = nothing was left to end. */
uint32_t vg_flow_table_age(struct vg_flow_table *table, uint64_t clock_ns, uint32_t max_flows);
/* Ends every flow (VG_FLOW_FLUSHED), oldest slots first; the clock may then start anew. */
void vg_flow_table_flush(struct vg_flow_table *table);

static inline struct vg_flow_rare *vg_flow_rare(const struct vg_flow_table *table, const struct vg_flow *flow)
{
	return &table->rare[flow - table->flows];
}
