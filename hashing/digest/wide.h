#pragma once
/* wide: MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4) of whole 64-byte blocks of many streams side by side, a stream
 * in each lane of the vectors. Tiers as isa.h says, with and without SHA extensions; generic does one lane after the
 * other by OpenSSL. Pure arithmetic
 * over the caller's memory; any thread. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vigil/isa.h>

#define VG_WIDE_BLOCK_BYTES 64u
#define VG_WIDE_MAX_LANES   32u
#define VG_WIDE_MAX_SETS    2u

/* Chaining values, word by word over all lanes, so that a vector holds one word of a set of lanes. */
struct vg_wide_state {
	_Alignas(64) uint32_t md5[4][VG_WIDE_MAX_LANES];
	_Alignas(64) uint32_t sha1[5][VG_WIDE_MAX_LANES];
	_Alignas(64) uint32_t sha256[8][VG_WIDE_MAX_LANES];
};

enum vg_digest_no { VG_DIGEST_NO_MD5, VG_DIGEST_NO_SHA1, VG_DIGEST_NO_SHA256, VG_DIGEST_N };

struct vg_wide_tier {
	enum vg_isa isa;
	bool needs_sha;       /* the processor's SHA extensions, too */
	unsigned n_set_lanes; /* lanes of a vector; a call works on one set of them or on two */
	/* By algorithm: from how many lanes on a call is faster than OpenSSL for one after the other; more than
	 * VG_WIDE_MAX_LANES: never. Measured: docs/performance.md. */
	uint8_t min_lanes[VG_DIGEST_N];
	/* From how many on it reads all of them in step, so that they had better not share places of a cache. */
	uint8_t min_in_step[VG_DIGEST_N];
	/* Takes n_blocks blocks of each of n_lanes lanes (1 .. 2 * n_set_lanes), lane i from from[i] on, into the state
	 * of the algorithms of mask (VG_DIGEST_*). copies: NULL, or room for those blocks of each lane, from where
	 * lanes that go in step read then. The rest of a begun set is worked on, too: what it would read (copies[],
	 * without them from[]) must be readable and may be anything, its state is overwritten with anything. */
	void (*run)(struct vg_wide_state *state, const uint8_t *const *from, uint8_t *const *copies, size_t n_blocks,
		    unsigned n_lanes, unsigned mask);
};

extern const struct vg_wide_tier vg_wide_tier_generic, vg_wide_tier_avx2, vg_wide_tier_avx512;
/* The same with SHA extensions: SHA-256, and SHA-1 of few lanes, by them, three or four streams in flight; AVX-512 with
 * eight lanes or more makes the schedule of SHA-256 in vectors (wide_sha256.h). */
extern const struct vg_wide_tier vg_wide_tier_avx2_sha, vg_wide_tier_avx512_sha;

/* The tiers that are built in, best first, *n_tiers of them. */
const struct vg_wide_tier *const *vg_wide_tiers(unsigned *n_tiers);

/* Has this machine what the tier needs? Start-up only. */
bool vg_wide_runs_here(const struct vg_wide_tier *tier);

/* The best tier that may be used here. Start-up only: reads the environment. */
const struct vg_wide_tier *vg_wide_select(void);

/* One stream's n_blocks blocks into chaining values of its own, by OpenSSL (which uses the SHA extensions where the
 * machine has them). */
void vg_wide_md5(uint32_t h[4], const uint8_t *blocks, size_t n_blocks);
void vg_wide_sha1(uint32_t h[5], const uint8_t *blocks, size_t n_blocks);
void vg_wide_sha256(uint32_t h[8], const uint8_t *blocks, size_t n_blocks);
