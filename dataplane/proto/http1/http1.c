/* One direction of an HTTP/1 flow as a state machine: START, HEAD, a body, START …; HUNT where the place is lost. The
 * rules of bodies and their end states are in http1.h. */
#include "dataplane/proto/http1/http1.h"
#include "dataplane/proto/http1/http1_priv.h"

static const uint8_t next_head[7] = { 'H', 'T', 'T', 'P', '/', '1', '.' };

static enum vg_step run(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, const uint8_t *bytes,
			size_t n_bytes, int64_t wall_ns);

static void body_data(struct vg_proto *p, struct vg_http1_dir *d, const uint8_t *bytes, size_t n, int64_t wall_ns)
{
	if (n)
		d->awaits_continue = 0;
	if (n && d->body && p->sink.data(p->sink.ctx, d->body, bytes, (uint32_t)n, wall_ns) != VG_MORE)
		d->body = NULL;
}

static void body_gap(struct vg_proto *p, struct vg_http1_dir *d, uint64_t n_missing)
{
	d->had_gap = 1;
	d->awaits_continue = 0;
	if (d->body && p->sink.gap(p->sink.ctx, d->body, n_missing) != VG_MORE)
		d->body = NULL;
}

static void body_close(struct vg_proto *p, struct vg_http1_dir *d, enum vg_state state, int64_t wall_ns)
{
	if (d->body)
		p->sink.close(p->sink.ctx, d->body, d->had_gap ? VG_STATE_GAP : state, wall_ns);
	d->body = NULL;
	d->had_gap = d->has_conflict = d->is_peeking = d->awaits_continue = 0;
}

/* Marks the open body. */
static void body_flag(struct vg_proto *p, const struct vg_http1_dir *d, uint32_t flags)
{
	if (!d->body)
		return;
	memset(&p->card, 0, sizeof(p->card));
	p->card.flags = flags;
	p->sink.amend(p->sink.ctx, d->body, &p->card);
}

static void message_done(struct vg_proto *p, struct vg_http1_dir *d, int64_t wall_ns)
{
	body_close(p, d, VG_STATE_COMPLETE, wall_ns);
	d->state = VG_HTTP1_START;
	d->n_start = 0;
}

/* Where the next message begins is not known: look for it. */
static void hunt_begin(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	unsigned what = d->role == VG_ROLE_REQUESTS    ? VG_HUNT_REQUESTS
			: d->role == VG_ROLE_RESPONSES ? VG_HUNT_RESPONSES
						       : VG_HUNT_REQUESTS | VG_HUNT_RESPONSES;
	vg_http1_gather_drop(p, d);
	vg_http1_hunt_init(&d->hunt, what);
	d->state = VG_HTTP1_HUNT;
	d->is_tentative = d->has_line = d->n_start = 0;
}

static void framing_broke(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	if (!d->is_tentative)
		vg_count(p->stats, VG_C_HTTP_BAD, 1);
	body_close(p, d, VG_STATE_TRUNCATED, wall_ns);
	vg_http1_pair_lost(p, flow, dir);
	hunt_begin(p, flow, dir);
}

static void dir_off(struct vg_proto *p, struct vg_http1_dir *d)
{
	vg_http1_gather_drop(p, d);
	d->state = VG_HTTP1_OFF;
}

/* Begins the body that the head announces; p->card is filled unless there is none. */
static void body_begin(struct vg_proto *p, struct vg_http1_dir *d, enum vg_http1_state state,
		       const struct vg_http1_head *head)
{
	d->state = (uint8_t)state;
	if (state == VG_HTTP1_START)
		return;
	d->left = head->length;
	d->chunked = (struct vg_http1_chunked){ 0 };
	d->body = p->sink.open(p->sink.ctx, &p->card);
	if (!head->may_be_chunked)
		return;
	d->other_state = (uint8_t)(state != VG_HTTP1_CHUNKED              ? state
				   : head->has_length && head->length > 0 ? VG_HTTP1_LENGTH
									  : VG_HTTP1_CLOSE);
	d->state = VG_HTTP1_DOUBT;
	d->n_start = 0;
}

