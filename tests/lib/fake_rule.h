#pragma once
/* fake_rule: what rte_flow's items say, kept field by field under its mask, and whether a frame is meant by them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_flow.h>

#include "dataplane/card/card.h"

#define FAKE_RULES 64u

/* Bytes of a frame and which bits of them count. */
struct fake_field {
	uint8_t is_there;
	uint8_t spec[16], mask[16];
};
struct fake_rule {
	int is_used, counts;
	unsigned ip_version, n_tags;
	struct fake_field type, vlan[2], src, dst, sport, dport, flags;
	uint64_t n_hits;
};
struct fake_card {
	int has_no_rules, has_no_flags, has_no_count, makes_none, keeps_all,
		keeps_even_flushed; /* keeps: destroy fails */
	unsigned max_tags;
	int no_ip6;
	struct fake_rule rules[FAKE_RULES];
	unsigned n_rules, n_created, n_destroyed, n_flushed;
};
static inline struct fake_field fake_field(const void *spec, const void *mask, size_t n)
{
	struct fake_field f = { .is_there = 1 };

	memcpy(f.spec, spec, n);
	memcpy(f.mask, mask, n);
	return f;
}

static inline int fake_fits(const struct fake_field *f, const uint8_t *at, size_t n)
{
	for (size_t i = 0; i < n && f->is_there; i++)
		if ((f->spec[i] ^ at[i]) & f->mask[i])
			return 0;
	return 1;
}

/* What the items mean; 0, or why this card has no such rule. */
static inline const char *fake_read(const struct fake_card *card, const struct rte_flow_item *item,
				    const struct rte_flow_action *action, struct fake_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	for (; item->type != RTE_FLOW_ITEM_TYPE_END; item++) {
		const struct rte_flow_item_eth *eth = item->spec, *eth_mask = item->mask;
		const struct rte_flow_item_vlan *vlan = item->spec, *vlan_mask = item->mask;
		const struct rte_flow_item_tcp *tcp = item->spec, *tcp_mask = item->mask;
		const struct rte_flow_item_ipv4 *ip4 = item->spec, *ip4_mask = item->mask;
		const struct rte_flow_item_ipv6 *ip6 = item->spec, *ip6_mask = item->mask;

		switch (item->type) {
		case RTE_FLOW_ITEM_TYPE_ETH:
			rule->type = fake_field(&eth->hdr.ether_type, &eth_mask->hdr.ether_type, 2);
			break;
		case RTE_FLOW_ITEM_TYPE_VLAN:
			if (rule->n_tags == card->max_tags)
				return "too many tags";
			rule->vlan[rule->n_tags++] = fake_field(&vlan->hdr.vlan_tci, &vlan_mask->hdr.vlan_tci, 2);
			break;
		case RTE_FLOW_ITEM_TYPE_IPV4:
			rule->ip_version = 4;
			rule->src = fake_field(&ip4->hdr.src_addr, &ip4_mask->hdr.src_addr, 4);
			rule->dst = fake_field(&ip4->hdr.dst_addr, &ip4_mask->hdr.dst_addr, 4);
			break;
		case RTE_FLOW_ITEM_TYPE_IPV6:
			if (card->no_ip6)
				return "no IPv6";
			rule->ip_version = 6;
			rule->src = fake_field(ip6->hdr.src_addr, ip6_mask->hdr.src_addr, 16);
			rule->dst = fake_field(ip6->hdr.dst_addr, ip6_mask->hdr.dst_addr, 16);
			break;
		case RTE_FLOW_ITEM_TYPE_TCP:
			if (card->has_no_flags && tcp_mask->hdr.tcp_flags)
				return "no flags";
			rule->sport = fake_field(&tcp->hdr.src_port, &tcp_mask->hdr.src_port, 2);
			rule->dport = fake_field(&tcp->hdr.dst_port, &tcp_mask->hdr.dst_port, 2);
			rule->flags = fake_field(&tcp->hdr.tcp_flags, &tcp_mask->hdr.tcp_flags, 1);
			break;
		default:
			return "an item";
		}
	}
	for (; action->type != RTE_FLOW_ACTION_TYPE_END; action++)
		if (action->type == RTE_FLOW_ACTION_TYPE_COUNT)
			rule->counts = 1;
		else if (action->type != RTE_FLOW_ACTION_TYPE_DROP)
			return "an action";
	return card->has_no_count && rule->counts ? "no counting" : NULL;
}

/* Whether the card drops this Ethernet frame; counted there. */
static inline int fake_rules_drop(struct fake_card *card, const uint8_t *frame)
{
	const uint8_t *at = frame + 12, *tags[3] = { NULL, NULL, NULL }, *tcp;
	unsigned n_tags = 0, is_6;

	for (; n_tags < 3 && (!memcmp(at, "\x81\0", 2) || !memcmp(at, "\x88\xa8", 2)); at += 4)
		tags[n_tags++] = at + 2;
	is_6 = at[0] == 0x86;
	tcp = at + 2 + (is_6 ? 40 : 4 * (at[2] & 15));
	for (unsigned i = 0; i < FAKE_RULES; i++) {
		struct fake_rule *r = &card->rules[i];
		const uint8_t *src = at + 2 + (is_6 ? 8 : 12);

		if (!r->is_used || r->n_tags != n_tags || r->ip_version != (is_6 ? 6 : 4) ||
		    !fake_fits(&r->type, frame + 12, 2))
			continue;
		if ((n_tags > 0 && !fake_fits(&r->vlan[0], tags[0], 2)) ||
		    (n_tags > 1 && !fake_fits(&r->vlan[1], tags[1], 2)))
			continue;
		if (!fake_fits(&r->src, src, is_6 ? 16 : 4) ||
		    !fake_fits(&r->dst, src + (is_6 ? 16 : 4), is_6 ? 16 : 4))
			continue;
		if (!fake_fits(&r->sport, tcp, 2) || !fake_fits(&r->dport, tcp + 2, 2) ||
		    !fake_fits(&r->flags, tcp + 13, 1))
			continue;
		r->n_hits++;
		return 1;
	}
	return 0;
}
