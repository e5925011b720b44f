/* Streams of a flow, and their bodies. */
#include "dataplane/proto/http2/http2_priv.h"
#include "dataplane/proto/target.h"

static void head_give(struct vg_proto *p, struct vg_http2_head *head)
{
	if (head)
		vg_pool_give(&vg_http2_of(p)->heads, head);
}

struct vg_http2_stream *vg_http2_stream_find(struct vg_http2_flow *flow, uint32_t id)
{
	for (uint32_t i = flow->n_streams; i--;) /* new ones are asked for most */
		if (flow->ids[i] == id)
			return flow->streams[i];
	return NULL;
}

static int has_body(const struct vg_http2_stream *s)
{
	return s->side[0].body || s->side[1].body || s->inner;
}

/* The stream that is let go for a new one: the oldest without a body, else the oldest. */
static struct vg_http2_stream *oldest(struct vg_http2_flow *flow)
{
	struct vg_http2_stream *one = flow->streams[0];

	for (uint32_t i = 1; i < flow->n_streams; i++) {
		struct vg_http2_stream *s = flow->streams[i];
		if (has_body(s) != has_body(one) ? !has_body(s) : s->age - one->age > UINT32_MAX / 2)
			one = s;
	}
	return one;
}

struct vg_http2_stream *vg_http2_stream_get(struct vg_proto *p, struct vg_http2_flow *flow, uint32_t id,
					    int64_t wall_ns)
{
	struct vg_http2_stream *s = vg_http2_stream_find(flow, id);

	if (s)
		return s;
	if (flow->n_streams == VG_HTTP2_MAX_STREAMS) {
		s = oldest(flow);
		if (has_body(s))
			vg_count(p->stats, VG_C_HTTP2_STREAMS, 1);
		vg_http2_stream_drop(p, flow, s, VG_STATE_TRUNCATED, wall_ns);
	}
	s = vg_pool_take(&vg_http2_of(p)->streams);
	if (!s) {
		vg_count(p->stats, VG_C_HTTP2_NO_STATE, 1);
		return NULL;
	}
	memset(s, 0, sizeof(*s));
	s->id = id;
	s->age = flow->n_ages++;
	flow->ids[flow->n_streams] = id;
	flow->streams[flow->n_streams++] = s;
	return s;
}

void vg_http2_side_close(struct vg_proto *p, struct vg_http2_side *side, enum vg_state state, int64_t wall_ns)
{
	if (side->body)
		p->sink.close(p->sink.ctx, side->body, side->had_gap ? VG_STATE_GAP : state, wall_ns);
	side->body = NULL;
	head_give(p, side->head);
	side->head = NULL;
	side->state = VG_SIDE_DONE;
}

/* A listed request whose response had no body, or was not seen. */
static void sight(struct vg_proto *p, struct vg_http2_flow *flow, const struct vg_http2_stream *s)
{
	if (!s->ask || s->is_told || !(s->ask->marks & VG_ATTR_LISTED))
		return;
	vg_http2_card(p, flow, !flow->client_dir, NULL, s->ask);
	p->card.http_status = s->status;
	vg_target_sight(p, s->ask->wall_ns);
}

void vg_http2_stream_drop(struct vg_proto *p, struct vg_http2_flow *flow, struct vg_http2_stream *s,
			  enum vg_state state, int64_t wall_ns)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		vg_http2_tunnel_end(p, dir, s, state == VG_STATE_ABORTED ? VG_END_RST : VG_END_EVICTED, wall_ns);
		vg_http2_side_close(p, &s->side[dir], state, wall_ns);
		if (flow->dir[dir].stream == s)
			flow->dir[dir].stream = NULL;
	}
	vg_proto_flow_give(p, &s->inner);
	sight(p, flow, s);
	if (s->ask)
		vg_pool_give(&vg_http2_of(p)->asks, s->ask);
	for (uint32_t i = 0; i < flow->n_streams; i++)
		if (flow->streams[i] == s) {
			flow->n_streams--;
			flow->ids[i] = flow->ids[flow->n_streams];
			flow->streams[i] = flow->streams[flow->n_streams];
			break;
		}
	vg_pool_give(&vg_http2_of(p)->streams, s);
}

static void marks_take(struct vg_proto *p, const struct vg_http2_flow *flow, struct vg_http2_head *head,
		       int64_t wall_ns)
{
	struct vg_ask *ask = &head->ask;
	struct vg_span host = { (const uint8_t *)ask->host, ask->n_host },
		       target = { (const uint8_t *)ask->url, ask->n_url };

	if (head->n_long)
		target = (struct vg_span){ (const uint8_t *)head->long_url, head->n_long };
	ask->marks = (uint16_t)vg_target_marks(p, &flow->base.ident, host, target);
	ask->wall_ns = wall_ns;
	if (!head->n_long || !(ask->marks & VG_ATTR_LISTED))
		return;
	memcpy(ask->url, head->long_url, head->n_long); /* vigild finds it again by what is kept */
	ask->n_url = head->n_long;
}

