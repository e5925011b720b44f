#pragma once
/* digest: MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4) of one byte stream in one pass, by OpenSSL. A context is
 * made at start-up, keeps its algorithms fetched and its states allocated, and is used for one object after another:
 * begin, feed, done. No allocation after vg_digests_create(); one thread at a time per context. About 0.5 KiB of heap
 * each. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

/* algo_mask of vg_digests_init(). */
#define VG_DIGEST_MD5    1u
#define VG_DIGEST_SHA1   2u
#define VG_DIGEST_SHA256 4u
#define VG_DIGEST_ALL    7u

/* Digests in the usual byte order; an algorithm that was not asked for is all zero. */
struct vg_digest_values {
	uint8_t md5[16], sha1[20], sha256[32];
};

struct vg_digests;

/* Start-up only (before the sandbox closes: fetching reads OpenSSL's configuration). NULL: out of memory, or a
 * provider without one of the three. */
void vg_digests_destroy(struct vg_digests *d);
struct vg_digests *vg_digests_create(void) VG_DEALLOC(vg_digests_destroy);

/* Begins a new stream with the algorithms of algo_mask; what was fed before is forgotten. Hot. */
void vg_digests_init(struct vg_digests *d, unsigned algo_mask);

/* Eats n_bytes (0 is allowed); keeps none of them. Hot. */
void vg_digests_feed(struct vg_digests *d, const uint8_t *bytes, size_t n_bytes);

/* Ends the stream and writes its digests. Before the next vg_digests_init() only destroy may follow. Hot. */
void vg_digests_done(struct vg_digests *d, struct vg_digest_values *out);

/* Makes `to` stand where `from` stands (digests of a prefix, or of two continuations). OpenSSL allocates here: not
 * for the hot path. VG_OK or VG_ENOMEM (then `to` must be begun again). */
enum vg_err vg_digests_copy(struct vg_digests *to, const struct vg_digests *from);
