/* vg_flow.card[dir] is 0 at first, and then the number of frames that came, or one of these with a number: */
#include <string.h>

#include <rte_ring_elem.h>

#include <vigil/bytes.h>

#include "dataplane/offload/offload.h"

#define IN_SLOT  0x80000000u /* its rule is asked for or there: the slot */
#define NOT_YET  0x40000000u /* refused: not before that time */
#define NEVER    0x7fffffffu
#define TIME     0x3fffffffu /* clock_ns in units of 2^30 ns */
#define ANSWERS  32u
#define TAG_ID   0x0fffu
#define IP4_TYPE 0x0800u
#define IP6_TYPE 0x86ddu
#define IP6_HEAD 40u

static uint32_t time_of(uint64_t clock_ns)
{
	return (uint32_t)(clock_ns >> 30) & TIME;
}

static void not_before(uint32_t *card, uint64_t clock_ns)
{
	*card = NOT_YET | ((time_of(clock_ns) + VG_OFFLOAD_RETRY_S) & TIME);
}

/* IEEE 802.1Q, 802.1ad and what was there before that. */
static int is_tag(uint32_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

/* What a card would see of the frame. 0: more than tags stands between Ethernet and TCP. */
static int describe(const struct vg_packet *pkt, struct vg_offload_ask *ask)
{
	uint32_t at = 12, type;

	memset(ask, 0, sizeof(*ask));
	if (pkt->link != VG_LINK_ETHERNET || pkt->n_tunnels || pkt->ip_off < 14)
		return 0;
	ask->word = VG_OFFLOAD_MAKE;
	ask->port_idx = pkt->port_idx;
	ask->ip_version = vg_flow_key_ip_version(&pkt->key);
	type = vg_be16(pkt->frame + at);
	for (; is_tag(type) && at + 6 <= pkt->ip_off && ask->n_tags < VG_OFFLOAD_TAGS; at += 4) {
		ask->tags[ask->n_tags++] = vg_be16(pkt->frame + at + 2) & TAG_ID;
		type = vg_be16(pkt->frame + at + 4);
	}
	if (at + 2 != pkt->ip_off || type != (ask->ip_version == 6 ? IP6_TYPE : IP4_TYPE))
		return 0;
	if (ask->ip_version == 6 && pkt->tcp_off != pkt->ip_off + IP6_HEAD)
		return 0;
	for (unsigned i = 0; i < 2; i++) {
		unsigned end = i ? !pkt->dir : pkt->dir;
		ask->port[i] = pkt->key.port[end];
		memcpy(ask->ip[i], pkt->key.ip[end], sizeof(ask->ip[i]));
	}
	return 1;
}

static void ask_for(struct vg_offload *offload, struct vg_flow *flow, const struct vg_packet *pkt)
{
	uint32_t *card = &flow->card[pkt->dir];
	struct vg_offload_slot *slot;
	struct vg_offload_ask ask;
	uint8_t shapes = atomic_load_explicit(&offload->ports->shapes[pkt->port_idx % VG_SNAPSHOT_MAX_PORTS],
					      memory_order_relaxed);

	if (!describe(pkt, &ask) || !(shapes & vg_offload_shape(ask.ip_version, ask.n_tags))) {
		vg_count(offload->stats, VG_C_OFFLOAD_SHAPE, 1);
		*card = NEVER;
		return;
	}
	if (!offload->free_1 || rte_ring_count(offload->asks) >= VG_OFFLOAD_WAITING) {
		vg_count(offload->stats, offload->free_1 ? VG_C_OFFLOAD_BUSY : VG_C_OFFLOAD_FULL, 1);
		not_before(card, pkt->clock_ns);
		return;
	}
	ask.slot = offload->free_1 - 1;
	slot = &offload->slots[ask.slot];
	offload->free_1 = slot->next_1;
	*slot = (struct vg_offload_slot){ flow, 0, pkt->dir, 1 };
	*card = IN_SLOT | ask.slot;
	VG_INVARIANT_HOT(!rte_ring_sp_enqueue_elem(offload->asks, &ask, sizeof(ask)));
}

void vg_offload_packet(struct vg_offload *offload, struct vg_flow *flow, const struct vg_packet *pkt)
{
	uint32_t *card = &flow->card[pkt->dir];

	/* those come that were on their way, or through another port */
	if ((*card & IN_SLOT) || *card == NEVER)
		return;
	if (flow->flags & (VG_FLOW_FIN(0) | VG_FLOW_FIN(1) | VG_FLOW_CLOSED))
		return;
	if (*card & NOT_YET) {
		if ((int32_t)((time_of(pkt->clock_ns) - (*card & TIME)) << 2) < 0)
			return;
		*card = VG_OFFLOAD_AFTER - 1;
	}
	if (++*card >= VG_OFFLOAD_AFTER)
		ask_for(offload, flow, pkt);
}

void vg_offload_leave(struct vg_offload *offload, struct vg_flow *flow, int is_reused)
{
	uint64_t n_rules = 0;

	for (unsigned dir = 0; dir < 2; dir++) {
		struct vg_offload_ask ask = { .slot = flow->card[dir] & ~IN_SLOT, .word = VG_OFFLOAD_UNMAKE };

		if (flow->card[dir] & IN_SLOT) {
			VG_INVARIANT_HOT(ask.slot < offload->n_slots);
			offload->slots[ask.slot].flow = NULL;
			VG_INVARIANT_HOT(!rte_ring_sp_enqueue_elem(offload->asks, &ask, sizeof(ask)));
			n_rules++;
		}
		flow->card[dir] = 0;
	}
	if (is_reused && n_rules)
		vg_count(offload->stats, VG_C_OFFLOAD_REUSED, 1);
}

void vg_offload_poll(struct vg_offload *offload, uint64_t clock_ns)
{
	struct vg_offload_answer answer;

	for (uint32_t i = 0; i < ANSWERS && !rte_ring_sc_dequeue_elem(offload->answers, &answer, sizeof(answer)); i++) {
		struct vg_offload_slot *slot = &offload->slots[answer.slot % offload->n_slots];

		VG_INVARIANT_HOT(answer.slot < offload->n_slots && slot->is_used);
		if (slot->flow && answer.is_refused)
			not_before(&slot->flow->card[slot->dir], clock_ns);
		else if (slot->flow)
			slot->flow->card[slot->dir] = 0;
		*slot = (struct vg_offload_slot){ NULL, offload->free_1, 0, 0 };
		offload->free_1 = answer.slot + 1;
	}
}
