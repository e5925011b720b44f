/* The cold half of card.h: what cards can do is found out with rules for addresses that nobody has: validated, made and
 * taken out, in each shape. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/log.h>

#include "dataplane/card/card_priv.h"

#define ROOM "dataplane/card"

const struct vg_card_ops vg_card_rte_flow = { rte_flow_validate, rte_flow_create, rte_flow_destroy, rte_flow_query,
					      rte_flow_flush };

void vg_card_sample(struct vg_offload_ask *ask, unsigned ip_version, unsigned n_tags)
{
	static const uint8_t ip4[4] = { 192, 0, 2, 0 }, ip6[16] = { 0x20, 0x01, 0x0d, 0xb8 };

	*ask = (struct vg_offload_ask){ .ip_version = (uint8_t)ip_version, .n_tags = (uint8_t)n_tags };
	for (unsigned i = 0; i < 2; i++) {
		memcpy(ask->ip[i], ip_version == 6 ? ip6 : ip4, ip_version == 6 ? sizeof(ip6) : sizeof(ip4));
		ask->ip[i][ip_version == 6 ? 15 : 3] = (uint8_t)(1 + i);
		ask->port[i] = 9; /* discard */
		ask->tags[i] = (uint16_t)(4093 + i);
	}
}

/* Made and taken out again; 0: it works. */
static int try_out(const struct vg_cards *cards, uint32_t port_idx, const struct vg_rule *rule,
		   struct rte_flow_error *error)
{
	uint16_t eth_id = cards->ports[port_idx].eth_id;
	struct rte_flow *flow;
	int err = cards->ops->validate(eth_id, &rule->attr, rule->items, rule->actions, error);

	if (err)
		return err;
	flow = cards->ops->create(eth_id, &rule->attr, rule->items, rule->actions, error);
	if (!flow)
		return -1;
	return cards->ops->destroy(eth_id, flow, error);
}

/* Why a card matches not even plain IPv4. */
static const char *reason(const struct vg_cards *cards, uint32_t port_idx, struct rte_flow_error *error)
{
	struct vg_offload_ask ask;
	struct vg_rule rule;

	vg_card_sample(&ask, 4, 0);
	vg_rule_write(&rule, &ask, 0);
	rule.tcp_mask.hdr.tcp_flags = 0;
	rule.eth_mask.has_vlan = 0;
	if (!cards->ops->validate(cards->ports[port_idx].eth_id, &rule.attr, rule.items, rule.actions, error)) {
		vg_rule_write(&rule, &ask, 0);
		rule.eth_mask.has_vlan = 0;
		if (cards->ops->validate(cards->ports[port_idx].eth_id, &rule.attr, rule.items, rule.actions, error))
			return "it cannot tell SYN, FIN and RST from other segments";
		return "it validates such rules but does not make them";
	}
	return error->message ? error->message : "its driver knows no such rules";
}

static uint8_t shapes_of(struct vg_cards *cards, uint32_t port_idx, struct rte_flow_error *error)
{
	uint8_t shapes = 0;
	struct vg_offload_ask ask;
	struct vg_rule rule;

	/* counting first; shapes must be the same for all rules of a port */
	for (int counts = 1; counts >= 0 && !shapes; counts--)
		for (unsigned i = 0; i < VG_OFFLOAD_N_SHAPES; i++) {
			vg_card_sample(&ask, i <= VG_OFFLOAD_TAGS ? 4 : 6, i % (VG_OFFLOAD_TAGS + 1));
			vg_rule_write(&rule, &ask, counts);
			if (try_out(cards, port_idx, &rule, error))
				continue;
			shapes |= vg_offload_shape(ask.ip_version, ask.n_tags);
			cards->ports[port_idx].counts = (uint8_t)counts;
		}
	return shapes;
}

static void tell(const struct vg_cards *cards, const char *said, uint32_t port_idx, uint8_t shapes)
{
	char text[128];
	size_t n = 0;

	for (unsigned ip_version = 4; ip_version <= 6; ip_version += 2) {
		if (!(shapes & (vg_offload_shape(ip_version, 0) | vg_offload_shape(ip_version, 1) |
				vg_offload_shape(ip_version, 2))))
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%sIPv%u with", n ? ", " : "", ip_version);
		for (unsigned tags = 0; tags <= VG_OFFLOAD_TAGS; tags++)
			if (shapes & vg_offload_shape(ip_version, tags))
				n += (size_t)snprintf(text + n, sizeof(text) - n, " %u", tags);
		n += (size_t)snprintf(text + n, sizeof(text) - n, " tags");
	}
	vg_log(VG_LOG_INFO, ROOM, "%s: its card drops opaque flows for us (%s); %s", said, text,
	       cards->ports[port_idx].counts ? "it counts them" : "it does not count them");
}

