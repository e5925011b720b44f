/* A flow is NEW until its first payload, LIVE while it has a stream, then LET_GO (nothing of it is wanted) or
 * LISTENING (undecided: every piece is asked whether it begins a message). Everything a packet can cause is in
 * inspect_packet(). */
#include <string.h>

#include <rte_mbuf.h>

#include "dataplane/decode/decode.h"
#include "dataplane/decode/tenant.h"
#include "dataplane/flow/decoy.h"
#include "dataplane/hold/hold.h"
#include "dataplane/inspect_priv.h"
#include "dataplane/proto/parser.h"

#define TICK_FLOWS   64u /* aged per tick */
#define TICK_STREAMS 64u

/* ---- leaving ---- */

/* Gives back all that a live flow holds. */
static void leave(struct vg_inspect *inspect, struct vg_flow *flow, enum vg_flow_state state)
{
	struct vg_inspect_stream *live = &inspect->live[flow->stream_idx];

	vg_detect_end(inspect->detect, &live->detect);
	if (live->proto)
		vg_proto_flow_give(inspect->proto, &live->proto);
	vg_streams_give(inspect->streams, &flow->stream_idx);
	flow->state = (uint8_t)state;
	if (state == VG_FLOW_OPAQUE)
		flow->card[0] = flow->card[1] = 0;
}

/* What the rooms said of a live flow; nothing to do for VG_MORE. */
void vg_inspect_obey(struct vg_inspect *inspect, struct vg_flow *flow, enum vg_step step)
{
	uint8_t app;

	if (step == VG_MORE)
		return;
	if (step == VG_DONE)
		vg_flow_table_close(inspect->flows, flow);
	app = inspect->live[flow->stream_idx].app;
	leave(inspect, flow,
	      app == VG_APP_UNKNOWN || app == VG_APP_RAW ? VG_FLOW_LISTENING
	      : app == VG_APP_OPAQUE && inspect->offload ? VG_FLOW_OPAQUE
							 : VG_FLOW_LET_GO);
}

void vg_inspect_finish(struct vg_inspect *inspect, struct vg_flow *flow, enum vg_stream_end how)
{
	if (flow->state != VG_FLOW_LIVE)
		return;
	(void)vg_stream_finish(inspect->streams, flow->stream_idx, how);
	leave(inspect, flow, VG_FLOW_LET_GO);
}

void vg_inspect_flow_end(void *owner, struct vg_flow *flow, enum vg_flow_end why)
{
	struct vg_inspect *inspect = owner;

	if (flow->state == VG_FLOW_OPAQUE)
		vg_offload_leave(inspect->offload, flow, 0);
	vg_inspect_finish(inspect, flow,
			  why == VG_FLOW_IDLE      ? VG_END_TIMEOUT
			  : why == VG_FLOW_EVICTED ? VG_END_EVICTED
						   : VG_END_INPUT_END);
}

/* ---- what stream tells ---- */

static struct vg_flow_ident ident_of(const struct vg_inspect *inspect, const struct vg_inspect_stream *live)
{
	const struct vg_flow *flow = live->flow;
	struct vg_flow_ident ident = { .ip_version = vg_flow_key_ip_version(&flow->key),
				       .port = { flow->key.port[0], flow->key.port[1] },
				       .vlan = { live->vlan[0], live->vlan[1] },
				       .capture_idx = flow->key.capture_idx,
				       .tunnels = inspect->carriers[live - inspect->live].tunnels,
				       .n_tunnels = live->n_tunnels,
				       .flow_id = live->flow_id,
				       .profile = live->profile,
				       .profile_id = inspect->profile_ids[live->profile] };

	memcpy(ident.ip, flow->key.ip, sizeof(ident.ip));
	memcpy(ident.network, vg_flow_key_network(&flow->key), sizeof(ident.network));
	ident.midstream = !(flow->key.net & VG_FLOW_NET_UDP) &&
			  (!(flow->flags & (VG_FLOW_BASE(0) | VG_FLOW_BASE(1))) || live->detect.n_lost_bytes[0] ||
			   live->detect.n_lost_bytes[1] || live->detect.is_past[0] || live->detect.is_past[1]);
	return ident;
}

