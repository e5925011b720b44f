/* The flow inside of a stream. */
#include "dataplane/proto/http2/http2_tunnel.h"

#include "dataplane/proto/http2/http2_priv.h"
#include "dataplane/proto/target.h"

int vg_http2_tunnel_of(const struct vg_proto_flow *from, struct vg_http1_upgrade *upgrade)
{
	const struct vg_http2_flow *flow = (const struct vg_http2_flow *)(const void *)from;

	memset(upgrade, 0, sizeof(*upgrade));
	if (!from || from->parser != &vg_http2_parser || !flow->opening)
		return 0;
	upgrade->client_dir = flow->client_dir;
	upgrade->deflate = flow->opening->deflate;
	upgrade->has_ask = flow->opening->ask != NULL;
	if (flow->opening->ask)
		upgrade->ask = *flow->opening->ask;
	return 1;
}

void vg_http2_tunnel_ask(struct vg_proto *p, struct vg_http2_stream *s, const struct vg_http2_head *head)
{
	if (!head->is_connect || s->tunnel)
		return;
	vg_count(p->stats, VG_C_HTTP2_TUNNELS, 1);
	s->tunnel = head->is_websocket ? VG_APP_WEBSOCKET : VG_APP_TUNNEL;
	s->deflate = head->deflate;
}

static void let_go(struct vg_proto *p, struct vg_http2_stream *s)
{
	vg_proto_flow_give(p, &s->inner);
	s->tunnel = VG_APP_OPAQUE;
}

int vg_http2_tunnel_answer(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			   const struct vg_http2_head *head)
{
	if (!s->tunnel || (head && head->is_request))
		return s->tunnel;
	if (head && head->status >= 300) {
		vg_proto_flow_give(p, &s->inner);
		s->tunnel = VG_APP_NONE;
		return 0;
	}
	if (head && !s->inner && s->tunnel != VG_APP_OPAQUE)
		s->deflate = head->deflate;
	if (s->ask && s->ask->marks & VG_ATTR_LISTED && !s->is_told) {
		vg_http2_card(p, flow, dir, head, s->ask);
		vg_target_sight(p, s->ask->wall_ns);
		s->is_told = 1;
	}
	return 1;
}

/* Where the client wanted to go is a claim, as SOCKS's is: it stands as host on bodies that name none themselves. */
static struct vg_flow_claim *claim_take(struct vg_proto *p, const struct vg_http2_stream *s)
{
	struct vg_flow_claim *claim = s->ask && s->ask->n_host ? vg_pool_take(&p->claims) : NULL;

	if (!claim)
		return NULL;
	claim->n_host = s->ask->n_host < sizeof(claim->host) ? s->ask->n_host : (uint16_t)sizeof(claim->host);
	memcpy(claim->host, s->ask->host, claim->n_host);
	return claim;
}

/* The stream's flow, made with its first DATA; NULL: it has none, or was let go. */
static struct vg_proto_flow *inner_of(struct vg_proto *p, struct vg_http2_flow *flow, struct vg_http2_stream *s)
{
	if (s->inner || s->tunnel == VG_APP_OPAQUE)
		return s->inner;
	flow->opening = s;
	if (p->parsers[s->tunnel]) /* switched off: as if it were sealed */
		s->inner = vg_proto_inner_take(p, (enum vg_app)s->tunnel, &flow->base,
					       s->tunnel == VG_APP_TUNNEL ? claim_take(p, s) : NULL);
	flow->opening = NULL;
	if (!s->inner)
		s->tunnel = VG_APP_OPAQUE;
	return s->inner;
}

void vg_http2_tunnel_data(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			  const uint8_t *bytes, size_t n_bytes, int64_t wall_ns)
{
	struct vg_proto_flow *inner = s->side[dir].state == VG_SIDE_DONE ? NULL : inner_of(p, flow, s);

	if (!inner)
		return;
	if (flow->dir[dir].has_conflict)
		vg_proto_conflict(p, inner, dir);
	flow->dir[dir].has_conflict = 0;
	if (vg_proto_feed(p, &s->inner, dir, bytes, (uint32_t)n_bytes, wall_ns) != VG_MORE)
		let_go(p, s);
}

void vg_http2_tunnel_gap(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			 uint64_t n_missing, int64_t wall_ns)
{
	struct vg_proto_flow *inner = s->side[dir].state == VG_SIDE_DONE ? NULL : inner_of(p, flow, s);

	if (inner && vg_proto_gap(p, inner, dir, n_missing, wall_ns) != VG_MORE)
		let_go(p, s);
}

void vg_http2_tunnel_end(struct vg_proto *p, unsigned dir, struct vg_http2_stream *s, enum vg_stream_end how,
			 int64_t wall_ns)
{
	if (s->inner && s->side[dir].state != VG_SIDE_DONE)
		vg_proto_end(p, s->inner, dir, how, wall_ns);
}
