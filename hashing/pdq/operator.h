#pragma once
/* operator: what happens to a line of n samples on its way to the 64 samples that the DCT sees (two box filters of
 * ceil(n/128), then decimation), as one sparse 64 x n matrix: at most 7 weights per output up to 512 samples, 127 up to
 * 8192. Where a plane was decoded smaller than the picture, the n samples are places between its own ones
 * (image/scaled.h), and the matrix does that interpolation, too: at most 9 weights. Pure; a small cache. */
#include <stdint.h>

#include "hashing/image/scaled.h"

#define VG_PDQ_OUTPUTS     64u
#define VG_PDQ_MAX_TAPS    9u /* window 4 at 512 samples: 4 + 4 - 1, and one on each side between small samples */
#define VG_PDQ_N_OPERATORS 16u
#define VG_PDQ_MAX_WINDOW  64u /* of a line of 8192 samples */

struct vg_pdq_operator {
	struct vg_luma_axis axis;                      /* n_samples 0 = nothing here yet */
	uint32_t n_taps;                               /* odd, the same for all outputs */
	uint32_t begin[VG_PDQ_OUTPUTS];                /* output i reads begin[i] .. begin[i] + n_taps, inside n */
	float weight[VG_PDQ_MAX_TAPS][VG_PDQ_OUTPUTS]; /* [tap][output]; unused taps are 0 */
};
/* Direct by order of arrival: the oldest is replaced. Zeroed = empty. */
struct vg_pdq_operators {
	struct vg_pdq_operator at[VG_PDQ_N_OPERATORS];
	uint32_t next;
};

/* Weights that each output of a line of n_samples has. */
uint32_t vg_pdq_operator_taps(uint32_t n_samples);
/* Writes where the 64 outputs of a line of n_samples (1 .. 8192) begin, and their n_taps weights each,
 * weight[tap][output]. */
void vg_pdq_operator_line(uint32_t n_samples, uint32_t n_taps, uint32_t *begins, float (*weight)[VG_PDQ_OUTPUTS]);

/* Makes the operator of an axis of 1 .. 512 samples; of a smaller picture, at least 32. */
void vg_pdq_operator_make(struct vg_pdq_operator *op, const struct vg_luma_axis *axis);

/* The operator of an axis, made if it is not in the cache. Borrowed until the next call: that may need its
 * place, which is not the one used last but the one filled longest ago. */
const struct vg_pdq_operator *vg_pdq_operator_get(struct vg_pdq_operators *cache, const struct vg_luma_axis *axis);
/* Both operators of a plane, borrowed until the next call; neither has taken the other's place. */
void vg_pdq_operator_pair(struct vg_pdq_operators *cache, const struct vg_luma_axis *of_rows,
			  const struct vg_luma_axis *of_cols, const struct vg_pdq_operator **rows,
			  const struct vg_pdq_operator **cols);
