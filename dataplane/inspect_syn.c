/* A receiver in a connection ignores SYNs (RFC 5961 4): whoever sends one there wants an observer to begin anew. A real
 * one on the ports of an old connection shows by its answer; where the other side is not seen, by its payload. */
#include <string.h>

#include "dataplane/inspect_priv.h"

#define REORDERED_SYN (1u << 20) /* a SYN may come so many bytes after what it begins */

void vg_inspect_note_carriers(struct vg_inspect *inspect, uint32_t idx, const struct vg_packet *pkt)
{
	struct vg_inspect_stream *live = &inspect->live[idx];

	live->vlan[0] = pkt->vlan[0];
	live->vlan[1] = pkt->vlan[1];
	live->n_tunnels = pkt->n_tunnels;
	for (uint32_t i = 0; i < pkt->n_tunnels; i++) {
		const struct vg_layer *layer = &pkt->tunnels[i];
		struct vg_attr_tunnel *to = &inspect->carriers[idx].tunnels[i];
		uint32_t n_ip_bytes = layer->ip_version == 4 ? 4 : 16;
		const uint8_t *src = pkt->frame + layer->ip_off + (layer->ip_version == 4 ? 12 : 8);

		*to = (struct vg_attr_tunnel){ .id = layer->id, .kind = layer->kind, .ip_version = layer->ip_version };
		if (!layer->ip_version)
			continue;
		memcpy(to->src_ip, src, n_ip_bytes);
		memcpy(to->dst_ip, src + n_ip_bytes, n_ip_bytes);
	}
}

/* A new connection on the ports of an old one. */
static void restart(struct vg_inspect *inspect, struct vg_flow *flow)
{
	if (flow->state == VG_FLOW_OPAQUE)
		vg_offload_leave(inspect->offload, flow, 1);
	vg_inspect_finish(inspect, flow, VG_END_RESTARTED);
	vg_flow_table_restart(inspect->flows, flow);
}

static void set_base(struct vg_inspect *inspect, struct vg_flow *flow, unsigned dir, uint32_t seq)
{
	flow->flags |= (uint8_t)VG_FLOW_BASE(dir);
	vg_flow_rare(inspect->flows, flow)->base_seq[dir] = seq;
}

static int has_base(struct vg_inspect *inspect, const struct vg_flow *flow, unsigned dir, uint32_t seq)
{
	return (flow->flags & VG_FLOW_BASE(dir)) && vg_flow_rare(inspect->flows, flow)->base_seq[dir] == seq;
}

/* A SYN of a direction that was picked up without one may only be late: then what we have follows it closely. */
static int is_late_syn(struct vg_inspect *inspect, const struct vg_flow *flow, unsigned dir, uint32_t base)
{
	if (flow->state != VG_FLOW_LIVE || (flow->flags & VG_FLOW_BASE(dir)))
		return 0;
	return !vg_stream_is_known(inspect->streams, flow->stream_idx, dir) ||
	       inspect->streams->streams[flow->stream_idx].dirs[dir].next_seq - base <= REORDERED_SYN;
}

/* A decoy that expires on its way must not set the measure. */
static void note_ttl(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt)
{
	uint8_t *ttl = &vg_flow_rare(inspect->flows, flow)->ttl[pkt->dir];

	if (vg_inspect_ttl(pkt) > *ttl)
		*ttl = vg_inspect_ttl(pkt);
}

/* A SYN in a connection that goes on waits for who takes it. */
static void wait_for_answer(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt)
{
	struct vg_inspect_stream *live = &inspect->live[flow->stream_idx];
	const struct vg_stream_dir *d = &inspect->streams->streams[flow->stream_idx].dirs[pkt->dir];

	vg_count(inspect->stats, VG_C_STREAM_SIGNALS, 1);
	live->syn_dir = (uint8_t)(1 + pkt->dir);
	live->syn_seq = pkt->seq + 1;
	/* there its bytes and their acknowledgements would be those of the old connection */
	live->is_syn_near = live->syn_seq - d->next_seq + 2 * REORDERED_SYN <= 4 * REORDERED_SYN;
}

