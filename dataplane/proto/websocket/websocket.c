/* One direction of a WebSocket as a state machine: frame header, payload, frame header …; the rules are in
 * websocket.h. */
#include "dataplane/proto/websocket/websocket.h"

#include <vigil/media.h>

#include "dataplane/proto/http2/http2_tunnel.h"
#include "dataplane/proto/websocket/websocket_priv.h"

enum { OP_CONTINUATION, OP_TEXT, OP_BINARY, OP_CLOSE = 8, OP_PONG = 10 };
#define FIN         0x80u
#define RSV1        0x40u /* the message is compressed (RFC 7692 6) */
#define MAX_PAYLOAD (UINT64_C(1) << 62)

/* What a sender of permessage-deflate leaves out at the end of a message, and a last block without bytes, so that a
 * message is a whole raw deflate stream (RFC 7692 7.2.1, RFC 1951 3.2.3). */
static const uint8_t message_tail[6] = { 0, 0, 0xff, 0xff, 3, 0 };

static void body_data(struct vg_proto *p, struct vg_body **body, const uint8_t *bytes, size_t n, int64_t wall_ns)
{
	if (n && *body && p->sink.data(p->sink.ctx, *body, bytes, (uint32_t)n, wall_ns) != VG_MORE)
		*body = NULL;
}

static void body_close(struct vg_proto *p, struct vg_body **body, enum vg_state state, int64_t wall_ns)
{
	if (*body)
		p->sink.close(p->sink.ctx, *body, state, wall_ns);
	*body = NULL;
}

static void card_fill(struct vg_proto *p, struct vg_websocket_flow *flow, unsigned dir)
{
	struct vg_attribution *c = &p->card;

	vg_ask_card(p, &flow->base.ident, flow->ask);
	vg_card_who(c, &flow->base.ident, dir);
	c->proto = VG_PROTO_WEBSOCKET;
	c->direction = dir == flow->client_dir ? VG_UPLOAD : VG_DOWNLOAD;
	c->size_hint = UINT64_MAX;
	c->flags |= flow->dir[dir].has_conflict ? VG_ATTR_CONFLICT : 0u;
	flow->dir[dir].has_conflict = 0;
}

/* The body of all compressed messages: parts of a multipart that its decoder makes, of a boundary nobody can guess. */
static void stream_begin(struct vg_proto *p, struct vg_websocket_flow *flow, unsigned dir)
{
	struct vg_websocket_dir *d = &flow->dir[dir];
	uint8_t way = (uint8_t)dir;
	struct vg_span texts[2] = { { (const uint8_t *)&flow->base.ident.flow_id, 8 }, { &way, 1 } };
	uint64_t name = vg_card_resource(p, &flow->base.ident, texts, 2);

	card_fill(p, flow, dir);
	for (unsigned i = 0; i < 16; i++)
		p->card.boundary[i] = "0123456789abcdef"[name >> (4 * i) & 15];
	p->card.n_boundary = 16;
	p->card.codings = VG_CODING_MESSAGES;
	d->in_stream = 1;
	d->stream = p->sink.open(p->sink.ctx, &p->card);
}

static void message_begin(struct vg_proto *p, struct vg_websocket_flow *flow, unsigned dir, int is_deflated)
{
	struct vg_websocket_dir *d = &flow->dir[dir];

	d->in_message = 1;
	d->had_gap = 0;
	d->is_deflated = (uint8_t)is_deflated;
	if (is_deflated && d->takeover) {
		if (!d->in_stream)
			stream_begin(p, flow, dir);
		return;
	}
	card_fill(p, flow, dir);
	p->card.codings = is_deflated ? VG_CODING_DEFLATE : VG_CODING_NONE;
	if (d->is_final && !is_deflated)
		p->card.size_hint = d->left;
	d->body = p->sink.open(p->sink.ctx, &p->card);
}

static void message_done(struct vg_proto *p, struct vg_websocket_dir *d, int64_t wall_ns)
{
	if (d->is_deflated && !d->takeover)
		body_data(p, &d->body, message_tail, sizeof(message_tail), wall_ns);
	body_close(p, &d->body, d->had_gap ? VG_STATE_GAP : VG_STATE_COMPLETE, wall_ns);
	d->in_message = 0;
}

static void frame_done(struct vg_proto *p, struct vg_websocket_dir *d, int64_t wall_ns)
{
	if (d->way != VG_WS_SKIP && d->is_final)
		message_done(p, d, wall_ns);
	d->state = VG_WS_HEADER;
	d->n_header = 0;
}

/* A record of VG_CODING_MESSAGES begins. */
static void record_begin(struct vg_proto *p, struct vg_websocket_dir *d, int is_first, int64_t wall_ns)
{
	uint8_t record[VG_MESSAGES_RECORD_BYTES];

	vg_put_be32(record, (d->is_final ? VG_MESSAGES_LAST : 0) | (is_first ? VG_MESSAGES_FIRST : 0));
	vg_put_be32(record + 4, (uint32_t)(d->left >> 32));
	vg_put_be32(record + 8, (uint32_t)d->left);
	body_data(p, &d->stream, record, sizeof(record), wall_ns);
}

