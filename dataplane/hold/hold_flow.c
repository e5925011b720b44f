/* Connections with bodies, or stopped ones: a small table of its own, so that the flow table need not know. */
#include <string.h>

#include "dataplane/hold/hold_priv.h"

#define SEGMENTS      10u   /* the initial window (RFC 6928) */
#define MIN_MSS_BYTES 536u  /* RFC 9293 3.7.1 */
#define MAX_MSS_BYTES 1460u /* larger segments are merged ones */

static struct vg_hold_flow *ways_of(struct vg_hold *h, uint32_t hash)
{
	return &h->flows[(hash & (VG_HOLD_FLOWS / VG_HOLD_WAYS - 1)) * VG_HOLD_WAYS];
}

struct vg_hold_flow *vg_hold_flow_find(struct vg_hold *h, const struct vg_packet *pkt)
{
	struct vg_hold_flow *ways = ways_of(h, pkt->hash);
	for (uint32_t i = 0; i < VG_HOLD_WAYS; i++)
		if (ways[i].is_used && ways[i].hash == pkt->hash && !memcmp(&ways[i].key, &pkt->key, sizeof(pkt->key)))
			return &ways[i];
	return NULL;
}

static int is_needed(const struct vg_hold *h, const struct vg_hold_flow *flow)
{
	if (flow->is_stopped && h->now_ns - flow->last_ns < VG_HOLD_BLOCKED_NS)
		return 1;
	for (unsigned dir = 0; dir < 2; dir++)
		if (flow->dirs[dir].first_body != VG_HOLD_NONE || flow->dirs[dir].queue != VG_HOLD_NO_CUE)
			return 1;
	return 0;
}

static void reset(struct vg_hold_flow *flow)
{
	memset(flow, 0, sizeof(*flow));
	for (unsigned dir = 0; dir < 2; dir++) {
		flow->dirs[dir].first_body = VG_HOLD_NONE;
		flow->dirs[dir].queue = VG_HOLD_NO_CUE;
	}
}

struct vg_hold_flow *vg_hold_flow_get(struct vg_hold *h, const struct vg_packet *pkt)
{
	struct vg_hold_flow *flow = vg_hold_flow_find(h, pkt), *ways = ways_of(h, pkt->hash);
	if (flow)
		return flow;
	for (uint32_t i = 0; i < VG_HOLD_WAYS; i++) {
		if (!ways[i].is_used) {
			flow = &ways[i];
			break;
		}
		if (!is_needed(h, &ways[i]) && (!flow || ways[i].last_ns < flow->last_ns))
			flow = &ways[i];
	}
	if (!flow)
		return NULL;
	reset(flow);
	flow->key = pkt->key;
	flow->hash = pkt->hash;
	flow->is_used = 1;
	flow->last_ns = pkt->clock_ns;
	return flow;
}

/* The connection is over, another one has its ports: what was of it is watched no longer. */
void vg_hold_flow_forget(struct vg_hold *h, struct vg_hold_flow *flow)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		vg_hold_queue_release(h, flow, dir);
		while (flow->dirs[dir].first_body != VG_HOLD_NONE)
			vg_hold_body_unlink(h, vg_hold_body_at(h, flow->dirs[dir].first_body));
	}
	for (uint32_t i = 0; i < h->n_pairs; i++)
		for (uint32_t k = 0; k < h->pairs[i]->n_active; k++) {
			struct vg_hold_queue *q = &h->pairs[i]->queues[h->pairs[i]->active[k]];
			q->flow = q->flow == flow ? NULL : q->flow;
		}
	reset(flow);
}

void vg_hold_flow_note(struct vg_hold_flow *flow, const struct vg_packet *pkt)
{
	struct vg_hold_dir *d = &flow->dirs[pkt->dir], *peer = &flow->dirs[!pkt->dir];
	uint32_t end = pkt->seq + pkt->n_payload_bytes;
	flow->last_ns = pkt->clock_ns;
	if (pkt->n_payload_bytes > d->mss_bytes)
		d->mss_bytes = pkt->n_payload_bytes < MAX_MSS_BYTES ? pkt->n_payload_bytes : MAX_MSS_BYTES;
	if (pkt->n_payload_bytes && (!d->has_sent || (int32_t)(end - d->sent_seq) > 0)) {
		d->sent_seq = end;
		d->has_sent = 1;
	}
	if (pkt->tcp_flags & VG_TCP_ACK) {
		peer->acked_seq = pkt->ack;
		peer->has_acked = 1;
	}
	if (d->has_sent && d->has_acked && (int32_t)(d->sent_seq - d->acked_seq) > 0 &&
	    d->sent_seq - d->acked_seq > d->flight_bytes && d->sent_seq - d->acked_seq < 1u << 24)
		d->flight_bytes = d->sent_seq - d->acked_seq;
}

uint32_t vg_hold_window(const struct vg_hold_dir *d)
{
	uint32_t mss = d->mss_bytes < MIN_MSS_BYTES ? MIN_MSS_BYTES : d->mss_bytes;
	uint32_t window = d->flight_bytes > SEGMENTS * mss ? d->flight_bytes : SEGMENTS * mss;
	return window - mss; /* one segment less: a sender that may send no more must not be what we wait for */
}
