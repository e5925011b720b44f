#pragma once
/* verify: what vigild recomputes before it believes a MATCH record. Pure over its arguments (a digest library and no
 * more): no socket, no store, any thread. Order of the checks = order of the refusals. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/attribution.h>
#include <vigil/err.h>
#include <vigil/index_format.h>
#include <vigil/msg.h>

/* X(symbol, "reason label", "help") */
#define VG_REFUSAL_TABLE(X)                                                                                   \
	X(VG_REFUSE_NONE, "none", "believed")                                                                 \
	X(VG_REFUSE_MESSAGE, "message", "garbage, wrong length, type or version")                             \
	X(VG_REFUSE_FIELDS, "fields", "a field is out of its bounds")                                         \
	X(VG_REFUSE_BOOT, "boot", "of another start of the dataplane, or none is known")                      \
	X(VG_REFUSE_GENERATION, "generation", "of a list generation that is not known")                       \
	X(VG_REFUSE_ENTRY, "entry", "names a list entry that is not there or of another algorithm")           \
	X(VG_REFUSE_MEMFD, "memfd", "no memfd, not sealed, or not of the size claimed")                       \
	X(VG_REFUSE_ATTRIBUTION, "attribution", "names no attribution record of its own hasher and core")     \
	X(VG_REFUSE_HEAD, "head", "the bytes do not fit the attribution record")                              \
	X(VG_REFUSE_DIGEST, "digest", "a digest claimed is not the digest of the bytes")                      \
	X(VG_REFUSE_LOOKUP, "lookup", "the list entry claimed does not hold that digest")                     \
	X(VG_REFUSE_DISTANCE, "distance", "the perceptual distance claimed is wrong or too large")            \
	X(VG_REFUSE_FRAMES, "frames", "the frames of a film are not as they must be")                         \
	X(VG_REFUSE_PERCENT, "percent", "the shares claimed of a film's frames are wrong or too small")       \
	X(VG_REFUSE_PLUGIN, "plugin", "of an algorithm and version not configured, or without a value of it") \
	X(VG_REFUSE_SUPPRESSED, "suppressed", "every hit is on the suppress list")                            \
	X(VG_REFUSE_NOT_LISTED, "not_listed", "of a request that the dataplane did not mark as listed")       \
	X(VG_REFUSE_URL, "url", "no list in use has the URL of the request")                                  \
	X(VG_REFUSE_URL_RATE, "url_rate", "more listed requests in a minute than matches_per_minute")
enum vg_refusal {
#define X(sym, label, help) sym,
	VG_REFUSAL_TABLE(X)
#undef X
		VG_REFUSAL_N
};
const char *vg_refusal_str(unsigned refusal);

/* Whether the suppress list names this value or entry; vg_lists_suppressed() behind a context. */
typedef int (*vg_verify_suppressed_fn)(void *ctx, enum vg_algo algo, const uint8_t *value, const char *list,
				       const char *entry_id);
/* Whether the configuration has a plug-in of that algorithm and version; vg_lists_declared() behind a context. */
typedef int (*vg_verify_declared_fn)(void *ctx, const char algo[VG_PLUGIN_ALGO_BYTES], uint32_t version);
struct vg_verify_args {
	const struct vg_msg_record *record;
	const struct vg_index_view *view;         /* of record->generation */
	const struct vg_attribution *attribution; /* the copy for record->object_id of that core and hasher */
	const uint8_t *bytes;                     /* n_sample_bytes of the sealed memfd */
	const struct vg_frame_hash *frames;       /* record->n_frames of them, behind the sample there; NULL: none */
	vg_verify_suppressed_fn suppressed;       /* may be NULL */
	vg_verify_declared_fn declared;           /* NULL: no plug-in is */
	void *ctx;
	uint8_t not_profiles; /* lists of URLs with one of these bits (vg_index_list) are not its flow's */
};
/* What remains of a claim. */
struct vg_verified {
	uint8_t md5[16], sha1[20], sha256[32]; /* of the bytes; of a partial match: as claimed */
	int digests_recomputed;                /* 0 = partial: the digests are the hasher's word */
	int exact, partial;                    /* exact: at least one exact hit stands */
	unsigned n_hits;
	struct vg_hit hits[VG_RECORD_MAX_HITS];
	int hit_exact[VG_RECORD_MAX_HITS];
	uint8_t hit_action[VG_RECORD_MAX_HITS]; /* enum vg_action by that hit's list */
	unsigned n_suppressed;                  /* hits that the suppress list took out */
	int url_only;                           /* the bytes are in no list, only the URL they were asked for by */
	uint8_t url_value[32];                  /* url_only: of its first hit (struct vg_index_url) */
};

/* Bounds of all fields of a MATCH or OBJECT record, before anything is looked up. */
enum vg_refusal vg_verify_fields(const struct vg_msg_record *record, int is_match);
/* The whole claim. VG_REFUSE_NONE and *verified, or the first reason. */
enum vg_refusal vg_verify_match(const struct vg_verify_args *args, struct vg_verified *verified);
/* Of verify_video.c: the frames by themselves; and a claimed share of a listed video, computed anew (VG_REFUSE_ENTRY,
 * VG_REFUSE_PERCENT). At most VG_FRAMES_MAX * VG_VIDEO_MAX_FRAMES comparisons of each hit, twice. */
enum vg_refusal vg_verify_frames(const struct vg_msg_record *record, const struct vg_frame_hash *frames);
enum vg_refusal vg_verify_video(const struct vg_msg_record *record, const struct vg_frame_hash *frames,
				const struct vg_index_view *view, const struct vg_hit *hit);
/* Of verify_plugin.c: a claimed distance of the record's value of a plug-in, computed anew (VG_REFUSE_ENTRY,
 * VG_REFUSE_PLUGIN, VG_REFUSE_DISTANCE). The value itself is the hasher's word: nobody but the plug-in can check it. */
enum vg_refusal vg_verify_plugin(const struct vg_verify_args *args, const struct vg_hit *hit);
/* Bits that differ between two PDQ hashes. */
unsigned vg_verify_distance(const uint8_t a[32], const uint8_t b[32]);
/* The hash of a turned or mirrored picture (variant 0..7, in the order of hashing/pdq/pdq.h) as far as the hash of
 * the picture itself tells: bits whose value lies between plus and minus the median may come out otherwise. */
#define VG_VERIFY_VARIANTS 8
#define VG_VERIFY_SLACK    24 /* bits granted for that; such a hit is never filed without a person */
void vg_verify_variant(const uint8_t pdq[32], unsigned variant, uint8_t turned[32]);
