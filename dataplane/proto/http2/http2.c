/* One direction of an HTTP/2 flow as a state machine: START, a preface perhaps, then FRAME, PREFIX, PAYLOAD, FRAME …;
 * HUNT where the place is lost. The rules are in http2.h. */
#include "dataplane/proto/http2/http2.h"

#include "dataplane/proto/http1/http1_upgrade.h"
#include "dataplane/proto/http2/http2_priv.h"

static void frame_next(struct vg_http2_dir *d)
{
	d->state = VG_HTTP2_FRAME;
	d->n_gather = 0;
}

static void hunt_begin(struct vg_proto *p, struct vg_http2_dir *d)
{
	vg_http2_block_lost(p, d);
	vg_http2_block_drop(p, d);
	d->state = VG_HTTP2_HUNT;
	d->n_gather = 0;
	d->is_lost = 1;
	d->stream = NULL;
}

/* Frames of dir may be missing: of any of its streams. */
static void frames_lost(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, int64_t wall_ns)
{
	for (uint32_t i = 0; i < flow->n_streams; i++)
		vg_http2_stream_gap(p, flow, dir, flow->streams[i], 0, wall_ns);
	hunt_begin(p, &flow->dir[dir]);
}

static void framing_broke(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, int64_t wall_ns)
{
	if (!flow->dir[dir].is_tentative)
		vg_count(p->stats, VG_C_HTTP2_BAD, 1);
	frames_lost(p, flow, dir, wall_ns);
}

/* ---- frames ---- */

static void block_done(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_http2_dir *d = &flow->dir[dir];
	struct vg_http2_head *head;
	struct vg_http2_stream *s;

	vg_http2_block_end(p, d);
	head = d->head;
	d->head = NULL;
	s = vg_http2_stream_get(p, flow, d->promised_id ? d->promised_id : d->block_id, wall_ns);
	if (s && d->promised_id)
		vg_http2_stream_promise(p, flow, s, head, wall_ns);
	else if (s)
		vg_http2_stream_head(p, flow, dir, s, head, d->block_ends_stream, wall_ns);
	else if (head)
		vg_pool_give(&vg_http2_of(p)->heads, head);
}

static void payload_end(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_http2_dir *d = &flow->dir[dir];
	const struct vg_http2_frame *f = &d->frame;

	frame_next(d);
	switch (f->type) {
	case VG_FRAME_DATA:
		if (d->stream && f->flags & VG_FRAME_END_STREAM)
			vg_http2_stream_end(p, flow, dir, d->stream, wall_ns);
		d->stream = NULL;
		return;
	case VG_FRAME_HEADERS:
	case VG_FRAME_PUSH_PROMISE:
	case VG_FRAME_CONTINUATION:
		if (d->in_block && f->flags & VG_FRAME_END_HEADERS)
			block_done(p, flow, dir, wall_ns);
		return;
	case VG_FRAME_RST_STREAM:
		d->stream = vg_http2_stream_find(flow, f->id);
		if (d->stream)
			vg_http2_stream_drop(p, flow, d->stream, VG_STATE_ABORTED, wall_ns);
		return;
	default:
		return;
	}
}

/* The fields before the payload (RFC 9113 6.1, 6.2, 6.6) are in gather. */
static void payload_begin(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_http2_dir *d = &flow->dir[dir];
	const struct vg_http2_frame *f = &d->frame;
	unsigned is_padded = d->n_prefix && f->flags & VG_FRAME_PADDED ? 1 : 0;

	d->state = VG_HTTP2_PAYLOAD;
	d->n_pad = is_padded ? d->gather[0] : 0;
	if (d->n_pad > d->left) {
		vg_count(p->stats, VG_C_HTTP2_BAD, 1);
		d->n_pad = d->left;
	}
	d->left -= d->n_pad;
	switch (f->type) {
	case VG_FRAME_DATA:
		d->stream = d->is_lost ? vg_http2_stream_get(p, flow, f->id, wall_ns)
				       : vg_http2_stream_find(flow, f->id);
		break;
	case VG_FRAME_HEADERS:
	case VG_FRAME_PUSH_PROMISE:
		d->block_id = f->id;
		d->promised_id = f->type == VG_FRAME_HEADERS ? 0 : vg_be32(d->gather + is_padded) & 0x7fffffffu;
		d->block_ends_stream = f->type == VG_FRAME_HEADERS && f->flags & VG_FRAME_END_STREAM;
		vg_http2_block_begin(p, d);
		break;
	case VG_FRAME_CONTINUATION:
		if (!d->in_block)
			vg_http2_block_lost(p, d);
		break;
	default:
		break;
	}
	if (!d->left && !d->n_pad)
		payload_end(p, flow, dir, wall_ns);
}

