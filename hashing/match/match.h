#pragma once
/* match: one file (a body, or a member of one) -> what is known of it: its kind, its PDQ where it is a picture, that
 * of its sampled frames where it is a film, and its hits in the list index, written into a match record; and its bytes
 * as a sealed memfd for vigild. Fed by the worker; one thread; the decoder, the hasher and the index are lent to it. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/msg.h>
#include <vigil/stats_page.h>

#include "hashing/chain/chain.h"
#include "hashing/digest/digest.h"
#include "hashing/image/luma.h"
#include "hashing/index/snapshot.h"
#include "hashing/match/seen.h"
#include "hashing/pdq/wide.h"
#include "hashing/plugin/plugin.h"
#include "hashing/video/video.h"

struct vg_match {
	struct vg_image *image;
	struct vg_pdq *pdq;
	struct vg_index *index;
	struct vg_stats_page *stats;
	struct vg_seen *seen;         /* NULL: all is decoded. Of films it knows those in no list */
	struct vg_video *video;       /* NULL: films are not decoded */
	struct vg_frame_hash *frames; /* VG_FRAMES_MAX; of the film judged last, record->n_frames of them */
	struct vg_plugins *plugins;   /* NULL: none. Asked where file->exact is set, which shows their values, and */
	bool search_plugins;          /* for every picture: the index has values that one of them makes */
	uint64_t deadline_ns;         /* CLOCK_THREAD_CPUTIME_ID, when a film must have ended; 0: its own limit */
	bool no_pdq;                  /* pictures and films are not decoded at all */
	bool scaled;                  /* JPEGs are first decoded smaller, and exactly only where that may be a hit */
	/* Tests: called right before a picture is decoded, NULL in production. */
	void (*before_decode)(void *ctx, uint64_t n_bytes);
	void *hook_ctx;
};

struct vg_match_file {
	struct vg_chain bytes;                  /* what is there of it, from its first byte on */
	uint64_t n_bytes;                       /* of the file; more than bytes.n_bytes where only its head is there */
	const struct vg_digest_values *digests; /* of the whole file; NULL where it is not whole: then nothing exact */
	bool exact;           /* its hash is of interest also where it hits nothing: never decoded smaller */
	bool may_decode;      /* its bytes up to its end, or to a hole, are there; no crash so far */
	bool may_decode_film; /* the same for a film, which is decoded as far as it is there */
};

/* Fills kind, n_bytes, generation, digests, pdq, hits and their flags of a record; the rest of it stays as it is.
 * Quality below VG_PDQ_MIN_QUALITY is reported but not searched. A hash in it is always the reference's; a picture
 * without hits may have none where file->exact is not set. The plug-ins get the first picture of a file of pictures,
 * films none. Never fails: what cannot be decoded is counted. */
void vg_match_file(struct vg_match *match, const struct vg_match_file *file, struct vg_msg_record *record);

/* A progressive JPEG of which the beginning is there: may it turn out to be a hit? Only a word on what is worth caring
 * for: nothing of it is reported. Counted. */
bool vg_match_early(struct vg_match *match, const struct vg_chain *bytes);

/* Copies the first max_bytes of a file (all, where there are fewer) into a new memfd sealed VG_SEALS_FINAL, and its
 * frames behind them (frame_hash.h; n_frames 0: none). VG_OK, *fd is the caller's; VG_EIO: no memory or no descriptor
 * was to be had. */
enum vg_err vg_match_sample(const struct vg_chain *bytes, uint64_t max_bytes, const struct vg_frame_hash *frames,
			    uint32_t n_frames, int *fd, uint64_t *n_sample_bytes);
