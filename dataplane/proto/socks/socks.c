/* A direction is its messages, then the tunnel. Who is the client is told by the first message that is one of a
 * client; until then all is held. */
#include "dataplane/proto/socks/socks_priv.h"

#define MAX_METHODS 16u

static struct vg_socks_flow *flow_of(struct vg_proto_flow *flow)
{
	return (struct vg_socks_flow *)(void *)flow;
}

static enum vg_app first_5(const uint8_t *bytes, uint32_t n_bytes)
{
	uint32_t n = n_bytes > 1 ? bytes[1] : 1;

	if (!n && n_bytes == 2)
		return VG_APP_NONE; /* a server's choice: its client is to come */
	if (!n || n > MAX_METHODS)
		return VG_APP_UNKNOWN;
	for (uint32_t i = 2; i < n_bytes && i < 2 + n; i++)
		if (bytes[i] > 9 && bytes[i] < 0x80) /* RFC 1928 3: what IANA gave, and private ones */
			return VG_APP_UNKNOWN;
	if (n_bytes < 2 || n_bytes < 2 + n)
		return VG_APP_NONE;
	return n_bytes == 2 + n || bytes[2 + n] == 1 || bytes[2 + n] == 5 ? VG_APP_SOCKS : VG_APP_UNKNOWN;
}

/* CONNECT or BIND, a port, an address of a host, a printable user. */
static enum vg_app first_4(const uint8_t *bytes, uint32_t n_bytes)
{
	if (n_bytes > 1 && bytes[1] != 1 && bytes[1] != 2)
		return VG_APP_UNKNOWN;
	if ((n_bytes > 3 && !vg_be16(bytes + 2)) || (n_bytes > 4 && bytes[4] >= 224))
		return VG_APP_UNKNOWN;
	if (n_bytes > 7 && !bytes[4] && (vg_be24(bytes + 4) || !bytes[7]))
		return VG_APP_UNKNOWN;
	for (uint32_t i = 8; i < n_bytes && bytes[i]; i++)
		if (bytes[i] < ' ' || bytes[i] == 127)
			return VG_APP_UNKNOWN;
	return n_bytes < 9 ? VG_APP_NONE : VG_APP_SOCKS;
}

enum vg_app vg_socks_first(const uint8_t *bytes, uint32_t n_bytes)
{
	return bytes[0] == 5 ? first_5(bytes, n_bytes) : bytes[0] == 4 ? first_4(bytes, n_bytes) : VG_APP_UNKNOWN;
}

static void target_keep(struct vg_proto *p, struct vg_socks_flow *flow, const struct vg_socks_dir *d)
{
	struct vg_flow_ident *ident = &flow->base.ident;
	struct vg_flow_claim *claim = ident->claim ? NULL : vg_pool_take(&p->claims);

	if (!claim)
		return;
	claim->n_host = (uint16_t)vg_socks_target(d->got, d->n_got, claim->host, sizeof(claim->host));
	ident->claim = claim;
}

/* A message is whole, or can't become it. NONE: go on. */
static enum vg_socks_what message_take(struct vg_proto *p, struct vg_socks_flow *flow, unsigned dir)
{
	struct vg_socks_dir *d = &flow->dir[dir];
	int is_client = dir == flow->client;
	enum vg_socks_what what = is_client ? vg_socks_client(d->got, d->n_got, !d->is_begun)
					    : vg_socks_server(d->got, d->n_got, !d->is_begun);

	switch (what) {
	case VG_SOCKS_MORE:
		return d->n_got < VG_SOCKS_MAX_MESSAGE ? VG_SOCKS_MORE : VG_SOCKS_BAD;
	case VG_SOCKS_AGAIN:
		memcpy(d->got, "\5\0", 3);
		d->n_got = 3;
		return VG_SOCKS_MORE;
	case VG_SOCKS_CONNECT:
	case VG_SOCKS_BIND:
		target_keep(p, flow, d);
		flow->dir[!dir].n_replies = what == VG_SOCKS_BIND ? 2 : 1;
		d->is_tunnel = 1;
		break;
	case VG_SOCKS_TUNNEL:
		d->is_tunnel = d->n_replies < 2;
		d->n_replies--;
		break;
	default:
		break;
	}
	d->is_begun = 1;
	d->n_got = 0;
	return what;
}

/* Bytes of dir up to the end of its handshake; how many were eaten. BAD, REFUSED: it ends here. */
static uint32_t handshake_eat(struct vg_proto *p, struct vg_socks_flow *flow, unsigned dir, const uint8_t *bytes,
			      uint32_t n_bytes, enum vg_socks_what *what)
{
	struct vg_socks_dir *d = &flow->dir[dir];
	uint32_t at = 0;

	*what = VG_SOCKS_MORE;
	while (at < n_bytes && !d->is_tunnel && *what != VG_SOCKS_BAD && *what != VG_SOCKS_REFUSED) {
		d->got[d->n_got++] = bytes[at++];
		*what = message_take(p, flow, dir);
	}
	return at;
}

static enum vg_step give_up(struct vg_proto *p, enum vg_socks_what what)
{
	vg_count(p->stats, what == VG_SOCKS_REFUSED ? VG_C_SOCKS_REFUSED : VG_C_SOCKS_BAD, 1);
	return VG_SKIP;
}

/* The client is known: what was held takes its way, a tunnel's bytes stay held. */
static enum vg_step client_found(struct vg_proto *p, struct vg_socks_flow *flow, unsigned client)
{
	uint8_t copy[VG_AGAIN_BYTES];
	enum vg_socks_what what;