static void request_take(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, struct vg_http1_head *head,
			 int64_t wall_ns)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	/* Until-close is no way to end a request (RFC 9112 6.3): whoever takes a strange coding goes by the length. */
	enum vg_http1_state state = head->is_chunked                          ? VG_HTTP1_CHUNKED
				    : head->has_transfer && !head->has_length ? VG_HTTP1_CLOSE
				    : head->has_length && head->length > 0    ? VG_HTTP1_LENGTH
									      : VG_HTTP1_START;
	vg_count(p->stats, VG_C_HTTP_REQUESTS, 1);
	if (head->is_http2 && head->method.n_bytes == 3 && !memcmp(head->method.at, "PRI", 3)) {
		flow->is_tunnel = !vg_http1_upgrade_take(p, flow, dir, NULL, wall_ns);
		return;
	}
	vg_http1_pair_request(p, flow, dir, head, wall_ns);
	if (head->method.n_bytes == 7 && !memcmp(head->method.at, "CONNECT", 7)) {
		hunt_begin(p, flow, dir); /* a refused tunnel goes on with requests */
		return;
	}
	if (state != VG_HTTP1_START)
		vg_http1_card_upload(p, flow, dir, head); /* with d->marks */
	body_begin(p, d, state, head);
	d->awaits_continue = head->expects_continue && state != VG_HTTP1_START;
}

static void response_take(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir,
			  const struct vg_http1_head *head, int64_t wall_ns)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	struct vg_http1_ask *ask;
	enum vg_http1_kind kind;
	uint32_t marks;
	enum vg_http1_state state = head->is_chunked     ? VG_HTTP1_CHUNKED
				    : head->has_transfer ? VG_HTTP1_CLOSE
				    : !head->has_length  ? VG_HTTP1_CLOSE
				    : head->length > 0   ? VG_HTTP1_LENGTH
							 : VG_HTTP1_START;
	vg_count(p->stats, VG_C_HTTP_RESPONSES, 1);
	d->state = VG_HTTP1_START;
	if (head->status < 200) {
		flow->is_tunnel = head->status == 101 && !vg_http1_upgrade_take(p, flow, dir, head, wall_ns);
		return;
	}
	kind = vg_http1_pair_response(p, flow, dir, head, wall_ns, &ask, &marks);
	if (kind == VG_ASK_CONNECT && head->status < 300)
		flow->is_tunnel = !vg_http1_upgrade_tunnel(p, flow, dir, ask);
	else if (kind != VG_ASK_HEAD && head->status != 204 && head->status != 304 && state != VG_HTTP1_START) {
		vg_http1_card_download(p, flow, dir, head, ask, marks);
		body_begin(p, d, state, head);
		d->is_peeking = kind == VG_ASK_LOST && state != VG_HTTP1_CLOSE &&
				(state != VG_HTTP1_LENGTH || d->left > sizeof(next_head));
		d->n_peeked = 0;
	} else {
		vg_http1_card_sight(p, flow, dir, head, ask, marks);
	}
	vg_http1_pair_give(p, ask);
}

static void head_take(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, struct vg_http1_head *head,
		      int64_t wall_ns)
{
	struct vg_http1_dir *d = &flow->dir[dir], *peer = &flow->dir[!dir];
	uint8_t role = head->is_response ? VG_ROLE_RESPONSES : VG_ROLE_REQUESTS;
	if ((d->role != VG_ROLE_UNKNOWN && d->role != role) || peer->role == role) {
		framing_broke(p, flow, dir, wall_ns);
		return;
	}
	d->role = role;
	peer->role = head->is_response ? VG_ROLE_REQUESTS : VG_ROLE_RESPONSES;
	d->is_known = 1;
	if (d->is_tentative)
		vg_count(p->stats, VG_C_HTTP_RESYNC, 1);
	d->is_tentative = 0;
	d->n_start = 0;
	if (head->ambiguous) {
		vg_count(p->stats, VG_C_HTTP_AMBIGUOUS, 1);
		flow->is_ambiguous = 1; /* also for what comes after it */
	}
	if (head->is_response)
		response_take(p, flow, dir, head, wall_ns);
	else
		request_take(p, flow, dir, head, wall_ns);
}

