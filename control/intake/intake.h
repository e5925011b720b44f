#pragma once
/* intake: vigild's end of the two links of include/vigil/msg.h: takes attribution memory, stats pages and DRAINED
 * from the dataplane, gives hashers the list index, takes OBJECT and MATCH records from them and acknowledges what is
 * durable. Connects and reconnects by itself. A hasher is believed in nothing: verify.h says what is recomputed; a
 * claim that fails is refused, counted by reason, acknowledged (it will not get truer), and puts that hasher's brake
 * on: its matches are held for a person from then on. One thread (the loop's). */
#include <stdint.h>

#include <vigil/attribution.h>
#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/msg.h>
#include <vigil/stats_page.h>

#include "control/intake/verify.h"
#include "control/lists/lists.h"
#include "control/loop/loop.h"

/* OBJECT record of replay and scan: a hasher's word; attribution NULL where it names none. Borrowed during the call.
 * */
struct vg_intake_object {
	const struct vg_msg_record *record;
	uint32_t hasher_idx;
	const struct vg_attribution *attribution;
	const struct vg_index_view *view;   /* of record->generation, to name its hits; NULL = not known */
	const struct vg_frame_hash *frames; /* record->n_frames of a film, as the hasher says; NULL: none */
};
/* A verified match: everything the callee needs until it returns. */
struct vg_intake_match {
	const struct vg_msg_record *record; /* digests replaced by the recomputed ones, hits by the verified ones */
	uint32_t hasher_idx;
	const struct vg_attribution *attribution;
	const struct vg_index_view *view;
	const struct vg_verified *verified;
	int memfd;                          /* sealed, n_sample_bytes long; -1 where there are no bytes (0) */
	const uint8_t *bytes;               /* its mapping */
	const struct vg_frame_hash *frames; /* record->n_frames of them, in it; NULL: none */
	int held;                           /* the brake is on: a case in state HELD */
	char reason[256];
};
struct vg_intake_hooks {
	void *ctx;
	/* Makes the match durable; only VG_OK is acknowledged. Anything else drops the link: it is sent again later.
	 * */
	enum vg_err (*match)(void *ctx, const struct vg_intake_match *match);
	/* May be NULL: then OBJECT records are not asked for. The same rule as for match. */
	enum vg_err (*object)(void *ctx, const struct vg_intake_object *object);
	/* A record was refused; in what words of its own (enum vg_refusal). May be NULL. */
	void (*refused)(void *ctx, uint32_t hasher_idx, unsigned refusal);
	/* The replay's input is used up and every object DONE. May be NULL. */
	void (*drained)(void *ctx, uint64_t boot_id);
};
struct vg_intake_conf {
	const char *run_dir; /* kept by the caller */
	uint32_t n_hashers;
	uint32_t matches_per_minute;                             /* per hasher; more are held */
	uint32_t n_profiles, profile_ids[VG_SCOPE_PROFILES - 1]; /* in their order: whose lists of URLs hold for whom */
	uint64_t max_sample_bytes; /* of one match; a sparse memfd of terabytes would keep the loop busy with digests */
};
struct vg_intake;

void vg_intake_destroy(struct vg_intake *intake);
struct vg_intake *vg_intake_create(struct vg_loop *loop, struct vg_lists *lists, const struct vg_intake_conf *conf,
				   const struct vg_intake_hooks *hooks) VG_DEALLOC(vg_intake_destroy);
/* After vg_lists_reload(): sends the current generation to every hasher. */
void vg_intake_publish(struct vg_intake *intake);

/* The table of known objects for the dataplane (VG_MSG_KNOWN), sent now and on every new link; fd is borrowed until the
 * next call. Without one nothing is sent. */
struct vg_intake_known {
	int fd;
	uint32_t n_heads;
	uint64_t generation;
};
void vg_intake_know(struct vg_intake *intake, const struct vg_intake_known *known);

/* The same for listed URLs (VG_MSG_URLS). */
struct vg_intake_urls {
	int fd;
	uint64_t generation;
	uint64_t profiles; /* profiles_id of scope.h */
};
void vg_intake_know_urls(struct vg_intake *intake, const struct vg_intake_urls *urls);

/* Counters of this room. */
struct vg_intake_counts {
	uint64_t n_matches, n_objects, n_refused[VG_REFUSAL_N], n_held, n_links, n_links_lost, n_index_refused, n_waits;
};
void vg_intake_counts(const struct vg_intake *intake, struct vg_intake_counts *counts);
struct vg_intake_hasher {
	int connected;                /* and said hello */
	uint64_t boot_id, generation; /* generation it searches with, 0 = none yet */
	int braked;                   /* 1 = the match brake holds its matches */
};
void vg_intake_hasher(const struct vg_intake *intake, uint32_t hasher_idx, struct vg_intake_hasher *state);
/* 1 while linked to a dataplane whose welcome has come; its boot in *boot_id (may be NULL). */
int vg_intake_dataplane(const struct vg_intake *intake, uint64_t *boot_id);
/* Calls fn for the stats page of every core and hasher; what processes that are gone left behind comes as one page of
 * each kind with idx VG_INTAKE_GONE (their sums). Pages are peers' memory: only ever read, by relaxed loads. */
#define VG_INTAKE_GONE UINT32_MAX
typedef void (*vg_intake_page_fn)(void *ctx, int is_hasher, uint32_t idx, const struct vg_stats_page *page);
void vg_intake_each_page(const struct vg_intake *intake, vg_intake_page_fn fn, void *ctx);
/* Sums over all pages, or of one writer (core_idx, hasher_idx; -1 = all); gauges (the index generation) are the
 * greatest. */
void vg_intake_dataplane_sum(const struct vg_intake *intake, int core_idx, uint64_t counters[VG_C_N]);
void vg_intake_hashing_sum(const struct vg_intake *intake, int hasher_idx, uint64_t counters[VG_H_N]);
/* Replay: progress of the input and verdict latencies, over all pages. */
struct vg_intake_progress {
	uint64_t n_packets, n_bytes, n_objects_out, verdict_us_log2[VG_STATS_BUCKETS];
	int input_done;
};
void vg_intake_progress(const struct vg_intake *intake, struct vg_intake_progress *progress);
