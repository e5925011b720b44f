#pragma once
/* packed: what is packed as one stream, unpacked as far as it goes: gzip (RFC 1952), bzip2, xz and zstd (RFC 8878), any
 * number of streams one behind the other, as the tools write them. Pulls its input; gives all that decodes of what is
 * cut off or broken, up to the byte for gzip and xz, to the block for bzip2 (900 kB) and zstd (128 KiB). Checksums are
 * passed over where the library lets us (not bzip2); what is no stream behind a whole one is left alone. Caller's
 * storage (64 KiB); the libraries allocate, up to VG_PACKED_MAX_MEMORY for xz and half of it for zstd. One thread. */
#include <bzlib.h>
#include <lzma.h>
#include <stdbool.h>
#include <zlib.h>
#include <zstd.h>

#include <vigil/bytes.h>
#include <vigil/err.h>

#define VG_PACKED_PIECE      65536u
#define VG_PACKED_NAME_BYTES 256u
#define VG_PACKED_MAX_MEMORY (256u << 20)

/* The next bytes of the packed file, borrowed until the next call; {NULL, 0} at the end. */
typedef struct vg_span (*vg_packed_read_fn)(void *ctx);

struct vg_packed {
	unsigned kind; /* enum vg_kind */
	enum { VG_PACKED_IN, VG_PACKED_BETWEEN, VG_PACKED_DONE, VG_PACKED_BROKEN } state;
	vg_packed_read_fn read;
	void *ctx;
	struct vg_span in;
	bool at_end;               /* of the input */
	bool made_any, is_another; /* of the stream at hand: bytes came out; one before it was whole */
	uint32_t n_head;           /* gzip: bytes of its header that were looked at */
	z_stream z;
	gz_header head;
	bz_stream bz;
	lzma_stream xz;
	ZSTD_DStream *zstd;
	char name[VG_PACKED_NAME_BYTES]; /* gzip: of the file, ends with 0 */
	uint8_t piece[VG_PACKED_PIECE];
};

/* Can a file of this kind be unpacked here? */
bool vg_packed_reads(unsigned kind);

/* VG_EUNSUPPORTED: not a kind for it; VG_EBUDGET: no memory. Call vg_packed_end() whatever it says. */
enum vg_err vg_packed_begin(struct vg_packed *p, unsigned kind, vg_packed_read_fn read, void *ctx);

/* VG_MORE: *piece are the next bytes (at least one), until the next call; VG_DONE: that was all of it; VG_BAD: it is
 * cut off or broken here. */
enum vg_step vg_packed_next(struct vg_packed *p, struct vg_span *piece);

/* What gzip says its file is called, or "". Known with the first piece. */
const char *vg_packed_name(const struct vg_packed *p);

/* Frees what the libraries hold. */
void vg_packed_end(struct vg_packed *p);