/* proto takes over: what was lost and held goes first. VG_SKIP: no state was free. */
enum vg_step vg_inspect_start_proto(struct vg_inspect *inspect, struct vg_inspect_stream *live, enum vg_app app,
				    int64_t wall_ns)
{
	struct vg_flow_ident ident = ident_of(inspect, live);
	enum vg_step step = VG_MORE;

	vg_detect_end(inspect->detect, &live->detect);
	live->app = (uint8_t)app;
	vg_proto_flow_give(inspect->proto, &live->proto); /* that of carving */
	live->proto = vg_proto_flow_take(inspect->proto, app, &ident);
	if (!live->proto)
		return VG_SKIP;
	for (unsigned dir = 0; dir < 2 && step != VG_SKIP && step != VG_BAD; dir++) {
		if (live->conflict[dir])
			vg_proto_conflict(inspect->proto, live->proto, dir);
		if (live->detect.n_lost_bytes[dir] || live->detect.is_past[dir])
			step = vg_proto_gap(inspect->proto, live->proto, dir, live->detect.n_lost_bytes[dir], wall_ns);
		if (live->detect.n_held[dir] && step != VG_SKIP && step != VG_BAD)
			step = vg_proto_feed(inspect->proto, &live->proto, dir, live->detect.held[dir],
					     live->detect.n_held[dir], wall_ns);
		if (live->ended[dir])
			vg_proto_end(inspect->proto, live->proto, dir, (enum vg_stream_end)(live->ended[dir] - 1),
				     wall_ns);
	}
	return step;
}

/* Whether an announced flow is what was announced: its first bytes may be another protocol's, whatever was said of the
 * flow. */
static int is_as_expected(const struct vg_inspect *inspect, const struct vg_inspect_stream *live, unsigned dir,
			  const uint8_t *bytes, uint32_t n_bytes)
{
	enum vg_app app = vg_detect_look(inspect->detect, &live->detect, dir, bytes, n_bytes);

	return app != VG_APP_NONE && (!VG_APP_IS_PARSED(app) || app == live->expected);
}

/* What is not decided is carved meanwhile, and after that what nobody understands. Without a free state it is as if
 * nothing was to be carved. */
static enum vg_step carve(struct vg_inspect *inspect, struct vg_inspect_stream *live, unsigned dir,
			  const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_flow_ident ident = ident_of(inspect, live);
	int is_new = !live->proto;
	enum vg_step step;

	if (live->app == VG_APP_OPAQUE)
		return VG_SKIP;
	ident.midstream = !(live->flow->flags & (VG_FLOW_BASE(0) | VG_FLOW_BASE(1))); /* nothing is lost to it */
	if (is_new)
		live->proto = vg_proto_flow_take(inspect->proto, VG_APP_RAW, &ident);
	if (!live->proto)
		return live->app == VG_APP_NONE ? VG_MORE : VG_SKIP;
	for (unsigned d = 0; d < 2 && is_new; d++)
		if (live->conflict[d])
			vg_proto_conflict(inspect->proto, live->proto, d);
	if (live->app == VG_APP_UNKNOWN) {
		vg_detect_end(inspect->detect, &live->detect);
		live->app = VG_APP_RAW;
	}
	step = vg_proto_feed(inspect->proto, &live->proto, dir, bytes, n_bytes, wall_ns);
	if (step != VG_MORE || live->proto->parser->app != VG_APP_RAW) /* it handed over */
		live->app = live->proto->parser->app;
	return step;
}

static enum vg_step on_bytes(void *owner, uint32_t stream_idx, unsigned dir, const uint8_t *bytes, uint32_t n_bytes,
			     int64_t wall_ns)
{
	struct vg_inspect *inspect = owner;
	struct vg_inspect_stream *live = &inspect->live[stream_idx];
	enum vg_step step;

	if (live->app != VG_APP_NONE && live->proto)
		return vg_proto_feed(inspect->proto, &live->proto, dir, bytes, n_bytes, wall_ns);
	if (live->expected && is_as_expected(inspect, live, dir, bytes, n_bytes)) {
		step = vg_inspect_start_proto(inspect, live, (enum vg_app)live->expected, wall_ns);
		if (step == VG_SKIP || step == VG_BAD)
			return step;
		return vg_proto_feed(inspect->proto, &live->proto, dir, bytes, n_bytes, wall_ns);
	}
	live->app = (uint8_t)vg_detect_bytes(inspect->detect, &live->detect, dir, bytes, n_bytes);
	if (live->app <= VG_APP_UNKNOWN && inspect->carves >> live->profile & 1)
		return carve(inspect, live, dir, bytes, n_bytes, wall_ns);
	if (live->app == VG_APP_NONE)
		return VG_MORE;
	if (!VG_APP_IS_PARSED(live->app))
		return VG_SKIP;
	step = vg_inspect_start_proto(inspect, live, (enum vg_app)live->app, wall_ns);
	if (step == VG_SKIP || step == VG_BAD)
		return step;
	return vg_proto_feed(inspect->proto, &live->proto, dir, bytes, n_bytes, wall_ns);
}