static void ask_keep(struct vg_proto *p, struct vg_http2_stream *s, const struct vg_ask *ask)
{
	if (!s->ask)
		s->ask = vg_pool_take(&vg_http2_of(p)->asks);
	if (s->ask)
		*s->ask = *ask;
	else
		vg_count(p->stats, VG_C_HTTP2_NO_STATE, 1);
}

void vg_http2_stream_promise(struct vg_proto *p, struct vg_http2_flow *flow, struct vg_http2_stream *s,
			     struct vg_http2_head *head, int64_t wall_ns)
{
	if (head && !s->ask) {
		marks_take(p, flow, head, wall_ns);
		ask_keep(p, s, &head->ask);
	}
	head_give(p, head);
}

/* A request: its texts are kept for the response, or amend that where it was captured first. */
static void request_take(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			 struct vg_http2_head *head, int64_t wall_ns)
{
	struct vg_body *early = s->side[!dir].body;

	flow->role_known = 1;
	flow->client_dir = (uint8_t)dir;
	vg_count(p->stats, VG_C_HTTP_REQUESTS, 1);
	vg_http2_tunnel_ask(p, s, head);
	marks_take(p, flow, head, wall_ns);
	if (s->side[!dir].state == VG_SIDE_DONE)
		return;
	ask_keep(p, s, &head->ask);
	if (early && head->ask.marks & VG_ATTR_OUT) {
		vg_http2_side_close(p, &s->side[!dir], VG_STATE_ABORTED, wall_ns);
	} else if (early) {
		vg_ask_card(p, &flow->base.ident, &head->ask);
		p->sink.amend(p->sink.ctx, early, &p->card);
	}
}

static void body_begin(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
		       const struct vg_http2_head *head)
{
	struct vg_http2_side *side = &s->side[dir];

	side->state = VG_SIDE_BODY;
	side->length = head && head->has_length ? head->length : UINT64_MAX;
	side->n_seen = 0;
	side->had_gap = 0;
	vg_http2_card(p, flow, dir, head, head && head->is_request ? &head->ask : s->ask);
	flow->dir[dir].has_conflict = 0;
	s->is_told |= s->ask && p->card.direction == VG_DOWNLOAD;
	side->body = p->sink.open(p->sink.ctx, &p->card);
}

/* The client that a trusted proxy names, where one does. */
static void client_take(const struct vg_proto *p, const struct vg_http2_flow *flow, unsigned dir,
			struct vg_http2_head *head)
{
	const struct vg_trust_hops hops = {
		.who = &flow->base.ident,
		.dir = dir,
		.lists = { { (const uint8_t *)head->list[0], head->n_list[0] },
			   { (const uint8_t *)head->list[1], head->n_list[1] } },
		.is_partial = { head->is_list_partial[0], head->is_list_partial[1] },
	};
	uint16_t n = vg_trust_client(&p->trust, &hops, head->ask.forwarded);

	if (!n)
		return;
	head->ask.n_forwarded = n;
	head->ask.is_client = 1;
}

void vg_http2_stream_head(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			  struct vg_http2_head *head, int ends, int64_t wall_ns)
{
	struct vg_http2_side *side = &s->side[dir];

	if (head && head->is_request)
		client_take(p, flow, dir, head);
	if (side->state == VG_SIDE_IDLE && !(head && head->status >= 100 && head->status < 200)) {
		if (head && head->is_request)
			request_take(p, flow, dir, s, head, wall_ns);
		else
			vg_count(p->stats, VG_C_HTTP_RESPONSES, 1);
		if (head && !head->is_request)
			s->status = head->status;
		if (vg_http2_tunnel_answer(p, flow, dir, s, head)) {
			side->state = VG_SIDE_TUNNEL;
		} else if (!ends && head && head->is_grpc) {
			side->state = VG_SIDE_GRPC;
			side->head = head;
			side->in_message = side->n_prefix = 0;
			head = NULL;
		} else if (!ends) {
			body_begin(p, flow, dir, s, head);
		}
	}
	head_give(p, head);
	if (ends)
		vg_http2_stream_end(p, flow, dir, s, wall_ns);
}

static void body_data(struct vg_proto *p, struct vg_http2_side *side, const uint8_t *bytes, size_t n, int64_t wall_ns)
{
	side->n_seen += n;
	if (n && side->body && p->sink.data(p->sink.ctx, side->body, bytes, (uint32_t)n, wall_ns) != VG_MORE)
		side->body = NULL;
}

