/* A slot's rule is its port's and its worker's; an answer is sent when it is gone, once. A card that does not take a
 * rule out would go on hiding a flow: it is emptied and not used again. */
#include <string.h>

#include <rte_ring_elem.h>

#include <vigil/log.h>

#include "dataplane/card/card_priv.h"

#define ROOM "dataplane/card"

static void set(struct vg_cards *cards, unsigned counter, uint64_t n)
{
	atomic_store_explicit(&cards->stats->counters[counter], n, memory_order_relaxed);
}

static void answer(struct vg_cards *cards, uint32_t end, uint32_t slot, int is_refused)
{
	struct vg_offload_answer word = { slot, (uint32_t)is_refused };

	VG_INVARIANT(!rte_ring_sp_enqueue_elem(cards->ends[end]->answers, &word, sizeof(word)));
}

static void refuse(struct vg_cards *cards, uint32_t end, uint32_t slot, unsigned counter)
{
	vg_count(cards->stats, counter, 1);
	answer(cards, end, slot, 1);
}

/* Adds what a rule dropped since it was last asked. */
static void count(struct vg_cards *cards, struct vg_card_rule *rule, uint64_t now_ns)
{
	const struct rte_flow_action action = { .type = RTE_FLOW_ACTION_TYPE_COUNT };
	struct rte_flow_query_count got = { 0 };
	struct rte_flow_error error = { 0 };
	struct vg_card_port *port = &cards->ports[rule->port_idx];

	rule->counted_ns = now_ns;
	cards->n_calls++;
	if (cards->ops->query(port->eth_id, rule->flow, &action, &got, &error) || !got.hits_set ||
	    got.hits <= rule->n_hits)
		return;
	vg_count(cards->stats, VG_C_OFFLOAD_DROPPED, got.hits - rule->n_hits);
	rule->n_hits = got.hits;
	rule->hit_ns = now_ns;
}

/* The rule is not there any more. */
static void forget(struct vg_cards *cards, uint32_t end, uint32_t slot, unsigned counter)
{
	struct vg_card_rule *rule = &cards->rules[end][slot];

	cards->ports[rule->port_idx].n_rules--;
	*rule = (struct vg_card_rule){ 0 };
	vg_count(cards->stats, counter, 1);
	answer(cards, end, slot, 0);
}

static void forget_all_of(struct vg_cards *cards, uint32_t port_idx, unsigned counter)
{
	for (uint32_t end = 0; end < cards->n_ends; end++)
		for (uint32_t slot = 0; slot < cards->n_slots && cards->ports[port_idx].n_rules; slot++)
			if (cards->rules[end][slot].flow && cards->rules[end][slot].port_idx == port_idx)
				forget(cards, end, slot, counter);
}

static int flush(struct vg_cards *cards, uint32_t port_idx)
{
	struct rte_flow_error error = { 0 };

	cards->n_calls++;
	return cards->ops->flush(cards->ports[port_idx].eth_id, &error);
}

/* It did not do as it was told: nothing of ours may stay in it. */
static void give_up(struct vg_cards *cards, uint32_t port_idx)
{
	int failed = flush(cards, port_idx);

	atomic_store_explicit(&cards->shapes.shapes[port_idx], 0, memory_order_relaxed);
	vg_log(VG_LOG_ERROR, ROOM, "port %u: its card did not take a rule out; it is not asked again%s", port_idx,
	       failed ? "; it did not empty itself either: restart the dataplane, flows may be hidden" : "");
	forget_all_of(cards, port_idx, VG_C_OFFLOAD_BROKEN);
}

static void take_out(struct vg_cards *cards, uint32_t end, uint32_t slot, unsigned counter, uint64_t now_ns)
{
	struct vg_card_rule *rule = &cards->rules[end][slot];
	struct vg_card_port *port = &cards->ports[rule->port_idx];
	struct rte_flow_error error = { 0 };

	if (port->counts)
		count(cards, rule, now_ns);
	cards->n_calls++;
	if (cards->ops->destroy(port->eth_id, rule->flow, &error))
		give_up(cards, rule->port_idx);
	else
		forget(cards, end, slot, counter);
}

static void make(struct vg_cards *cards, uint32_t end, const struct vg_offload_ask *ask, uint64_t now_ns)
{
	struct vg_card_rule *rule = &cards->rules[end][ask->slot];
	struct vg_card_port *port;
	struct rte_flow_error error = { 0 };
	struct vg_rule words;

	VG_INVARIANT(ask->port_idx < cards->n_ports && ask->n_tags <= VG_OFFLOAD_TAGS && !rule->flow);
	port = &cards->ports[ask->port_idx];
	if (port->is_down || !atomic_load_explicit(&cards->shapes.shapes[ask->port_idx], memory_order_relaxed)) {
		refuse(cards, end, ask->slot, VG_C_OFFLOAD_CARD);
		return;
	}
	if (port->n_rules >= cards->max_rules) {
		refuse(cards, end, ask->slot, VG_C_OFFLOAD_LIMIT);
		return;
	}
	vg_rule_write(&words, ask, port->counts);
	cards->n_calls++;
	rule->flow = cards->ops->create(port->eth_id, &words.attr, words.items, words.actions, &error);
	if (!rule->flow) {
		refuse(cards, end, ask->slot, VG_C_OFFLOAD_CARD);
		return;
	}
	rule->made_ns = rule->counted_ns = rule->hit_ns = now_ns;
	rule->port_idx = ask->port_idx;
	port->n_rules++;
	vg_count(cards->stats, VG_C_OFFLOAD_MADE, 1);
}

