/* Packets that reach their receiver have the TTL for it; where they come with less than those before, either their way
 * has changed, and then they are acknowledged, or they are to expire between here and there. */
#include "dataplane/inspect_priv.h"

void vg_inspect_begin_doubts(struct vg_inspect *inspect, const struct vg_flow *flow, struct vg_inspect_stream *live)
{
	const struct vg_flow_rare *rare = vg_flow_rare(inspect->flows, flow);

	live->ttl[0] = rare->ttl[0];
	live->ttl[1] = rare->ttl[1];
}

/* What was doubted in that direction was believed after all: its way is like that now. */
static void learn(struct vg_inspect *inspect, struct vg_flow *flow, unsigned dir)
{
	struct vg_inspect_stream *live = &inspect->live[flow->stream_idx];

	if (vg_stream_believed(inspect->streams, flow->stream_idx, dir)) {
		if (live->doubt_ttl[dir] < live->ttl[dir])
			live->ttl[dir] = live->doubt_ttl[dir];
		live->has_lowest_ttl[dir] = 1;
	}
	if (!vg_stream_has_doubts(inspect->streams, flow->stream_idx, dir))
		live->doubt_ttl[dir] = 0;
}

/* The packet of the other side acknowledges what is doubted in direction dir. */
static void confirm(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt, unsigned dir)
{
	struct vg_inspect_stream *live = &inspect->live[flow->stream_idx];

	if (vg_stream_has_doubts(inspect->streams, flow->stream_idx, dir))
		vg_inspect_obey(inspect, flow,
				vg_stream_confirm(inspect->streams, flow->stream_idx, dir, pkt->ack, pkt->clock_ns,
						  pkt->wall_ns));
	if (flow->state != VG_FLOW_LIVE)
		return;
	if (live->doubt_ttl[dir])
		learn(inspect, flow, dir);
	if (live->has_doubt_fin[dir] && pkt->ack == live->doubt_fin[dir] + 1) {
		live->has_doubt_fin[dir] = 0;
		vg_inspect_obey(inspect, flow,
				vg_stream_fin(inspect->streams, flow->stream_idx, dir, live->doubt_fin[dir],
					      pkt->clock_ns, pkt->wall_ns));
	}
}

int vg_inspect_doubts(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt)
{
	struct vg_inspect_stream *live = &inspect->live[flow->stream_idx];
	unsigned dir = pkt->dir;
	uint8_t ttl = vg_inspect_ttl(pkt);

	if (live->doubt_ttl[dir])
		learn(inspect, flow, dir);
	if (ttl < live->ttl[dir]) {
		live->doubt_ttl[dir] = ttl > live->doubt_ttl[dir] ? ttl : live->doubt_ttl[dir];
		return 1;
	}
	if (ttl > live->ttl[dir] && !live->has_lowest_ttl[dir])
		live->ttl[dir] = ttl;
	if (!(pkt->tcp_flags & (VG_TCP_ACK | VG_TCP_SYN | VG_TCP_RST)))
		return 1; /* RFC 9293 3.10.7.4, fifth: dropped */
	if ((pkt->tcp_flags & VG_TCP_ACK) &&
	    (vg_stream_has_doubts(inspect->streams, flow->stream_idx, !dir) || live->has_doubt_fin[!dir]))
		confirm(inspect, flow, pkt, !dir);
	return 0;
}

void vg_inspect_doubt_fin(struct vg_inspect_stream *live, unsigned dir, uint32_t end_seq)
{
	live->has_doubt_fin[dir] = 1;
	live->doubt_fin[dir] = end_seq;
}