static size_t start_feed(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			 int64_t wall_ns)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	uint8_t seen[sizeof(d->start)];
	enum vg_step step;
	size_t at = 0;

	while (!d->n_start && at < n && (bytes[at] == '\r' || bytes[at] == '\n'))
		at++; /* RFC 9112 2.2 */
	if (at == n)
		return at;
	if (!d->n_start) {
		step = vg_http1_start_check(bytes + at, n - at);
		if (step == VG_BAD)
			framing_broke(p, flow, dir, wall_ns);
		else if (step == VG_DONE)
			d->state = VG_HTTP1_HEAD;
		if (step != VG_MORE)
			return at;
	}
	do {
		d->start[d->n_start++] = bytes[at++];
		step = vg_http1_start_check(d->start, d->n_start);
	} while (step == VG_MORE && at < n);
	if (step == VG_DONE) {
		d->state = VG_HTTP1_HEAD;
		if (vg_http1_gather_put(p, d, d->start, d->n_start) == VG_SKIP) {
			vg_count(p->stats, VG_C_HTTP_NO_STATE, 1);
			dir_off(p, d);
		}
		d->n_start = 0;
	} else if (step == VG_BAD) {
		size_t n_seen = d->n_start;
		memcpy(seen, d->start, n_seen);
		framing_broke(p, flow, dir, wall_ns);
		(void)run(p, flow, dir, seen, n_seen, wall_ns);
	}
	return at;
}

static size_t head_feed(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			int64_t wall_ns)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	struct vg_http1_head head;
	size_t n_eaten;
	if (vg_http1_simple_take(p, flow, dir, bytes, n, &n_eaten))
		return n_eaten;
	switch (vg_http1_gather_feed(p, d, bytes, n, &n_eaten, &head)) {
	case VG_MORE:
		break;
	case VG_DONE:
		head_take(p, flow, dir, &head, wall_ns);
		vg_http1_gather_drop(p, d);
		break;
	case VG_SKIP:
		vg_count(p->stats, VG_C_HTTP_NO_STATE, 1);
		dir_off(p, d);
		break;
	case VG_BAD:
		framing_broke(p, flow, dir, wall_ns);
		break;
	}
	return n_eaten;
}

static size_t hunt_feed(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, const uint8_t *bytes, size_t n)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	size_t n_eaten;
	enum vg_step step = vg_http1_hunt_feed(&d->hunt, bytes, n, &n_eaten);
	if (step == VG_DONE) {
		d->state = VG_HTTP1_HEAD;
		d->is_tentative = 1;
		d->has_line = 0;
		if (vg_http1_gather_put(p, d, d->hunt.found, d->hunt.n_found) == VG_SKIP) {
			vg_count(p->stats, VG_C_HTTP_NO_STATE, 1);
			dir_off(p, d);
		}
	}
	d->n_strange = n_eaten > UINT32_MAX - d->n_strange ? UINT32_MAX : d->n_strange + (uint32_t)n_eaten;
	if (step == VG_MORE && !d->is_known && !flow->base.ident.midstream && d->n_strange > VG_HTTP1_MAX_STRANGE_BYTES)
		dir_off(p, d);
	return n_eaten;
}

/* The first bytes of a body that may be the next head instead. Returns how many were eaten; is_peeking says whether
 * the question is still open. */
static size_t peek_feed(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			int64_t wall_ns)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	size_t at = 0;
	while (at < n && d->n_peeked < sizeof(next_head) && bytes[at] == next_head[d->n_peeked])
		at++, d->n_peeked++;
	if (d->n_peeked < sizeof(next_head) && at == n)
		return at;
	d->is_peeking = 0;
	if (d->n_peeked == sizeof(next_head)) {
		body_close(p, d, VG_STATE_TRUNCATED, wall_ns);
		d->state = VG_HTTP1_START;
	}
	(void)run(p, flow, dir, next_head, d->n_peeked, wall_ns);
	return at;
}