/* Worker by worker. */
static void take_asks(struct vg_cards *cards, uint64_t now_ns)
{
	struct vg_offload_ask ask;

	for (uint32_t n_empty = 0; n_empty < cards->n_ends && cards->n_calls < VG_CARD_CALLS;) {
		uint32_t end = cards->next_end;

		cards->next_end = (end + 1) % cards->n_ends;
		if (rte_ring_sc_dequeue_elem(cards->ends[end]->asks, &ask, sizeof(ask))) {
			n_empty++;
			continue;
		}
		n_empty = 0;
		VG_INVARIANT(ask.slot < cards->n_slots);
		if (ask.word == VG_OFFLOAD_MAKE)
			make(cards, end, &ask, now_ns);
		else if (cards->rules[end][ask.slot].flow) /* else it was gone before */
			take_out(cards, end, ask.slot, VG_C_OFFLOAD_ENDED, now_ns);
	}
}

static void look(struct vg_cards *cards, uint32_t end, uint32_t slot, uint64_t now_ns)
{
	struct vg_card_rule *rule = &cards->rules[end][slot];

	if (now_ns - rule->made_ns >= cards->life_ns) {
		take_out(cards, end, slot, VG_C_OFFLOAD_AGED, now_ns);
		return;
	}
	if (!cards->ports[rule->port_idx].counts || now_ns - rule->counted_ns < VG_CARD_COUNT_NS)
		return;
	count(cards, rule, now_ns);
	if (now_ns - rule->hit_ns >= VG_CARD_IDLE_NS)
		take_out(cards, end, slot, VG_C_OFFLOAD_IDLE, now_ns);
}

static void look_around(struct vg_cards *cards, uint64_t now_ns)
{
	for (uint32_t i = 0; i < VG_CARD_LOOKS && cards->n_calls < VG_CARD_CALLS; i++) {
		if (cards->rules[cards->look_end][cards->look_slot].flow)
			look(cards, cards->look_end, cards->look_slot, now_ns);
		if (++cards->look_slot == cards->n_slots) {
			cards->look_slot = 0;
			cards->look_end = (cards->look_end + 1) % cards->n_ends;
		}
	}
}

/* A card whose link is down may have been reset, or be another one soon. */
static void look_at_links(struct vg_cards *cards)
{
	for (uint32_t i = 0; i < cards->n_ports && i < VG_STATS_PORTS; i++) {
		struct vg_card_port *port = &cards->ports[i];
		uint32_t link = atomic_load_explicit(&cards->stats->ports[i].link, memory_order_relaxed);
		int was_down = port->is_down;

		port->is_down = link == VG_PORT_LINK_DOWN;
		if (was_down || !port->is_down || !port->n_rules)
			continue;
		if (flush(cards, i))
			give_up(cards, i);
		else
			forget_all_of(cards, i, VG_C_OFFLOAD_DOWN);
	}
}

void vg_cards_poll(struct vg_cards *cards, uint64_t now_ns)
{
	uint64_t n_rules = 0;

	cards->n_calls = 0;
	look_at_links(cards);
	take_asks(cards, now_ns);
	look_around(cards, now_ns);
	for (uint32_t i = 0; i < cards->n_ports; i++)
		n_rules += cards->ports[i].n_rules;
	set(cards, VG_C_OFFLOAD_RULES, n_rules);
}

void vg_cards_rehearse(struct vg_cards *cards)
{
	struct rte_flow_error error = { 0 };
	struct vg_offload_ask ask;
	struct rte_flow *flow;
	struct vg_rule words;

	for (uint32_t i = 0; i < cards->n_ports; i++) {
		uint8_t shapes = atomic_load_explicit(&cards->shapes.shapes[i], memory_order_relaxed);

		if (!shapes)
			continue;
		vg_card_sample(&ask, shapes & vg_offload_shape(4, 0) ? 4 : 6, 0);
		vg_rule_write(&words, &ask, cards->ports[i].counts);
		flow = cards->ops->create(cards->ports[i].eth_id, &words.attr, words.items, words.actions, &error);
		if (flow && cards->ops->destroy(cards->ports[i].eth_id, flow, &error))
			give_up(cards, i);
	}
}

void vg_cards_clear(struct vg_cards *cards)
{
	for (uint32_t i = 0; i < cards->n_ports; i++)
		if (cards->ports[i].n_rules && flush(cards, i))
			vg_log(VG_LOG_ERROR, ROOM, "port %u: its card did not empty itself at the end", i);
}
