/* Exact digests are asked for where no byte is missing; pictures are decoded as far as they go. */
#include "hashing/match/match.h"

#include <limits.h>
#include <time.h>

#include <vigil/memfd.h>

#include "hashing/match/match_priv.h"
#include "hashing/unpack/kind.h"

#define N_REASONS (VG_H_FAILED_PNG - VG_H_FAILED_JPEG) /* counted apart for each kind of picture */

_Static_assert(VG_KIND_AVIF + 1 - VG_KIND_JPEG == (VG_H_FAILED_AVIF - VG_H_FAILED_JPEG) / N_REASONS + 1,
	       "a row of counters for each kind of picture");

/* A decoder's limit of time (default 5 s) may end an animation early, which another try might not: what came near it
 * is not remembered. */
#define MAX_REMEMBERED_NS 2000000000u

static uint64_t cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* How many of n hits a record names: what falls off is weaker than all that stay, and is counted. */
static uint32_t n_named(struct vg_match *m, uint32_t n)
{
	vg_count(m->stats, VG_H_HITS_UNNAMED, n > VG_RECORD_MAX_HITS);
	return n < VG_RECORD_MAX_HITS ? n : VG_RECORD_MAX_HITS;
}

void vg_match_look(struct vg_match_look *l, const struct vg_pdq_result *pdq, uint32_t frame_idx)
{
	struct vg_match *m = l->match;
	struct vg_msg_record *r = l->record;
	struct vg_hit hits[VG_RECORD_MAX_HITS + 1];
	unsigned distance = UINT_MAX;
	uint32_t n;

	vg_count(m->stats, VG_H_QUERIES, 1);
	n = n_named(m, vg_index_query(m->index, l->digests, pdq, hits, VG_RECORD_MAX_HITS + 1));
	for (uint32_t i = 0; i < n; i++) {
		bool perceptual = hits[i].algo == VG_ALGO_PDQ;
		hits[i].frame_idx = perceptual ? frame_idx : 0;
		distance = perceptual && hits[i].distance < distance ? hits[i].distance : distance;
	}
	if (!l->n_frames++ || distance < l->best_distance) {
		l->best_distance = distance;
		memcpy(r->pdq, pdq->hash, sizeof(r->pdq));
		r->pdq_quality = vg_match_quality(pdq);
		memcpy(r->hits, hits, n * sizeof(*hits));
		r->n_hits = (uint8_t)n;
	}
}

/* Hashes a picture and asks the index. */
static bool on_frame(void *ctx, const struct vg_luma *luma)
{
	struct vg_match_look *l = ctx;
	struct vg_match *m = l->match;
	struct vg_pdq_result pdq;

	vg_pdq_hash(m->pdq, luma, &pdq);
	vg_count(m->stats, VG_H_PDQ, 1);
	vg_count(m->stats, VG_H_FRAMES, 1);
	vg_count(m->stats, VG_H_PDQ_LOW, pdq.quality < VG_PDQ_MIN_QUALITY);
	l->any_partial |= luma->partial;
	if (l->ask_plugins && !l->n_frames) {
		vg_count(m->stats, VG_H_PLUGIN_FAILED, vg_plugins_hash(m->plugins, luma, &l->record->plugins));
		vg_count(m->stats, VG_H_PLUGIN_VALUES, l->record->plugins.n);
	}
	vg_match_look(l, &pdq, luma->frame_idx);
	return true;
}

static void count_failed(struct vg_match *m, unsigned kind, enum vg_err err)
{
	static const uint8_t reasons[] = {
		[-VG_ERANGE] = 1, [-VG_EBUDGET] = 2, [-VG_EUNSUPPORTED] = 3, [-VG_ESMALL] = 4
	};
	unsigned reason = -err < (int)VG_ARRAY_LEN(reasons) ? reasons[-err] : 0;

	if (kind >= VG_KIND_JPEG && kind <= VG_KIND_AVIF)
		vg_count(m->stats, VG_H_FAILED_JPEG + (kind - VG_KIND_JPEG) * N_REASONS + reason, 1);
}

static bool asks_plugins(const struct vg_match *m, const struct vg_match_file *file)
{
	return m->plugins && (file->exact || m->search_plugins);
}

/* Decodes a picture, hashes and looks up its frames. False where there is no hash; everything is counted here.
 * *same_again: another try would come to the same. */