/* Begins the directions of a live flow whose first sequence number is known now. */
static void begin_known(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt)
{
	for (unsigned i = 0; i < 2 && flow->state == VG_FLOW_LIVE; i++)
		if ((flow->flags & VG_FLOW_BASE(i)) && !vg_stream_is_known(inspect->streams, flow->stream_idx, i))
			vg_inspect_obey(inspect, flow,
					vg_stream_begin(inspect->streams, flow->stream_idx, i,
							vg_flow_rare(inspect->flows, flow)->base_seq[i], 1,
							pkt->clock_ns, pkt->wall_ns));
}

void vg_inspect_take_syn(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt)
{
	unsigned dir = pkt->dir;
	uint32_t base = pkt->seq + 1;
	int is_answer = (pkt->tcp_flags & VG_TCP_ACK) != 0, is_other = flow->state == VG_FLOW_LISTENING;
	int fits = is_answer && has_base(inspect, flow, !dir, pkt->ack);
	uint8_t *syn = vg_flow_rare(inspect->flows, flow)->syn;

	if (has_base(inspect, flow, dir, base)) {
		note_ttl(inspect, flow, pkt);
		return;
	}
	/* who asked does not answer, but to what asks himself, with the number that he asked with */
	if (is_answer && (syn[dir] & VG_SYN_ASKED) && !fits) {
		vg_count(inspect->stats, VG_C_STREAM_SIGNALS, 1);
		return;
	}
	if (flow->state == VG_FLOW_NEW && !is_answer && (flow->flags & VG_FLOW_BASE(0)) &&
	    (flow->flags & VG_FLOW_BASE(1))) {
		syn[dir] |= VG_SYN_OTHER;
		return;
	}
	if (flow->state != VG_FLOW_NEW && !is_late_syn(inspect, flow, dir, base) && !fits) {
		if (flow->state == VG_FLOW_LIVE && !is_answer) {
			wait_for_answer(inspect, flow, pkt);
			return;
		}
		restart(inspect, flow);
	}
	set_base(inspect, flow, dir, base);
	note_ttl(inspect, flow, pkt);
	syn[dir] |= (uint8_t)((is_answer ? 0 : VG_SYN_ASKED) | (is_other ? VG_SYN_OTHER : 0));
	if (is_answer && (flow->state == VG_FLOW_NEW || !(flow->flags & VG_FLOW_BASE(!dir))))
		set_base(inspect, flow, !dir, pkt->ack);
	if (flow->state == VG_FLOW_LIVE)
		begin_known(inspect, flow, pkt);
}

void vg_inspect_settle_syn(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt)
{
	struct vg_inspect_stream *live = &inspect->live[flow->stream_idx];
	unsigned dir = live->syn_dir - 1u;
	uint32_t base = live->syn_seq;
	int is_taken;

	if (live->is_syn_near)
		return;
	if (pkt->dir == dir)
		is_taken = pkt->n_payload_bytes && pkt->seq == base &&
			   !vg_stream_is_known(inspect->streams, flow->stream_idx, !dir);
	else
		is_taken = (pkt->tcp_flags & VG_TCP_ACK) && pkt->ack - base <= REORDERED_SYN;
	if (!is_taken)
		return;
	restart(inspect, flow);
	set_base(inspect, flow, dir, base);
}

int vg_inspect_syn_holds(struct vg_inspect *inspect, const struct vg_flow *flow, const struct vg_packet *pkt)
{
	const struct vg_flow_rare *rare = vg_flow_rare(inspect->flows, flow);

	return !(rare->syn[pkt->dir] & VG_SYN_OTHER) || !(flow->flags & VG_FLOW_BASE(pkt->dir)) ||
	       pkt->seq + ((pkt->tcp_flags & VG_TCP_SYN) != 0) - rare->base_seq[pkt->dir] <= REORDERED_SYN;
}