/* A frame header was read. */
static void frame_begin(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, const uint8_t *header,
			int64_t wall_ns)
{
	struct vg_http2_dir *d = &flow->dir[dir];
	struct vg_http2_frame *f = &d->frame;

	*f = vg_http2_frame_read(header);
	d->n_prefix = (uint8_t)vg_http2_frame_prefix(f);
	if (!vg_http2_frame_is_possible(f) || d->n_prefix > f->n_bytes) {
		framing_broke(p, flow, dir, wall_ns);
		return;
	}
	d->is_known = 1;
	d->is_tentative = 0;
	d->stream = NULL;
	if (d->in_block && (f->type != VG_FRAME_CONTINUATION || f->id != d->block_id)) {
		vg_count(p->stats, VG_C_HTTP2_BAD, 1); /* RFC 9113 6.10 */
		vg_http2_block_lost(p, d);
		d->in_block = 0;
	}
	d->left = f->n_bytes - d->n_prefix;
	d->n_gather = 0;
	d->state = VG_HTTP2_PREFIX;
	if (!d->n_prefix)
		payload_begin(p, flow, dir, wall_ns);
}

static size_t payload_feed(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			   int64_t wall_ns)
{
	struct vg_http2_dir *d = &flow->dir[dir];
	size_t n_left = n < d->left ? n : d->left, n_pad;

	if (n_left && d->frame.type == VG_FRAME_DATA && d->stream)
		vg_http2_stream_data(p, flow, dir, d->stream, bytes, n_left, wall_ns);
	else if (n_left && d->in_block)
		vg_http2_block_feed(p, d, bytes, n_left);
	d->left -= (uint32_t)n_left;
	n_pad = d->left ? 0 : n - n_left < d->n_pad ? n - n_left : d->n_pad;
	d->n_pad -= (uint32_t)n_pad;
	if (!d->left && !d->n_pad)
		payload_end(p, flow, dir, wall_ns);
	return n_left + n_pad;
}

/* ---- beginnings ---- */

static int is_open_for(const struct vg_http2_flow *flow, unsigned dir, uint32_t id)
{
	for (uint32_t i = 0; i < flow->n_streams; i++)
		if (flow->ids[i] == id)
			return flow->streams[i]->side[dir].state == VG_SIDE_BODY || flow->streams[i]->inner;
	return 0;
}
static int is_open_0(const void *flow, uint32_t id)
{
	return is_open_for(flow, 0, id);
}
static int is_open_1(const void *flow, uint32_t id)
{
	return is_open_for(flow, 1, id);
}

static enum vg_step run(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			int64_t wall_ns);

static size_t hunt_feed(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			int64_t wall_ns)
{
	struct vg_http2_dir *d = &flow->dir[dir];
	uint8_t found[VG_HTTP2_STRONG_BYTES];
	size_t at = 0;

	while (at < n) {
		if (d->n_gather == sizeof(d->gather))
			memmove(d->gather, d->gather + 1, --d->n_gather);
		d->gather[d->n_gather++] = bytes[at++];
		if (d->n_gather < sizeof(d->gather) || d->gather[0] > 0x3f ||
		    !vg_http2_frame_is_strong(d->gather, dir ? is_open_1 : is_open_0, flow))
			continue;
		memcpy(found, d->gather, sizeof(found));
		frame_begin(p, flow, dir, found, wall_ns);
		d->is_tentative = 1;
		(void)run(p, flow, dir, found + VG_HTTP2_FRAME_BYTES, sizeof(found) - VG_HTTP2_FRAME_BYTES, wall_ns);
		return at;
	}
	d->n_strange = n > UINT32_MAX - d->n_strange ? UINT32_MAX : d->n_strange + (uint32_t)n;
	if (!d->is_known && !flow->base.ident.midstream && d->n_strange > VG_HTTP2_MAX_STRANGE_BYTES)
		d->state = VG_HTTP2_OFF;
	return at;
}

