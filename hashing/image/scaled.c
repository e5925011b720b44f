/* The rows of a picture that was decoded smaller -> the plane. A side of up to 512 samples is kept as it comes, and the
 * operator of hashing/pdq interpolates; a longer one is interpolated here, to the 512 samples of the reference. */
#include <string.h>

#include "hashing/image/luma_priv.h"

enum vg_err vg_luma_begin_scaled(struct vg_image *image, uint32_t width, uint32_t height, uint32_t eighths)
{
	struct vg_luma *luma = &image->luma;
	enum vg_err err = vg_luma_begin(image, width, height, 0);
	uint32_t n_rows = vg_scaled_n(height, eighths), n_cols = vg_scaled_n(width, eighths);

	if (err)
		return err;
	luma->eighths = (uint8_t)eighths;
	luma->n_rows = n_rows < VG_LUMA_SIDE ? n_rows : VG_LUMA_SIDE;
	luma->n_cols = n_cols < VG_LUMA_SIDE ? n_cols : VG_LUMA_SIDE;
	for (uint32_t c = 0; n_cols > VG_LUMA_SIDE && c < VG_LUMA_SIDE; c++) {
		uint32_t low, high, part;
		vg_scaled_place(width, eighths, VG_LUMA_SIDE, c, &low, &high, &part);
		image->source_col[c] = (uint16_t)low;
		image->source_part[c] = (uint8_t)(high == low ? 0 : part);
	}
	return VG_OK;
}

/* One row at the width of the plane. `row` may be read one byte behind its end. */
static void take(const struct vg_image *image, const uint8_t *row, float *restrict to)
{
	const struct vg_luma *luma = &image->luma;

	if (vg_scaled_n(luma->width, luma->eighths) <= VG_LUMA_SIDE) {
		for (uint32_t c = 0; c < luma->n_cols; c++)
			to[c] = row[c];
		return;
	}
	for (uint32_t c = 0; c < luma->n_cols; c++) {
		const uint8_t *at = row + image->source_col[c];
		int part = image->source_part[c];
		to[c] = (float)(at[0] * (16 - part) + at[1] * part) * (1.0f / 16);
	}
}

void vg_luma_put_scaled(struct vg_image *image, uint32_t y, const uint8_t *row)
{
	struct vg_luma *luma = &image->luma;
	float *line = image->lines[y % 2], *before = image->lines[(y + 1) % 2];
	uint32_t n_rows = vg_scaled_n(luma->height, luma->eighths), low, high, part;

	VG_INVARIANT(y < n_rows);
	image->n_rows_put++;
	if (n_rows <= VG_LUMA_SIDE) {
		take(image, row, image->plane + (size_t)y * VG_LUMA_STRIDE);
		image->end_row = y + 1;
		return;
	}
	take(image, row, line);
	for (; image->end_row < luma->n_rows; image->end_row++) {
		float *to = image->plane + (size_t)image->end_row * VG_LUMA_STRIDE;

		vg_scaled_place(luma->height, luma->eighths, VG_LUMA_SIDE, image->end_row, &low, &high, &part);
		if (high > y)
			return;
		/* Rows come one after the other: `high` is this one. */
		const float *a = low == y ? line : before;
		for (uint32_t c = 0; c < luma->n_cols; c++)
			to[c] = (a[c] * (float)(16 - part) + line[c] * (float)part) * (1.0f / 16);
	}
}
