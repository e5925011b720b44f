/* luma: which decoder, and the sampling of its rows. */
#include "hashing/image/luma.h"

#include <stdlib.h>
#include <string.h>

#include <vigil/media.h>

#include "hashing/image/luma_priv.h"

enum vg_err vg_luma_fits(const struct vg_image *image, uint64_t width, uint64_t height, uint32_t n_pixel_bytes)
{
	const struct vg_image_limits *limits = &image->limits;
	if (!width || !height || width > limits->max_side || height > limits->max_side ||
	    width * height > limits->max_pixels)
		return VG_ERANGE;
	if (width < limits->min_side || height < limits->min_side)
		return VG_ESMALL;
	return n_pixel_bytes && width * height > limits->max_memory_bytes / n_pixel_bytes ? VG_EBUDGET : VG_OK;
}

enum vg_err vg_luma_begin(struct vg_image *image, uint32_t width, uint32_t height, int by_passes)
{
	struct vg_luma *luma = &image->luma;
	enum vg_err err = vg_luma_fits(image, width, height, 0);
	if (err)
		return err;
	int sampled = width > VG_LUMA_SIDE || height > VG_LUMA_SIDE;
	*luma = (struct vg_luma){ .at = image->plane, .width = width, .height = height };
	luma->n_rows = sampled ? VG_LUMA_SIDE : height;
	luma->n_cols = sampled ? VG_LUMA_SIDE : width;
	for (uint32_t c = 0; c < luma->n_cols; c++)
		image->source_col[c] = (uint16_t)(c * width / luma->n_cols);
	image->n_rows_put = image->end_row = 0;
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

bool vg_luma_wants(const struct vg_image *image, uint32_t frame_idx, uint32_t n_frames)
{
	uint32_t max = image->limits.max_frames, step = n_frames / max + (n_frames % max != 0);
	return frame_idx % (step ? step : 1) == 0;
}

bool vg_luma_frame(struct vg_image *image, uint32_t frame_idx)
{
	struct vg_luma *luma = &image->luma;
	if (!image->n_rows_put || image->enough)
		return !image->enough;
	if (!image->by_passes)
		memset(image->plane + (size_t)image->end_row * VG_LUMA_STRIDE, 0,
		       sizeof(*image->plane) * VG_LUMA_STRIDE * (luma->n_rows - image->end_row));
	luma->frame_idx = frame_idx;
	image->n_rows_put = image->end_row = 0;
	image->n_frames++;
	image->enough = !image->on_frame(image->ctx, luma) || image->n_frames >= image->limits.max_frames;
	return !image->enough;
}

enum vg_err vg_luma_put_whole(struct vg_image *image, uint32_t width, uint32_t height, uint32_t n_rows_there,
			      enum vg_pixels pixels, uint32_t pixel_bytes, const uint8_t *at, size_t stride_bytes)
{
	struct vg_pixel_row row = { .pixels = pixels, .pixel_bytes = pixel_bytes, .n_pixels = width };
	enum vg_err err = vg_luma_begin(image, width, height, 0);
	for (; !err && row.y < height && row.y < n_rows_there && !vg_luma_full(image); row.y++) {
		row.at = at + row.y * stride_bytes;
		vg_luma_put(image, &row);
	}
	image->luma.partial = n_rows_there < height;
	return err;
}

enum vg_err vg_luma_flat(struct vg_image *image, const struct vg_chain *bytes, struct vg_span *flat)
{
	*flat = bytes->n_spans ? bytes->spans[0] : (struct vg_span){ NULL, 0 };
	if (bytes->n_spans <= 1)
		return bytes->n_spans ? VG_OK : VG_ECORRUPT;
	if (!image->flat) {
		if (bytes->n_bytes > image->limits.max_memory_bytes)
			return VG_EBUDGET;
		image->flat = malloc(bytes->n_bytes);
		if (!image->flat)
			return VG_EBUDGET;
		(void)vg_chain_copy(bytes, 0, image->flat, bytes->n_bytes);
	}
	*flat = (struct vg_span){ image->flat, bytes->n_bytes };
	return VG_OK;
}

static enum vg_err decode(struct vg_image *image, unsigned kind, const struct vg_chain *bytes)
{
	static enum vg_err (*const decoders[])(struct vg_image *, const struct vg_chain *) = {
		[VG_KIND_JPEG] = vg_luma_jpeg, [VG_KIND_PNG] = vg_luma_png, [VG_KIND_GIF] = vg_luma_gif,
		[VG_KIND_WEBP] = vg_luma_webp, [VG_KIND_BMP] = vg_luma_bmp, [VG_KIND_TIFF] = vg_luma_tiff,
		[VG_KIND_HEIF] = vg_luma_heif, [VG_KIND_JXL] = vg_luma_jxl, [VG_KIND_JP2] = vg_luma_jp2,
		[VG_KIND_ICO] = vg_luma_ico,   [VG_KIND_PSD] = vg_luma_psd, [VG_KIND_AVIF] = vg_luma_avif,
	};
	return kind < VG_ARRAY_LEN(decoders) && decoders[kind] ? decoders[kind](image, bytes) : VG_EUNSUPPORTED;
}

/* Some libraries (libjxl) print what they dislike, at length: whoever sends broken pictures must not fill our log. */
static enum vg_err decode_silently(struct vg_image *image, unsigned kind, const struct vg_chain *bytes)
{
	FILE *log = stderr;
	enum vg_err err;

