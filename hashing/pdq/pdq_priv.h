#pragma once
/* pdq_priv: the inside of struct vg_pdq, and what a tier does. */
#include <stdint.h>

#include <vigil/isa.h>

#include "hashing/pdq/operator.h"
#include "hashing/pdq/pdq.h"
#include "hashing/pdq/wide.h"

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
#define VG_PDQ_WIDE_TAPS (2 * VG_PDQ_MAX_WINDOW - 1)
#define VG_PDQ_WIDE_DOT  (3 * VG_PDQ_WIDE_TAPS / VG_PDQ_MAX_VEC * VG_PDQ_MAX_VEC + VG_PDQ_MAX_VEC)
/* The steps that are worth a tier. median: the 128th smallest of 256 floats, none of them NaN, 64-byte aligned. */
struct vg_pdq_tier {
	enum vg_isa isa;
	void (*shrink)(struct vg_pdq_work *w, const struct vg_luma *luma, const struct vg_pdq_operator *rows,
		       const struct vg_pdq_operator *cols);
	int (*quality)(const struct vg_pdq_work *w);
	void (*dct)(struct vg_pdq_work *w, const struct vg_pdq_tables *tables);
	float (*median)(const float *values);
	void (*variants)(const float *dct, uint8_t hashes[][VG_PDQ_BYTES]); /* dct as in vg_pdq_work */
	/* to[i] = the sum over n_taps rows, stride_bytes apart, of weights[tap * 64] * at[i], for i < n. */
	void (*sum_rows)(const uint8_t *at, size_t stride_bytes, const float *weights, uint32_t n_taps, uint32_t n,
			 float *to);
	/* to[i * VG_PDQ_SMALL] = the dot product of n weights (a multiple of VG_PDQ_MAX_VEC) of output i with the
	 * samples from begin[i] on. Sums run in VG_PDQ_MAX_VEC lanes, whatever the tier. */
	void (*dots)(const float *samples, const uint32_t *begin, const float weights[][VG_PDQ_WIDE_DOT], uint32_t n,
		     float *to);
};
/* Both axes of a picture of up to VG_PDQ_WIDE_SIDE samples a side. Of its columns each output is one dot product over
 * the samples of a row as they lie: n_dot weights, zeros behind them up to a multiple of VG_PDQ_MAX_VEC. */
struct vg_pdq_wide {
	uint32_t width, height; /* of the picture before: films come in frames of one size */
	enum vg_pdq_samples samples;
	uint32_t n_row_taps, row_begin[VG_PDQ_OUTPUTS], n_dot, dot_begin[VG_PDQ_OUTPUTS];
	float row_weight[VG_PDQ_WIDE_TAPS][VG_PDQ_OUTPUTS], col_weight[VG_PDQ_WIDE_TAPS][VG_PDQ_OUTPUTS];
	_Alignas(64) float dot_weight[VG_PDQ_OUTPUTS][VG_PDQ_WIDE_DOT];
	_Alignas(64) float sums[3 * VG_PDQ_WIDE_SIDE + VG_PDQ_MAX_VEC]; /* behind a row: finite, and weighed zero */
};
struct vg_pdq {
	struct vg_pdq_work work;
	struct vg_pdq_tables tables;
	struct vg_pdq_operators operators;
	struct vg_pdq_wide wide;
	const struct vg_pdq_tier *tier;
};

extern const struct vg_pdq_tier vg_pdq_tier_generic, vg_pdq_tier_avx2, vg_pdq_tier_avx512;

/* The second half: quality, hash and variants of work.small. */
void vg_pdq_finish(struct vg_pdq *pdq, struct vg_pdq_result *out);

/* The tiers that are built in, best first, *n_tiers of them. */
const struct vg_pdq_tier *const *vg_pdq_tiers(unsigned *n_tiers);

/* The best tier that may be used here. Start-up only: reads the environment. */
const struct vg_pdq_tier *vg_pdq_select(void);
