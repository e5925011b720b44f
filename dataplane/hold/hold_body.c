/* Bodies on their way through media: what is seen of them here decides what waits. */
#include <string.h>

#include "dataplane/hold/hold_priv.h"

/* Connections that can be cut in the middle: others go on, and their matches are told. SMB and NFS would come again and
 * write what was cut elsewhere; HTTP/2 carries other people's requests in the same connection. */
static int can_cut(const struct vg_hold *h, const struct vg_attribution *card)
{
	if (card->flags & VG_ATTR_INNER)
		return h->cuts_http2;
	switch (card->proto) {
	case VG_PROTO_HTTP:
	case VG_PROTO_WEBSOCKET:
	case VG_PROTO_FTP:
	case VG_PROTO_SMTP:
	case VG_PROTO_IMAP:
	case VG_PROTO_POP3:
	case VG_PROTO_RSYNC:
		return 1;
	case VG_PROTO_HTTP2:
		return h->cuts_http2;
	default:
		return 0;
	}
}

static struct vg_hold_body *body_of(struct vg_body *opaque)
{
	return (struct vg_hold_body *)(void *)opaque;
}

static void digest_give(struct vg_hold *h, struct vg_hold_body *b)
{
	if (b->digest != VG_HOLD_NONE)
		vg_pool_give(&h->digests, vg_pool_at(&h->digests, b->digest));
	b->digest = VG_HOLD_NONE;
}

void vg_hold_body_unlink(struct vg_hold *h, struct vg_hold_body *b)
{
	uint32_t idx = vg_pool_idx(&h->bodies, b), *at;
	digest_give(h, b);
	b->state = VG_BODY_OFF;
	if (!b->flow)
		return;
	for (at = &b->flow->dirs[b->dir].first_body; *at != VG_HOLD_NONE; at = &vg_hold_body_at(h, *at)->next)
		if (*at == idx) {
			*at = b->next;
			break;
		}
	b->flow = NULL;
}

static void body_free(struct vg_hold *h, struct vg_hold_body *b)
{
	uint32_t idx = vg_pool_idx(&h->bodies, b);
	vg_hold_body_unlink(h, b);
	for (uint32_t i = 0; i < h->n_pairs; i++)
		for (uint32_t k = 0; k < h->pairs[i]->n_active; k++) {
			struct vg_hold_queue *q = &h->pairs[i]->queues[h->pairs[i]->active[k]];
			q->stopped_body = q->stopped_body == idx ? VG_HOLD_NONE : q->stopped_body;
		}
	vg_pool_give(&h->bodies, b);
}

/* Nothing waits for this body any more, whatever its hasher will say. */
static void give_up(struct vg_hold *h, struct vg_hold_body *b)
{
	if (b->state == VG_BODY_WATCHED)
		vg_hold_say(b, VG_HOLD_UNHELD);
	digest_give(h, b);
	b->state = VG_BODY_OFF;
}

/* Media has let it go. */
static void body_end(struct vg_hold *h, struct vg_hold_body *b)
{
	b->inner = NULL;
	b->is_ended = 1;
	if (!b->object)
		body_free(h, b);
}

static void watch(struct vg_hold *h, struct vg_hold_body *b, const struct vg_attribution *card)
{
	const struct vg_flow_key *key = &h->now->key;
	unsigned dir = card->src_port != key->port[0] || memcmp(card->src_ip, key->ip[0], sizeof(card->src_ip)) != 0;
	struct vg_sha256 *digest;
	if (card->src_port != key->port[dir] || card->dst_port != key->port[!dir] ||
	    memcmp(card->src_ip, key->ip[dir], sizeof(card->src_ip)) != 0)
		return; /* another connection's, that ended just now */
	if (!h->flow) {
		h->flow = vg_hold_flow_get(h, h->now);
		if (h->flow)
			vg_hold_flow_note(h->flow, h->now);
	}
	if (!h->flow) {
		vg_count(h->stats, VG_C_HOLD_UNHELD, 1);
		return;
	}
	b->flow = h->flow;
	b->dir = (uint8_t)dir;
	b->state = VG_BODY_UNDECIDED;
	b->born = h->packet_no;
	b->next = b->flow->dirs[dir].first_body;
	b->flow->dirs[dir].first_body = vg_pool_idx(&h->bodies, b);
	digest = vg_known_has_size(h->table, b->size) ? vg_pool_take(&h->digests) : NULL;
	if (digest) {
		vg_sha256_init(digest);
		b->digest = vg_pool_idx(&h->digests, digest);
	}
}

