#pragma once
/* wide: MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4) of whole 64-byte blocks of many streams side by side, a stream
 * in each lane of the vectors. Tiers as isa.h says; generic does one lane after the other by OpenSSL. Pure arithmetic
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
	unsigned n_set_lanes; /* lanes of one set; a call works on one set or on two */
	/* By algorithm: from how many lanes on they are faster side by side than one after the other by OpenSSL, on
	 * a machine without and with SHA extensions; more than VG_WIDE_MAX_LANES: never. Measured:
	 * docs/performance.md. */
	uint8_t min_lanes[2][VG_DIGEST_N];
	/* Takes n_blocks blocks of each of the n_sets * n_set_lanes lanes, lane i from from[i] on (readable for that
	 * many blocks: a lane without a stream may point where another does), into the state of the algorithms of
	 * mask (VG_DIGEST_*). */
	void (*run)(struct vg_wide_state *state, const uint8_t *const *from, size_t n_blocks, unsigned n_sets,
		    unsigned mask);
};

extern const struct vg_wide_tier vg_wide_tier_generic, vg_wide_tier_avx2, vg_wide_tier_avx512;

/* The tiers that are built in, best first, *n_tiers of them. */
const struct vg_wide_tier *const *vg_wide_tiers(unsigned *n_tiers);

/* The best tier that may be used here. Start-up only: reads the environment. */
const struct vg_wide_tier *vg_wide_select(void);

/* Has the processor SHA extensions (OpenSSL uses them where it has)? Start-up only. */
bool vg_wide_has_sha(void);

/* One stream's n_blocks blocks into chaining values of its own, by OpenSSL (which uses the SHA extensions where the
 * machine has them). */
void vg_wide_md5(uint32_t h[4], const uint8_t *blocks, size_t n_blocks);
void vg_wide_sha1(uint32_t h[5], const uint8_t *blocks, size_t n_blocks);
void vg_wide_sha256(uint32_t h[8], const uint8_t *blocks, size_t n_blocks);