static size_t length_feed(struct vg_proto *p, struct vg_http1_dir *d, const uint8_t *bytes, size_t n, int64_t wall_ns)
{
	n = n < d->left ? n : (size_t)d->left;
	body_data(p, d, bytes, n, wall_ns);
	d->left -= n;
	if (!d->left)
		message_done(p, d, wall_ns);
	return n;
}

/* Both readings of a head that may mean chunked: the first line of the body decides. */
static size_t doubt_feed(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			 int64_t wall_ns)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	uint8_t seen[VG_HTTP1_SIZE_BYTES], n_seen;
	size_t at = 0;
	while (at < n && d->state == VG_HTTP1_DOUBT) {
		d->start[d->n_start++] = bytes[at++];
		switch (vg_http1_chunked_check(d->start, d->n_start)) {
		case VG_DONE:
			body_flag(p, d, VG_ATTR_CHUNKED);
			d->state = VG_HTTP1_CHUNKED;
			break;
		case VG_BAD:
			d->state = d->other_state;
			break;
		default:
			if (d->other_state == VG_HTTP1_LENGTH && d->n_start == d->left)
				d->state = d->other_state; /* all that was announced, and no size yet */
			break;
		}
	}
	if (d->state == VG_HTTP1_DOUBT)
		return at;
	n_seen = d->n_start;
	memcpy(seen, d->start, n_seen);
	d->n_start = 0;
	(void)run(p, flow, dir, seen, n_seen, wall_ns);
	return at;
}

static size_t chunked_feed(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			   int64_t wall_ns)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	struct vg_span data;
	size_t n_eaten;
	enum vg_step step = vg_http1_chunked_feed(&d->chunked, bytes, n, &n_eaten, &data);
	body_data(p, d, data.at, data.n_bytes, wall_ns);
	if (step == VG_DONE)
		message_done(p, d, wall_ns);
	else if (step == VG_BAD)
		framing_broke(p, flow, dir, wall_ns);
	return n_eaten;
}

static enum vg_step run(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			int64_t wall_ns)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	size_t at, n_eaten;
	for (at = 0; at < n && !flow->is_tunnel && !flow->base.next_app; at += n_eaten) {
		const uint8_t *next = bytes + at;
		n_eaten = n - at;
		if (d->is_peeking) {
			n_eaten = peek_feed(p, flow, dir, next, n - at, wall_ns);
			continue;
		}
		switch (d->state) {
		case VG_HTTP1_START:
			n_eaten = start_feed(p, flow, dir, next, n - at, wall_ns);
			break;
		case VG_HTTP1_HEAD:
			n_eaten = head_feed(p, flow, dir, next, n - at, wall_ns);
			break;
		case VG_HTTP1_LENGTH:
			n_eaten = length_feed(p, d, next, n - at, wall_ns);
			break;
		case VG_HTTP1_CHUNKED:
			n_eaten = chunked_feed(p, flow, dir, next, n - at, wall_ns);
			break;
		case VG_HTTP1_DOUBT:
			n_eaten = doubt_feed(p, flow, dir, next, n - at, wall_ns);
			break;
		case VG_HTTP1_CLOSE:
			body_data(p, d, next, n - at, wall_ns);
			break;
		case VG_HTTP1_HUNT:
			n_eaten = hunt_feed(p, flow, dir, next, n - at);
			break;
		default:
			break;
		}
	}
	if (flow->base.next_app) {
		flow->base.n_rest = (uint32_t)(n - at);
		return VG_DONE;
	}
	if (flow->is_tunnel || (d->state == VG_HTTP1_OFF && flow->dir[!dir].state == VG_HTTP1_OFF))
		return VG_SKIP;
	return VG_MORE;
}

