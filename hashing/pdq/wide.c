/* wide: for each of the 64 output rows the weighted sum of its source rows, all columns and colours at once; then its
 * 64 columns, each a dot product over that sum as it lies, red, green and blue by turns. */
#include "hashing/pdq/wide.h"

#include <string.h>

#include "hashing/pdq/pdq_priv.h"

static const float rgb_share[3] = { 0.299f, 0.587f, 0.114f };

static void prepare(struct vg_pdq_wide *w, const struct vg_pdq_wide_picture *p)
{
	uint32_t n_colours = p->samples == VG_PDQ_RGB ? 3 : 1, n_taps, n_row;
	uint32_t begin[VG_PDQ_OUTPUTS];

	if (w->width == p->width && w->height == p->height && w->samples == p->samples)
		return;
	w->width = p->width;
	w->height = p->height;
	w->samples = p->samples;
	w->n_row_taps = vg_pdq_operator_taps(p->height);
	vg_pdq_operator_line(p->height, w->n_row_taps, w->row_begin, w->row_weight);
	n_taps = vg_pdq_operator_taps(p->width);
	vg_pdq_operator_line(p->width, n_taps, begin, w->col_weight);
	w->n_dot = (n_taps * n_colours + VG_PDQ_MAX_VEC - 1) / VG_PDQ_MAX_VEC * VG_PDQ_MAX_VEC;
	for (uint32_t i = 0; i < VG_PDQ_OUTPUTS; i++) {
		w->dot_begin[i] = begin[i] * n_colours;
		memset(w->dot_weight[i], 0, sizeof(w->dot_weight[i]));
		for (uint32_t k = 0; k < n_taps * n_colours; k++)
			w->dot_weight[i][k] = w->col_weight[k / n_colours][i] * (n_colours == 3 ? rgb_share[k % 3] : 1);
	}
	n_row = p->width * n_colours;
	memset(w->sums + n_row, 0, sizeof(w->sums[0]) * VG_PDQ_MAX_VEC);
}

void vg_pdq_hash_wide(struct vg_pdq *pdq, const struct vg_pdq_wide_picture *picture, struct vg_pdq_result *out)
{
	struct vg_pdq_wide *w = &pdq->wide;
	uint32_t n_row = picture->width * (picture->samples == VG_PDQ_RGB ? 3 : 1);

	memset(out, 0, sizeof(*out));
	if (picture->width < VG_PDQ_MIN_SIDE || picture->height < VG_PDQ_MIN_SIDE ||
	    picture->width > VG_PDQ_WIDE_SIDE || picture->height > VG_PDQ_WIDE_SIDE)
		return;
	prepare(w, picture);
	for (uint32_t r = 0; r < VG_PDQ_OUTPUTS; r++) {
		pdq->tier->sum_rows(picture->at + w->row_begin[r] * picture->stride_bytes, picture->stride_bytes,
				    &w->row_weight[0][r], w->n_row_taps, n_row, w->sums);
		pdq->tier->dots(w->sums, w->dot_begin, (const float(*)[VG_PDQ_WIDE_DOT])w->dot_weight, w->n_dot,
				pdq->work.small + r);
	}
	vg_pdq_finish(pdq, out);
}