static unsigned header_bytes(const uint8_t *header)
{
	unsigned n = header[1] & 0x7f;

	return 2 + (n == 126 ? 2 : n == 127 ? 8 : 0) + (header[1] & 0x80 ? 4 : 0);
}

/* True where no peer of ours sends such a header. */
static int is_strange(const struct vg_websocket_flow *flow, unsigned dir, const uint8_t *header, uint64_t left)
{
	const struct vg_websocket_dir *d = &flow->dir[dir];
	unsigned op = header[0] & 15;

	if (header[0] & 0x30 || (op > OP_BINARY && op < OP_CLOSE) || op > OP_PONG || left >= MAX_PAYLOAD)
		return 1;
	if (header[0] & RSV1 && (!d->has_deflate || op == OP_CONTINUATION || op >= OP_CLOSE))
		return 1;
	if (op >= OP_CLOSE)
		return !(header[0] & FIN) || left > 125;
	return d->is_doubtful &&
	       (header[1] >> 7 != (dir == flow->client_dir) || (op == OP_CONTINUATION) != d->in_message);
}

static void direction_lost(struct vg_proto *p, struct vg_websocket_dir *d, int64_t wall_ns)
{
	vg_count(p->stats, VG_C_WEBSOCKET_LOST, 1);
	body_close(p, &d->body, VG_STATE_GAP, wall_ns);
	body_close(p, &d->stream, VG_STATE_GAP, wall_ns);
	d->state = VG_WS_OFF;
}

static void header_take(struct vg_proto *p, struct vg_websocket_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_websocket_dir *d = &flow->dir[dir];
	const uint8_t *h = d->header;
	unsigned n = h[1] & 0x7f, op = h[0] & 15, n_bytes = header_bytes(h), is_first = op != OP_CONTINUATION;

	d->left = n == 126 ? vg_be16(h + 2) : n == 127 ? vg_be64(h + 2) : n;
	if (is_strange(flow, dir, h, d->left)) {
		direction_lost(p, d, wall_ns);
		return;
	}
	d->is_doubtful = 0;
	d->is_final = h[0] >> 7;
	d->is_masked = h[1] >> 7;
	d->mask_at = 0;
	if (d->is_masked)
		memcpy(d->mask, h + n_bytes - 4, 4);
	d->state = VG_WS_PAYLOAD;
	d->way = VG_WS_SKIP;
	if (op < OP_CLOSE) {
		if (is_first && d->in_message) /* a message that never ended */
			body_close(p, &d->body, d->had_gap ? VG_STATE_GAP : VG_STATE_TRUNCATED, wall_ns);
		if (is_first)
			message_begin(p, flow, dir, h[0] & RSV1 ? 1 : 0);
		d->way = !d->in_message ? VG_WS_SKIP : d->is_deflated && d->takeover ? VG_WS_STREAM : VG_WS_MESSAGE;
		if (d->way == VG_WS_STREAM)
			record_begin(p, d, (int)is_first, wall_ns);
	}
	if (!d->left)
		frame_done(p, d, wall_ns);
}

static size_t header_feed(struct vg_proto *p, struct vg_websocket_flow *flow, unsigned dir, const uint8_t *bytes,
			  size_t n, int64_t wall_ns)
{
	struct vg_websocket_dir *d = &flow->dir[dir];
	size_t at = 0;

	while (at < n) {
		d->header[d->n_header++] = bytes[at++];
		if (d->n_header < 2 || d->n_header < header_bytes(d->header))
			continue;
		header_take(p, flow, dir, wall_ns);
		break;
	}
	return at;
}

static void unmask(struct vg_websocket_dir *d, const uint8_t *bytes, uint8_t *to, size_t n)
{
	uint8_t mask[8];
	uint64_t word, wide;
	size_t i = 0;

	for (unsigned k = 0; k < 8; k++)
		mask[k] = d->mask[(d->mask_at + k) & 3];
	memcpy(&wide, mask, 8);
	for (; i + 8 <= n; i += 8) {
		memcpy(&word, bytes + i, 8);
		word ^= wide;
		memcpy(to + i, &word, 8);
	}
	for (; i < n; i++)
		to[i] = bytes[i] ^ mask[i & 7];
	d->mask_at = (uint8_t)((d->mask_at + n) & 3);
}

static size_t payload_feed(struct vg_proto *p, struct vg_websocket_dir *d, const uint8_t *bytes, size_t n,
			   int64_t wall_ns)
{
	uint8_t piece[VG_WEBSOCKET_PIECE];
	struct vg_body **body = d->way == VG_WS_STREAM ? &d->stream : &d->body;

	n = n < d->left ? n : (size_t)d->left;
	if (d->is_masked && d->way != VG_WS_SKIP && *body) {
		n = n < sizeof(piece) ? n : sizeof(piece);
		unmask(d, bytes, piece, n);
		bytes = piece;
	}
	if (d->way != VG_WS_SKIP)
		body_data(p, body, bytes, n, wall_ns);
	d->left -= n;
	if (!d->left)
		frame_done(p, d, wall_ns);
	return n;
}

