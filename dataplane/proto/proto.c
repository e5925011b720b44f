/* The door of the room: which parser a flow has, its state from the pool, and hand-overs between protocols. */
#include "dataplane/proto/again.h"
#include "dataplane/proto/parser.h"

/* A flow is handed over, or begins inside of another, at most so many times: a client could nest for ever. */
#define MAX_HANDOVERS 4u

static struct vg_proto_flow *take(struct vg_proto *proto, enum vg_app app, const struct vg_flow_ident *ident,
				  struct vg_proto_flow *from)
{
	const struct vg_parser *parser = (unsigned)app < VG_APP_N ? proto->parsers[app] : NULL;
	struct vg_proto_flow *flow;

	if (proto->profiles[ident->profile].apps_off >> app & 1) {
		vg_count(proto->stats, VG_C_PROTO_OFF, 1);
		return NULL;
	}
	flow = parser ? vg_pool_take(&proto->flows[app]) : NULL;
	if (!flow) {
		vg_count(proto->stats, VG_C_PROTO_NO_STATE, 1);
		return NULL;
	}
	*flow = (struct vg_proto_flow){ .ident = *ident, .parser = parser };
	parser->init(proto, flow, from);
	return flow;
}

enum vg_app vg_proto_expected(struct vg_proto *proto, const struct vg_flow_key *key, int64_t wall_ns)
{
	for (unsigned side = 0; side < 2 && proto->expect.n_used; side++) {
		struct vg_endpoint at = vg_endpoint_of(key, side);
		const struct vg_expected *met = vg_expect_find(&proto->expect, &at, wall_ns);

		if (met && met->app != VG_APP_NONE) {
			vg_count(proto->stats, VG_C_EXPECT_MET, 1);
			return (enum vg_app)met->app;
		}
	}
	return VG_APP_NONE;
}

/* The app that asks here; NONE: none does. */
static enum vg_app opener(const struct vg_proto *proto, const uint8_t *bytes, uint32_t n_bytes)
{
	for (uint32_t i = 0; i < proto->n_openers; i++)
		if (proto->parsers[proto->openers[i]]->opens(bytes, n_bytes))
			return (enum vg_app)proto->openers[i];
	return VG_APP_NONE;
}

/* What an announced client's port is for: one server. */
static uint64_t peer_of(const struct vg_flow_key *key, unsigned side, enum vg_app app)
{
	uint64_t words[2];

	memcpy(words, key->ip[side], sizeof(words));
	return (words[0] ^ words[1] * UINT64_C(0x9e3779b97f4a7c15)) * 64 + app;
}

enum vg_app vg_proto_datagram_app(struct vg_proto *proto, const struct vg_flow_key *key, unsigned dir,
				  const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns, unsigned *client)
{
	enum vg_app app = opener(proto, bytes, n_bytes);
	struct vg_endpoint at;

	if (app != VG_APP_NONE) {
		at = vg_endpoint_of(key, dir);
		vg_expect_put(&proto->expect, &at, app, peer_of(key, !dir, app), wall_ns);
		*client = dir;
		return app;
	}
	for (unsigned side = 0; side < 2 && proto->expect.n_used; side++) {
		const struct vg_expected *met;

		at = vg_endpoint_of(key, side);
		met = vg_expect_find(&proto->expect, &at, wall_ns);
		if (!met || met->value != peer_of(key, !side, (enum vg_app)met->app))
			continue;
		*client = side;
		return (enum vg_app)met->app;
	}
	return VG_APP_NONE;
}

enum vg_step vg_proto_datagram(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, uint16_t src_port,
			       uint16_t dst_port, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	flow->ident.port[dir & 1] = src_port;
	flow->ident.port[!(dir & 1)] = dst_port;
	return flow->parser->datagram(proto, flow, dir & 1, bytes, n_bytes, wall_ns);
}

void vg_proto_flush(struct vg_proto *proto)
{
	vg_expect_reset(&proto->expect);
}

struct vg_proto_flow *vg_proto_flow_take(struct vg_proto *proto, enum vg_app app, const struct vg_flow_ident *ident)
{
	return take(proto, app, ident, NULL);
}

struct vg_proto_flow *vg_proto_inner_take(struct vg_proto *proto, enum vg_app app, struct vg_proto_flow *outer,
					  struct vg_flow_claim *claim)
{
	struct vg_flow_ident ident = outer->ident;
	struct vg_proto_flow *inner = NULL;

