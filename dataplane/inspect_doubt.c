/* Packets that reach their receiver have the TTL for it; where they come with less than those before, either their way
 * has changed, and then they are acknowledged, or they are to expire between here and there. */
#include <vigil/bytes.h>

#include "dataplane/inspect_priv.h"

#define OLD_ACK   (1 << 20) /* bytes that acknowledgements may be out of order */
#define SILENT_MS 5000u     /* who says nothing for so long is not seen any more (another way, another port) */
/* RFC 9293 3.1, RFC 7323 3.2 */
#define TCP_BYTES 20u
#define OPT_NOP   1u
#define OPT_STAMP 8u
#define N_STAMP   10u
#define PADDED    0x0101080au /* as nearly everybody sends it: NOP, NOP, timestamps */

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

/* TSval of the packet; 0: it has none. */
static int stamp_of(const struct vg_packet *pkt, uint32_t *stamp)
{
	const uint8_t *t = pkt->frame + pkt->tcp_off;
	uint32_t n = pkt->payload_off - pkt->tcp_off, off = TCP_BYTES;

	if (n >= TCP_BYTES + 12 && vg_be32(t + TCP_BYTES) == PADDED) {
		*stamp = vg_be32(t + TCP_BYTES + 4);
		return 1;
	}
	while (off + N_STAMP <= n && t[off]) {
		if (t[off] == OPT_STAMP && t[off + 1] == N_STAMP) {
			*stamp = vg_be32(t + off + 2);
			return 1;
		}
		if (t[off] != OPT_NOP && t[off + 1] < 2)
			return 0;
		off += t[off] == OPT_NOP ? 1 : t[off + 1];
	}
	return 0;
}

/* RFC 9293 3.10.7.4, RFC 5961 5.2: beyond what was sent, or far below what the same sender has acknowledged. Where who
 * is acknowledged cannot be seen nothing is known. */
static int is_strange_ack(const struct vg_inspect_stream *live, const struct vg_packet *pkt, uint32_t now_ms)
{
	unsigned dir = pkt->dir;

	if ((live->has[dir] & VG_HAS_ACKED) && (int32_t)(live->acked[dir] - pkt->ack) > OLD_ACK)
		return 1;
	return (live->has[!dir] & VG_HAS_SENT) && now_ms - live->heard_ms[!dir] < SILENT_MS &&
	       (int32_t)(pkt->ack - live->sent[!dir]) > 0;
}

/* How far the sender is: also by what is doubted, which may be real. */
static void note_sent(struct vg_inspect_stream *live, const struct vg_packet *pkt, uint32_t now_ms)
{
	uint32_t end = pkt->seq + pkt->n_payload_bytes + ((pkt->tcp_flags & VG_TCP_SYN) != 0) +
		       ((pkt->tcp_flags & VG_TCP_FIN) != 0);

	live->heard_ms[pkt->dir] = now_ms;
	if (!(live->has[pkt->dir] & VG_HAS_SENT) || (int32_t)(end - live->sent[pkt->dir]) > 0)
		live->sent[pkt->dir] = end;
	live->has[pkt->dir] |= VG_HAS_SENT;
}

/* What a packet tells that its receiver takes. Timestamps are learned only from what is in order. */
static void note_taken(struct vg_inspect *inspect, const struct vg_flow *flow, const struct vg_packet *pkt)
{
	struct vg_inspect_stream *live = &inspect->live[flow->stream_idx];
	const struct vg_stream_dir *d = &inspect->streams->streams[flow->stream_idx].dirs[pkt->dir];
	uint8_t *has = &live->has[pkt->dir];
	uint32_t stamp;

	if (!(pkt->tcp_flags & VG_TCP_ACK))
		return;
	if (!(*has & VG_HAS_ACKED) || (int32_t)(pkt->ack - live->acked[pkt->dir]) > 0)
		live->acked[pkt->dir] = pkt->ack;
	*has |= VG_HAS_ACKED;
	if (vg_stream_is_known(inspect->streams, flow->stream_idx, pkt->dir) &&
	    (int32_t)(d->next_seq - pkt->seq) >= 0 && stamp_of(pkt, &stamp) &&
	    (!(*has & VG_HAS_STAMP) || (int32_t)(stamp - live->stamp[pkt->dir]) > 0)) {
		live->stamp[pkt->dir] = stamp;
		*has |= VG_HAS_STAMP;
	}
}

int vg_inspect_doubts(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt)
{
	struct vg_inspect_stream *live = &inspect->live[flow->stream_idx];
	unsigned dir = pkt->dir;
	uint8_t ttl = vg_inspect_ttl(pkt);
	uint32_t now_ms = (uint32_t)(pkt->clock_ns / 1000000), stamp;

	if (live->doubt_ttl[dir])
		learn(inspect, flow, dir);
	if (!(pkt->tcp_flags & VG_TCP_RST))
		note_sent(live, pkt, now_ms);
	if (ttl < live->ttl[dir]) {
		live->doubt_ttl[dir] = ttl > live->doubt_ttl[dir] ? ttl : live->doubt_ttl[dir];
		return 1;
	}
	if (ttl > live->ttl[dir] && !live->has_lowest_ttl[dir])
		live->ttl[dir] = ttl;
	if (!(pkt->tcp_flags & (VG_TCP_ACK | VG_TCP_SYN | VG_TCP_RST)))
		return 1; /* RFC 9293 3.10.7.4, fifth: dropped */
	if (!(pkt->tcp_flags & VG_TCP_RST)) {
		if ((live->has[dir] & VG_HAS_STAMP) && stamp_of(pkt, &stamp) &&
		    (int32_t)(stamp - live->stamp[dir]) < 0) {
			vg_count(inspect->stats, VG_C_STREAM_OLD_STAMPS, 1);
			return 1; /* RFC 7323 5.3 */
		}
		if ((pkt->tcp_flags & VG_TCP_ACK) && is_strange_ack(live, pkt, now_ms)) {
			vg_count(inspect->stats, VG_C_STREAM_STRANGE_ACKS, 1);
			return 1;
		}
		note_taken(inspect, flow, pkt);
	}
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