/* What was left there by a dataplane that died goes first. */
static void probe(struct vg_cards *cards, const struct vg_ports *ports, uint32_t port_idx)
{
	const struct vg_port *port = &ports->ports[port_idx];
	struct rte_flow_error error = { 0 };
	uint8_t shapes;

	cards->ports[port_idx].eth_id = port->eth_id;
	(void)cards->ops->flush(port->eth_id, &error);
	shapes = shapes_of(cards, port_idx, &error);
	if (!shapes) {
		vg_log(VG_LOG_WARN, ROOM, "%s: opaque flows are dropped in software, not by its card: %s", port->said,
		       reason(cards, port_idx, &error));
		return;
	}
	atomic_store_explicit(&cards->shapes.shapes[port_idx], shapes, memory_order_relaxed);
	vg_count(cards->stats, VG_C_OFFLOAD_PORTS, 1);
	tell(cards, port->said, port_idx, shapes);
}

static int is_wanted(const struct vg_dataplane_conf *conf, const struct vg_ports *ports, uint32_t port_idx)
{
	return conf->rules[port_idx].offload == VG_OFFLOAD_RTE_FLOW && !(conf->flags & VG_CONF_REPLAY) &&
	       !ports->ports[port_idx].is_capture && !ports->ports[port_idx].frames;
}

static void release(struct vg_cards *cards)
{
	if (!cards)
		return;
	for (uint32_t i = 0; i < VG_LANE_MAX_CORES; i++) {
		vg_offload_destroy(cards->ends[i]);
		free(cards->rules[i]);
	}
	free(cards);
}

static int make_ends(struct vg_cards *cards, struct vg_stats_page *const *stats, uint32_t n_ends, uint32_t n_able)
{
	uint64_t n_slots = (uint64_t)cards->max_rules * n_able;

	cards->n_slots = (uint32_t)(n_slots < VG_OFFLOAD_MAX_SLOTS ? n_slots : VG_OFFLOAD_MAX_SLOTS);
	for (uint32_t i = 0; i < n_ends; i++) {
		cards->ends[i] = vg_offload_create(cards->n_slots, &cards->shapes, stats[i]);
		cards->rules[i] = calloc(cards->n_slots, sizeof(cards->rules[i][0]));
		if (!cards->ends[i] || !cards->rules[i]) {
			vg_log(VG_LOG_ERROR, ROOM, "no memory for %u rules of cards", cards->n_slots);
			return -1;
		}
	}
	cards->n_ends = n_ends;
	return 0;
}

struct vg_cards *vg_cards_create(const struct vg_dataplane_conf *conf, const struct vg_ports *ports,
				 const struct vg_card_ops *ops, struct vg_stats_page *const *stats, uint32_t n_ends)
{
	uint64_t life_ms = conf->offload_ms, half_idle_ms = conf->idle_timeout_ms / 2;
	struct vg_cards *cards = NULL;

	for (uint32_t i = 0; i < ports->n_ports; i++) {
		if (!is_wanted(conf, ports, i))
			continue;
		if (!cards)
			cards = calloc(1, sizeof(*cards));
		if (!cards)
			return NULL;
		cards->ops = ops;
		cards->stats = stats[0];
		probe(cards, ports, i);
	}
	if (!cards || !stats[0]->counters[VG_C_OFFLOAD_PORTS]) {
		release(cards);
		return NULL;
	}
	cards->n_ports = ports->n_ports;
	cards->max_rules = conf->offload_rules ? conf->offload_rules : 1;
	cards->life_ns = (life_ms < half_idle_ms ? life_ms : half_idle_ms) * 1000000;
	if (!make_ends(cards, stats, n_ends, (uint32_t)stats[0]->counters[VG_C_OFFLOAD_PORTS]))
		return cards;
	release(cards);
	return NULL;
}

void vg_cards_destroy(struct vg_cards *cards)
{
	release(cards);
}
