#pragma once
/* film_lie: what a hijacked hasher may claim of a film (tests/programs/hashing_liar.c):
 *   film-percent     half of the frames are the listed video's, all are claimed to be
 *   film-frames      more frames than the memfd holds
 *   film-order       frames out of order
 *   film-entry       true frames of the video, claimed for an entry that has none */
#include <string.h>

#include <vigil/index_format.h>
#include <vigil/memfd.h>
#include <vigil/msg.h>

#include "hashing/chain/chain.h"

/* Makes r and *memfd the lie of that name about a body of these bytes: frames of the list's first video lie behind
 * them. 0 where it is no such lie, or nothing suits it. */
static inline int vg_film_lie(const char *lie, const struct vg_index_view *index, const struct vg_chain *bytes,
			      struct vg_msg_record *r, int *memfd)
{
	enum { N = 8 };
	uint64_t n = bytes->n_bytes, n_all = vg_record_memfd_bytes(n, N);
	int is_order = !strcmp(lie, "film-order"), is_percent = !strcmp(lie, "film-percent");
	if (strncmp(lie, "film-", 5) != 0 || !n || !index->n_videos || index->videos[0].n_frames < N)
		return 0;
	*memfd = vg_memfd_new("lie", n_all);
	uint8_t *at = vg_memfd_map(*memfd, n_all, PROT_READ | PROT_WRITE);
	if (!at)
		return 0;
	(void)vg_chain_copy(bytes, 0, at, n);
	struct vg_frame_hash *frames = (void *)(at + vg_record_frames_off(n));
	for (unsigned i = 0; i < N; i++) {
		memcpy(frames[i].pdq, index->frames[index->videos[0].first_frame + i].value, 32);
		for (unsigned k = 0; k < 32 && i % 2 && is_percent; k++)
			frames[i].pdq[k] ^= 0xff;
		frames[i].frame_no = is_order ? N - i : i;
		frames[i].quality = 100;
	}
	munmap(at, n_all);
	(void)vg_memfd_seal(*memfd, VG_SEALS_FINAL);
	r->n_sample_bytes = n;
	r->n_frames = strcmp(lie, "film-frames") ? N : VG_FRAMES_MAX;
	r->flags |= VG_RECORD_HAS_FRAMES;
	r->n_hits = 1;
	r->hits[0] = (struct vg_hit){ .entry_idx = index->videos[0].entry_idx,
				      .algo = VG_ALGO_VPDQ,
				      .query_percent = 100,
				      .compared_percent = (uint8_t)(N * 100 / index->videos[0].n_frames),
				      .frame_idx = is_order ? N : 0 };
	if (!strcmp(lie, "film-entry"))
		r->hits[0].entry_idx = index->n_sha256 ? index->sha256[0].entry_idx : 0;
	return 1;
}