	ident.claim = claim;
	ident.is_inner = 1;
	ident.midstream = 0;
	if (ident.n_handed_over++ < MAX_HANDOVERS)
		inner = take(proto, app, &ident, outer);
	if (inner)
		vg_count(proto->stats, VG_C_PROTO_HANDED_OVER, 1);
	else if (claim)
		vg_pool_give(&proto->claims, claim);
	return inner;
}

void vg_proto_flow_give(struct vg_proto *proto, struct vg_proto_flow **flow)
{
	const struct vg_parser *parser;

	if (!*flow)
		return;
	parser = (*flow)->parser;
	parser->fini(proto, *flow);
	if ((*flow)->ident.claim)
		vg_pool_give(&proto->claims, (void *)(uintptr_t)(*flow)->ident.claim);
	vg_pool_give(&proto->flows[parser->app], *flow);
	*flow = NULL;
}

/* What was held goes to the next protocol first, the client's before the server's. */
static enum vg_step again_feed(struct vg_proto *proto, struct vg_proto_flow **flow, const struct vg_again *again,
			       int64_t wall_ns)
{
	enum vg_step step = VG_MORE;

	for (unsigned i = 0; i < 2 && step == VG_MORE; i++) {
		unsigned dir = i ? !again->client : again->client;
		if (again->conflict[dir])
			vg_proto_conflict(proto, *flow, dir);
		if (again->n_lost[dir])
			step = vg_proto_gap(proto, *flow, dir,
					    again->n_lost[dir] == UINT64_MAX ? 0 : again->n_lost[dir], wall_ns);
		if (again->n_held[dir] && step == VG_MORE)
			step = vg_proto_feed(proto, flow, dir, again->held[dir], again->n_held[dir], wall_ns);
		if (again->ended[dir] && step == VG_MORE)
			vg_proto_end(proto, *flow, dir, (enum vg_stream_end)(again->ended[dir] - 1), wall_ns);
	}
	return step;
}

/* VG_DONE with a next_app: its state takes the place of the old one. VG_MORE, or VG_SKIP: no state is free. */
static enum vg_step hand_over(struct vg_proto *proto, struct vg_proto_flow **flow, int64_t wall_ns)
{
	enum vg_app app = (enum vg_app)(*flow)->next_app;
	struct vg_proto_flow *old = *flow, *next;
	enum vg_step step = VG_MORE;

	if (app == VG_APP_NONE || old->ident.n_handed_over == MAX_HANDOVERS)
		return VG_SKIP;
	next = take(proto, app, &old->ident, old);
	if (!next)
		return VG_SKIP;
	vg_count(proto->stats, VG_C_PROTO_HANDED_OVER, 1);
	next->ident.n_handed_over++;
	old->ident.claim = NULL; /* it went along */
	*flow = next;
	if (old->again) /* lies in the old state */
		step = again_feed(proto, flow, old->again, wall_ns);
	vg_proto_flow_give(proto, &old);
	return step;
}

enum vg_step vg_proto_feed(struct vg_proto *proto, struct vg_proto_flow **flow, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns)
{
	enum vg_step step;

	for (;;) {
		step = (*flow)->parser->feed(proto, *flow, dir & 1, bytes, n_bytes, wall_ns);
		if (step != VG_DONE)
			return step;
		uint32_t n_rest = (*flow)->n_rest < n_bytes ? (*flow)->n_rest : n_bytes;
		if (hand_over(proto, flow, wall_ns) != VG_MORE)
			return VG_SKIP;
		bytes += n_bytes - n_rest;
		n_bytes = n_rest;
		if (!n_bytes)
			return VG_MORE;
	}
}

enum vg_step vg_proto_gap(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns)
{
	return flow->parser->gap(proto, flow, dir & 1, n_missing, wall_ns);
}

void vg_proto_conflict(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir)
{
	flow->parser->conflict(proto, flow, dir & 1);
}

void vg_proto_end(struct vg_proto *proto, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		  int64_t wall_ns)
{
	flow->parser->end(proto, flow, dir & 1, how, wall_ns);
}

void vg_proto_poll(struct vg_proto *proto)
{
	proto->listed = proto->urls ? vg_urls_poll(proto->urls) : NULL;
}