	stderr = image->nowhere;
	err = decode(image, kind, bytes);
	stderr = log;
	return err;
}

/* The pictures that a first one may have behind it in the same file. */
static enum vg_err decode_more(struct vg_image *image, unsigned kind, const struct vg_chain *bytes)
{
	return kind == VG_KIND_JPEG  ? vg_luma_mpo(image, bytes)
	       : kind == VG_KIND_PNG ? vg_luma_apng(image, bytes)
				     : VG_OK;
}

enum vg_err vg_image_frames(struct vg_image *image, unsigned kind, const struct vg_chain *bytes,
			    vg_luma_frame_fn on_frame, void *ctx)
{
	enum vg_err err;
	memset(&image->luma, 0, sizeof(image->luma));
	image->n_rows_put = image->end_row = image->n_frames = image->n_late_asked = 0;
	image->by_passes = 0;
	image->enough = false;
	image->on_frame = on_frame;
	image->ctx = ctx;
	image->deadline_ns = vg_luma_cpu_ns() + image->limits.max_ms * 1000000ull;
	err = decode_silently(image, kind, bytes);
	/* Damaged in the middle: what came before it counts. */
	if (image->n_rows_put && (err == VG_OK || err == VG_ECORRUPT)) {
		image->luma.partial |= err != VG_OK;
		(void)vg_luma_frame(image, image->n_frames);
	}
	if (!err && !image->enough)
		(void)decode_more(image, kind, bytes);
	free(image->flat);
	image->flat = NULL;
	return image->n_frames ? VG_OK : err ? err : VG_ECORRUPT;
}

void vg_image_scaled(struct vg_image *image, bool on)
{
	image->scaled = on;
}

static bool first_only(void *ctx, const struct vg_luma *luma)
{
	*(struct vg_luma *)ctx = *luma;
	return false;
}

enum vg_err vg_image_luma(struct vg_image *image, unsigned kind, const struct vg_chain *bytes, struct vg_luma *out)
{
	memset(out, 0, sizeof(*out));
	return vg_image_frames(image, kind, bytes, first_only, out);
}

enum vg_err vg_image_early(struct vg_image *image, const struct vg_chain *bytes, struct vg_luma *out)
{
	bool scaled = image->scaled;
	enum vg_err err;

	image->scaled = image->early = true;
	err = vg_image_luma(image, VG_KIND_JPEG, bytes, out);
	image->scaled = scaled;
	image->early = false;
	return err;
}
