/* wide: for each of the 64 output rows the weighted sum of its source rows, all columns and colours at once; that line
 * to luma (which is linear, so that it may come after); then its 64 columns. */
#include "hashing/pdq/wide.h"

#include <string.h>

#include "hashing/pdq/pdq_priv.h"

static const struct vg_pdq_wide_line *line_of(struct vg_pdq_wide_line *line, uint32_t n_samples)
{
	if (line->n_samples == n_samples)
		return line;
	line->n_samples = n_samples;
	line->n_taps = vg_pdq_operator_taps(n_samples);
	vg_pdq_operator_line(n_samples, line->n_taps, line->begin, line->weight);
	return line;
}

static void to_luma(const struct vg_pdq_wide_picture *p, const float *sums, float *line)
{
	for (uint32_t i = 0; i < p->width; i++)
		line[i] = p->samples == VG_PDQ_RGB
				  ? 0.299f * sums[3 * i] + 0.587f * sums[3 * i + 1] + 0.114f * sums[3 * i + 2]
				  : (sums[i] - p->black) * p->scale;
}

static void filter_line(const struct vg_pdq_wide_line *cols, const float *line, float *small)
{
	for (uint32_t c = 0; c < VG_PDQ_OUTPUTS; c++) {
		float sum = 0;
		for (uint32_t t = 0; t < cols->n_taps; t++)
			sum += line[cols->begin[c] + t] * cols->weight[t][c];
		small[c * VG_PDQ_SMALL] = sum;
	}
}

void vg_pdq_hash_wide(struct vg_pdq *pdq, const struct vg_pdq_wide_picture *picture, struct vg_pdq_result *out)
{
	struct vg_pdq_wide *wide = &pdq->wide;
	const struct vg_pdq_wide_line *rows, *cols;

	memset(out, 0, sizeof(*out));
	if (picture->width < VG_PDQ_MIN_SIDE || picture->height < VG_PDQ_MIN_SIDE ||
	    picture->width > VG_PDQ_WIDE_SIDE || picture->height > VG_PDQ_WIDE_SIDE)
		return;
	rows = line_of(&wide->rows, picture->height);
	cols = line_of(&wide->cols, picture->width);
	for (uint32_t r = 0; r < VG_PDQ_OUTPUTS; r++) {
		pdq->tier->sum_rows(picture->at + rows->begin[r] * picture->stride_bytes, picture->stride_bytes,
				    &rows->weight[0][r], rows->n_taps,
				    picture->samples == VG_PDQ_RGB ? 3 * picture->width : picture->width, wide->sums);
		to_luma(picture, wide->sums, wide->line);
		filter_line(cols, wide->line, pdq->work.small + r);
	}
	vg_pdq_finish(pdq, out);
}