static size_t start_feed(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			 int64_t wall_ns)
{
	struct vg_http2_dir *d = &flow->dir[dir];
	uint8_t seen[VG_HTTP2_FRAME_BYTES];
	size_t at = 0;

	while (at < n && d->n_gather < VG_HTTP2_FRAME_BYTES)
		d->gather[d->n_gather++] = bytes[at++];
	if (d->n_gather < VG_HTTP2_FRAME_BYTES)
		return at;
	memcpy(seen, d->gather, sizeof(seen));
	d->n_gather = 0;
	if (!memcmp(seen, VG_HTTP2_PREFACE, sizeof(seen))) {
		flow->role_known = 1;
		flow->client_dir = (uint8_t)dir;
		d->state = VG_HTTP2_IN_PREFACE;
		d->left = VG_HTTP2_PREFACE_BYTES - VG_HTTP2_FRAME_BYTES;
	} else if (!memcmp(seen, "HTTP/1.", 7)) {
		d->state = VG_HTTP2_OLD;
		d->n_line_ends = 0;
	} else if (flow->base.ident.midstream) {
		d->state = VG_HTTP2_HUNT;
		(void)run(p, flow, dir, seen, sizeof(seen), wall_ns);
	} else {
		frame_begin(p, flow, dir, seen, wall_ns);
	}
	return at;
}

/* Up to the blank line that ends a head of HTTP/1. */
static size_t old_feed(struct vg_http2_dir *d, const uint8_t *bytes, size_t n)
{
	size_t at = 0;

	while (at < n && d->n_line_ends < 2) {
		uint8_t c = bytes[at++];
		d->n_line_ends = (uint8_t)(c == '\n' ? d->n_line_ends + 1 : c == '\r' ? d->n_line_ends : 0);
	}
	if (d->n_line_ends == 2)
		frame_next(d);
	return at;
}

static size_t gather_feed(struct vg_http2_dir *d, const uint8_t *bytes, size_t n, size_t n_want)
{
	size_t n_more = n_want - d->n_gather < n ? n_want - d->n_gather : n;

	memcpy(d->gather + d->n_gather, bytes, n_more);
	d->n_gather = (uint8_t)(d->n_gather + n_more);
	return n_more;
}

static enum vg_step run(struct vg_proto *p, struct vg_http2_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			int64_t wall_ns)
{
	struct vg_http2_dir *d = &flow->dir[dir];
	uint8_t header[VG_HTTP2_FRAME_BYTES];

	for (size_t at = 0, n_eaten; at < n; at += n_eaten) {
		const uint8_t *next = bytes + at;
		n_eaten = n - at;
		switch (d->state) {
		case VG_HTTP2_START:
			n_eaten = start_feed(p, flow, dir, next, n - at, wall_ns);
			break;
		case VG_HTTP2_IN_PREFACE:
			n_eaten = n_eaten < d->left ? n_eaten : d->left;
			d->left -= (uint32_t)n_eaten;
			if (!d->left)
				frame_next(d);
			break;
		case VG_HTTP2_OLD:
			n_eaten = old_feed(d, next, n - at);
			break;
		case VG_HTTP2_FRAME:
			n_eaten = gather_feed(d, next, n - at, sizeof(header));
			if (d->n_gather < sizeof(header))
				break;
			memcpy(header, d->gather, sizeof(header));
			frame_begin(p, flow, dir, header, wall_ns);
			break;
		case VG_HTTP2_PREFIX:
			n_eaten = gather_feed(d, next, n - at, d->n_prefix);
			if (d->n_gather == d->n_prefix)
				payload_begin(p, flow, dir, wall_ns);
			break;
		case VG_HTTP2_PAYLOAD:
			n_eaten = payload_feed(p, flow, dir, next, n - at, wall_ns);
			break;
		case VG_HTTP2_HUNT:
			n_eaten = hunt_feed(p, flow, dir, next, n - at, wall_ns);
			break;
		default:
			break;
		}
	}
	return d->state == VG_HTTP2_OFF && flow->dir[!dir].state == VG_HTTP2_OFF ? VG_SKIP : VG_MORE;
}

enum vg_step vg_http2_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_http2_flow *flow = vg_http2_flow_of(base);

	return flow->dir[dir].has_ended ? VG_MORE : run(p, flow, dir, bytes, n_bytes, wall_ns);
}

/* ---- what is missing ---- */

