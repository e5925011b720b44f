/* Is this body wanted? Asked once, as soon as its first bytes are there; from then on a wanted body's bytes pass
 * through and an unwanted one is not fed any more. */
#include "dataplane/media/media_priv.h"

#include <vigil/lane.h>

#include "dataplane/media/text.h"

static struct vg_media_body *body_of(struct vg_body *opaque)
{
	return (struct vg_media_body *)(void *)opaque;
}

static void body_free(struct vg_media *m, struct vg_media_body *body)
{
	if (body->pending)
		vg_pool_give(&m->pending, body->pending);
	vg_pool_give(&m->bodies, body);
}

/* What is inside decides, so the body is wanted whatever it begins with. */
static int is_wrapped(const struct vg_attribution *card)
{
	return card->codings || card->n_boundary || card->flags & (VG_ATTR_PIECE | VG_ATTR_ALL_PARTS);
}

/* The beginning of a file that may be gone on with, too short to tell its kind. */
static int is_stub(const struct vg_attribution *card, uint32_t n_first)
{
	return card->flags & VG_ATTR_GROWS && n_first < VG_SNIFF_BYTES;
}

/* Its request was for a listed URL: handed over whatever it is, even if it is nothing. */
static int is_listed(const struct vg_attribution *card)
{
	return card->flags & VG_ATTR_LISTED;
}

struct vg_body *vg_media_open(void *ctx, const struct vg_attribution *card)
{
	struct vg_media *m = ctx;
	struct vg_media_body *body;
	int is_short = card->size_hint < m->min_bytes && !is_wrapped(card) && !m->all_files;

	vg_count(m->stats, VG_C_BODIES, 1);
	if (card->flags & VG_ATTR_OUT) {
		vg_count(m->stats, VG_C_BODIES_OUT, 1);
		return NULL;
	}
	if (is_listed(card))
		;
	else if (is_short || (card->size_hint != UINT64_MAX && card->size_hint > m->max_bytes)) {
		vg_count(m->stats, VG_C_BODIES_SMALL, 1);
		return NULL;
	}
	body = vg_pool_take(&m->bodies);
	if (!body)
		goto full;
	body->object = NULL;
	body->n_bytes = 0;
	body->pending = vg_pool_take(&m->pending);
	if (!body->pending) {
		vg_pool_give(&m->bodies, body);
		goto full;
	}
	memcpy(&body->pending->card, card, sizeof(*card));
	body->pending->n_first = 0;
	return (struct vg_body *)(void *)body;
full:
	vg_count(m->stats, VG_C_BODIES_NO_STATE, 1);
	return NULL;
}

/* The first bytes are known: hands the body over, or frees it (VG_SKIP). */
static enum vg_step decide(struct vg_media *m, struct vg_media_body *body, const uint8_t *first, size_t n_first)
{
	struct vg_attribution *card = &body->pending->card;
	enum vg_kind kind = card->codings      ? VG_KIND_UNKNOWN
			    : card->n_boundary ? VG_KIND_MULTIPART
					       : vg_sniff(m->sniff, first, n_first);
	int is_text = m->texts && kind == VG_KIND_UNKNOWN && !is_wrapped(card) && vg_media_is_text(first, n_first);

	if (!is_wrapped(card) && !is_listed(card) && !is_text && !is_stub(card, n_first) && !m->all_files &&
	    !VG_KIND_IS_IMAGE(kind) && !VG_KIND_IS_VIDEO(kind) && !VG_KIND_IS_CONTAINER(kind)) {
		vg_count(m->stats, VG_C_BODIES_UNWANTED, 1);
		body_free(m, body);
		return VG_SKIP;
	}
	card->kind = (uint8_t)(is_text ? VG_KIND_TEXT : kind);
	body->object = m->sink.open(m->sink.ctx, card,
				    (m->all_files ? VG_OPEN_ALL_FILES : 0) | (is_text ? VG_OPEN_TEXT : 0) |
					    (is_listed(card) ? VG_OPEN_LISTED : 0));
	if (!body->object) { /* shed, counted there */
		body_free(m, body);
		return VG_SKIP;
	}
	return VG_MORE;
}

