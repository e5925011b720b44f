#pragma once
/* seen: pictures that this hasher has decoded and looked up before: the same bytes and the same list index give the
 * same picture hash and hits, so that neither is done again. Bytes are the same where their size and all three
 * digests are; an index is the same until another is taken, even one of the same generation. Fixed size: n_entries of
 * VG_SEEN_ENTRY_BYTES, four to a set, the one not used for longest makes room. One thread; lives in memory only. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/msg.h>

#include "hashing/digest/digest.h"

#define VG_SEEN_ENTRY_BYTES 288u /* at most */
#define VG_SEEN_HITS        8u   /* a verdict of more is not kept */
#define VG_SEEN_MAX_ENTRIES (1u << 24)

struct vg_seen_key {
	uint64_t n_bytes, index_epoch; /* vg_index_epoch() */
	struct vg_digest_values digests;
};
struct vg_seen_verdict {
	struct vg_hit hits[VG_SEEN_HITS];
	uint8_t n_hits, pdq_quality, pdq[32];
	bool scaled; /* no hits by a smaller picture: its exact hash is not known */
};

struct vg_seen;

void vg_seen_destroy(struct vg_seen *seen);
/* Start-up only. n_entries 1 .. VG_SEEN_MAX_ENTRIES is rounded up to a multiple of four. NULL: no memory, or out of
 * range. */
struct vg_seen *vg_seen_create(uint32_t n_entries) VG_DEALLOC(vg_seen_destroy);

/* What is known of a key, valid until the next put; NULL: nothing. Entries of other indexes are never found. */
const struct vg_seen_verdict *vg_seen_get(struct vg_seen *seen, const struct vg_seen_key *key);

/* Keeps a verdict, in place of an older one of the same bytes, else of the oldest of its set. A key without SHA-256
 * (all zero) is not kept. */
void vg_seen_put(struct vg_seen *seen, const struct vg_seen_key *key, const struct vg_seen_verdict *verdict);
