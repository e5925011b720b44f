#pragma once
/* digest_priv: the inside of struct vg_digests. */
#include "hashing/digest/digest.h"
#include "hashing/digest/wide.h"

#define VG_BATCH_NONE UINT32_MAX

struct vg_digests {
	uint32_t md5[4], sha1[5], sha256[8];
	uint64_t n_bytes; /* digested, the tail included */
	unsigned mask;    /* of the stream in hand */
	uint32_t n_tail;  /* bytes that wait for a block to be full, < VG_WIDE_BLOCK_BYTES */
	uint8_t tail[VG_WIDE_BLOCK_BYTES];
	/* batch.c: pieces that wait, in order, and its place among the streams that have some */
	uint32_t first_piece, last_piece;
	struct vg_digests *older, *newer;
	bool in_batch;
};

/* Takes n_blocks whole blocks; the caller counts them. */
void vg_digests_blocks(struct vg_digests *d, const uint8_t *blocks, size_t n_blocks, unsigned mask);
