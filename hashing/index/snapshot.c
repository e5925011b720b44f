/* snapshot: the look-ups. Hits are kept sorted by strength while they are found, so that when there are too many the
 * weakest fall off. */
#include "hashing/index/snapshot.h"

#include <string.h>

#include "hashing/index/snapshot_priv.h"

uint64_t vg_index_generation(const struct vg_index *index)
{
	return index->generation;
}

uint64_t vg_index_epoch(const struct vg_index *index)
{
	return index->epoch;
}

const struct vg_index_view *vg_index_peek(const struct vg_index *index)
{
	return index->map ? &index->view : NULL;
}

const char *vg_index_tier(const struct vg_index *index)
{
	return vg_isa_str(index->tier->isa);
}

struct found {
	uint32_t margin; /* bits beyond a list's own distance */
	const struct vg_index_view *view;
	const struct vg_exact *exact;
	struct vg_hit *hits;
	uint32_t n_hits, max_hits;
};

/* Smaller is stronger: exact before perceptual, then the action of the list, the distance, the entry, the algorithm.
 * */
static uint64_t strength(const struct vg_index_view *view, const struct vg_hit *hit)
{
	const struct vg_index_list *list = &view->lists[view->entries[hit->entry_idx].list_idx];
	uint64_t distance = hit->algo == VG_ALGO_VPDQ ? 200u - hit->query_percent - hit->compared_percent
						      : hit->distance;
	uint64_t perceptual = !vg_algo_is_exact(hit->algo),
		 action = perceptual ? list->perceptual_action : list->action;
	return perceptual << 63 | (255 - action) << 48 | distance << 38 | (uint64_t)hit->entry_idx << 4 | hit->algo;
}

static void keep(struct found *found, const struct vg_hit *hit)
{
	uint32_t at = found->n_hits;
	uint64_t key = strength(found->view, hit);
	while (at > 0 && strength(found->view, &found->hits[at - 1]) > key)
		at--;
	if (at == found->max_hits)
		return;
	if (found->n_hits < found->max_hits)
		found->n_hits++;
	memmove(found->hits + at + 1, found->hits + at, (found->n_hits - at - 1) * sizeof(*hit));
	found->hits[at] = *hit;
}

static void find_exact(struct found *found, enum vg_algo algo, const uint8_t *value, size_t n_value)
{
	static const uint8_t none[32];
	uint32_t entries[VG_INDEX_MAX_SAME], n;
	if (!memcmp(value, none, n_value))
		return;
	n = vg_exact_find(&found->exact[algo], found->view, algo, value, entries, VG_INDEX_MAX_SAME);
	for (uint32_t i = 0; i < n; i++)
		keep(found, &(struct vg_hit){ .entry_idx = entries[i], .algo = (uint16_t)algo });
}

/* A record that may be near: its least distance to any variant, and its list's word on it. */
static void check_candidate(struct found *found, const struct vg_index_pdq *record, const struct vg_pdq_result *pdq)
{
	uint32_t best = UINT32_MAX, variant = 0, limit;
	if (record->entry_idx >= found->view->n_entries)
		return;
	limit = found->view->lists[found->view->entries[record->entry_idx].list_idx].match_distance;
	limit = (limit < VG_PDQ_WIDE_DISTANCE ? limit : VG_PDQ_WIDE_DISTANCE) + found->margin;
	for (uint32_t v = 0; v < VG_PDQ_N_VARIANTS; v++) {
		uint32_t distance = vg_hamming_distance(record->value, pdq->variants[v]);
		if (distance < best) {
			best = distance;
			variant = v;
		}
	}
	if (best > limit)
		return;
	for (uint32_t i = 0; i < found->n_hits; i++) /* an entry may hold several hashes */
		if (found->hits[i].algo == VG_ALGO_PDQ && found->hits[i].entry_idx == record->entry_idx) {
			if (found->hits[i].distance < best ||
			    (found->hits[i].distance == best && found->hits[i].variant <= variant))
				return; /* whatever order they are found in */
			memmove(found->hits + i, found->hits + i + 1, (found->n_hits - i - 1) * sizeof(*found->hits));
			found->n_hits--;
			break;
		}
	keep(found, &(struct vg_hit){ .entry_idx = record->entry_idx,
				      .algo = VG_ALGO_PDQ,
				      .distance = (uint16_t)best,
				      .variant = (uint8_t)variant });
}

