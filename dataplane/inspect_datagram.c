/* UDP: nearly all of it is nobody's (QUIC, DNS) and costs a look at its first bytes, and one into the announced
 * endpoints where there are any. A flow is a client's port and a server's address: servers answer from new ports. */
#include <string.h>

#include <rte_mbuf.h>

#include "dataplane/inspect_priv.h"

/* The payload in one piece. */
static const uint8_t *payload(struct vg_inspect *inspect, const struct vg_packet *pkt)
{
	const struct rte_mbuf *segment = pkt->segment;
	uint32_t n_done = pkt->n_first_bytes - pkt->payload_off, n;

	if (n_done >= pkt->n_payload_bytes)
		return pkt->frame + pkt->payload_off;
	memcpy(inspect->datagram, pkt->frame + pkt->payload_off, n_done);
	while (segment && (segment = segment->next) && n_done < pkt->n_payload_bytes) {
		n = pkt->n_payload_bytes - n_done;
		n = n < segment->data_len ? n : segment->data_len;
		memcpy(inspect->datagram + n_done, rte_pktmbuf_mtod(segment, const uint8_t *), n);
		n_done += n;
	}
	return n_done == pkt->n_payload_bytes ? inspect->datagram : NULL;
}

/* The key without the port of who was asked; index 0 stays the lower end. */
static void name_flow(struct vg_packet *pkt, unsigned *client)
{
	struct vg_flow_key *key = &pkt->key;

	key->port[!*client] = 0;
	if (memcmp(key->ip[0], key->ip[1], sizeof(key->ip[0])) || key->port[0] <= key->port[1])
		return;
	key->port[1] = key->port[0];
	key->port[0] = 0;
	pkt->dir = !pkt->dir;
	*client = !*client;
}

void vg_inspect_datagram(struct vg_inspect *inspect, struct vg_packet *pkt)
{
	const uint8_t *bytes = payload(inspect, pkt);
	uint16_t src_port = pkt->key.port[pkt->dir], dst_port = pkt->key.port[!pkt->dir];
	unsigned client = 0;
	enum vg_app app = VG_APP_NONE;
	struct vg_inspect_stream *live;
	struct vg_flow *flow;

	if (bytes && pkt->n_payload_bytes)
		app = vg_proto_datagram_app(inspect->proto, &pkt->key, pkt->dir, bytes, pkt->n_payload_bytes,
					    pkt->wall_ns, &client);
	if (app == VG_APP_NONE) {
		vg_count(inspect->stats, VG_C_DECODE_NOT_TCP, 1);
		return;
	}
	name_flow(pkt, &client);
	vg_flow_table_prefetch_burst(inspect->flows, pkt, 1);
	flow = vg_flow_table_find(inspect->flows, pkt);
	if (flow->state != VG_FLOW_LIVE) {
		if (flow->state != VG_FLOW_NEW)
			vg_flow_table_restart(inspect->flows, flow);
		if (!vg_inspect_make_live(inspect, flow, pkt))
			return;
		vg_inspect_obey(inspect, flow,
				vg_inspect_start_proto(inspect, &inspect->live[flow->stream_idx], app, pkt->wall_ns));
	}
	if (flow->state != VG_FLOW_LIVE)
		return;
	live = &inspect->live[flow->stream_idx];
	vg_inspect_obey(inspect, flow,
			vg_proto_datagram(inspect->proto, live->proto, pkt->dir, src_port, dst_port, bytes,
					  pkt->n_payload_bytes, pkt->wall_ns));
}
