/* What waits in `held` is joined with the bytes behind it, so that beginnings and heads are always looked at whole. */
#include "dataplane/proto/raw/raw_priv.h"

#define JOINED 64u

static struct vg_raw_flow *flow_of(struct vg_proto_flow *base)
{
	return (struct vg_raw_flow *)base;
}

static void give(struct vg_proto *p, struct vg_raw_dir *d, const uint8_t *bytes, uint32_t n, int64_t wall_ns)
{
	if (d->body && n && p->sink.data(p->sink.ctx, d->body, bytes, n, wall_ns) != VG_MORE)
		d->body = NULL;
}

static void open_body(struct vg_proto *p, struct vg_raw_flow *flow, unsigned dir)
{
	struct vg_raw_dir *d = &flow->dir[dir];
	const struct vg_flow_ident *who = &flow->base.ident;

	vg_card_begin(p, &flow->base, dir, VG_PROTO_RAW, who->port[dir] < who->port[!dir] ? VG_DOWNLOAD : VG_UPLOAD);
	p->card.flags |= d->has_conflict ? VG_ATTR_CONFLICT : 0u;
	d->has_conflict = d->has_gap = 0;
	d->in_body = 1;
	d->body = p->sink.open(p->sink.ctx, &p->card);
	vg_count(p->stats, VG_C_RAW_BEGUN, 1);
}

static void close_body(struct vg_proto *p, struct vg_raw_dir *d, enum vg_state state, int64_t wall_ns)
{
	if (!d->in_body)
		return;
	if (state == VG_STATE_COMPLETE && !d->has_gap)
		vg_count(p->stats, VG_C_RAW_WHOLE, 1);
	if (d->body)
		p->sink.close(p->sink.ctx, d->body, d->has_gap ? VG_STATE_GAP : state, wall_ns);
	d->body = NULL;
	d->in_body = d->has_gap = 0;
	d->n_idle = 0;
}

/* Follows a body: returns how many bytes belong to it. *said: why it stopped there. */
static uint32_t follow(struct vg_proto *p, struct vg_raw_dir *d, const uint8_t *bytes, uint32_t n_bytes,
		       enum vg_raw_said *said, int64_t wall_ns)
{
	uint32_t at = 0, n;

	for (*said = VG_RAW_MORE; at < n_bytes && *said == VG_RAW_MORE; at += n)
		*said = vg_raw_walk(&d->walk, bytes + at, n_bytes - at, &n);
	give(p, d, bytes, at, wall_ns);
	return at;
}

/* All of bytes is eaten, given or held. */
static void eat(struct vg_proto *p, struct vg_raw_flow *flow, unsigned dir, const uint8_t *bytes, uint32_t n_bytes,
		int64_t wall_ns)
{
	struct vg_raw_dir *d = &flow->dir[dir];
	enum vg_raw_said said;
	uint32_t at = 0, n;

	while (at < n_bytes) {
		if (d->in_body) {
			at += follow(p, d, bytes + at, n_bytes - at, &said, wall_ns);
			if (said == VG_RAW_END || said == VG_RAW_BROKEN)
				close_body(p, d, said == VG_RAW_END ? VG_STATE_COMPLETE : VG_STATE_TRUNCATED, wall_ns);
		} else {
			n = vg_raw_find(bytes + at, n_bytes - at);
			d->n_idle += n;
			at += n;
			if (at == n_bytes)
				return;
			said = vg_raw_begins(&d->walk, bytes + at, n_bytes - at);
			if (said == VG_RAW_END)
				open_body(p, flow, dir);
			at += said == VG_RAW_BROKEN;
			d->n_idle += said == VG_RAW_BROKEN;
		}
		if (said == VG_RAW_NEEDS) {
			d->n_held = (uint8_t)(n_bytes - at);
			memcpy(d->held, bytes + at, d->n_held);
			return;
		}
	}
}

