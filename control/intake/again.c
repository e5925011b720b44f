/* Exact look-ups by the index's own search, perceptual ones by a plain pass: this happens hardly ever. */
#include "control/intake/again.h"

#include <string.h>

#include <vigil/video_match.h>

#include "control/intake/verify.h"

#define N_PROBES     32u /* frames of a film, evenly spread, that choose the videos to compare with */
#define MAX_COMPARES 64u

static void add(struct vg_msg_record *again, enum vg_algo algo, uint32_t entry_idx, unsigned distance, unsigned variant)
{
	if (again->n_hits < VG_RECORD_MAX_HITS)
		again->hits[again->n_hits++] = (struct vg_hit){ .entry_idx = entry_idx,
								.algo = (uint16_t)algo,
								.distance = (uint16_t)distance,
								.variant = (uint8_t)variant };
}

static void look_up_exact(const struct vg_msg_record *r, const struct vg_index_view *now, struct vg_msg_record *again)
{
	const uint8_t *const values[] = { r->sha256, r->sha1, r->md5 };
	static const enum vg_algo algos[] = { VG_ALGO_SHA256, VG_ALGO_SHA1, VG_ALGO_MD5 };
	uint32_t entries[VG_RECORD_MAX_HITS];
	for (unsigned i = 0; i < 3; i++) {
		uint32_t n = vg_index_find(now, algos[i], values[i], entries, VG_RECORD_MAX_HITS);
		for (uint32_t k = 0; k < n; k++)
			add(again, algos[i], entries[k], 0, 0);
	}
}

static void look_up_variant(const struct vg_msg_record *r, const struct vg_index_view *now, unsigned variant,
			    struct vg_msg_record *again)
{
	uint8_t turned[32];
	vg_verify_variant(r->pdq, variant, turned);
	for (uint64_t i = 0; i < now->n_pdq && again->n_hits < VG_RECORD_MAX_HITS; i++) {
		unsigned distance = vg_verify_distance(turned, now->pdq[i].value);
		uint32_t entry_idx = now->pdq[i].entry_idx;
		if (distance <= VG_PDQ_WIDE_DISTANCE && entry_idx < now->n_entries &&
		    distance <= now->lists[now->entries[entry_idx].list_idx].match_distance)
			add(again, VG_ALGO_PDQ, entry_idx, distance, variant);
	}
}

/* Whether one of the probes is like a frame of the video. */
static int is_near(const uint8_t (*values)[32], uint32_t n, const struct vg_index_view *now,
		   const struct vg_index_video *video, uint32_t distance)
{
	uint32_t step = n > N_PROBES ? n / N_PROBES : 1;
	for (uint32_t q = 0; q < n; q += step)
		for (uint32_t k = 0; k < video->n_frames; k++)
			if (vg_frames_alike(values[q], now->frames[video->first_frame + k].value, distance))
				return 1;
	return 0;
}

static void look_up_videos(const struct vg_msg_record *r, const struct vg_frame_hash *frames,
			   const struct vg_index_view *now, struct vg_msg_record *again)
{
	uint8_t values[VG_FRAMES_MAX][32];
	uint32_t frame_nos[VG_FRAMES_MAX], n = vg_frames_distinct(frames, r->n_frames, values, frame_nos), n_done = 0;
	for (uint64_t i = 0; i < now->n_videos && n_done < MAX_COMPARES && again->n_hits < VG_RECORD_MAX_HITS; i++) {
		const struct vg_index_video *video = &now->videos[i];
		const struct vg_index_list *list = &now->lists[now->entries[video->entry_idx].list_idx];
		if (!is_near((const void *)values, n, now, video, list->frame_distance))
			continue;
		struct vg_video_share share = vg_video_compare((const void *)values, n,
							       now->frames + video->first_frame, video->n_frames,
							       list->frame_distance);
		struct vg_hit hit = { .entry_idx = video->entry_idx,
				      .algo = VG_ALGO_VPDQ,
				      .query_percent = vg_video_percent(share.n_query, n),
				      .compared_percent = vg_video_percent(share.n_compared, video->n_frames),
				      .frame_idx = frame_nos[share.first_query] };
		n_done++;
		if (vg_video_matches(list, hit.query_percent, hit.compared_percent, share.n_query))
			again->hits[again->n_hits++] = hit;
	}
}

static void look_up_plugins(const struct vg_msg_record *r, const struct vg_index_view *now, struct vg_msg_record *again)
{
	for (uint64_t i = 0; i < now->n_plugins && again->n_hits < VG_RECORD_MAX_HITS; i++) {
		const struct vg_index_group *group = vg_index_group_of(now->groups, now->n_groups, i);
		const uint8_t *value = vg_plugin_value_for(&r->plugins, group);
		uint64_t off = group->values_off + (i - group->first) * group->n_value_bytes;
		uint32_t distance = value ? vg_plugin_distance(value, now->plugin_values + off, group->n_value_bytes)
					  : UINT32_MAX;
		if (distance <= now->plugins[i].max_distance)
			add(again, VG_ALGO_PLUGIN, now->plugins[i].entry_idx, distance, 0);
	}
}

unsigned vg_again_look_up(const struct vg_msg_record *r, const struct vg_frame_hash *frames,
			  const struct vg_index_view *now, struct vg_msg_record *again)
{
	unsigned variants = 0;
	int is_video = 0;
	*again = *r;
	memset(again->hits, 0, sizeof(again->hits));
	again->n_hits = 0;
	again->generation = now->header->generation;
	if (r->flags & VG_RECORD_HAS_DIGESTS)
		look_up_exact(r, now, again);
	for (unsigned i = 0; i < r->n_hits && i < VG_RECORD_MAX_HITS; i++)
		is_video |= r->hits[i].algo == VG_ALGO_VPDQ;
	if (is_video && frames && r->n_frames <= VG_FRAMES_MAX)
		look_up_videos(r, frames, now, again);
	for (unsigned i = 0; i < r->n_hits && i < VG_RECORD_MAX_HITS; i++)
		if (r->hits[i].algo == VG_ALGO_PDQ && r->hits[i].variant < VG_VERIFY_VARIANTS)
			variants |= 1u << r->hits[i].variant;
	if (vg_plugin_values_ok(&r->plugins))
		look_up_plugins(r, now, again);
	for (unsigned v = 0; v < VG_VERIFY_VARIANTS; v++)
		if (variants & 1u << v)
			look_up_variant(r, now, v, again);
	return again->n_hits;
}
