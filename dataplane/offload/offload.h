#pragma once
/* offload: a worker's word to cards: the frames of a flow that was let go as opaque may be dropped before they come.
 * A flow's directions are asked for one by one, by the frames that come: a rule has the port, tags, addresses and ports
 * of the frame that caused it and of nothing else. What is asked for may be refused, or end, at any time: then frames
 * come again and cost what they did before. One struct vg_offload per core; the other end is the main thread's
 * (dataplane/card). Fixed size; full = counted, and the flow stays the worker's. */
#include <stdatomic.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>
#include <vigil/stats_page.h>

#include "dataplane/flow/flow_table.h"

struct rte_ring;

#define VG_OFFLOAD_AFTER     32u  /* frames of a direction of a let go flow come here before its card is asked */
#define VG_OFFLOAD_WAITING   256u /* words to the main thread that may wait while a further rule is asked for */
#define VG_OFFLOAD_RETRY_S   10u  /* about; after a refusal */
#define VG_OFFLOAD_TAGS      2u
#define VG_OFFLOAD_MAX_SLOTS (1u << 16)

/* What a frame looks like to a card: a bit each. */
#define VG_OFFLOAD_N_SHAPES (2 * (VG_OFFLOAD_TAGS + 1))
static inline uint8_t vg_offload_shape(unsigned ip_version, unsigned n_tags)
{
	return (uint8_t)(1u << ((ip_version == 6 ? VG_OFFLOAD_TAGS + 1 : 0) + n_tags));
}
/* The shapes that the card of each port matches; 0: none. Main's to change, at any time. */
struct vg_offload_ports {
	_Atomic uint8_t shapes[VG_SNAPSHOT_MAX_PORTS];
};

enum vg_offload_word { VG_OFFLOAD_MAKE, VG_OFFLOAD_UNMAKE };
/* From the worker. MAKE: drop frames of this port with exactly these tags, addresses and ports that are TCP without
 * SYN, FIN and RST; slot names the rule until its answer. UNMAKE: of the slot only. */
struct vg_offload_ask {
	uint32_t slot;
	uint8_t word; /* enum vg_offload_word */
	uint8_t port_idx, ip_version, n_tags;
	uint16_t tags[VG_OFFLOAD_TAGS]; /* VLAN ids, the outer one first */
	uint16_t port[2];               /* source, destination; host order */
	uint8_t ip[2][16];              /* the same; IPv4 in the first 4 bytes */
};
_Static_assert(sizeof(struct vg_offload_ask) == 48, "a ring's element is a multiple of 4 bytes");
/* To the worker: the rule is not there, or not any more; its slot is free. One for each MAKE, and no others. */
struct vg_offload_answer {
	uint32_t slot;
	uint32_t is_refused; /* the card, or who speaks to it, did not want it */
};

struct vg_offload_slot {
	struct vg_flow *flow; /* NULL: it has left, or the slot is free */
	uint32_t next_1;      /* free slots: index + 1 of the next */
	uint8_t dir, is_used;
};
struct vg_offload {
	struct rte_ring *asks, *answers; /* with room for all that n_slots rules can cause */
	struct vg_offload_slot *slots;
	uint32_t n_slots, free_1;
	const struct vg_offload_ports *ports; /* main's */
	struct vg_stats_page *stats;          /* the worker's */
};

/* n_slots <= VG_OFFLOAD_MAX_SLOTS rules at once; ports and stats are borrowed until destroy. NULL: no memory. Cold. */
void vg_offload_destroy(struct vg_offload *offload);
struct vg_offload *vg_offload_create(uint32_t n_slots, const struct vg_offload_ports *ports,
				     struct vg_stats_page *stats) VG_DEALLOC(vg_offload_destroy);

/* A frame of a flow in state VG_FLOW_OPAQUE came that is neither SYN, FIN nor RST: counts it, and asks once there were
 * enough. */
void vg_offload_packet(struct vg_offload *offload, struct vg_flow *flow, const struct vg_packet *pkt);
/* An opaque flow ends, or becomes another (is_reused: a new connection on its ports): its rules go. It may be asked for
 * again. */
void vg_offload_leave(struct vg_offload *offload, struct vg_flow *flow, int is_reused);
/* Takes answers, a bounded number. clock_ns: of the packets. */
void vg_offload_poll(struct vg_offload *offload, uint64_t clock_ns);
