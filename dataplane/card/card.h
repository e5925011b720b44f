#pragma once
/* card: makes and takes out the rules that workers ask for (offload/offload.h), by rte_flow, which may do system calls
 * and takes its time: the main thread's. What a port's card can do is tried out at the start. A rule stays until its
 * flow ends, until it drops nothing any more (where the card counts), or for offload_ms, after which its flow is seen
 * again; with its link all rules of a port go. Fixed size. */
#include <stdint.h>

#include <rte_flow.h>

#include <vigil/config_snapshot.h>
#include <vigil/stats_page.h>

#include "dataplane/offload/offload.h"
#include "dataplane/port/port.h"

#define VG_CARD_CALLS    64u   /* of the driver, in a poll, but for those that a broken card or link needs */
#define VG_CARD_LOOKS    1024u /* rules looked at in a poll */
#define VG_CARD_COUNT_NS UINT64_C(1000000000) /* between two looks at what a rule dropped */
#define VG_CARD_IDLE_NS  UINT64_C(5000000000) /* a rule that drops nothing for so long is taken out */

/* DPDK's functions, or those of a test. */
struct vg_card_ops {
	int (*validate)(uint16_t eth_id, const struct rte_flow_attr *attr, const struct rte_flow_item *items,
			const struct rte_flow_action *actions, struct rte_flow_error *error);
	struct rte_flow *(*create)(uint16_t eth_id, const struct rte_flow_attr *attr, const struct rte_flow_item *items,
				   const struct rte_flow_action *actions, struct rte_flow_error *error);
	int (*destroy)(uint16_t eth_id, struct rte_flow *flow, struct rte_flow_error *error);
	int (*query)(uint16_t eth_id, struct rte_flow *flow, const struct rte_flow_action *action, void *data,
		     struct rte_flow_error *error);
	int (*flush)(uint16_t eth_id, struct rte_flow_error *error);
};
extern const struct vg_card_ops vg_card_rte_flow;

/* The rule of a slot; flow NULL: there is none. */
struct vg_card_rule {
	struct rte_flow *flow;
	uint64_t made_ns, counted_ns, hit_ns, n_hits;
	uint8_t port_idx;
};
struct vg_card_port {
	uint16_t eth_id;
	uint8_t counts, is_down; /* its rules count what they drop; its link */
	uint32_t n_rules;
};
struct vg_cards {
	const struct vg_card_ops *ops;
	struct vg_stats_page *stats; /* of core 0 */
	uint32_t n_ports, n_ends, n_slots, max_rules;
	uint64_t life_ns;
	struct vg_offload_ports shapes;
	struct vg_card_port ports[VG_SNAPSHOT_MAX_PORTS];
	struct vg_offload *ends[VG_LANE_MAX_CORES];
	struct vg_card_rule *rules[VG_LANE_MAX_CORES]; /* n_slots of each */
	uint32_t next_end, look_end, look_slot, n_calls;
};

/* Tries out the cards of the ports that conf wants it for (captures and copies of the forwarder are never), and says in
 * the log what each can do. stats: of each of n_ends workers; all is borrowed. NULL: nothing is to be offloaded, or no
 * memory (logged). Cold. */
void vg_cards_destroy(struct vg_cards *cards);
struct vg_cards *vg_cards_create(const struct vg_dataplane_conf *conf, const struct vg_ports *ports,
				 const struct vg_card_ops *ops, struct vg_stats_page *const *stats, uint32_t n_ends)
	VG_DEALLOC(vg_cards_destroy);
/* Makes a rule in each card and takes it out: once the sandbox is closed, so that a driver that needs what it forbids
 * is found out at the start. */
void vg_cards_rehearse(struct vg_cards *cards);

/* Answers workers, looks after some of the rules. Links are as the rows of core 0's page say. Never waits. */
void vg_cards_poll(struct vg_cards *cards, uint64_t now_ns);
/* Takes out all rules. No worker is running any more. */
void vg_cards_clear(struct vg_cards *cards);