static enum vg_step on_gap(void *owner, uint32_t stream_idx, unsigned dir, uint64_t n_missing, int64_t wall_ns)
{
	struct vg_inspect *inspect = owner;
	struct vg_inspect_stream *live = &inspect->live[stream_idx];

	if (live->app == VG_APP_NONE)
		vg_detect_gap(&live->detect, dir, n_missing);
	return live->proto ? vg_proto_gap(inspect->proto, live->proto, dir, n_missing, wall_ns) : VG_MORE;
}

static void on_conflict(void *owner, uint32_t stream_idx, unsigned dir)
{
	struct vg_inspect *inspect = owner;
	struct vg_inspect_stream *live = &inspect->live[stream_idx];

	if (live->proto)
		vg_proto_conflict(inspect->proto, live->proto, dir);
	if (live->app == VG_APP_NONE)
		live->conflict[dir] = 1;
}

static void on_end(void *owner, uint32_t stream_idx, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct vg_inspect *inspect = owner;
	struct vg_inspect_stream *live = &inspect->live[stream_idx];

	if (live->proto)
		vg_proto_end(inspect->proto, live->proto, dir, how, wall_ns);
	if (live->app != VG_APP_NONE)
		return;
	live->ended[dir] = (uint8_t)(1 + how);
	if (live->expected && live->detect.n_held[dir]) /* so few bytes that nothing was told by them */
		(void)vg_inspect_start_proto(inspect, live, (enum vg_app)live->expected, wall_ns);
}

void vg_inspect_stream_sink(struct vg_inspect *inspect, struct vg_stream_sink *sink)
{
	*sink = (struct vg_stream_sink){ inspect, on_bytes, on_gap, on_conflict, on_end };
}

/* ---- a packet ---- */

/* NEW and LISTENING flows get a stream; those for which none is free are let go. */
int vg_inspect_make_live(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt)
{
	uint32_t idx, fin_seq[2] = { flow->fin_seq[0], flow->fin_seq[1] }; /* of a NEW one */
	unsigned profile = vg_inspect_profile(inspect, flow);

	if (!vg_scope_has(inspect->scopes[profile], vg_flow_key_ip_version(&flow->key),
			  (const uint8_t(*)[16])flow->key.ip, pkt->vlan)) {
		flow->state = VG_FLOW_LET_GO;
		vg_count(inspect->stats, VG_C_FLOWS_OUT, 1);
		return 0;
	}
	idx = vg_streams_take(inspect->streams);
	if (flow->state == VG_FLOW_LISTENING)
		flow->flags &= (uint8_t) ~(VG_FLOW_FIN(0) | VG_FLOW_FIN(1));
	if (flow->state == VG_FLOW_LISTENING || !vg_inspect_syn_holds(inspect, flow, pkt))
		flow->flags &= (uint8_t) ~(VG_FLOW_BASE(0) | VG_FLOW_BASE(1));
	flow->state = VG_FLOW_LET_GO;
	if (idx == VG_STREAM_NONE)
		return 0;
	if (!(flow->flags & (VG_FLOW_BASE(0) | VG_FLOW_BASE(1))))
		vg_count(inspect->stats, VG_C_STREAM_MIDSTREAM, 1);
	memset(&inspect->live[idx], 0, sizeof(inspect->live[idx]));
	inspect->live[idx].flow = flow;
	inspect->live[idx].profile = (uint8_t)profile;
	vg_inspect_begin_doubts(inspect, flow, &inspect->live[idx]);
	inspect->live[idx].flow_id = ++inspect->n_begun;
	vg_inspect_note_carriers(inspect, idx, pkt);
	flow->stream_idx = idx;
	flow->state = VG_FLOW_LIVE;
	vg_flow_reopen(flow);
	for (unsigned dir = 0; dir < 2; dir++) {
		const struct vg_flow_rare *rare = vg_flow_rare(inspect->flows, flow);
		if (flow->flags & VG_FLOW_BASE(dir))
			(void)vg_stream_begin(inspect->streams, idx, dir, rare->base_seq[dir], 1, pkt->clock_ns,
					      pkt->wall_ns);
		if (flow->flags & VG_FLOW_FIN(dir))
			(void)vg_stream_fin(inspect->streams, idx, dir, fin_seq[dir], pkt->clock_ns, pkt->wall_ns);
	}
	return 1;
}

