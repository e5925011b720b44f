/* One stream at a time, by OpenSSL's block functions: its contexts hold nothing but chaining values when they are fed
 * whole blocks, so ours go in and come out. The functions are old ones (OpenSSL 3 calls them deprecated), and the only
 * ones that let a stream change over between one lane and many. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <string.h>

#include <vigil/base.h>

#include "hashing/digest/digest.h"
#include "hashing/digest/wide.h"

void vg_wide_md5(uint32_t h[4], const uint8_t *blocks, size_t n_blocks)
{
	MD5_CTX c = { .A = h[0], .B = h[1], .C = h[2], .D = h[3] };

	VG_INVARIANT_HOT(MD5_Update(&c, blocks, n_blocks * VG_WIDE_BLOCK_BYTES) == 1);
	h[0] = c.A;
	h[1] = c.B;
	h[2] = c.C;
	h[3] = c.D;
}

void vg_wide_sha1(uint32_t h[5], const uint8_t *blocks, size_t n_blocks)
{
	SHA_CTX c = { .h0 = h[0], .h1 = h[1], .h2 = h[2], .h3 = h[3], .h4 = h[4] };

	VG_INVARIANT_HOT(SHA1_Update(&c, blocks, n_blocks * VG_WIDE_BLOCK_BYTES) == 1);
	h[0] = c.h0;
	h[1] = c.h1;
	h[2] = c.h2;
	h[3] = c.h3;
	h[4] = c.h4;
}

void vg_wide_sha256(uint32_t h[8], const uint8_t *blocks, size_t n_blocks)
{
	SHA256_CTX c = { .md_len = SHA256_DIGEST_LENGTH };

	memcpy(c.h, h, sizeof(c.h));
	VG_INVARIANT_HOT(SHA256_Update(&c, blocks, n_blocks * VG_WIDE_BLOCK_BYTES) == 1);
	memcpy(h, c.h, sizeof(c.h));
}

static void take(uint32_t h[], uint32_t state[][VG_WIDE_MAX_LANES], unsigned n_words, unsigned lane)
{
	for (unsigned i = 0; i < n_words; i++)
		h[i] = state[i][lane];
}

static void put(uint32_t state[][VG_WIDE_MAX_LANES], const uint32_t h[], unsigned n_words, unsigned lane)
{
	for (unsigned i = 0; i < n_words; i++)
		state[i][lane] = h[i];
}

static void run(struct vg_wide_state *state, const uint8_t *const *from, uint8_t *const *copies, size_t n_blocks,
		unsigned n_lanes, unsigned mask)
{
	uint32_t h[8];

	(void)copies; /* one lane at a time needs none */
	for (unsigned lane = 0; lane < n_lanes; lane++) {
		if (mask & VG_DIGEST_MD5) {
			take(h, state->md5, 4, lane);
			vg_wide_md5(h, from[lane], n_blocks);
			put(state->md5, h, 4, lane);
		}
		if (mask & VG_DIGEST_SHA1) {
			take(h, state->sha1, 5, lane);
			vg_wide_sha1(h, from[lane], n_blocks);
			put(state->sha1, h, 5, lane);
		}
		if (mask & VG_DIGEST_SHA256) {
			take(h, state->sha256, 8, lane);
			vg_wide_sha256(h, from[lane], n_blocks);
			put(state->sha256, h, 8, lane);
		}
	}
}

const struct vg_wide_tier vg_wide_tier_generic = {
	VG_ISA_GENERIC, false, 1, { 255, 255, 255 }, { 255, 255, 255 }, run
};