struct near {
	struct found *found;
	const struct vg_pdq_result *pdq;
};

static void on_near(void *ctx, uint32_t record_idx)
{
	const struct near *near = ctx;
	check_candidate(near->found, &near->found->view->pdq[record_idx], near->pdq);
}

static void find_near(struct vg_index *index, struct found *found, const struct vg_pdq_result *pdq)
{
	struct near near = { found, pdq };

	/* What lies beyond the greatest distance is found by chance, as good as always: bands and sketches that differ
	 * so much are rare there. */
	(void)vg_near_search(&index->near, pdq->variants, VG_PDQ_N_VARIANTS, found->margin, on_near, &near);
}

uint32_t vg_index_query(struct vg_index *index, const struct vg_digest_values *digests, const struct vg_pdq_result *pdq,
			struct vg_hit *hits, uint32_t max_hits)
{
	struct found found = { .view = &index->view, .exact = index->exact, .hits = hits, .max_hits = max_hits };
	if (!index->map || !max_hits)
		return 0;
	if (digests) {
		find_exact(&found, VG_ALGO_MD5, digests->md5, sizeof(digests->md5));
		find_exact(&found, VG_ALGO_SHA1, digests->sha1, sizeof(digests->sha1));
		find_exact(&found, VG_ALGO_SHA256, digests->sha256, sizeof(digests->sha256));
	}
	if (pdq && pdq->quality >= VG_PDQ_MIN_QUALITY)
		find_near(index, &found, pdq);
	return found.n_hits;
}

uint32_t vg_index_query_plugins(struct vg_index *index, const struct vg_plugin_values *values, struct vg_hit *hits,
				uint32_t n_hits, uint32_t max_hits)
{
	const struct vg_index_view *view = &index->view;
	struct found found = {
		.view = view, .exact = index->exact, .hits = hits, .n_hits = n_hits, .max_hits = max_hits
	};
	for (uint64_t g = 0; index->map && max_hits && g < view->n_groups; g++) {
		const struct vg_index_group *group = &view->groups[g];
		const uint8_t *value = vg_plugin_value_for(values, group);
		const uint8_t *listed = view->plugin_values + group->values_off;
		for (uint32_t i = 0; value && i < group->n_plugins; i++, listed += group->n_value_bytes) {
			const struct vg_index_plugin *plugin = &view->plugins[group->first + i];
			uint32_t distance = vg_plugin_distance(value, listed, group->n_value_bytes);
			if (distance <= plugin->max_distance)
				keep(&found, &(struct vg_hit){ .entry_idx = plugin->entry_idx,
							       .algo = VG_ALGO_PLUGIN,
							       .distance = (uint16_t)distance });
		}
	}
	return found.n_hits;
}

static void on_video(void *ctx, const struct vg_video_found *v)
{
	struct found *found = ctx;

	keep(found, &(struct vg_hit){ .entry_idx = found->view->videos[v->video_idx].entry_idx,
				      .algo = VG_ALGO_VPDQ,
				      .query_percent = v->query_percent,
				      .compared_percent = v->compared_percent,
				      .frame_idx = v->frame_no });
}

uint32_t vg_index_query_video(struct vg_index *index, const struct vg_frame_hash *frames, uint32_t n_frames,
			      struct vg_hit *hits, uint32_t max_hits, bool *cut_short)
{
	struct found found = { .view = &index->view, .exact = index->exact, .hits = hits, .max_hits = max_hits };

	*cut_short = false;
	if (index->map && max_hits)
		*cut_short = !vg_videos_search(&index->videos, frames, n_frames, on_video, &found);
	return found.n_hits;
}

bool vg_index_may_hit(struct vg_index *index, const struct vg_pdq_result *pdq)
{
	struct vg_hit hit;
	struct found found = {
		.margin = VG_INDEX_MARGIN, .view = &index->view, .exact = index->exact, .hits = &hit, .max_hits = 1
	};
	if (!index->map || pdq->quality < VG_PDQ_MIN_QUALITY - VG_INDEX_QUALITY_MARGIN)
		return false;
	find_near(index, &found, pdq);
	return found.n_hits != 0;
}
