/* videos: frames are asked for in batches of eight. A listed frame that comes up is compared with all eight once, and
 * counted once for its video; the same for each of the eight. Batches are taken from all over the film, so that one cut
 * short is a sample of it: its tallies are then only a hint, and the best are compared frame by frame. */
#include "hashing/index/videos.h"

#include <vigil/video_match.h>

#define N_BATCH      VG_HAMMING_MAX_QUERIES
#define STRIDE       16u /* batches apart */
#define MAX_COMPARES 8u  /* videos compared frame by frame where the search was cut short */
#define MAX_BATCH    0x7fffff00u

struct search {
	struct vg_videos *videos;
	uint32_t begin, n; /* of the batch, among the film's values */
};

static const struct vg_index_list *list_of(const struct vg_index_view *view, uint32_t video_idx)
{
	return &view->lists[view->entries[view->videos[video_idx].entry_idx].list_idx];
}

static uint32_t distance_of(const struct vg_index_list *list)
{
	return list->frame_distance < VG_BANDS_MAX_DISTANCE ? list->frame_distance : VG_BANDS_MAX_DISTANCE;
}

static struct vg_video_tally *tally_of(struct vg_videos *v, uint32_t video_idx)
{
	struct vg_video_tally *tally = &v->tallies[video_idx];

	if (tally->batch < v->first_batch) {
		*tally = (struct vg_video_tally){ .first_query = UINT32_MAX };
		v->touched[v->n_touched++] = video_idx;
	}
	if (tally->batch != v->batch)
		tally->mask = 0;
	tally->batch = v->batch;
	return tally;
}

static void on_near(void *ctx, uint32_t frame_idx)
{
	const struct search *s = ctx;
	struct vg_videos *v = s->videos;
	const struct vg_index_frame *frame = &v->view->frames[frame_idx];
	uint32_t distance = distance_of(list_of(v->view, frame->video_idx)), *mark = &v->marks[frame_idx];
	bool counted = *mark >> 1 >= v->first_batch && *mark & 1, alike = false;

	if (*mark >> 1 == v->batch)
		return;
	for (uint32_t q = 0; q < s->n; q++) {
		struct vg_video_tally *tally;

		if (!vg_frames_alike(v->values[s->begin + q], frame->value, distance))
			continue;
		alike = true;
		tally = tally_of(v, frame->video_idx);
		tally->n_query += !(tally->mask >> q & 1);
		tally->mask |= (uint8_t)(1 << q);
		if (s->begin + q < tally->first_query)
			tally->first_query = s->begin + q;
	}
	if (alike && !counted)
		v->tallies[frame->video_idx].n_compared++;
	*mark = v->batch << 1 | (counted || alike);
}

/* False where it was cut short. */
static bool search_all(struct vg_videos *v, uint32_t n_values)
{
	uint32_t n_batches = (n_values + N_BATCH - 1) / N_BATCH;
	uint64_t n_looks = 0;

	v->first_batch = ++v->batch;
	for (uint32_t i = 0; i < STRIDE; i++)
		for (uint32_t b = i; b < n_batches; b += STRIDE) {
			struct search s = { .videos = v, .begin = b * N_BATCH };

			if (n_looks >= v->max_looks)
				return false;
			s.n = n_values - s.begin < N_BATCH ? n_values - s.begin : N_BATCH;
			n_looks += vg_near_search(&v->near, (const void *)v->values[s.begin], s.n, 0, on_near, &s);
			v->batch++;
		}
	return true;
}

static void give(const struct vg_videos *v, uint32_t video_idx, uint32_t n_values, struct vg_video_share share,
		 vg_videos_fn found, void *ctx)
{
	struct vg_video_found f = { .video_idx = video_idx, .frame_no = v->frame_nos[share.first_query] };

	f.query_percent = vg_video_percent(share.n_query, n_values);
	f.compared_percent = vg_video_percent(share.n_compared, v->view->videos[video_idx].n_frames);
	if (vg_video_matches(list_of(v->view, video_idx), f.query_percent, f.compared_percent, share.n_query))
		found(ctx, &f);
}

/* Of those touched, the ones with most of the film's frames; each is taken once. */
static void compare_best(struct vg_videos *v, uint32_t n_values, vg_videos_fn found, void *ctx)
{
	for (uint32_t i = 0; i < MAX_COMPARES && i < v->n_touched; i++) {
		const struct vg_index_video *video;
		uint32_t best = i, idx;

		for (uint32_t k = i + 1; k < v->n_touched; k++)
			if (v->tallies[v->touched[k]].n_query > v->tallies[v->touched[best]].n_query)
				best = k;
		idx = v->touched[best];
		v->touched[best] = v->touched[i];
		v->touched[i] = idx;
		video = &v->view->videos[idx];
		give(v, idx, n_values,
		     vg_video_compare((const void *)v->values, n_values, v->view->frames + video->first_frame,
				      video->n_frames, distance_of(list_of(v->view, idx))),
		     found, ctx);
	}
}

bool vg_videos_search(struct vg_videos *videos, const struct vg_frame_hash *frames, uint32_t n_frames,
		      vg_videos_fn found, void *ctx)
{
	struct vg_videos *v = videos;
	uint32_t n_values;

	if (!v->near.n_hashes)
		return true;
	n_values = vg_frames_distinct(frames, n_frames, v->values, v->frame_nos);
	v->n_touched = 0;
	if (v->batch > MAX_BATCH) { /* the numbers begin anew */
		memset(v->marks, 0, v->view->n_frames * sizeof(*v->marks));
		memset(v->tallies, 0, v->view->n_videos * sizeof(*v->tallies));
		v->batch = 0;
	}
	if (!search_all(v, n_values)) {
		compare_best(v, n_values, found, ctx);
		return false;
	}
	for (uint32_t i = 0; i < v->n_touched; i++) {
		const struct vg_video_tally *tally = &v->tallies[v->touched[i]];

		give(v, v->touched[i], n_values,
		     (struct vg_video_share){ tally->n_query, tally->n_compared, tally->first_query }, found, ctx);
	}
	return true;
}
