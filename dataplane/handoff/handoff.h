#pragma once
/* handoff: one core's lanes to the hashers: copies wanted bodies once into arena chunks, offers them in descriptors,
 * takes chunks back. Implements media's sink. All bookkeeping lives in private memory; nothing read from a hasher's
 * page is used before it is checked, a wrong return or index is counted and ends the lane, never more than that.
 * One worker thread calls everything here but create/destroy; the cold server (server.h, main thread) attaches
 * hashers through one atomic per lane. No system call, lock, clock or allocation but in _setup.c; only with
 * VG_CONF_LOSSLESS the sink's calls may wait for hashers instead of shedding.
 *
 * How to wire a worker:
 *	vg_handoff_create -> vg_handoff_media_sink -> vg_media_create -> vg_media_body_sink -> vg_proto_create
 * and in its loop, after each burst and also when there was none: vg_handoff_poll(h, mono_ns). */
#include <stdatomic.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>
#include <vigil/lane.h>
#include <vigil/stats_page.h>

#include "dataplane/media/media.h"

struct vg_handoff;

/* Lanes of core_idx to conf->n_hashers hashers, memory made and sealed. `stop` (may be NULL) ends lossless waiting
 * when it becomes non-zero. Both pointers are borrowed until destroy. NULL: out of memory or bad geometry. Cold. */
void vg_handoff_destroy(struct vg_handoff *handoff);
struct vg_handoff *vg_handoff_create(const struct vg_dataplane_conf *conf, uint32_t core_idx, uint64_t boot_id,
				     struct vg_stats_page *stats, const _Atomic int *stop)
	VG_DEALLOC(vg_handoff_destroy);
/* A stats page in a memfd of its own, sealed; *fd is the caller's. NULL on failure. Cold. */
struct vg_stats_page *vg_handoff_stats_page(int *fd);

/* What a lossless producer does while it waits: fn is called again and again, sleeps a little, says what time it is,
 * and answers non-zero to give up. For a program whose one thread also serves the socket; the default naps. Cold. */
typedef int vg_handoff_wait_fn(void *ctx, uint64_t *mono_ns);
void vg_handoff_wait_with(struct vg_handoff *handoff, vg_handoff_wait_fn *fn, void *ctx);

/* For the verdict hold. An object that was opened with VG_OPEN_HOLD may get a tag (not 0); then `verdict` tells what
 * its hasher says of it, perhaps once more after its death, or not at all, and `gone` that it is over and may not be
 * named any more. Both are called from vg_handoff_poll() or the sink's functions; they must not call the sink. The
 * hasher's word is its word only. */
struct vg_handoff_watch {
	void *ctx;
	void (*verdict)(void *ctx, uint32_t tag, uint32_t hasher_idx, enum vg_verdict verdict);
	void (*gone)(void *ctx, uint32_t tag);
};
void vg_handoff_watch(struct vg_handoff *handoff, const struct vg_handoff_watch *watch);
void vg_handoff_tag(struct vg_object *object, uint32_t tag);
/* What became of a tagged object's frames, for its attribution record. */
void vg_handoff_outcome(struct vg_object *object, enum vg_hold_outcome outcome, uint64_t passed_bytes);

/* Fills *sink for vg_media_create(); valid while handoff lives. */
void vg_handoff_media_sink(struct vg_handoff *handoff, struct vg_media_sink *sink);

/* When, among the input of all cores, what ends now ends (order, vigil/lane.h): to be written before each frame. The
 * pieces of a file come over several cores and are joined in that order. Valid while handoff lives. */
uint64_t *vg_handoff_order(struct vg_handoff *handoff);
/* All that this core ends from now on has a greater order. What is smaller than before is no news. Until the first call
 * there is none. */
void vg_handoff_passed(struct vg_handoff *handoff, uint64_t order);

/* Publishes what was written since the last call, takes returns back, attaches and detaches hashers, offers again
 * after a hasher died. To be called at least every few milliseconds until the thread ends, also when all input is
 * used up. */
void vg_handoff_poll(struct vg_handoff *handoff, uint64_t mono_ns);
/* Hashers attached to this core now. A lossless replay begins when it is conf->n_hashers. */
uint32_t vg_handoff_n_attached(const struct vg_handoff *handoff);
/* True while every lane has room for a burst of full-size packets; a lossless worker receives only then. */
int vg_handoff_has_room(const struct vg_handoff *handoff);
/* Objects begun and not yet freed. */
uint32_t vg_handoff_n_out(const struct vg_handoff *handoff);
/* This core's input is used up and all its flows have ended; the server tells vigild DRAINED once that is so on every
 * core and every object is done. */
void vg_handoff_input_done(struct vg_handoff *handoff);