/* A flow that another one announced begins with the first packet there is. */
static void meet(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt)
{
	enum vg_app app = vg_proto_expected(inspect->proto, &flow->key, pkt->wall_ns);
	uint32_t seq = pkt->seq + ((pkt->tcp_flags & VG_TCP_SYN) != 0);

	if (app == VG_APP_NONE)
		return;
	inspect->live[flow->stream_idx].expected = (uint8_t)app;
	if (!vg_stream_is_known(inspect->streams, flow->stream_idx, pkt->dir))
		vg_inspect_obey(inspect, flow,
				vg_stream_begin(inspect->streams, flow->stream_idx, pkt->dir, seq, 0, pkt->clock_ns,
						pkt->wall_ns));
}

/* Where the packet says that a byte is urgent: RFC 6093 3.1, as receivers do it. */
static enum vg_step take_urgent(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt)
{
	const uint8_t *t = pkt->frame + pkt->tcp_off;
	uint32_t pointer = (uint32_t)t[18] << 8 | t[19];
	static const uint8_t byte;

	if (!pointer)
		return VG_MORE;
	return vg_stream_urgent(inspect->streams, flow->stream_idx, pkt->dir, pkt->seq + pointer - 1, &byte,
				pkt->clock_ns, pkt->wall_ns);
}

/* vg_stream_segment(), or as what else payload is taken. */
typedef enum vg_step (*take_fn)(struct vg_streams *, uint32_t, unsigned, uint32_t, const uint8_t *, uint32_t, uint64_t,
				int64_t);

/* The payload of a packet, segment by segment where the frame has more than one. */
static enum vg_step take_payload(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt,
				 take_fn give)
{
	const struct rte_mbuf *segment = pkt->segment;
	const uint8_t *at = pkt->frame + pkt->payload_off;
	uint32_t seq = pkt->seq + ((pkt->tcp_flags & VG_TCP_SYN) != 0);
	uint32_t n_left = pkt->n_payload_bytes, n = pkt->n_first_bytes - pkt->payload_off;
	enum vg_step step = VG_MORE;

	for (;;) {
		n = n < n_left ? n : n_left;
		if (n)
			step = give(inspect->streams, flow->stream_idx, pkt->dir, seq, at, n, pkt->clock_ns,
				    pkt->wall_ns);
		seq += n;
		n_left -= n;
		if (step != VG_MORE || !n_left || !segment || !segment->next)
			return step;
		segment = segment->next;
		at = rte_pktmbuf_mtod(segment, const uint8_t *);
		n = segment->data_len;
	}
}

