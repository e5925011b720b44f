/* digest: bytes arrive in spans of some KiB; each span goes through all algorithms while it is in the first-level
 * cache. What does not fill a block waits for the next span. */
#include "hashing/digest/digest.h"

#include <string.h>

#include "hashing/digest/digest_priv.h"

/* Small enough that a piece stays in the first-level cache for the second and third algorithm. */
#define PIECE_BLOCKS 256u
#define LENGTH_OFF   56u /* of a last block: where the number of bits stands (RFC 1321 3.2, FIPS 180-4 5.1.1) */

void vg_digests_init(struct vg_digests *d, unsigned algo_mask)
{
	/* RFC 1321 3.3; FIPS 180-4 5.3.1, 5.3.3. */
	static const uint32_t md5[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	static const uint32_t sha1[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	static const uint32_t sha256[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	VG_INVARIANT_HOT(!d->in_batch);
	memcpy(d->md5, md5, sizeof(md5));
	memcpy(d->sha1, sha1, sizeof(sha1));
	memcpy(d->sha256, sha256, sizeof(sha256));
	d->mask = algo_mask & VG_DIGEST_ALL;
	d->n_bytes = 0;
	d->n_tail = 0;
	d->first_piece = d->last_piece = VG_BATCH_NONE;
}

unsigned vg_digests_mask(const struct vg_digests *d)
{
	return d->mask;
}

void vg_digests_blocks(struct vg_digests *d, const uint8_t *blocks, size_t n_blocks, unsigned mask)
{
	while (n_blocks) {
		size_t n = n_blocks < PIECE_BLOCKS ? n_blocks : PIECE_BLOCKS;
		if (mask & VG_DIGEST_MD5)
			vg_wide_md5(d->md5, blocks, n);
		if (mask & VG_DIGEST_SHA1)
			vg_wide_sha1(d->sha1, blocks, n);
		if (mask & VG_DIGEST_SHA256)
			vg_wide_sha256(d->sha256, blocks, n);
		blocks += n * VG_WIDE_BLOCK_BYTES;
		n_blocks -= n;
	}
}

void vg_digests_feed(struct vg_digests *d, const uint8_t *bytes, size_t n_bytes)
{
	size_t n_blocks;

	VG_INVARIANT_HOT(!d->in_batch);
	d->n_bytes += n_bytes;
	if (d->n_tail) {
		size_t n = VG_WIDE_BLOCK_BYTES - d->n_tail < n_bytes ? VG_WIDE_BLOCK_BYTES - d->n_tail : n_bytes;
		memcpy(d->tail + d->n_tail, bytes, n);
		d->n_tail += (uint32_t)n;
		bytes += n;
		n_bytes -= n;
		if (d->n_tail < VG_WIDE_BLOCK_BYTES)
			return;
		vg_digests_blocks(d, d->tail, 1, d->mask);
	}
	n_blocks = n_bytes / VG_WIDE_BLOCK_BYTES;
	vg_digests_blocks(d, bytes, n_blocks, d->mask);
	d->n_tail = (uint32_t)(n_bytes - n_blocks * VG_WIDE_BLOCK_BYTES);
	if (d->n_tail)
		memcpy(d->tail, bytes + n_blocks * VG_WIDE_BLOCK_BYTES, d->n_tail);
}

/* The number of bits as the last eight bytes: MD5 has it little-endian, the others big-endian. */
static void put_length(uint8_t at[8], uint64_t n_bits, bool big_endian)
{
	for (unsigned i = 0; i < 8; i++)
		at[big_endian ? 7 - i : i] = (uint8_t)(n_bits >> 8 * i);
}

static void put_words(uint8_t *at, const uint32_t *words, unsigned n_words, bool big_endian)
{
	for (unsigned i = 0; i < n_words; i++)
		for (unsigned k = 0; k < 4; k++)
			at[4 * i + (big_endian ? 3 - k : k)] = (uint8_t)(words[i] >> 8 * k);
}

void vg_digests_done(struct vg_digests *d, struct vg_digest_values *out)
{
	uint8_t last[2 * VG_WIDE_BLOCK_BYTES] = { 0 };
	size_t n_blocks = d->n_tail < LENGTH_OFF ? 1 : 2;
	uint8_t *length = last + n_blocks * VG_WIDE_BLOCK_BYTES - 8;

	VG_INVARIANT_HOT(!d->in_batch);
	memcpy(last, d->tail, d->n_tail);
	last[d->n_tail] = 0x80;
	put_length(length, d->n_bytes * 8, false);
	vg_digests_blocks(d, last, n_blocks, d->mask & VG_DIGEST_MD5);
	put_length(length, d->n_bytes * 8, true);
	vg_digests_blocks(d, last, n_blocks, d->mask & (VG_DIGEST_SHA1 | VG_DIGEST_SHA256));
	memset(out, 0, sizeof(*out));
	if (d->mask & VG_DIGEST_MD5)
		put_words(out->md5, d->md5, 4, false);
	if (d->mask & VG_DIGEST_SHA1)
		put_words(out->sha1, d->sha1, 5, true);
	if (d->mask & VG_DIGEST_SHA256)
		put_words(out->sha256, d->sha256, 8, true);
	d->mask = 0;
}

void vg_digests_copy(struct vg_digests *to, const struct vg_digests *from)
{
	VG_INVARIANT_HOT(!to->in_batch && !from->in_batch);
	*to = *from;
}
