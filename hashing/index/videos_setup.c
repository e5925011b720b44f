/* videos_setup: room for the tallies. */
#include <stdlib.h>

#include "hashing/index/videos.h"

enum vg_err vg_videos_init(struct vg_videos *videos, const struct vg_hamming_tier *tier,
			   const struct vg_index_view *view, const struct vg_bands *bands)
{
	uint32_t max_distance = 0;

	*videos = (struct vg_videos){ .view = view, .max_looks = VG_VIDEOS_MAX_LOOKS };
	if (!view->n_videos)
		return VG_OK;
	videos->values = calloc(VG_FRAMES_MAX, sizeof(*videos->values));
	videos->frame_nos = calloc(VG_FRAMES_MAX, sizeof(*videos->frame_nos));
	videos->tallies = calloc(view->n_videos, sizeof(*videos->tallies));
	videos->touched = calloc(view->n_videos, sizeof(*videos->touched));
	videos->marks = calloc(view->n_frames, sizeof(*videos->marks));
	if (!videos->values || !videos->frame_nos || !videos->tallies || !videos->touched || !videos->marks)
		return VG_ENOMEM;
	for (uint64_t i = 0; i < view->n_lists; i++)
		if (view->lists[i].frame_distance > max_distance)
			max_distance = view->lists[i].frame_distance;
	return vg_near_init(&videos->near, tier, view->frames, view->n_frames, max_distance, bands);
}

void vg_videos_fini(struct vg_videos *videos)
{
	vg_near_fini(&videos->near);
	free(videos->values);
	free(videos->frame_nos);
	free(videos->tallies);
	free(videos->touched);
	free(videos->marks);
	*videos = (struct vg_videos){ .view = NULL };
}