	flow->is_known = 1;
	flow->client = flow->again.client = (uint8_t)client;
	for (unsigned i = 0; i < 2; i++) {
		unsigned dir = i ? !client : client;
		uint32_t n = flow->again.n_held[dir], at;
		memcpy(copy, flow->again.held[dir], n);
		flow->again.n_held[dir] = 0;
		at = handshake_eat(p, flow, dir, copy, n, &what);
		if (what == VG_SOCKS_BAD || what == VG_SOCKS_REFUSED)
			return give_up(p, what);
		(void)vg_again_hold(&flow->again, dir, copy + at, n - at);
	}
	return VG_MORE;
}

/* Nobody knows yet who is who: holds the bytes up to where that is known; how many. */
static uint32_t look_for_client(struct vg_proto *p, struct vg_socks_flow *flow, unsigned dir, const uint8_t *bytes,
				uint32_t n_bytes, enum vg_step *step)
{
	uint32_t at = 0;
	enum vg_app app;

	*step = VG_MORE;
	while (at < n_bytes && !flow->is_known && *step == VG_MORE) {
		if (!vg_again_hold(&flow->again, dir, bytes + at++, 1)) {
			*step = give_up(p, VG_SOCKS_BAD);
			break;
		}
		app = vg_socks_first(flow->again.held[dir], flow->again.n_held[dir]);
		if (app != VG_APP_NONE)
			*step = client_found(p, flow, app == VG_APP_SOCKS ? dir : !dir);
	}
	return at;
}

/* n_rest: of the present bytes of dir, which lie behind the handshake. */
static enum vg_step leave(struct vg_proto *p, struct vg_socks_flow *flow, enum vg_app app, uint32_t n_rest)
{
	if (app == VG_APP_NONE)
		return VG_MORE;
	vg_count(p->stats, VG_C_SOCKS_TUNNELS, 1);
	if (!VG_APP_IS_PARSED(app))
		return VG_SKIP;
	flow->base.next_app = (uint8_t)app;
	flow->base.n_rest = n_rest;
	flow->base.again = &flow->again;
	return VG_DONE;
}

/* Both directions, or this one and nothing is to be heard of the other, are at their tunnel. */
static int is_open(const struct vg_socks_flow *flow, unsigned dir)
{
	const struct vg_again *again = &flow->again;

	return flow->dir[dir].is_tunnel &&
	       (flow->dir[!dir].is_tunnel || again->is_past[!dir] || again->ended[!dir] || dir != flow->client);
}

static enum vg_step tunnel_feed(struct vg_proto *p, struct vg_socks_flow *flow, unsigned dir, const uint8_t *bytes,
				uint32_t n_bytes)
{
	enum vg_app app;

	if (!is_open(flow, dir)) {
		if (vg_again_hold(&flow->again, dir, bytes, n_bytes))
			return VG_MORE;
		vg_again_gap(&flow->again, !dir, 0); /* no word of the server: nothing of it is known */
		app = vg_again_bytes(p, &flow->again, dir, bytes, 0);
		return leave(p, flow, app == VG_APP_NONE ? VG_APP_UNKNOWN : app, 0);
	}
	app = vg_again_bytes(p, &flow->again, !dir, bytes, 0); /* what waited for this direction */
	if (app == VG_APP_NONE && n_bytes)
		app = vg_again_bytes(p, &flow->again, dir, bytes, n_bytes);
	return leave(p, flow, app, n_bytes);
}

enum vg_step vg_socks_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_socks_flow *flow = flow_of(base);
	enum vg_socks_what what;
	enum vg_step step;
	uint32_t at;

	(void)wall_ns;
	at = look_for_client(p, flow, dir, bytes, n_bytes, &step);
	if (step != VG_MORE || !flow->is_known)
		return step;
	at += handshake_eat(p, flow, dir, bytes + at, n_bytes - at, &what);
	if (what == VG_SOCKS_BAD || what == VG_SOCKS_REFUSED)
		return give_up(p, what);
	return flow->dir[dir].is_tunnel ? tunnel_feed(p, flow, dir, bytes + at, n_bytes - at) : VG_MORE;
}

/* What lies before a server's first word is not missed: the choice of a method says little. */
enum vg_step vg_socks_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns)
{
	struct vg_socks_flow *flow = flow_of(base);
	struct vg_socks_dir *d = &flow->dir[dir];

	(void)wall_ns;
	if (d->is_tunnel)
		vg_again_gap(&flow->again, dir, n_missing);
	else if (d->is_begun || d->n_got || (flow->is_known && dir == flow->client))
		return give_up(p, VG_SOCKS_BAD);
	return VG_MORE;
}

void vg_socks_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	(void)p;
	flow_of(base)->again.conflict[dir] = 1;
}

void vg_socks_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	(void)p, (void)wall_ns;
	flow_of(base)->again.ended[dir] = (uint8_t)(1 + how);
}

void vg_socks_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_socks_flow *flow = flow_of(base);

	(void)p, (void)from;
	flow->client = flow->is_known = 0;
	for (unsigned dir = 0; dir < 2; dir++) {
		memset(&flow->dir[dir], 0, offsetof(struct vg_socks_dir, got));
		flow->dir[dir].n_replies = 1;
	}
	vg_again_begin(&flow->again, 0);
}

void vg_socks_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	(void)p, (void)base;
}
