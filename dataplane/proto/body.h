#pragma once
/* body: how a protocol room hands the transferred bodies it finds to whoever wants them. The sink is implemented
 * downstream (media); proto only calls it. One core, no locks, nothing here blocks or allocates.
 *
 * The card is a filled attribution record without identity: proto writes who, where, what was claimed; the fields
 * generation, state, boot_id, core_idx, hasher_idx, kind, head, n_head, body_bytes, gap_bytes, n_gaps, first_byte_ns
 * and last_byte_ns are the sink's. It is borrowed for the call only. */
#include <stdint.h>
#include <string.h>

#include <vigil/attribution.h>
#include <vigil/err.h>

/* One body in the sink; the sink's own type behind it. */
struct vg_body;

struct vg_body_sink {
	void *ctx;
	/* A body begins. NULL: nobody wants it, or no state is free (counted by the sink); its bytes are then not
	 * given. */
	struct vg_body *(*open)(void *ctx, const struct vg_attribution *card);
	/* The next n_bytes of the body, borrowed for the call. VG_MORE, or VG_SKIP: no longer wanted, the body is
	 * gone. */
	enum vg_step (*data)(void *ctx, struct vg_body *body, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns);
	/* n_missing bytes of the body were not seen; 0 = unknown many. VG_MORE or VG_SKIP as above. */
	enum vg_step (*gap)(void *ctx, struct vg_body *body, uint64_t n_missing);
	/* What became known late: the flags (VG_ATTR_*) of card are added; where card has a method, its request's
	 * texts (method, host, url, filename, agent, forwarded) replace empty ones. */
	void (*amend)(void *ctx, struct vg_body *body, const struct vg_attribution *card);
	/* The body ends in `state` (never VG_STATE_OPEN). The body is gone. */
	void (*close)(void *ctx, struct vg_body *body, enum vg_state state, int64_t wall_ns);
};

/* Applies an amend: for sinks that keep the card. */
static inline void vg_card_amend(struct vg_attribution *card, const struct vg_attribution *late)
{
	card->flags |= late->flags & ~VG_ATTR_CLIENT;
	if (!late->n_method || card->n_method)
		return;
	card->flags = (card->flags & ~VG_ATTR_CLIENT) | (late->flags & VG_ATTR_CLIENT);
	memcpy(card->method, late->method, sizeof(card->method));
	memcpy(card->host, late->host, sizeof(card->host));
	memcpy(card->url, late->url, sizeof(card->url));
	memcpy(card->agent, late->agent, sizeof(card->agent));
	memcpy(card->forwarded, late->forwarded, sizeof(card->forwarded));
	if (!card->n_filename) {
		memcpy(card->filename, late->filename, sizeof(card->filename));
		card->n_filename = late->n_filename;
	}
	card->n_method = late->n_method;
	card->n_host = late->n_host;
	card->n_url = late->n_url;
	card->n_agent = late->n_agent;
	card->n_forwarded = late->n_forwarded;
}
