#pragma once
/* fake_card: cards behind vg_card_ops that do in software what rte_flow promises (fake_rule.h). What a card cannot do
 * is set beforehand. Its number is DPDK's of the port; what a rule points to is forgotten once create() returns. */
#include "tests/lib/fake_rule.h"

#define FAKE_CARDS 3u

extern struct fake_card fake_cards[FAKE_CARDS];

static inline int fake_error(struct rte_flow_error *error, const char *message)
{
	*error = (struct rte_flow_error){ .message = message };
	return -ENOTSUP;
}

static inline int fake_validate(uint16_t eth_id, const struct rte_flow_attr *attr, const struct rte_flow_item *items,
				const struct rte_flow_action *actions, struct rte_flow_error *error)
{
	struct fake_card *card = &fake_cards[eth_id];
	struct fake_rule rule;
	const char *why;

	assert_true(eth_id < FAKE_CARDS && attr->ingress && !attr->egress && !attr->transfer);
	why = card->has_no_rules ? "no rules" : fake_read(card, items, actions, &rule);
	return why ? fake_error(error, why) : 0;
}

static inline struct rte_flow *fake_create(uint16_t eth_id, const struct rte_flow_attr *attr,
					   const struct rte_flow_item *items, const struct rte_flow_action *actions,
					   struct rte_flow_error *error)
{
	struct fake_card *card = &fake_cards[eth_id];

	if (fake_validate(eth_id, attr, items, actions, error))
		return NULL;
	for (unsigned i = 0; i < FAKE_RULES && !card->makes_none; i++) {
		if (card->rules[i].is_used)
			continue;
		fake_read(card, items, actions, &card->rules[i]);
		card->rules[i].is_used = 1;
		card->n_rules++;
		card->n_created++;
		return (struct rte_flow *)(void *)&card->rules[i];
	}
	fake_error(error, "full");
	return NULL;
}

static inline struct fake_rule *fake_rule_of(uint16_t eth_id, struct rte_flow *flow)
{
	struct fake_rule *rule = (struct fake_rule *)(void *)flow;

	assert_true(rule >= fake_cards[eth_id].rules && rule < fake_cards[eth_id].rules + FAKE_RULES);
	assert_true(rule->is_used);
	return rule;
}

static inline int fake_destroy(uint16_t eth_id, struct rte_flow *flow, struct rte_flow_error *error)
{
	struct fake_rule *rule = fake_rule_of(eth_id, flow);

	if (fake_cards[eth_id].keeps_all)
		return fake_error(error, "busy");
	rule->is_used = 0;
	fake_cards[eth_id].n_rules--;
	fake_cards[eth_id].n_destroyed++;
	return 0;
}

static inline int fake_query(uint16_t eth_id, struct rte_flow *flow, const struct rte_flow_action *action, void *data,
			     struct rte_flow_error *error)
{
	struct rte_flow_query_count *count = data;

	(void)error;
	assert_int_equal(action->type, RTE_FLOW_ACTION_TYPE_COUNT);
	assert_true(fake_rule_of(eth_id, flow)->counts);
	count->hits_set = 1;
	count->hits = fake_rule_of(eth_id, flow)->n_hits;
	return 0;
}

static inline int fake_flush(uint16_t eth_id, struct rte_flow_error *error)
{
	struct fake_card *card = &fake_cards[eth_id];

	card->n_flushed++;
	if (card->has_no_rules || card->keeps_even_flushed)
		return fake_error(error, "no rules");
	for (unsigned i = 0; i < FAKE_RULES; i++)
		card->rules[i].is_used = 0;
	card->n_rules = 0;
	return 0;
}

static const struct vg_card_ops fake_ops = { fake_validate, fake_create, fake_destroy, fake_query, fake_flush };

static inline void fake_reset(void)
{
	memset(fake_cards, 0, sizeof(fake_cards));
	for (unsigned i = 0; i < FAKE_CARDS; i++)
		fake_cards[i].max_tags = 2;
}

/* Whether the card drops this Ethernet frame; counted there. */
static inline int fake_drops(uint16_t eth_id, const uint8_t *frame)
{
	return fake_rules_drop(&fake_cards[eth_id], frame);
}
