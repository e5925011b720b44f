#pragma once
/* media: decides from the first bytes of a body whether it is wanted, and passes wanted ones on. Implements proto's
 * body sink, feeds a media sink (handoff). One per core, fixed pools, no locks, no clock.
 *
 * Wanted: pictures and videos by their first bytes (sniff.h), never by what a header claims; coded and multipart
 * bodies always (what is inside decides), and those of listed requests (VG_ATTR_LISTED), even empty; with
 * VG_CONF_TEXTS text, too (files may stand in it as base64); with VG_CONF_ALL_FILES everything of at least one byte.
 * The size limits of the configuration apply to the announced size, and object_max_bytes also to the seen one. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>
#include <vigil/stats_page.h>

#include "dataplane/proto/body.h"

struct vg_object; /* one object in the sink; the sink's own type behind it */

/* As vg_body_sink, one room on. card->kind is set; `flags` are VG_OPEN_* of lane.h. */
struct vg_media_sink {
	void *ctx;
	struct vg_object *(*open)(void *ctx, const struct vg_attribution *card, uint32_t flags);
	enum vg_step (*data)(void *ctx, struct vg_object *object, const uint8_t *bytes, uint32_t n_bytes,
			     int64_t wall_ns);
	enum vg_step (*gap)(void *ctx, struct vg_object *object, uint64_t n_missing);
	void (*amend)(void *ctx, struct vg_object *object, const struct vg_attribution *card);
	void (*close)(void *ctx, struct vg_object *object, enum vg_state state, int64_t wall_ns);
};

struct vg_media;
/* Pools for the bodies of conf->n_streams flows, magic table compiled. NULL: out of memory. Cold. */
void vg_media_destroy(struct vg_media *media);
struct vg_media *vg_media_create(const struct vg_dataplane_conf *conf, struct vg_stats_page *stats,
				 const struct vg_media_sink *sink) VG_DEALLOC(vg_media_destroy);
/* Fills *sink for vg_proto_create(); valid while media lives. */
void vg_media_body_sink(struct vg_media *media, struct vg_body_sink *sink);
