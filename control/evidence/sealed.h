#pragma once
/* sealed: the sealed file itself (docs/formats.md, "sealed evidence"): libsodium secretstream (XChaCha20-Poly1305) in
 * chunks of 64 KiB, the key wrapped by crypto_box_seal to each reader. Tampered, truncated, reordered, lengthened:
 * all found on opening. Constant memory. Pure but for the descriptors; any thread. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>

#define VG_SEALED_CHUNK     65536u
#define VG_SEALED_MAX_WRAPS 16
#define VG_SEALED_VERSION   1u

enum vg_sealed_reader { VG_SEALED_CUSTODIAN = 1, VG_SEALED_REPORTER = 2 };
struct vg_sealed_key {
	enum vg_sealed_reader reader;
	uint8_t public_key[32];
};
struct vg_sealed_info {
	uint8_t id[16];
	uint64_t epoch, n_bytes;
	int64_t created_ns; /* UTC */
};
/* Reads plaintext bytes [off, off + n_bytes) from in_fd and writes the sealed file to out_fd (empty, at offset 0).
 * 1 <= n_keys <= VG_SEALED_MAX_WRAPS. VG_EIO where either descriptor fails or in_fd is shorter than info->n_bytes. */
enum vg_err vg_sealed_write(int out_fd, int in_fd, const struct vg_sealed_info *info, const struct vg_sealed_key *keys,
			    unsigned n_keys);
/* The head only; nothing of it is authenticated before the first chunk is opened. */
enum vg_err vg_sealed_peek(int fd, struct vg_sealed_info *info);

/* Opened file, fed to the caller piece by piece. */
struct vg_sealed_stream;
void vg_sealed_close(struct vg_sealed_stream *stream);
/* Starts reading fd (borrowed) with the key pair of one reader. VG_EDENIED: not wrapped to this key; VG_ECORRUPT,
 * VG_EVERSION: no sealed file, or a damaged one. NULL on failure. */
struct vg_sealed_stream *vg_sealed_open(int fd, const uint8_t public_key[32], const uint8_t secret_key[32],
					struct vg_sealed_info *info, enum vg_err *err);
/* Up to cap bytes of plaintext. *n = 0 with VG_OK is the authenticated end; VG_ECORRUPT ends it (and what was given
 * before is genuine, but a part only). */
enum vg_err vg_sealed_read(struct vg_sealed_stream *stream, void *to, size_t cap, size_t *n);

/* All of it through a callback (returns 0, or non-zero to stop: VG_EIO). */
typedef int vg_evidence_chunk_fn(void *user, const uint8_t *bytes, size_t n_bytes);
enum vg_err vg_evidence_open(int fd, const uint8_t public_key[32], const uint8_t secret_key[32],
			     vg_evidence_chunk_fn *fn, void *user);
