#pragma once
/* rule: what is asked for (offload/offload.h) in rte_flow's words: all that is between Ethernet and TCP as it is
 * written in the frame, and nothing else; of TCP only what has none of SYN, FIN and RST, so that a flow's end and a new
 * connection on its ports are seen. Pure. */
#include <rte_flow.h>

#include "dataplane/offload/offload.h"

#define VG_RULE_SIGNALS (VG_TCP_FIN | VG_TCP_SYN | VG_TCP_RST)
#define VG_RULE_ITEMS   (VG_OFFLOAD_TAGS + 4)

struct vg_rule {
	struct rte_flow_attr attr;
	struct rte_flow_item items[VG_RULE_ITEMS + 1];
	struct rte_flow_action actions[3];
	struct rte_flow_item_eth eth, eth_mask;
	struct rte_flow_item_vlan tags[VG_OFFLOAD_TAGS], tag_masks[VG_OFFLOAD_TAGS];
	struct rte_flow_item_ipv4 ip4, ip4_mask;
	struct rte_flow_item_ipv6 ip6, ip6_mask;
	struct rte_flow_item_tcp tcp, tcp_mask;
	struct rte_flow_action_count count;
};

/* Writes *rule, which points into itself. counts: the card counts what it drops. ask: n_tags <= VG_OFFLOAD_TAGS. */
void vg_rule_write(struct vg_rule *rule, const struct vg_offload_ask *ask, int counts);