/* Payload of a live flow; before that where its direction begins, if nothing told yet. */
static void take_data(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt, int is_doubted)
{
	const struct vg_inspect_stream *live = &inspect->live[flow->stream_idx];
	uint32_t n_first = pkt->n_first_bytes - pkt->payload_off;
	enum vg_step step = VG_MORE;
	enum vg_app app;

	n_first = n_first < pkt->n_payload_bytes ? n_first : pkt->n_payload_bytes;
	if (!is_doubted && !vg_stream_is_known(inspect->streams, flow->stream_idx, pkt->dir) &&
	    VG_APP_IS_PARSED(vg_detect_first(inspect->detect, pkt->frame + pkt->payload_off, n_first)))
		step = vg_stream_begin(inspect->streams, flow->stream_idx, pkt->dir, pkt->seq, 0, pkt->clock_ns,
				       pkt->wall_ns);
	if (step == VG_MORE && (pkt->tcp_flags & VG_TCP_URG) && !is_doubted)
		step = take_urgent(inspect, flow, pkt);
	if (step == VG_MORE)
		step = take_payload(inspect, flow, pkt, is_doubted ? vg_stream_doubt : vg_stream_segment);
	if (step == VG_MORE && live->app == VG_APP_NONE && (live->detect.is_past[0] || live->detect.is_past[1])) {
		app = vg_detect_ask(inspect->detect, &inspect->live[flow->stream_idx].detect, pkt->frame + pkt->ip_off,
				    pkt->n_first_bytes - pkt->ip_off, pkt->clock_ns);
		if (VG_APP_IS_PARSED(app))
			step = vg_inspect_start_proto(inspect, &inspect->live[flow->stream_idx], app, pkt->wall_ns);
		else if (app != VG_APP_NONE)
			step = VG_SKIP;
		if (app == VG_APP_OPAQUE)
			inspect->live[flow->stream_idx].app = VG_APP_OPAQUE;
		step = step == VG_DONE ? VG_MORE : step;
	}
	vg_inspect_obey(inspect, flow, step);
}

/* Whether the packet makes a flow without stream live. */
static int wants_stream(const struct vg_inspect *inspect, const struct vg_flow *flow, const struct vg_packet *pkt)
{
	uint32_t n_first = pkt->n_first_bytes - pkt->payload_off;

	if (flow->state != VG_FLOW_LISTENING)
		return flow->state == VG_FLOW_NEW && pkt->n_payload_bytes;
	n_first = n_first < pkt->n_payload_bytes ? n_first : pkt->n_payload_bytes;
	return VG_APP_IS_PARSED(vg_detect_begins(inspect->detect, pkt->frame + pkt->payload_off, n_first));
}

static const struct vg_port_rule *rule_of(const struct vg_inspect *inspect, const struct vg_packet *pkt)
{
	return &inspect->rules[pkt->key.capture_idx % VG_SNAPSHOT_MAX_PORTS];
}

/* FIN and RST of a live flow. */
static void take_end(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt, uint32_t next_seq,
		     int is_doubted)
{
	struct vg_inspect_stream *live = &inspect->live[flow->stream_idx];

	if (is_doubted) {
		vg_count(inspect->stats, VG_C_STREAM_SIGNALS, 1);
		if (pkt->tcp_flags & VG_TCP_FIN)
			vg_inspect_doubt_fin(live, pkt->dir, next_seq);
		return;
	}
	if (pkt->tcp_flags & VG_TCP_FIN)
		vg_inspect_obey(inspect, flow,
				vg_stream_fin(inspect->streams, flow->stream_idx, pkt->dir, next_seq, pkt->clock_ns,
					      pkt->wall_ns));
	if (flow->state == VG_FLOW_LIVE && (pkt->tcp_flags & VG_TCP_RST))
		vg_inspect_obey(inspect, flow,
				vg_stream_rst(inspect->streams, flow->stream_idx, pkt->dir, next_seq, pkt->clock_ns,
					      pkt->wall_ns));
}

/* Payload with a wrong checksum: all that counts of the packet. */
static void take_broken(struct vg_inspect *inspect, struct vg_flow *flow, const struct vg_packet *pkt)
{
	if (flow->state == VG_FLOW_NEW && (flow->flags & VG_FLOW_BASE(pkt->dir)) &&
	    vg_inspect_make_live(inspect, flow, pkt))
		meet(inspect, flow, pkt);
	if (flow->state == VG_FLOW_LIVE && vg_stream_is_due(inspect->streams, flow->stream_idx, pkt->clock_ns))
		vg_inspect_obey(inspect, flow, vg_stream_expire(inspect->streams, flow->stream_idx, pkt->clock_ns));
	if (flow->state == VG_FLOW_LIVE)
		vg_inspect_obey(inspect, flow, take_payload(inspect, flow, pkt, vg_stream_broken));
}

