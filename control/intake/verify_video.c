/* verify, films: the claimed frames are the hasher's word, as a PDQ hash is; what they come to with a listed video is
 * computed anew. */
#include "control/intake/verify.h"

#include <string.h>

#include <vigil/video_match.h>

enum vg_refusal vg_verify_frames(const struct vg_msg_record *r, const struct vg_frame_hash *frames)
{
	static const uint8_t none[sizeof(frames->reserved)];
	if (r->n_frames && !frames)
		return VG_REFUSE_FRAMES;
	for (unsigned i = 0; i < r->n_frames; i++)
		if (frames[i].quality > 100 || memcmp(frames[i].reserved, none, sizeof(none)) != 0 ||
		    (i && (frames[i].frame_no <= frames[i - 1].frame_no ||
			   frames[i].timestamp_ms < frames[i - 1].timestamp_ms)))
			return VG_REFUSE_FRAMES;
	return VG_REFUSE_NONE;
}

enum vg_refusal vg_verify_video(const struct vg_msg_record *r, const struct vg_frame_hash *frames,
				const struct vg_index_view *view, const struct vg_hit *hit)
{
	uint8_t values[VG_FRAMES_MAX][32];
	uint32_t frame_nos[VG_FRAMES_MAX];
	const struct vg_index_video *video = NULL;
	const struct vg_index_list *list = &view->lists[view->entries[hit->entry_idx].list_idx];
	for (uint64_t i = 0; i < view->n_videos && !video; i++)
		if (view->videos[i].entry_idx == hit->entry_idx)
			video = &view->videos[i];
	if (!video)
		return VG_REFUSE_ENTRY;
	uint32_t n = vg_frames_distinct(frames, r->n_frames, values, frame_nos);
	struct vg_video_share share = vg_video_compare((const void *)values, n, view->frames + video->first_frame,
						       video->n_frames, list->frame_distance);
	unsigned query = vg_video_percent(share.n_query, n);
	unsigned compared = vg_video_percent(share.n_compared, video->n_frames);
	if (!vg_video_matches(list, query, compared, share.n_query) || query != hit->query_percent ||
	    compared != hit->compared_percent || frame_nos[share.first_query] != hit->frame_idx)
		return VG_REFUSE_PERCENT;
	return VG_REFUSE_NONE;
}
