#pragma once
/* digest: MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4) of one byte stream in one pass: begin, feed, done. One stream
 * alone goes through OpenSSL's block functions; streams whose bytes may wait go side by side (batch.h). A context
 * holds nothing but numbers: about 256 bytes, made at start-up and used for one object after another. One thread at a
 * time per context. */
#include <stdbool.h>
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

/* Start-up only. NULL: out of memory. */
void vg_digests_destroy(struct vg_digests *d);
struct vg_digests *vg_digests_create(void) VG_DEALLOC(vg_digests_destroy);

/* Begins a new stream with the algorithms of algo_mask; what was fed before is forgotten. It may not be in a batch.
 * Hot. */
void vg_digests_init(struct vg_digests *d, unsigned algo_mask);

/* The algorithms of the stream in hand; 0 after done. */
unsigned vg_digests_mask(const struct vg_digests *d);

/* Eats n_bytes (0 is allowed); keeps none of them. Not while bytes of it wait in a batch. Hot. */
void vg_digests_feed(struct vg_digests *d, const uint8_t *bytes, size_t n_bytes);

/* Ends the stream and writes its digests. Not while bytes of it wait in a batch. Before the next vg_digests_init()
 * only destroy may follow. Hot. */
void vg_digests_done(struct vg_digests *d, struct vg_digest_values *out);

/* Makes `to` stand where `from` stands (digests of a prefix, or of two continuations), of which no bytes wait in a
 * batch. Hot. */
void vg_digests_copy(struct vg_digests *to, const struct vg_digests *from);