enum vg_step vg_http2_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns)
{
	struct vg_http2_flow *flow = vg_http2_flow_of(base);
	struct vg_http2_dir *d = &flow->dir[dir];
	uint64_t n_data;

	if (d->has_ended || d->state == VG_HTTP2_OFF)
		return VG_MORE;
	if (d->state != VG_HTTP2_PAYLOAD || !n_missing || n_missing > (uint64_t)d->left + d->n_pad) {
		if (d->state == VG_HTTP2_PAYLOAD && d->stream && d->left && n_missing)
			vg_http2_stream_gap(p, flow, dir, d->stream, d->left, wall_ns);
		frames_lost(p, flow, dir, wall_ns);
		return VG_MORE;
	}
	n_data = n_missing < d->left ? n_missing : d->left;
	if (n_data && d->frame.type == VG_FRAME_DATA && d->stream)
		vg_http2_stream_gap(p, flow, dir, d->stream, n_data, wall_ns);
	else if (n_data && d->in_block)
		vg_http2_block_lost(p, d);
	d->left -= (uint32_t)n_data;
	d->n_pad -= (uint32_t)(n_missing - n_data);
	if (!d->left && !d->n_pad)
		payload_end(p, flow, dir, wall_ns);
	return VG_MORE;
}

void vg_http2_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	struct vg_http2_flow *flow = vg_http2_flow_of(base);
	struct vg_http2_dir *d = &flow->dir[dir];

	if (d->stream && d->stream->inner) {
		vg_proto_conflict(p, d->stream->inner, dir);
		return;
	}
	if (!d->stream || !d->stream->side[dir].body) {
		d->has_conflict = 1;
		return;
	}
	memset(&p->card, 0, sizeof(p->card));
	p->card.flags = VG_ATTR_CONFLICT;
	p->sink.amend(p->sink.ctx, d->stream->side[dir].body, &p->card);
}

void vg_http2_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct vg_http2_flow *flow = vg_http2_flow_of(base);
	struct vg_http2_dir *d = &flow->dir[dir];

	if (d->has_ended)
		return;
	for (uint32_t i = 0; i < flow->n_streams; i++) {
		vg_http2_tunnel_end(p, dir, flow->streams[i], how, wall_ns);
		vg_http2_side_close(p, &flow->streams[i]->side[dir],
				    how == VG_END_RST ? VG_STATE_ABORTED : VG_STATE_TRUNCATED, wall_ns);
	}
	vg_http2_block_drop(p, d);
	d->state = VG_HTTP2_OFF;
	d->has_ended = 1;
}

void vg_http2_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_http2_flow *flow = vg_http2_flow_of(base);
	struct vg_http1_upgrade upgrade;
	struct vg_http2_stream *s;

	flow->role_known = flow->client_dir = 0;
	flow->n_streams = flow->n_ages = 0;
	flow->opening = NULL;
	for (unsigned dir = 0; dir < 2; dir++) {
		memset(&flow->dir[dir], 0, sizeof(flow->dir[dir]));
		flow->dir[dir].is_lost = base->ident.midstream;
	}
	if (!vg_http1_upgrade_of(from, &upgrade))
		return;
	flow->role_known = 1;
	flow->client_dir = upgrade.client_dir;
	if (upgrade.has_preface) {
		flow->dir[upgrade.client_dir].state = VG_HTTP2_IN_PREFACE;
		flow->dir[upgrade.client_dir].left = VG_HTTP2_PREFACE_BYTES - VG_HTTP2_PREFACE_HEAD;
	}
	s = upgrade.has_ask ? vg_http2_stream_get(p, flow, 1, 0)
			    : NULL; /* RFC 7540 3.2: the request is that of stream 1 */
	if (!s)
		return;
	s->side[upgrade.client_dir].state = VG_SIDE_DONE;
	s->ask = vg_pool_take(&vg_http2_of(p)->asks);
	if (s->ask)
		*s->ask = upgrade.ask;
}

void vg_http2_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	struct vg_http2_flow *flow = vg_http2_flow_of(base);

	while (flow->n_streams)
		vg_http2_stream_drop(p, flow, flow->streams[flow->n_streams - 1], VG_STATE_TRUNCATED, 0);
	for (unsigned dir = 0; dir < 2; dir++)
		vg_http2_block_drop(p, &flow->dir[dir]);
}
