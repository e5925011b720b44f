/* What the client says behind its line is nobody's. The answer is looked at until it can't be a status line. */
#include "dataplane/proto/http09/http09_priv.h"
#include "dataplane/proto/http1/http1_upgrade.h"

static const uint8_t status[5] = { 'H', 'T', 'T', 'P', '/' };

static struct vg_http09_flow *flow_of(struct vg_proto_flow *base)
{
	return (struct vg_http09_flow *)(void *)base;
}

void vg_http09_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_http09_flow *flow = flow_of(base);
	struct vg_http1_upgrade upgrade;

	(void)p;
	flow->body = NULL;
	flow->client = flow->is_begun = flow->had_gap = flow->has_conflict = flow->has_ended = flow->n_start = 0;
	memset(&flow->ask, 0, offsetof(struct vg_ask, method));
	if (!from || !vg_http1_upgrade_of(from, &upgrade))
		return;
	flow->client = upgrade.client_dir;
	if (upgrade.has_ask)
		flow->ask = upgrade.ask;
}

static void body_begin(struct vg_proto *p, struct vg_http09_flow *flow, unsigned dir)
{
	struct vg_attribution *c = &p->card;

	flow->is_begun = 1;
	vg_ask_card(p, &flow->base.ident, &flow->ask);
	vg_card_who(c, &flow->base.ident, dir);
	c->proto = VG_PROTO_HTTP;
	c->direction = VG_DOWNLOAD;
	c->size_hint = UINT64_MAX;
	c->flags |= flow->has_conflict ? VG_ATTR_CONFLICT : 0u;
	flow->body = p->sink.open(p->sink.ctx, c);
}

static void body_data(struct vg_proto *p, struct vg_http09_flow *flow, unsigned dir, const uint8_t *bytes,
		      uint32_t n_bytes, int64_t wall_ns)
{
	if (n_bytes && !flow->is_begun)
		body_begin(p, flow, dir);
	if (n_bytes && flow->body && p->sink.data(p->sink.ctx, flow->body, bytes, n_bytes, wall_ns) != VG_MORE)
		flow->body = NULL;
}

enum vg_step vg_http09_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			    uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_http09_flow *flow = flow_of(base);
	uint32_t at = 0;

	if (dir == flow->client || flow->has_ended)
		return VG_MORE;
	while (!flow->is_begun && at < n_bytes && bytes[at] == status[flow->n_start]) {
		at++;
		if (++flow->n_start < sizeof(status))
			continue;
		flow->n_start = 0;
		vg_again_begin(&flow->again, flow->client);
		(void)vg_again_hold(&flow->again, dir, status, sizeof(status));
		base->again = &flow->again;
		base->next_app = VG_APP_HTTP1;
		base->n_rest = n_bytes - at;
		return VG_DONE;
	}
	if (!flow->is_begun && at < n_bytes)
		body_data(p, flow, dir, status, flow->n_start, wall_ns);
	body_data(p, flow, dir, bytes + at, n_bytes - at, wall_ns);
	return flow->is_begun && !flow->body ? VG_SKIP : VG_MORE;
}

enum vg_step vg_http09_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			   int64_t wall_ns)
{
	struct vg_http09_flow *flow = flow_of(base);

	if (dir == flow->client || flow->has_ended)
		return VG_MORE;
	if (!flow->is_begun) {
		body_begin(p, flow, dir);
		body_data(p, flow, dir, status, flow->n_start, wall_ns);
	}
	flow->had_gap = 1;
	if (flow->body && p->sink.gap(p->sink.ctx, flow->body, n_missing) != VG_MORE)
		flow->body = NULL;
	return VG_MORE;
}

void vg_http09_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	struct vg_http09_flow *flow = flow_of(base);

	if (dir == flow->client)
		return;
	flow->has_conflict = 1;
	if (!flow->body)
		return;
	memset(&p->card, 0, sizeof(p->card));
	p->card.flags = VG_ATTR_CONFLICT;
	p->sink.amend(p->sink.ctx, flow->body, &p->card);
}

void vg_http09_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how,
		   int64_t wall_ns)
{
	struct vg_http09_flow *flow = flow_of(base);
	enum vg_state state = how == VG_END_FIN   ? VG_STATE_COMPLETE
			      : how == VG_END_RST ? VG_STATE_ABORTED
						  : VG_STATE_TRUNCATED;

	if (dir == flow->client || flow->has_ended)
		return;
	if (!flow->is_begun)
		body_data(p, flow, dir, status, flow->n_start, wall_ns);
	if (flow->body)
		p->sink.close(p->sink.ctx, flow->body, flow->had_gap ? VG_STATE_GAP : state, wall_ns);
	flow->body = NULL;
	flow->has_ended = 1;
}

void vg_http09_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	vg_http09_end(p, base, !flow_of(base)->client, VG_END_EVICTED, 0);
}