/* Bytes of a body that is handed over. */
static enum vg_step pass_on(struct vg_media *m, struct vg_media_body *body, const uint8_t *bytes, uint32_t n_bytes,
			    int64_t wall_ns)
{
	enum vg_step step;
	body->n_bytes += n_bytes;
	if (body->n_bytes > m->max_bytes) {
		vg_count(m->stats, VG_C_BODIES_SMALL, 1);
		m->sink.close(m->sink.ctx, body->object, VG_STATE_TRUNCATED, wall_ns);
		body_free(m, body);
		return VG_SKIP;
	}
	step = m->sink.data(m->sink.ctx, body->object, bytes, n_bytes, wall_ns);
	if (step != VG_MORE)
		body_free(m, body);
	return step;
}

/* Decides by the bytes that were gathered and passes them on. */
static enum vg_step decide_gathered(struct vg_media *m, struct vg_media_body *body, int64_t wall_ns)
{
	struct vg_media_pending *pending = body->pending;
	enum vg_step step = decide(m, body, pending->first, pending->n_first);
	if (step != VG_MORE)
		return step;
	body->pending = NULL;
	if (pending->n_first)
		step = pass_on(m, body, pending->first, pending->n_first, wall_ns);
	vg_pool_give(&m->pending, pending);
	return step;
}

enum vg_step vg_media_data(void *ctx, struct vg_body *opaque, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_media *m = ctx;
	struct vg_media_body *body = body_of(opaque);
	struct vg_media_pending *pending = body->pending;
	uint32_t n;
	enum vg_step step;

	if (!pending)
		return pass_on(m, body, bytes, n_bytes, wall_ns);
	if (!n_bytes)
		return VG_MORE;
	if (!pending->card.first_byte_ns)
		pending->card.first_byte_ns = wall_ns;
	if (!pending->n_first && (n_bytes >= VG_SNIFF_BYTES || is_wrapped(&pending->card))) {
		step = decide(m, body, bytes, n_bytes);
		if (step != VG_MORE)
			return step;
		body->pending = NULL;
		vg_pool_give(&m->pending, pending);
		return pass_on(m, body, bytes, n_bytes, wall_ns);
	}
	n = VG_SNIFF_BYTES - pending->n_first < n_bytes ? VG_SNIFF_BYTES - pending->n_first : n_bytes;
	memcpy(pending->first + pending->n_first, bytes, n);
	pending->n_first += n;
	if (pending->n_first < VG_SNIFF_BYTES)
		return VG_MORE;
	step = decide_gathered(m, body, wall_ns);
	return step == VG_MORE && n < n_bytes ? pass_on(m, body, bytes + n, n_bytes - n, wall_ns) : step;
}

enum vg_step vg_media_gap(void *ctx, struct vg_body *opaque, uint64_t n_missing)
{
	struct vg_media *m = ctx;
	struct vg_media_body *body = body_of(opaque);
	enum vg_step step;
	if (body->pending) { /* what is behind the hole tells no kind: decide by what was before it */
		step = decide_gathered(m, body, body->pending->card.first_byte_ns);
		if (step != VG_MORE)
			return step;
	}
	step = m->sink.gap(m->sink.ctx, body->object, n_missing);
	if (step != VG_MORE)
		body_free(m, body);
	return step;
}

void vg_media_amend(void *ctx, struct vg_body *opaque, const struct vg_attribution *card)
{
	struct vg_media *m = ctx;
	struct vg_media_body *body = body_of(opaque);
	if (body->pending)
		vg_card_amend(&body->pending->card, card);
	else
		m->sink.amend(m->sink.ctx, body->object, card);
}

void vg_media_close(void *ctx, struct vg_body *opaque, enum vg_state state, int64_t wall_ns)
{
	struct vg_media *m = ctx;
	struct vg_media_body *body = body_of(opaque);
	if (body->pending) {
		const struct vg_attribution *card = &body->pending->card;
		int is_empty = !body->pending->n_first;
		if (!is_listed(card) && (is_empty || (body->pending->n_first < m->min_bytes && !is_wrapped(card) &&
						      !is_stub(card, body->pending->n_first) && !m->all_files))) {
			if (!is_empty)
				vg_count(m->stats, VG_C_BODIES_SMALL, 1);
			body_free(m, body);
			return;
		}
		if (decide_gathered(m, body, wall_ns) != VG_MORE)
			return;
	}
	m->sink.close(m->sink.ctx, body->object, state, wall_ns);
	body_free(m, body);
}
