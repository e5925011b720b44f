#include <string.h>

#include <rte_byteorder.h>

#include "dataplane/card/rule.h"

static void add(struct vg_rule *rule, uint32_t *n, enum rte_flow_item_type type, const void *spec, const void *mask)
{
	rule->items[(*n)++] = (struct rte_flow_item){ .type = type, .spec = spec, .mask = mask };
}

/* What follows a header is named by the last of them: no frame with more tags, or other ones, is meant. */
static void add_link(struct vg_rule *rule, uint32_t *n, const struct vg_offload_ask *ask)
{
	rte_be16_t ip_type = rte_cpu_to_be_16(ask->ip_version == 6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);

	rule->eth.has_vlan = ask->n_tags != 0;
	rule->eth_mask.has_vlan = 1;
	if (!ask->n_tags) {
		rule->eth.hdr.ether_type = ip_type;
		rule->eth_mask.hdr.ether_type = RTE_BE16(0xffff);
	}
	add(rule, n, RTE_FLOW_ITEM_TYPE_ETH, &rule->eth, &rule->eth_mask);
	for (uint32_t i = 0; i < ask->n_tags; i++) {
		int is_last = i + 1u == ask->n_tags;
		rule->tags[i].hdr.vlan_tci = rte_cpu_to_be_16(ask->tags[i]);
		rule->tag_masks[i].hdr.vlan_tci = RTE_BE16(0x0fff);
		rule->tags[i].has_more_vlan = !is_last;
		rule->tag_masks[i].has_more_vlan = 1;
		if (is_last) {
			rule->tags[i].hdr.eth_proto = ip_type;
			rule->tag_masks[i].hdr.eth_proto = RTE_BE16(0xffff);
		}
		add(rule, n, RTE_FLOW_ITEM_TYPE_VLAN, &rule->tags[i], &rule->tag_masks[i]);
	}
}

static void add_network(struct vg_rule *rule, uint32_t *n, const struct vg_offload_ask *ask)
{
	if (ask->ip_version == 6) {
		memcpy(rule->ip6.hdr.src_addr, ask->ip[0], 16);
		memcpy(rule->ip6.hdr.dst_addr, ask->ip[1], 16);
		memset(rule->ip6_mask.hdr.src_addr, 0xff, 16);
		memset(rule->ip6_mask.hdr.dst_addr, 0xff, 16);
		add(rule, n, RTE_FLOW_ITEM_TYPE_IPV6, &rule->ip6, &rule->ip6_mask);
		return;
	}
	memcpy(&rule->ip4.hdr.src_addr, ask->ip[0], 4);
	memcpy(&rule->ip4.hdr.dst_addr, ask->ip[1], 4);
	rule->ip4_mask.hdr.src_addr = rule->ip4_mask.hdr.dst_addr = RTE_BE32(0xffffffff);
	add(rule, n, RTE_FLOW_ITEM_TYPE_IPV4, &rule->ip4, &rule->ip4_mask);
}

void vg_rule_write(struct vg_rule *rule, const struct vg_offload_ask *ask, int counts)
{
	uint32_t n = 0;

	memset(rule, 0, sizeof(*rule));
	rule->attr.ingress = 1;
	add_link(rule, &n, ask);
	add_network(rule, &n, ask);
	rule->tcp.hdr.src_port = rte_cpu_to_be_16(ask->port[0]);
	rule->tcp.hdr.dst_port = rte_cpu_to_be_16(ask->port[1]);
	rule->tcp_mask.hdr.src_port = rule->tcp_mask.hdr.dst_port = RTE_BE16(0xffff);
	rule->tcp_mask.hdr.tcp_flags = VG_RULE_SIGNALS; /* and of these the rule wants none */
	add(rule, &n, RTE_FLOW_ITEM_TYPE_TCP, &rule->tcp, &rule->tcp_mask);
	rule->items[n].type = RTE_FLOW_ITEM_TYPE_END;
	n = 0;
	if (counts)
		rule->actions[n++] = (struct rte_flow_action){ RTE_FLOW_ACTION_TYPE_COUNT, &rule->count };
	rule->actions[n++].type = RTE_FLOW_ACTION_TYPE_DROP;
	rule->actions[n].type = RTE_FLOW_ACTION_TYPE_END;
}