static struct vg_body *on_open(void *ctx, const struct vg_attribution *card)
{
	struct vg_hold *h = ctx;
	struct vg_hold_body *b = vg_pool_take(&h->bodies);
	if (!b) {
		vg_count(h->stats, VG_C_BODIES_NO_STATE, 1);
		return NULL;
	}
	*b = (struct vg_hold_body){ .size = card->size_hint,
				    .next = VG_HOLD_NONE,
				    .digest = VG_HOLD_NONE,
				    .state = VG_BODY_OFF,
				    .is_download = card->direction == VG_DOWNLOAD,
				    .can_451 = card->direction == VG_DOWNLOAD && card->proto == VG_PROTO_HTTP &&
					       !(card->flags & VG_ATTR_INNER) };
	b->inner = h->inner.open(h->inner.ctx, card);
	if (!b->inner) {
		vg_pool_give(&h->bodies, b);
		return NULL;
	}
	if (h->now && can_cut(h, card))
		watch(h, b, card);
	b->by_url = b->is_known = b->flow && card->flags & VG_ATTR_STOP;
	return (struct vg_body *)(void *)b;
}

/* Is it, as far as it came, one that is known? */
static void compare(struct vg_hold *h, struct vg_hold_body *b, const uint8_t *bytes, uint32_t n_bytes)
{
	struct vg_sha256 *s = vg_pool_at(&h->digests, b->digest);
	uint64_t want = b->size < VG_KNOWN_HEAD_BYTES ? b->size : VG_KNOWN_HEAD_BYTES;
	uint8_t sha256[32];
	vg_sha256_feed(s, bytes, want - s->n_bytes < n_bytes ? want - s->n_bytes : n_bytes);
	if (s->n_bytes < want)
		return;
	vg_sha256_done(s, sha256);
	b->is_known = (uint8_t)vg_known_has(h->table, b->size, sha256);
	digest_give(h, b);
}

static enum vg_step on_data(void *ctx, struct vg_body *opaque, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_hold *h = ctx;
	struct vg_hold_body *b = body_of(opaque);
	enum vg_step step;
	h->current = b;
	step = b->inner ? h->inner.data(h->inner.ctx, b->inner, bytes, n_bytes, wall_ns) : VG_MORE;
	h->current = NULL;
	if (step != VG_MORE && b->by_url && b->state != VG_BODY_OFF) {
		b->inner = NULL; /* nobody looks at it, but it is stopped all the same */
		step = VG_MORE;
	}
	if (step != VG_MORE) {
		give_up(h, b);
		body_end(h, b);
		return step;
	}
	if (b->digest != VG_HOLD_NONE)
		compare(h, b, bytes, n_bytes);
	b->off += n_bytes;
	return step;
}

static enum vg_step on_gap(void *ctx, struct vg_body *opaque, uint64_t n_missing)
{
	struct vg_hold *h = ctx;
	struct vg_hold_body *b = body_of(opaque);
	enum vg_step step;
	h->current = b;
	step = b->inner ? h->inner.gap(h->inner.ctx, b->inner, n_missing) : VG_SKIP;
	h->current = NULL;
	if (b->by_url && b->state != VG_BODY_OFF) {
		b->inner = step == VG_MORE ? b->inner : NULL;
		return VG_MORE;
	}
	give_up(h, b); /* it cannot match exactly any more */
	if (step != VG_MORE)
		body_end(h, b);
	return step;
}

static void on_amend(void *ctx, struct vg_body *opaque, const struct vg_attribution *card)
{
	struct vg_hold *h = ctx;
	if (body_of(opaque)->inner)
		h->inner.amend(h->inner.ctx, body_of(opaque)->inner, card);
}

static void on_close(void *ctx, struct vg_body *opaque, enum vg_state state, int64_t wall_ns)
{
	struct vg_hold *h = ctx;
	struct vg_hold_body *b = body_of(opaque);
	h->current = b;
	if (b->inner)
		h->inner.close(h->inner.ctx, b->inner, state, wall_ns);
	h->current = NULL;
	if (!b->by_url && (state != VG_STATE_COMPLETE || b->state == VG_BODY_UNDECIDED))
		give_up(h, b);
	body_end(h, b);
}