enum vg_step vg_http1_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_http1_flow *flow = vg_http1_flow_of(base);
	if (flow->dir[dir].has_ended)
		return VG_MORE;
	return run(p, flow, dir, bytes, n_bytes, wall_ns);
}

/* The bytes that looked like the next head, or like a chunk's size, were body after all. */
static void peek_flush(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	uint8_t seen[VG_HTTP1_SIZE_BYTES], n_seen = d->n_start;
	if (d->state == VG_HTTP1_DOUBT) {
		memcpy(seen, d->start, n_seen);
		d->n_start = 0;
		d->state = d->other_state;
		(void)run(p, flow, dir, seen, n_seen, wall_ns);
	}
	if (!d->is_peeking)
		return;
	d->is_peeking = 0;
	(void)run(p, flow, dir, next_head, d->n_peeked, wall_ns);
}

enum vg_step vg_http1_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns)
{
	struct vg_http1_flow *flow = vg_http1_flow_of(base);
	struct vg_http1_dir *d = &flow->dir[dir];
	if (d->has_ended || d->state == VG_HTTP1_OFF)
		return VG_MORE;
	peek_flush(p, flow, dir, wall_ns);
	switch (d->state) {
	case VG_HTTP1_CLOSE:
		body_gap(p, d, n_missing);
		return VG_MORE;
	case VG_HTTP1_LENGTH:
		if (n_missing && n_missing <= d->left) {
			body_gap(p, d, n_missing);
			d->left -= n_missing;
			if (!d->left)
				message_done(p, d, wall_ns);
			return VG_MORE;
		}
		body_gap(p, d, n_missing ? d->left : 0);
		break;
	case VG_HTTP1_CHUNKED:
		body_gap(p, d, n_missing);
		if (vg_http1_chunked_gap(&d->chunked, n_missing) == VG_MORE)
			return VG_MORE;
		break;
	default:
		break;
	}
	body_close(p, d, VG_STATE_GAP, wall_ns);
	vg_http1_pair_lost(p, flow, dir);
	hunt_begin(p, flow, dir);
	return VG_MORE;
}

void vg_http1_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	struct vg_http1_flow *flow = vg_http1_flow_of(base);
	struct vg_http1_dir *d = &flow->dir[dir];
	if (d->body) {
		body_flag(p, d, VG_ATTR_CONFLICT);
	} else if (d->state == VG_HTTP1_START || d->state == VG_HTTP1_HEAD) {
		d->has_conflict = 1;
	}
}

void vg_http1_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct vg_http1_flow *flow = vg_http1_flow_of(base);
	struct vg_http1_dir *d = &flow->dir[dir];
	enum vg_state state = VG_STATE_TRUNCATED;
	if (d->has_ended)
		return;
	peek_flush(p, flow, dir, wall_ns);
	if (d->state == VG_HTTP1_CHUNKED && vg_http1_chunked_is_whole(&d->chunked))
		state = VG_STATE_COMPLETE; /* only the end of a line is not there */
	else if (d->state == VG_HTTP1_CHUNKED && how == VG_END_FIN && vg_http1_chunked_is_between(&d->chunked)) {
		state = VG_STATE_COMPLETE; /* no last chunk: clients show what came */
		body_flag(p, d, VG_ATTR_AMBIGUOUS);
	} else if (d->state == VG_HTTP1_CLOSE)
		state = how == VG_END_FIN ? VG_STATE_COMPLETE : VG_STATE_TRUNCATED;
	else if (how == VG_END_RST)
		state = VG_STATE_ABORTED;
	body_close(p, d, state, wall_ns);
	dir_off(p, d);
	d->has_ended = 1;
}

void vg_http1_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	struct vg_http1_flow *flow = vg_http1_flow_of(base);
	for (unsigned dir = 0; dir < 2; dir++) {
		struct vg_http1_dir *d = &flow->dir[dir];
		body_close(p, d, VG_STATE_TRUNCATED, 0);
		dir_off(p, d);
	}
	vg_http1_pair_clear(p, flow);
	vg_http1_pair_give(p, flow->left_ask);
}