static bool decode(struct vg_match *m, const struct vg_match_file *file, struct vg_msg_record *record, bool *same_again)
{
	struct vg_match_look look = { .match = m,
				      .digests = file->digests,
				      .record = record,
				      .best_distance = UINT_MAX,
				      .ask_plugins = asks_plugins(m, file) };
	uint64_t begin_ns = cpu_ns();
	enum vg_err err;

	if (m->before_decode)
		m->before_decode(m->hook_ctx, file->n_bytes);
	err = vg_image_frames(m->image, record->kind, &file->bytes, on_frame, &look);
	if (err) {
		count_failed(m, record->kind, err);
		return false;
	}
	vg_count(m->stats, VG_H_IMAGES, 1);
	vg_count(m->stats, VG_H_IMAGES_PARTIAL, look.any_partial);
	record->flags |= VG_RECORD_HAS_PDQ;
	if (look.ask_plugins && m->search_plugins)
		record->n_hits = (uint8_t)vg_index_query_plugins(m->index, &record->plugins, record->hits,
								 record->n_hits, VG_RECORD_MAX_HITS);
	*same_again = !look.any_partial && cpu_ns() - begin_ns <= MAX_REMEMBERED_NS;
	return true;
}

struct glance {
	struct vg_match *match;
	uint32_t n_frames;
	bool may_hit, any_partial;
};

static bool on_scaled_frame(void *ctx, const struct vg_luma *luma)
{
	struct glance *g = ctx;
	struct vg_pdq_result pdq;

	vg_pdq_hash(g->match->pdq, luma, &pdq);
	vg_count(g->match->stats, VG_H_QUERIES, 1);
	g->n_frames++;
	g->any_partial |= luma->partial;
	vg_count(g->match->stats, VG_H_PDQ_LOW, pdq.quality < VG_PDQ_MIN_QUALITY);
	g->may_hit = vg_index_may_hit(g->match->index, &pdq);
	return !g->may_hit;
}

/* What a look at a JPEG decoded smaller came to. */
enum glanced { NEAR_NOTHING, DECODE_EXACTLY, BROKEN };

static enum glanced glance_at(struct vg_match *m, const struct vg_match_file *file, const struct vg_msg_record *record,
			      bool *same_again)
{
	struct glance glance = { .match = m };
	uint64_t begin_ns = cpu_ns();
	struct vg_hit hit;
	enum vg_err err;

	if (!m->scaled || file->exact || asks_plugins(m, file) || record->kind != VG_KIND_JPEG ||
	    (file->digests && vg_index_query(m->index, file->digests, NULL, &hit, 1)))
		return DECODE_EXACTLY;
	if (m->before_decode)
		m->before_decode(m->hook_ctx, file->n_bytes);
	vg_image_scaled(m->image, true);
	err = vg_image_frames(m->image, record->kind, &file->bytes, on_scaled_frame, &glance);
	vg_image_scaled(m->image, false);
	if (err) {
		count_failed(m, record->kind, err);
		return BROKEN;
	}
	if (glance.may_hit) {
		vg_count(m->stats, VG_H_SCALED_AGAIN, 1);
		return DECODE_EXACTLY;
	}
	vg_count(m->stats, VG_H_IMAGES, 1);
	vg_count(m->stats, VG_H_SCALED, 1);
	vg_count(m->stats, VG_H_IMAGES_PARTIAL, glance.any_partial);
	vg_count(m->stats, VG_H_PDQ, glance.n_frames);
	vg_count(m->stats, VG_H_FRAMES, glance.n_frames);
	*same_again = !glance.any_partial && cpu_ns() - begin_ns <= MAX_REMEMBERED_NS;
	return NEAR_NOTHING;
}

static void remember(struct vg_match *m, const struct vg_seen_key *key, const struct vg_msg_record *record, bool scaled)
{
	struct vg_seen_verdict fresh = { .n_hits = record->n_hits,
					 .pdq_quality = record->pdq_quality,
					 .scaled = scaled };

	memcpy(fresh.pdq, record->pdq, sizeof(fresh.pdq));
	memcpy(fresh.hits, record->hits, fresh.n_hits * sizeof(fresh.hits[0]));
	vg_seen_put(m->seen, key, &fresh);
}

