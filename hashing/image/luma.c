/* luma: which decoder, and the sampling of its rows. */
#include "hashing/image/luma.h"

#include <string.h>

#include <vigil/media.h>

#include "hashing/image/luma_priv.h"

enum vg_err vg_luma_begin(struct vg_image *image, uint32_t width, uint32_t height, int by_passes)
{
	const struct vg_image_limits *limits = &image->limits;
	struct vg_luma *luma = &image->luma;
	if (!width || !height || width > limits->max_side || height > limits->max_side ||
	    (uint64_t)width * height > limits->max_pixels)
		return VG_ERANGE;
	int sampled = width > VG_LUMA_SIDE || height > VG_LUMA_SIDE;
	*luma = (struct vg_luma){ .at = image->plane, .width = width, .height = height };
	luma->n_rows = sampled ? VG_LUMA_SIDE : height;
	luma->n_cols = sampled ? VG_LUMA_SIDE : width;
	for (uint32_t c = 0; c < luma->n_cols; c++)
		image->source_col[c] = (uint16_t)(c * width / luma->n_cols);
	image->by_passes = by_passes != 0;
	if (by_passes)
		memset(image->plane, 0, sizeof(*image->plane) * VG_LUMA_STRIDE * luma->n_rows);
	return VG_OK;
}

static inline float from_rgb(const struct vg_image *image, uint8_t r, uint8_t g, uint8_t b)
{
	return image->red[r] + image->green[g] + image->blue[b];
}

/* Inlined wherever `pixels` is known: this runs for every sample. */
static inline __attribute__((always_inline)) float luma_of(const struct vg_image *image, enum vg_pixels pixels,
							   const uint8_t *p)
{
	switch (pixels) {
	case VG_PIXELS_GREY:
		return p[0];
	case VG_PIXELS_RGB:
		return from_rgb(image, p[0], p[1], p[2]);
	case VG_PIXELS_CMYK: /* the product of what ink and black let through */
		return from_rgb(image, (uint8_t)((p[0] * p[3] + 127) / 255), (uint8_t)((p[1] * p[3] + 127) / 255),
				(uint8_t)((p[2] * p[3] + 127) / 255));
	case VG_PIXELS_CMYK_INK:
		return from_rgb(image, (uint8_t)(((255 - p[0]) * (255 - p[3]) + 127) / 255),
				(uint8_t)(((255 - p[1]) * (255 - p[3]) + 127) / 255),
				(uint8_t)(((255 - p[2]) * (255 - p[3]) + 127) / 255));
	}
	return 0;
}

/* The samples of a whole source row; inlined once per kind of pixel. */
static inline __attribute__((always_inline)) void whole_row(const struct vg_image *image,
							    const struct vg_pixel_row *row, enum vg_pixels pixels,
							    uint32_t pixel_bytes, float *restrict to)
{
	const uint8_t *at = row->at;
	const uint16_t *source_col = image->source_col;
	for (uint32_t c = 0, n_cols = image->luma.n_cols; c < n_cols; c++)
		to[c] = luma_of(image, pixels, at + source_col[c] * pixel_bytes);
}

/* The samples that lie on a sparse row (columns x, x + 2^shift, x + 2 * 2^shift ...) or right beside it. */
static void sparse_row(const struct vg_image *image, const struct vg_pixel_row *row, float *to)
{
	uint32_t mask = (1u << row->x_shift) - 1, n_cols = row->n_cols ? row->n_cols : 1;
	for (uint32_t c = 0; c < image->luma.n_cols; c++) {
		uint32_t off = image->source_col[c] - row->x, idx = off >> row->x_shift;
		if (image->source_col[c] >= row->x && (off & mask) < n_cols && idx < row->n_pixels)
			to[c] = luma_of(image, row->pixels, row->at + (size_t)idx * row->pixel_bytes);
	}
}

static void any_row(const struct vg_image *image, const struct vg_pixel_row *row, float *to)
{
	if (image->by_passes)
		sparse_row(image, row, to);
	else if (row->pixels == VG_PIXELS_RGB && row->pixel_bytes == 3)
		whole_row(image, row, VG_PIXELS_RGB, 3, to);
	else if (row->pixels == VG_PIXELS_GREY)
		whole_row(image, row, VG_PIXELS_GREY, row->pixel_bytes, to);
	else
		whole_row(image, row, row->pixels, row->pixel_bytes, to);
}

void vg_luma_put(struct vg_image *image, const struct vg_pixel_row *row)
{
	struct vg_luma *luma = &image->luma;
	/* The first plane row whose source row floor(r * H / n) is not above y. */
	uint32_t first = (uint32_t)(((uint64_t)row->y * luma->n_rows + luma->height - 1) / luma->height), r = first;
	uint64_t end_y = row->y + (uint64_t)(image->by_passes && row->n_rows ? row->n_rows : 1);
	VG_INVARIANT(row->y < luma->height && row->x < luma->width);
	image->n_rows_put++;
	for (; r < luma->n_rows && (uint64_t)r * luma->height / luma->n_rows < end_y; r++) {
		float *to = image->plane + (size_t)r * VG_LUMA_STRIDE;
		if (r == first || image->by_passes)
			any_row(image, row, to);
		else
			memcpy(to, to - VG_LUMA_STRIDE, sizeof(*to) * luma->n_cols);
	}
	if (!image->by_passes && r > image->end_row)
		image->end_row = r;
}

enum vg_err vg_image_luma(struct vg_image *image, unsigned kind, const struct vg_chain *bytes, struct vg_luma *out)
{
	enum vg_err err;
	memset(out, 0, sizeof(*out));
	memset(&image->luma, 0, sizeof(image->luma));
	image->n_rows_put = image->end_row = 0;
	image->by_passes = 0;
	image->n_late_asked = 0;
	image->deadline_ns = vg_luma_cpu_ns() + image->limits.max_ms * 1000000ull;
	if (kind == VG_KIND_JPEG)
		err = vg_luma_jpeg(image, bytes);
	else if (kind == VG_KIND_PNG)
		err = vg_luma_png(image, bytes);
	else
		return VG_EUNSUPPORTED;
	/* Damaged in the middle: what came before it counts. */
	if (err == VG_ECORRUPT && image->n_rows_put) {
		image->luma.partial = 1;
		err = VG_OK;
	}
	if (err)
		return err;
	if (!image->by_passes)
		memset(image->plane + (size_t)image->end_row * VG_LUMA_STRIDE, 0,
		       sizeof(*image->plane) * VG_LUMA_STRIDE * (image->luma.n_rows - image->end_row));
	*out = image->luma;
	return VG_OK;
}
