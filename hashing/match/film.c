/* film: the sampled frames of a film, hashed as vPDQ hashes them. Each is looked up like a picture, and all together
 * are looked up among listed videos. */
#include <string.h>

#include "hashing/match/match_priv.h"

#define N_REASONS (VG_H_VIDEO_MATROSKA - VG_H_VIDEO_MP4) /* counted apart for each kind of film */

_Static_assert(VG_KIND_MPEG_TS + 1 - VG_KIND_MP4 == (VG_H_VIDEO_MPEG_TS - VG_H_VIDEO_MP4) / N_REASONS + 1,
	       "a row of counters for each kind of film");

struct film {
	struct vg_match_look look;
	uint32_t n;
};

static bool on_frame(void *ctx, const struct vg_film_frame *frame)
{
	struct film *f = ctx;
	struct vg_match *m = f->look.match;
	const struct vg_pdq_wide_picture picture = { .at = frame->rgb,
						     .stride_bytes = frame->stride_bytes,
						     .width = frame->width,
						     .height = frame->height,
						     .samples = VG_PDQ_RGB };
	struct vg_frame_hash *to = &m->frames[f->n];
	struct vg_pdq_result pdq;

	vg_pdq_hash_wide(m->pdq, &picture, &pdq);
	vg_count(m->stats, VG_H_PDQ, 1);
	vg_count(m->stats, VG_H_VIDEO_FRAMES, 1);
	vg_count(m->stats, VG_H_PDQ_LOW, pdq.quality < VG_PDQ_MIN_QUALITY);
	*to = (struct vg_frame_hash){ .frame_no = frame->frame_no,
				      .timestamp_ms = frame->timestamp_ms,
				      .quality = vg_match_quality(&pdq) };
	memcpy(to->pdq, pdq.hash, sizeof(to->pdq));
	/* Films stand still now and then: the same hash finds the same. */
	if (!f->n || memcmp(to->pdq, to[-1].pdq, sizeof(to->pdq)) || to->quality != to[-1].quality)
		vg_match_look(&f->look, &pdq, frame->frame_no);
	return ++f->n < VG_FRAMES_MAX;
}

static void count_failed(struct vg_match *m, unsigned kind, const struct vg_match_file *file, enum vg_err err)
{
	static const uint8_t reasons[] = {
		[-VG_ERANGE] = 1, [-VG_EBUDGET] = 2, [-VG_EUNSUPPORTED] = 3, [-VG_ESMALL] = 4
	};
	unsigned reason = -err < (int)VG_ARRAY_LEN(reasons) ? reasons[-err] : 0;

	/* The head of a film tells little where its index is elsewhere. */
	if (file->bytes.n_bytes < file->n_bytes && !reason)
		reason = 5;
	vg_count(m->stats, VG_H_VIDEO_MP4 + (kind - VG_KIND_MP4) * N_REASONS + reason, 1);
}

/* The hits of all frames together stand behind the exact ones, and before those of a single frame. */
static void look_up_whole(struct vg_match *m, struct vg_msg_record *record, bool *cut_short)
{
	struct vg_hit hits[VG_RECORD_MAX_HITS];
	uint32_t n, n_exact = 0, n_after;

	n = vg_index_query_video(m->index, m->frames, record->n_frames, hits, VG_RECORD_MAX_HITS, cut_short);
	while (n_exact < record->n_hits && vg_algo_is_exact(record->hits[n_exact].algo))
		n_exact++;
	n = n < VG_RECORD_MAX_HITS - n_exact ? n : VG_RECORD_MAX_HITS - n_exact;
	n_after = record->n_hits - n_exact;
	n_after = n_after < VG_RECORD_MAX_HITS - n_exact - n ? n_after : VG_RECORD_MAX_HITS - n_exact - n;
	memmove(record->hits + n_exact + n, record->hits + n_exact, n_after * sizeof(*hits));
	memcpy(record->hits + n_exact, hits, n * sizeof(*hits));
	record->n_hits = (uint8_t)(n_exact + n + n_after);
}

/* A film that was in no list is not decoded again: nobody asks for its frames. */
static bool was_in_no_list(struct vg_match *m, const struct vg_match_file *file, struct vg_seen_key *key)
{
	const struct vg_seen_verdict *known;

	if (!m->seen || !file->digests || file->bytes.n_bytes != file->n_bytes)
		return false;
	*key = (struct vg_seen_key){ .n_bytes = file->n_bytes, .index_epoch = vg_index_epoch(m->index) };
	key->digests = *file->digests;
	if (file->exact) /* whoever asks for objects asks for their frames */
		return false;
	vg_count(m->stats, VG_H_SEEN_ASKED, 1);
	known = vg_seen_get(m->seen, key);
	vg_count(m->stats, VG_H_SEEN, known != NULL);
	return known != NULL;
}

bool vg_match_film(struct vg_match *m, const struct vg_match_file *file, struct vg_msg_record *record)
{
	struct film f = { .look = {
				  .match = m, .digests = file->digests, .record = record, .best_distance = UINT_MAX } };
	const struct vg_film film = { .kind = record->kind,
				      .bytes = &file->bytes,
				      .n_bytes = file->n_bytes,
				      .deadline_ns = m->deadline_ns,
				      .on_frame = on_frame,
				      .ctx = &f };
	struct vg_film_end end;
	struct vg_seen_key key = { .n_bytes = 0 };
	bool cut_short = false;
	enum vg_err err;

	if (was_in_no_list(m, file, &key))
		return true;
	if (m->before_decode)
		m->before_decode(m->hook_ctx, file->n_bytes);
	err = vg_video_frames(m->video, &film, &end);
	vg_count(m->stats, VG_H_VIDEO_DECODED, end.n_decoded);
	record->flags |= end.over_budget ? VG_RECORD_OVER_BUDGET : 0;
	if (err) {
		count_failed(m, record->kind, file, err);
		return false;
	}
	vg_count(m->stats, VG_H_VIDEOS, 1);
	vg_count(m->stats, VG_H_VIDEOS_PARTIAL, end.partial);
	vg_count(m->stats, VG_H_VIDEOS_OVER_BUDGET, end.over_budget);
	record->n_frames = (uint16_t)f.n;
	look_up_whole(m, record, &cut_short);
	vg_count(m->stats, VG_H_VIDEOS_CUT_SHORT, cut_short);
	record->flags |= VG_RECORD_HAS_FRAMES | VG_RECORD_HAS_PDQ;
	record->flags |= end.partial || end.over_budget ? VG_RECORD_PART_FILM : 0;
	if (key.n_bytes && !record->n_hits && !end.partial && !end.over_budget && !cut_short)
		vg_seen_put(m->seen, &key, &(struct vg_seen_verdict){ .n_hits = 0 });
	return true;
}
