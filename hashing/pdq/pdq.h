#pragma once
/* pdq: luma plane -> 256-bit PDQ hash, quality and the hashes of its eight dihedral variants. The box filters and the
 * decimation to 64 x 64 of the reference are one sparse operator per axis here (at most 7 taps), kept in a small
 * cache by side length. Every instruction-set tier gives the same bits: same order of sums, no contraction to FMA.
 * About 0.2 MiB, no allocation after vg_pdq_create(), one thread per context. */
#include <stdint.h>

#include <vigil/base.h>

#include "hashing/image/luma.h"

#define VG_PDQ_BYTES      32
#define VG_PDQ_N_VARIANTS 8
#define VG_PDQ_MIN_SIDE   5 /* below it the hash is zero and so is the quality */

/* Order of variants[]: as the reference prints them. */
enum vg_pdq_variant {
	VG_PDQ_ORIGINAL,
	VG_PDQ_ROTATE90,
	VG_PDQ_ROTATE180,
	VG_PDQ_ROTATE270,
	VG_PDQ_FLIPX,
	VG_PDQ_FLIPY,
	VG_PDQ_FLIPPLUS1,
	VG_PDQ_FLIPMINUS1
};
struct vg_pdq_result {
	uint8_t hash[VG_PDQ_BYTES]; /* printed order, most significant byte first */
	int quality;                /* 0 .. 100; use the hash from VG_PDQ_MIN_QUALITY (media.h) on */
	uint8_t variants[VG_PDQ_N_VARIANTS][VG_PDQ_BYTES]; /* [0] = hash */
};

struct vg_pdq;

void vg_pdq_destroy(struct vg_pdq *pdq);
/* Start-up only: makes the tables and chooses the tier (VIGIL_FORCE_ISA overrides). NULL: out of memory. */
struct vg_pdq *vg_pdq_create(void) VG_DEALLOC(vg_pdq_destroy);

/* Name of the tier in use: "avx512", "avx2" or "generic". */
const char *vg_pdq_tier(const struct vg_pdq *pdq);

/* Hashes a plane (n_rows, n_cols <= 512, stride VG_LUMA_STRIDE). Never fails. Hot. */
void vg_pdq_hash(struct vg_pdq *pdq, const struct vg_luma *luma, struct vg_pdq_result *out);
