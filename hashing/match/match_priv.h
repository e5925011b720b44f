#pragma once
/* match_priv: what pictures and films have in common: frame after frame is hashed and looked up, and the record keeps
 * the one that counts. */
#include <limits.h>

#include "hashing/match/match.h"

/* One file on its way: what its frames come to. */
struct vg_match_look {
	struct vg_match *match;
	const struct vg_digest_values *digests;
	struct vg_msg_record *record;
	uint32_t n_frames;
	unsigned best_distance; /* of a frame's perceptual hit; UINT_MAX: none so far */
	bool any_partial, ask_plugins;
};

static inline uint8_t vg_match_quality(const struct vg_pdq_result *pdq)
{
	return (uint8_t)(pdq->quality < 0 ? 0 : pdq->quality > 100 ? 100 : pdq->quality);
}

/* Asks the index for a frame. A record has room for one hash: that of the frame that lies nearest to a list, and the
 * first one's where none does. */
void vg_match_look(struct vg_match_look *look, const struct vg_pdq_result *pdq, uint32_t frame_idx);

/* film.c: decodes a film as far as it goes, hashes and looks up its sampled frames, and fills record's frames (in
 * match->frames), hash, hits and flags. False where no frame came of it; everything is counted here. */
bool vg_match_film(struct vg_match *match, const struct vg_match_file *file, struct vg_msg_record *record);