static void inspect_packet(struct vg_inspect *inspect, const struct vg_packet *pkt)
{
	struct vg_flow *flow = vg_flow_table_find(inspect->flows, pkt);
	uint32_t next_seq = pkt->seq + pkt->n_payload_bytes + ((pkt->tcp_flags & VG_TCP_SYN) != 0);
	enum vg_decoy decoy = vg_decoy_judge(inspect->flows, flow, pkt, rule_of(inspect, pkt)->checksums);
	int is_doubted = 0;

	if (decoy != VG_DECOY_NONE) {
		if (decoy == VG_DECOY_BROKEN)
			take_broken(inspect, flow, pkt);
		return;
	}
	if (pkt->tcp_flags & VG_TCP_SYN)
		vg_inspect_take_syn(inspect, flow, pkt);
	if (flow->state == VG_FLOW_LIVE && inspect->live[flow->stream_idx].syn_dir)
		vg_inspect_settle_syn(inspect, flow, pkt);
	if (flow->state == VG_FLOW_LIVE) {
		if (vg_stream_is_due(inspect->streams, flow->stream_idx, pkt->clock_ns))
			vg_inspect_obey(inspect, flow,
					vg_stream_expire(inspect->streams, flow->stream_idx, pkt->clock_ns));
	} else if (!wants_stream(inspect, flow, pkt)) {
		vg_inspect_pass_by(inspect, flow, pkt, next_seq);
		return;
	} else if (!vg_inspect_make_live(inspect, flow, pkt)) {
		return;
	} else {
		meet(inspect, flow, pkt);
	}
	if (flow->state == VG_FLOW_LIVE)
		is_doubted = vg_inspect_doubts(inspect, flow, pkt);
	if (flow->state == VG_FLOW_LIVE && pkt->n_payload_bytes)
		take_data(inspect, flow, pkt, is_doubted);
	if (flow->state == VG_FLOW_LIVE && (pkt->tcp_flags & (VG_TCP_FIN | VG_TCP_RST)))
		take_end(inspect, flow, pkt, next_seq, is_doubted);
}

/* The same where the verdict hold may want it: a stopped connection is at its end, whatever else comes of it. */
static void inspect_held(struct vg_inspect *inspect, const struct vg_packet *pkt)
{
	int is_over = vg_hold_before(inspect->hold, pkt);

	if (!is_over) {
		inspect_packet(inspect, pkt);
		is_over = vg_hold_after(inspect->hold, pkt);
	}
	if (is_over)
		vg_inspect_finish(inspect, vg_flow_table_find(inspect->flows, pkt), VG_END_RST);
}

void vg_inspect_hold(struct vg_inspect *inspect, struct vg_hold *hold)
{
	inspect->hold = hold;
}

void vg_inspect_burst(struct vg_inspect *inspect, struct vg_packet *pkts, uint32_t n_pkts)
{
	n_pkts = vg_defrag_burst(inspect->defrag, pkts, n_pkts, inspect->stats);
	for (uint32_t i = 0; i < n_pkts; i++)
		vg_tenant_apply(rule_of(inspect, &pkts[i]), &pkts[i]);
	vg_flow_table_prefetch_burst(inspect->flows, pkts, n_pkts);
	for (uint32_t i = 0; i < n_pkts; i++) {
		if (inspect->order)
			*inspect->order = pkts[i].order;
		if (pkts[i].key.net & VG_FLOW_NET_UDP)
			vg_inspect_datagram(inspect, &pkts[i]);
		else if (!inspect->hold)
			inspect_packet(inspect, &pkts[i]);
		else
			inspect_held(inspect, &pkts[i]);
	}
}

void vg_inspect_tick(struct vg_inspect *inspect, uint64_t clock_ns)
{
	uint32_t idx;

	for (uint32_t i = 0; i < TICK_STREAMS; i++) {
		idx = vg_streams_due(inspect->streams, clock_ns);
		if (idx == VG_STREAM_NONE)
			break;
		vg_inspect_obey(inspect, inspect->live[idx].flow, vg_stream_expire(inspect->streams, idx, clock_ns));
	}
	(void)vg_flow_table_age(inspect->flows, clock_ns, TICK_FLOWS);
}

void vg_inspect_flush(struct vg_inspect *inspect)
{
	vg_defrag_flush(inspect->defrag);
	vg_flow_table_flush(inspect->flows);
	vg_proto_flush(inspect->proto);
}
