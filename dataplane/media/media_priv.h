#pragma once
/* media_priv: the state of one body, and of one core's room. */
#include "dataplane/media/media.h"
#include "dataplane/media/sniff.h"
#include "dataplane/proto/pool.h"

/* A body that is not decided yet: its card, and its first bytes where they came in dribbles. */
struct vg_media_pending {
	struct vg_attribution card;
	uint32_t n_first;
	uint8_t first[VG_SNIFF_BYTES];
};
struct vg_media_body {
	struct vg_media_pending *pending; /* NULL once decided */
	struct vg_object *object;         /* then: where it goes */
	uint64_t n_bytes;
};
struct vg_media {
	struct vg_stats_page *stats;
	struct vg_media_sink sink;
	struct vg_sniff *sniff;
	uint64_t min_bytes, max_bytes;
	int all_files, texts;
	struct vg_pool bodies, pending;
};

/* media.c: the functions of the body sink. */
struct vg_body *vg_media_open(void *ctx, const struct vg_attribution *card);
enum vg_step vg_media_data(void *ctx, struct vg_body *opaque, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_media_gap(void *ctx, struct vg_body *opaque, uint64_t n_missing);
void vg_media_amend(void *ctx, struct vg_body *opaque, const struct vg_attribution *card);
void vg_media_close(void *ctx, struct vg_body *opaque, enum vg_state state, int64_t wall_ns);