/* A message begins whose prefix was read: flag and length (gRPC over HTTP/2, "Length-Prefixed-Message"). */
static void message_begin(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s)
{
	struct vg_http2_side *side = &s->side[dir];
	const struct vg_http2_head *head = side->head;

	side->n_prefix = 0;
	side->message_left = vg_be32(side->prefix + 1);
	side->had_gap = 0;
	if (!side->message_left)
		return;
	side->in_message = 1;
	vg_http2_card(p, flow, dir, head, head->is_request ? &head->ask : s->ask);
	flow->dir[dir].has_conflict = 0;
	p->card.size_hint = side->message_left;
	p->card.codings = side->prefix[0] & 1 ? head->grpc_codings : 0;
	s->is_told |= s->ask && p->card.direction == VG_DOWNLOAD;
	side->body = p->sink.open(p->sink.ctx, &p->card);
}

static void message_done(struct vg_proto *p, struct vg_http2_side *side, int64_t wall_ns)
{
	if (side->body)
		p->sink.close(p->sink.ctx, side->body, side->had_gap ? VG_STATE_GAP : VG_STATE_COMPLETE, wall_ns);
	side->body = NULL;
	side->in_message = side->had_gap = 0;
}

static void grpc_data(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
		      const uint8_t *bytes, size_t n, int64_t wall_ns)
{
	struct vg_http2_side *side = &s->side[dir];

	for (size_t at = 0, n_eaten; at < n; at += n_eaten) {
		n_eaten = 1;
		if (!side->in_message) {
			side->prefix[side->n_prefix++] = bytes[at];
			if (side->n_prefix == sizeof(side->prefix))
				message_begin(p, flow, dir, s);
			continue;
		}
		n_eaten = n - at < side->message_left ? n - at : side->message_left;
		body_data(p, side, bytes + at, n_eaten, wall_ns);
		side->message_left -= (uint32_t)n_eaten;
		if (!side->message_left)
			message_done(p, side, wall_ns);
	}
}

void vg_http2_stream_data(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			  const uint8_t *bytes, size_t n_bytes, int64_t wall_ns)
{
	struct vg_http2_side *side = &s->side[dir];

	if (side->state == VG_SIDE_IDLE && flow->dir[dir].is_lost) {
		side->state = VG_SIDE_TUNNEL;
		if (!s->tunnel)
			body_begin(p, flow, dir, s, NULL);
	}
	if (side->state == VG_SIDE_TUNNEL && s->tunnel)
		vg_http2_tunnel_data(p, flow, dir, s, bytes, n_bytes, wall_ns);
	else if (side->state == VG_SIDE_BODY)
		body_data(p, side, bytes, n_bytes, wall_ns);
	else if (side->state == VG_SIDE_GRPC)
		grpc_data(p, flow, dir, s, bytes, n_bytes, wall_ns);
}

void vg_http2_stream_gap(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			 uint64_t n_missing, int64_t wall_ns)
{
	struct vg_http2_side *side = &s->side[dir];

	if (s->tunnel) {
		vg_http2_tunnel_gap(p, flow, dir, s, n_missing, wall_ns);
		return;
	}
	if (side->state == VG_SIDE_IDLE && n_missing && flow->dir[dir].is_lost)
		body_begin(p, flow, dir, s, NULL);
	if (side->state != VG_SIDE_BODY && side->state != VG_SIDE_GRPC)
		return;
	side->had_gap = 1;
	side->n_seen += n_missing;
	if (side->body && p->sink.gap(p->sink.ctx, side->body, n_missing) != VG_MORE)
		side->body = NULL;
	if (side->state != VG_SIDE_GRPC)
		return;
	if (side->in_message && n_missing && n_missing <= side->message_left) {
		side->message_left -= (uint32_t)n_missing;
		if (!side->message_left)
			message_done(p, side, wall_ns);
		return;
	}
	vg_http2_side_close(p, side, VG_STATE_GAP, wall_ns); /* where the next message begins, nobody knows */
	side->state = VG_SIDE_TUNNEL;
}

void vg_http2_stream_end(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, struct vg_http2_stream *s,
			 int64_t wall_ns)
{
	struct vg_http2_side *side = &s->side[dir];
	int is_whole = side->state == VG_SIDE_BODY && (side->length == UINT64_MAX || side->length == side->n_seen);

	vg_http2_tunnel_end(p, dir, s, VG_END_FIN, wall_ns);
	vg_http2_side_close(p, side, is_whole ? VG_STATE_COMPLETE : VG_STATE_TRUNCATED, wall_ns);
	if (s->side[!dir].state == VG_SIDE_DONE)
		vg_http2_stream_drop(p, flow, s, VG_STATE_TRUNCATED, wall_ns);
}