/* A message of a protocol that begins here, where nothing else is going on. */
static enum vg_app begins(const struct vg_proto *p, const struct vg_raw_flow *flow, const uint8_t *bytes,
			  uint32_t n_bytes)
{
	if (flow->dir[0].in_body || flow->dir[1].in_body)
		return VG_APP_NONE;
	for (unsigned app = VG_APP_UNKNOWN + 1; app < VG_APP_N; app++)
		if (p->parsers[app] && p->parsers[app]->recogniser.begins &&
		    p->parsers[app]->recogniser.begins(bytes, n_bytes))
			return (enum vg_app)app;
	return VG_APP_NONE;
}

enum vg_step vg_raw_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			 uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_raw_flow *flow = flow_of(base);
	struct vg_raw_dir *d = &flow->dir[dir];
	uint8_t joined[JOINED];
	enum vg_app app = d->has_ended ? VG_APP_NONE : begins(p, flow, bytes, n_bytes);

	if (d->has_ended)
		return VG_MORE;
	if (app != VG_APP_NONE) {
		base->ident.midstream = 1;
		base->next_app = (uint8_t)app;
		base->n_rest = n_bytes;
		return VG_DONE;
	}
	while (d->n_held && n_bytes) {
		uint32_t n = d->n_held, n_more = n_bytes < JOINED - n ? n_bytes : JOINED - n;
		memcpy(joined, d->held, n);
		memcpy(joined + n, bytes, n_more);
		bytes += n_more;
		n_bytes -= n_more;
		d->n_held = 0;
		eat(p, flow, dir, joined, n + n_more, wall_ns);
	}
	eat(p, flow, dir, bytes, n_bytes, wall_ns);
	if (flow->dir[0].n_idle + flow->dir[1].n_idle <= VG_RAW_IDLE_BYTES || flow->dir[!dir].in_body || d->in_body)
		return VG_MORE;
	vg_count(p->stats, VG_C_RAW_IDLE, 1);
	return VG_SKIP;
}

enum vg_step vg_raw_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			int64_t wall_ns)
{
	struct vg_raw_dir *d = &flow_of(base)->dir[dir];
	int is_known = d->in_body && !d->n_held && vg_raw_pass(&d->walk, n_missing);

	if (d->in_body) {
		give(p, d, d->held, d->n_held, wall_ns);
		d->has_gap = 1;
		if (d->body && p->sink.gap(p->sink.ctx, d->body, n_missing) != VG_MORE)
			d->body = NULL;
		if (!is_known)
			close_body(p, d, VG_STATE_GAP, wall_ns);
	}
	d->n_held = 0;
	return VG_MORE;
}

void vg_raw_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	struct vg_raw_dir *d = &flow_of(base)->dir[dir];

	d->has_conflict = 1;
	if (!d->body)
		return;
	memset(&p->card, 0, sizeof(p->card));
	p->card.flags = VG_ATTR_CONFLICT;
	p->sink.amend(p->sink.ctx, d->body, &p->card);
}

void vg_raw_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct vg_raw_dir *d = &flow_of(base)->dir[dir];

	if (d->has_ended)
		return;
	d->has_ended = 1;
	if (d->in_body && vg_raw_is_whole(&d->walk)) { /* what is held is no box */
		close_body(p, d, VG_STATE_COMPLETE, wall_ns);
	} else if (d->in_body) {
		give(p, d, d->held, d->n_held, wall_ns);
		close_body(p, d, how == VG_END_RST ? VG_STATE_ABORTED : VG_STATE_TRUNCATED, wall_ns);
	}
	d->n_held = 0;
}

void vg_raw_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	(void)p;
	(void)from;
	memset(flow_of(base)->dir, 0, sizeof(flow_of(base)->dir));
}

void vg_raw_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	for (unsigned dir = 0; dir < 2; dir++)
		vg_raw_end(p, base, dir, VG_END_EVICTED, 0);
}
