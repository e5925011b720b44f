/* Packets of which nothing is read; of encrypted flows a card is asked to drop them. */
#include "dataplane/inspect_priv.h"

/* FIN and RST of a flow that has no stream: its entry is soon free. Should it go on, it has not ended. */
static void take_end(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt, uint32_t next_seq)
{
	if (pkt->tcp_flags & VG_TCP_FIN) {
		flow->flags |= (uint8_t)VG_FLOW_FIN(pkt->dir);
		if (flow->state == VG_FLOW_NEW)
			flow->fin_seq[pkt->dir] = next_seq;
	}
	if ((pkt->tcp_flags & VG_TCP_RST) || ((flow->flags & VG_FLOW_FIN(0)) && (flow->flags & VG_FLOW_FIN(1))))
		vg_flow_table_close(inspect->flows, flow);
}

void vg_inspect_pass_by(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt,
			uint32_t next_seq)
{
	if (pkt->tcp_flags & (VG_TCP_FIN | VG_TCP_RST))
		take_end(inspect, flow, pkt, next_seq);
	if (flow->state != VG_FLOW_OPAQUE || (pkt->tcp_flags & VG_TCP_SYN))
		return;
	if (pkt->tcp_flags & (VG_TCP_FIN | VG_TCP_RST))
		vg_offload_leave(inspect->offload, flow, 0);
	else
		vg_offload_packet(inspect->offload, flow, pkt);
}

void vg_inspect_order(struct vg_inspect *inspect, uint64_t *order)
{
	inspect->order = order;
}

void vg_inspect_offload(struct vg_inspect *inspect, struct vg_offload *offload)
{
	inspect->offload = offload;
}