void vg_hold_body_sink(struct vg_hold *h, const struct vg_body_sink *inner, struct vg_body_sink *outer)
{
	h->inner = *inner;
	*outer = (struct vg_body_sink){ h, on_open, on_data, on_gap, on_amend, on_close };
}

/* ---- between media and handoff ---- */

static struct vg_object *object_open(void *ctx, const struct vg_attribution *card, uint32_t flags)
{
	struct vg_hold *h = ctx;
	struct vg_hold_body *now = h->current, *b = now && now->state == VG_BODY_UNDECIDED ? now : NULL;
	struct vg_object *o = h->media.open(h->media.ctx, card, flags | (b ? VG_OPEN_HOLD : 0));
	if (o && now && !b && now->by_url) { /* stopped before there was anything to hand over */
		now->object = o;
		vg_handoff_tag(o, vg_pool_idx(&h->bodies, now) + 1);
	} else if (b && o) {
		b->object = o;
		b->state = VG_BODY_WATCHED;
		vg_handoff_tag(o, vg_pool_idx(&h->bodies, b) + 1);
	} else if (b && !b->by_url) {
		give_up(h, b);
	}
	return o;
}

static enum vg_step object_data(void *ctx, struct vg_object *o, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_hold *h = ctx;
	return h->media.data(h->media.ctx, o, bytes, n_bytes, wall_ns);
}

static enum vg_step object_gap(void *ctx, struct vg_object *o, uint64_t n_missing)
{
	struct vg_hold *h = ctx;
	return h->media.gap(h->media.ctx, o, n_missing);
}

static void object_amend(void *ctx, struct vg_object *o, const struct vg_attribution *card)
{
	struct vg_hold *h = ctx;
	h->media.amend(h->media.ctx, o, card);
}

static void object_close(void *ctx, struct vg_object *o, enum vg_state state, int64_t wall_ns)
{
	struct vg_hold *h = ctx;
	h->media.close(h->media.ctx, o, state, wall_ns);
}

void vg_hold_media_sink(struct vg_hold *h, struct vg_media_sink *media)
{
	*media = (struct vg_media_sink){ h, object_open, object_data, object_gap, object_amend, object_close };
}

/* ---- from handoff ---- */

void vg_hold_on_verdict(void *ctx, uint32_t tag, uint32_t hasher_idx, enum vg_verdict verdict)
{
	struct vg_hold *h = ctx;
	struct vg_hold_body *b = vg_hold_body_at(h, tag - 1);
	struct vg_hold_flow *flow = b->flow;
	int is_watched = b->state == VG_BODY_WATCHED;
	if (verdict != VG_VERDICT_STOP && is_watched) {
		vg_hold_say(b, VG_HOLD_PASSED);
	} else if (verdict == VG_VERDICT_STOP && !is_watched) {
		vg_count(h->stats, VG_C_HOLD_TOO_LATE, !b->is_known); /* known: it was stopped before */
	} else if (verdict == VG_VERDICT_STOP && !vg_hold_may_stop(h, hasher_idx)) {
		vg_hold_say(b, VG_HOLD_BRAKE);
		vg_count(h->stats, VG_C_HOLD_BRAKE, 1);
	} else if (verdict == VG_VERDICT_STOP && (!flow || !vg_hold_queue_stop(h, b))) {
		vg_hold_say(b, VG_HOLD_UNHELD);
		vg_count(h->stats, VG_C_HOLD_TOO_LATE, 1);
	}
	b->state = VG_BODY_OFF;
	digest_give(h, b);
	if (flow)
		vg_hold_recheck(h, flow, b->dir);
}

void vg_hold_on_gone(void *ctx, uint32_t tag)
{
	struct vg_hold *h = ctx;
	struct vg_hold_body *b = vg_hold_body_at(h, tag - 1);
	struct vg_hold_flow *flow = b->flow;
	unsigned dir = b->dir;
	b->object = NULL;
	if (b->state == VG_BODY_WATCHED)
		b->state = VG_BODY_OFF;
	if (b->is_ended)
		body_free(h, b);
	if (flow)
		vg_hold_recheck(h, flow, dir);
}
