#pragma once
/* snapshot: the list index in use, a sealed, checksummed, immutable generation that vigild made (index_format.h), and
 * the look-ups in it: exact digests, exact PDQ radius search over all eight variants, and films among listed videos.
 * How the search is done is hidden behind vg_index_query(). One thread per context. Memory of its own: near.h and
 * videos.h. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/index_format.h>
#include <vigil/msg.h>

#include "hashing/digest/digest.h"
#include "hashing/pdq/pdq.h"

#define VG_INDEX_MAX_BYTES      (64ull << 30)
/* What a picture that was decoded smaller may differ by from the reference's hash and quality (docs/adr/0020). */
#define VG_INDEX_MARGIN         10u /* bits */
#define VG_INDEX_QUALITY_MARGIN 8
#define VG_INDEX_MAX_SAME       64 /* entries with one and the same digest that a look-up reports at most */

struct vg_index;

void vg_index_destroy(struct vg_index *index);
/* Start-up only (it fetches SHA-256 from OpenSSL): an empty index of generation 0, in which nothing is found. NULL:
 * out of memory. */
struct vg_index *vg_index_create(void) VG_DEALLOC(vg_index_destroy);

/* Checks and maps a new generation and its search tables (bands_format.h; tables_fd -1: none, all is scanned), then
 * lets the old one go; call it between two objects. The descriptors stay the caller's and may be closed at once. On
 * any error the old generation stays in use. VG_OK; VG_ESEAL (not sealed as VG_SEALS_FINAL), VG_ERANGE (size), VG_EIO
 * (map), VG_ECORRUPT (header, layout, references, checksum, order), VG_EVERSION (format, or `generation` is not the
 * one in the header), VG_ENOMEM. Not hot: it reads the whole file. */
enum vg_err vg_index_take(struct vg_index *index, int fd, int tables_fd, uint64_t generation);

/* Generation in use, 0 before the first. */
uint64_t vg_index_generation(const struct vg_index *index);

/* Counts the indexes taken: another number is another index, also where the generation is the same one. */
uint64_t vg_index_epoch(const struct vg_index *index);

/* The checked index itself, valid until the next take or destroy; NULL before the first take. */
const struct vg_index_view *vg_index_peek(const struct vg_index *index);

/* Name of the search tier in use: "avx512", "avx2" or "generic". */
const char *vg_index_tier(const struct vg_index *index);

/* Looks up digests (or NULL) and a PDQ result (or NULL; below VG_PDQ_MIN_QUALITY it is not searched). Writes at most
 * max_hits hits, strongest first, and returns how many: exact before perceptual, then by the action of their list,
 * then by distance, then by entry. An entry is reported once, with its smallest distance, if that is within its
 * list's match_distance (at most VG_PDQ_WIDE_DISTANCE). When more than max_hits are found the strongest stay. An
 * all-zero digest (not asked for) is not searched. Hot. */
uint32_t vg_index_query(struct vg_index *index, const struct vg_digest_values *digests, const struct vg_pdq_result *pdq,
			struct vg_hit *hits, uint32_t max_hits);

/* Adds to n_hits hits (of vg_index_query()) those that the plug-ins' values of the same picture have (checked by
 * vg_plugin_values_ok()): entries of their algorithm, version and length within the entry's own distance. The
 * strongest max_hits stay, in order. Compares with each listed value of the algorithm: about a nanosecond for eight
 * bytes. Returns how many hits there are. Hot. */
uint32_t vg_index_query_plugins(struct vg_index *index, const struct vg_plugin_values *values, struct vg_hit *hits,
				uint32_t n_hits, uint32_t max_hits);

/* A hash that may be some bits off: is an entry so near that the exact hash of the same picture may be a hit? Of
 * entries within their list's match_distance + VG_INDEX_MARGIN all up to VG_PDQ_MAX_DISTANCE are found and, of what
 * lies beyond that, all but one in some hundreds (all where a list's own is greater). Hot. */
bool vg_index_may_hit(struct vg_index *index, const struct vg_pdq_result *pdq);

/* Looks the hashed frames of a film up (n_frames <= VG_FRAMES_MAX, of any quality): a hit for each listed video that
 * it matches by its list's frame_distance, query_percent and compared_percent (video_match.h), as the reference does:
 * unturned frames only. At most max_hits, strongest first: by the action of their list, then by the sum of both
 * percentages. Work is bounded whatever the frames are (VG_VIDEOS_MAX_LOOKS); *cut_short: not all could be looked at.
 * Hot. */
uint32_t vg_index_query_video(struct vg_index *index, const struct vg_frame_hash *frames, uint32_t n_frames,
			      struct vg_hit *hits, uint32_t max_hits, bool *cut_short);