enum vg_step vg_websocket_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			       uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_websocket_flow *flow = vg_websocket_flow_of(base);
	struct vg_websocket_dir *d = &flow->dir[dir];

	for (size_t at = 0; at < n_bytes && d->state != VG_WS_OFF;)
		at += d->state == VG_WS_HEADER ? header_feed(p, flow, dir, bytes + at, n_bytes - at, wall_ns)
					       : payload_feed(p, d, bytes + at, n_bytes - at, wall_ns);
	return d->state == VG_WS_OFF && flow->dir[!dir].state == VG_WS_OFF ? VG_SKIP : VG_MORE;
}

static void body_gap(struct vg_proto *p, struct vg_websocket_dir *d, uint64_t n_missing)
{
	struct vg_body **body = d->way == VG_WS_STREAM ? &d->stream : &d->body;

	d->had_gap = 1;
	if (*body && p->sink.gap(p->sink.ctx, *body, n_missing) != VG_MORE)
		*body = NULL;
}

enum vg_step vg_websocket_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			      int64_t wall_ns)
{
	struct vg_websocket_dir *d = &vg_websocket_flow_of(base)->dir[dir];

	if (d->state == VG_WS_OFF)
		return VG_MORE;
	if (d->state == VG_WS_PAYLOAD && n_missing && n_missing <= d->left) {
		if (d->way != VG_WS_SKIP)
			body_gap(p, d, n_missing);
		if (d->way == VG_WS_STREAM) /* nothing behind it can be undone any more */
			body_close(p, &d->stream, VG_STATE_GAP, wall_ns);
		d->left -= n_missing;
		d->mask_at = (uint8_t)((d->mask_at + n_missing) & 3);
		if (!d->left)
			frame_done(p, d, wall_ns);
		return VG_MORE;
	}
	if (d->in_message) {
		d->way = d->is_deflated && d->takeover ? VG_WS_STREAM : VG_WS_MESSAGE;
		body_gap(p, d, 0);
	}
	body_close(p, &d->stream, VG_STATE_GAP, wall_ns);
	body_close(p, &d->body, VG_STATE_GAP, wall_ns);
	d->in_message = 0;
	d->is_doubtful = 1;
	d->state = VG_WS_HEADER;
	d->n_header = 0;
	return VG_MORE;
}

void vg_websocket_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	struct vg_websocket_dir *d = &vg_websocket_flow_of(base)->dir[dir];
	struct vg_body *body = d->body ? d->body : d->stream;

	if (!body) {
		d->has_conflict = 1;
		return;
	}
	memset(&p->card, 0, sizeof(p->card));
	p->card.flags = VG_ATTR_CONFLICT;
	p->sink.amend(p->sink.ctx, body, &p->card);
}

void vg_websocket_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how,
		      int64_t wall_ns)
{
	struct vg_websocket_dir *d = &vg_websocket_flow_of(base)->dir[dir];
	enum vg_state state = how == VG_END_RST ? VG_STATE_ABORTED : VG_STATE_TRUNCATED;

	body_close(p, &d->body, d->had_gap ? VG_STATE_GAP : state, wall_ns);
	/* between two messages all that was sent of them is there */
	body_close(p, &d->stream, d->in_message && d->is_deflated ? state : VG_STATE_COMPLETE, wall_ns);
	d->state = VG_WS_OFF;
}

void vg_websocket_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_websocket_flow *flow = vg_websocket_flow_of(base);
	struct vg_http1_upgrade upgrade;
	uint8_t resets;

	memset(flow->dir, 0, sizeof(flow->dir));
	flow->client_dir = 0;
	flow->ask = NULL;
	if (!vg_http1_upgrade_of(from, &upgrade) && !vg_http2_tunnel_of(from, &upgrade))
		return;
	flow->client_dir = upgrade.client_dir;
	for (unsigned dir = 0; dir < 2; dir++) {
		resets = dir == flow->client_dir ? VG_UPGRADE_CLIENT_RESETS : VG_UPGRADE_SERVER_RESETS;
		flow->dir[dir].has_deflate = upgrade.deflate & VG_UPGRADE_DEFLATE ? 1 : 0;
		flow->dir[dir].takeover = !(upgrade.deflate & resets);
	}
	if (upgrade.has_ask)
		flow->ask = vg_pool_take(&vg_websocket_of(p)->asks);
	if (flow->ask)
		*flow->ask = upgrade.ask;
}

void vg_websocket_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	struct vg_websocket_flow *flow = vg_websocket_flow_of(base);

	for (unsigned dir = 0; dir < 2; dir++)
		vg_websocket_end(p, base, dir, VG_END_TIMEOUT, 0);
	if (flow->ask)
		vg_pool_give(&vg_websocket_of(p)->asks, flow->ask);
}