/* The same, unless it was done before with these bytes. Only whole pictures that decode whole are remembered. */
static bool perceptual(struct vg_match *m, const struct vg_match_file *file, struct vg_msg_record *record)
{
	struct vg_seen_key key = { .n_bytes = file->n_bytes, .index_epoch = vg_index_epoch(m->index) };
	bool shows_plugins = m->plugins && file->exact, same_again = false;
	bool may_know = m->seen && !shows_plugins && file->digests && file->bytes.n_bytes == file->n_bytes;
	enum glanced glanced;
	const struct vg_seen_verdict *known = NULL;

	if (may_know) {
		key.digests = *file->digests;
		known = vg_seen_get(m->seen, &key);
		vg_count(m->stats, VG_H_SEEN_ASKED, 1);
	}
	if (known && !(known->scaled && file->exact)) {
		vg_count(m->stats, VG_H_SEEN, 1);
		memcpy(record->pdq, known->pdq, sizeof(record->pdq));
		record->pdq_quality = known->pdq_quality;
		memcpy(record->hits, known->hits, known->n_hits * sizeof(known->hits[0]));
		record->n_hits = known->n_hits;
		record->flags |= known->scaled ? 0 : VG_RECORD_HAS_PDQ;
		return true;
	}
	glanced = glance_at(m, file, record, &same_again);
	if (glanced == BROKEN || (glanced == DECODE_EXACTLY && !decode(m, file, record, &same_again)))
		return false;
	for (unsigned i = 0; i < record->n_hits; i++) /* what such a hit stands on is not remembered */
		may_know &= record->hits[i].algo != VG_ALGO_PLUGIN;
	if (may_know && same_again && record->n_hits <= VG_SEEN_HITS)
		remember(m, &key, record, glanced == NEAR_NOTHING);
	return true;
}

void vg_match_file(struct vg_match *match, const struct vg_match_file *file, struct vg_msg_record *record)
{
	uint8_t head[VG_KIND_HEAD_BYTES];

	record->kind = (uint8_t)vg_kind_of(head, vg_chain_copy(&file->bytes, 0, head, sizeof(head)));
	record->n_bytes = file->n_bytes;
	record->generation = vg_index_generation(match->index);
	record->n_hits = 0;
	if (file->digests) {
		memcpy(record->md5, file->digests->md5, sizeof(record->md5));
		memcpy(record->sha1, file->digests->sha1, sizeof(record->sha1));
		memcpy(record->sha256, file->digests->sha256, sizeof(record->sha256));
		record->flags |= VG_RECORD_HAS_DIGESTS;
	}
	record->n_frames = 0;
	memset(&record->plugins, 0, sizeof(record->plugins));
	if (VG_KIND_IS_VIDEO(record->kind) && match->video && !match->no_pdq) {
		if (!file->may_decode_film)
			record->flags |= VG_RECORD_NO_DECODE;
		else if (vg_match_film(match, file, record))
			return;
	}
	if (VG_KIND_IS_IMAGE(record->kind)) {
		if (!file->may_decode)
			record->flags |= VG_RECORD_NO_DECODE;
		else if (!match->no_pdq && perceptual(match, file, record))
			return;
	}
	if (!file->digests)
		return;
	struct vg_hit hits[VG_RECORD_MAX_HITS + 1];

	vg_count(match->stats, VG_H_QUERIES, 1);
	record->n_hits = (uint8_t)n_named(
		match, vg_index_query(match->index, file->digests, NULL, hits, VG_RECORD_MAX_HITS + 1));
	memcpy(record->hits, hits, record->n_hits * sizeof(*hits));
}

bool vg_match_early(struct vg_match *match, const struct vg_chain *bytes)
{
	struct vg_pdq_result pdq;
	struct vg_luma luma;
	bool near;

	if (match->before_decode)
		match->before_decode(match->hook_ctx, bytes->n_bytes);
	if (vg_image_early(match->image, bytes, &luma))
		return false;
	vg_pdq_hash(match->pdq, &luma, &pdq);
	near = vg_index_may_hit(match->index, &pdq);
	vg_count(match->stats, VG_H_EARLY, 1);
	vg_count(match->stats, VG_H_EARLY_NEAR, near);
	return near;
}

enum vg_err vg_match_sample(const struct vg_chain *bytes, uint64_t max_bytes, const struct vg_frame_hash *frames,
			    uint32_t n_frames, int *fd, uint64_t *n_sample_bytes)
{
	size_t n = bytes->n_bytes < max_bytes ? bytes->n_bytes : max_bytes, n_all = vg_record_memfd_bytes(n, n_frames);
	int made = vg_memfd_new("vigil-match", n_all);
	uint8_t *at;

	*fd = -1;
	*n_sample_bytes = n;
	if (made < 0)
		return VG_EIO;
	if (n_all) {
		at = vg_memfd_map(made, n_all, PROT_READ | PROT_WRITE);
		if (!at)
			goto failed;
		(void)vg_chain_copy(bytes, 0, at, n);
		if (n_frames)
			memcpy(at + vg_record_frames_off(n), frames, n_frames * sizeof(*frames));
		munmap(at, n_all);
	}
	if (vg_memfd_seal(made, VG_SEALS_FINAL))
		goto failed;
	*fd = made;
	return VG_OK;
failed:
	close(made);
	return VG_EIO;
}
