/* The cold half of hold.h. */
#include <stdlib.h>

#include <vigil/log.h>

#include "dataplane/hold/hold_priv.h"

static void release(struct vg_hold *h)
{
	for (uint32_t i = 0; i < h->n_pairs; i++)
		free(h->pairs[i]);
	vg_pool_destroy(&h->bodies);
	vg_pool_destroy(&h->digests);
	vg_known_destroy(&h->known);
	free(h);
}

struct vg_hold *vg_hold_create(const struct vg_dataplane_conf *conf, struct vg_handoff *handoff,
			       struct vg_stats_page *stats)
{
	struct vg_hold *h;
	struct vg_handoff_watch watch;
	/* bodies on their way, and ended ones whose object is still out */
	uint32_t n = conf->n_streams + conf->n_streams / 4 + 32 + conf->lane.n_attr * conf->n_hashers;
	if (conf->n_cores > 1) { /* vigild refuses that before: a page of words has one writer */
		vg_log(VG_LOG_ERROR, "dataplane/hold",
		       "an inspect-first pair waits for one worker's words; cores is %u", conf->n_cores);
		return NULL;
	}
	h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->handoff = handoff;
	h->stats = stats;
	h->hold_bytes = conf->verdict_hold_bytes;
	h->stops_per_minute = conf->stops_per_minute;
	h->cuts_http2 = !!(conf->flags & VG_CONF_CUT_HTTP2);
	for (uint32_t i = 0; i < VG_HOLD_FLOWS; i++)
		for (unsigned dir = 0; dir < 2; dir++) {
			h->flows[i].dirs[dir].first_body = VG_HOLD_NONE;
			h->flows[i].dirs[dir].queue = VG_HOLD_NO_CUE;
		}
	if (vg_pool_create(&h->bodies, n, (sizeof(struct vg_hold_body) + 7) & ~(size_t)7) ||
	    vg_pool_create(&h->digests, VG_HOLD_DIGESTS, (sizeof(struct vg_sha256) + 7) & ~(size_t)7)) {
		release(h);
		return NULL;
	}
	vg_handoff_media_sink(handoff, &h->media);
	watch = (struct vg_handoff_watch){ h, vg_hold_on_verdict, vg_hold_on_gone };
	vg_handoff_watch(handoff, &watch);
	return h;
}

void vg_hold_destroy(struct vg_hold *h)
{
	if (h)
		release(h);
}

enum vg_err vg_hold_add_pair(struct vg_hold *h, struct vg_frames *frames)
{
	struct vg_hold_pair *pair = h->n_pairs < VG_FORWARD_MAX_PAIRS ? calloc(1, sizeof(*pair)) : NULL;
	if (!pair)
		return VG_ENOMEM;
	pair->frames = frames;
	for (uint32_t i = VG_FRAME_QUEUES; i--;)
		pair->free[pair->n_free++] = (uint16_t)i;
	h->pairs[h->n_pairs++] = pair;
	return VG_OK;
}
