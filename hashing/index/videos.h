#pragma once
/* videos: the search of a film among listed videos: which frames lie near which, tallied by video. Borrowed view; one
 * thread. Memory of its own: 4 bytes a listed frame, 24 a video, 150 KiB. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/err.h>
#include <vigil/frame_hash.h>
#include <vigil/index_format.h>

#include "hashing/index/near.h"

/* Listed hashes that one film may have looked at, about a second's worth: what is beyond is not searched. */
#define VG_VIDEOS_MAX_LOOKS (1ull << 28)

struct vg_video_tally {
	uint32_t batch; /* in which `mask` was set */
	uint32_t n_query, n_compared, first_query;
	uint8_t mask; /* queries of that batch that are like a frame of it */
};
struct vg_videos {
	const struct vg_index_view *view;
	struct vg_near near;
	uint8_t (*values)[32]; /* distinct frames of the film, VG_FRAMES_MAX; then their numbers */
	uint32_t *frame_nos;
	struct vg_video_tally *tallies;
	uint32_t *touched; /* videos with a tally */
	uint32_t *marks;   /* by frame: batch in which it was last looked at, * 2; + 1: it is like one of the film's */
	uint32_t n_touched, batch, first_batch; /* batches are numbered on and on; first_batch: of this film */
	uint64_t max_looks;                     /* VG_VIDEOS_MAX_LOOKS; tests set less */
};

/* Not hot; view and bands (of its frames, or NULL) are borrowed. VG_OK, VG_ENOMEM; vg_videos_fini() in both cases. */
enum vg_err vg_videos_init(struct vg_videos *videos, const struct vg_hamming_tier *tier,
			   const struct vg_index_view *view, const struct vg_bands *bands);
void vg_videos_fini(struct vg_videos *videos);

/* A listed video that matches: shares are final. */
struct vg_video_found {
	uint32_t video_idx, frame_no;
	uint8_t query_percent, compared_percent;
};
typedef void (*vg_videos_fn)(void *ctx, const struct vg_video_found *found);

/* Gives each video that the film of n_frames (<= VG_FRAMES_MAX) matches by its list's own numbers (video_match.h), in
 * no order. False where max_looks ran out: then not all were looked at, what is given is right nevertheless. Hot. */
bool vg_videos_search(struct vg_videos *videos, const struct vg_frame_hash *frames, uint32_t n_frames,
		      vg_videos_fn found, void *ctx);
