#pragma once
/* wide_sha256: SHA-256 with the work shared out: the schedule of eight streams in 256-bit vectors, the rounds of four
 * of them at a time by SHA extensions, a block apart in one instruction stream (FIPS 180-4 6.2.2). The extensions' own
 * schedule takes more of the processor's pipes than their rounds do. Needs AVX-512VL and SHA extensions; pure
 * arithmetic over the caller's memory, any thread. */
#include "hashing/digest/wide.h"

#define VG_WIDE_ROW_LANES 8u /* streams of a row */

/* n_blocks >= 1 blocks of lanes 0 .. n_rows * VG_WIDE_ROW_LANES - 1, as vg_wide_tier.run() does SHA-256; reads and
 * changes no other lane. Copies them by the way where `copies` is not NULL. k: the 64 constants. */
void vg_wide_sha256_rows(uint32_t h[][VG_WIDE_MAX_LANES], const uint8_t *const *from, uint8_t *const *copies,
			 size_t n_blocks, unsigned n_rows, const uint32_t *k);
