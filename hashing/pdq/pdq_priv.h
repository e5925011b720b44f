#pragma once
/* pdq_priv: the inside of struct vg_pdq, and what a tier does. */
#include <stdint.h>

#include <vigil/isa.h>

#include "hashing/pdq/operator.h"
#include "hashing/pdq/pdq.h"

#define VG_PDQ_SMALL   64u /* side of the plane that the DCT sees */
#define VG_PDQ_FREQS   16u /* frequencies 1 .. 16 in both directions */
#define VG_PDQ_N_BITS  256u
#define VG_PDQ_MAX_VEC 16u /* floats in the widest vector of a tier */

/* Working memory of one hash, all of it rewritten each time. */
struct vg_pdq_work {
	/* Some output rows of the vertical filter, then the same with rows and columns exchanged. */
	_Alignas(64) float tall[VG_PDQ_MAX_VEC * VG_LUMA_SIDE];
	_Alignas(64) float turned[VG_LUMA_SIDE * VG_PDQ_MAX_VEC];
	_Alignas(64) float small[VG_PDQ_SMALL * VG_PDQ_SMALL + VG_PDQ_MAX_VEC]; /* [column][row] of 64 x 64 */
	_Alignas(64) float half[VG_PDQ_FREQS * VG_PDQ_SMALL];                   /* [horizontal frequency][row] */
	_Alignas(64) float dct[VG_PDQ_N_BITS]; /* [horizontal frequency][vertical frequency] */
};
/* The DCT matrix of the reference, both ways round. */
struct vg_pdq_tables {
	_Alignas(64) float d[VG_PDQ_FREQS * VG_PDQ_SMALL];  /* [frequency][sample] */
	_Alignas(64) float dt[VG_PDQ_SMALL * VG_PDQ_FREQS]; /* [sample][frequency] */
};
/* The steps that are worth a tier. median: the 128th smallest of 256 floats, none of them NaN, 64-byte aligned. */
struct vg_pdq_tier {
	enum vg_isa isa;
	void (*shrink)(struct vg_pdq_work *w, const struct vg_luma *luma, const struct vg_pdq_operator *rows,
		       const struct vg_pdq_operator *cols);
	int (*quality)(const struct vg_pdq_work *w);
	void (*dct)(struct vg_pdq_work *w, const struct vg_pdq_tables *tables);
	float (*median)(const float *values);
	void (*variants)(const float *dct, uint8_t hashes[][VG_PDQ_BYTES]); /* dct as in vg_pdq_work */
};
struct vg_pdq {
	struct vg_pdq_work work;
	struct vg_pdq_tables tables;
	struct vg_pdq_operators operators;
	const struct vg_pdq_tier *tier;
};

extern const struct vg_pdq_tier vg_pdq_tier_generic, vg_pdq_tier_avx2, vg_pdq_tier_avx512;

/* The tiers that are built in, best first, *n_tiers of them. */
const struct vg_pdq_tier *const *vg_pdq_tiers(unsigned *n_tiers);

/* The best tier that may be used here. Start-up only: reads the environment. */
const struct vg_pdq_tier *vg_pdq_select(void);
