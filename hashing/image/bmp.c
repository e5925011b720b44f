/* bmp: device independent bitmaps, bottom up or top down: 1, 2, 4, 8, 16, 24, 32 bits, bit masks, RLE4 and RLE8, OS/2
 * headers; JPEG and PNG inside go to their decoders. Layouts: Microsoft's BITMAPINFOHEADER family. */
#include <stdlib.h>
#include <string.h>

#include "hashing/image/luma_priv.h"

#define FILE_HEAD_BYTES 14u
enum compression { RGB, RLE8, RLE4, BITFIELDS, JPEG, PNG, ALPHABITFIELDS };

struct dib {
	const uint8_t *at; /* the header */
	uint64_t n_bytes;
	uint32_t header_bytes, width, height, bits, compression, n_colours, colour_bytes;
	uint64_t palette_off, pixels_off, stride_bytes;
	uint32_t masks[3];
	bool top_down;
};

static bool read_size(struct dib *d)
{
	int32_t width, height;

	if (d->n_bytes < 4)
		return false;
	d->header_bytes = vg_le32(d->at);
	if (d->header_bytes > d->n_bytes || (d->header_bytes != 12 && d->header_bytes < 16))
		return false;
	if (d->header_bytes == 12) {
		d->width = vg_le16(d->at + 4);
		d->height = vg_le16(d->at + 6);
		d->bits = vg_le16(d->at + 10);
		d->colour_bytes = 3;
		return true;
	}
	width = (int32_t)vg_le32(d->at + 4);
	height = (int32_t)vg_le32(d->at + 8);
	d->bits = vg_le16(d->at + 14);
	d->colour_bytes = 4;
	d->top_down = height < 0;
	d->width = width > 0 ? (uint32_t)width : 0;
	d->height = height < 0 ? (uint32_t) - (int64_t)height : (uint32_t)height;
	if (d->header_bytes >= 20)
		d->compression = vg_le32(d->at + 16);
	if (d->header_bytes >= 36)
		d->n_colours = vg_le32(d->at + 32);
	return true;
}

/* Where palette and pixels lie, and what the bits of a pixel mean. */
static bool read_layout(struct dib *d, uint64_t pixels_off)
{
	bool has_masks = d->compression == BITFIELDS || d->compression == ALPHABITFIELDS;
	uint32_t n_max = d->bits <= 8 ? 1u << d->bits : 0;

	d->masks[0] = d->bits == 16 ? 0x7c00 : 0xff0000;
	d->masks[1] = d->bits == 16 ? 0x3e0 : 0xff00;
	d->masks[2] = d->bits == 16 ? 0x1f : 0xff;
	d->palette_off = d->header_bytes;
	if (has_masks && d->n_bytes >= 52)
		for (unsigned i = 0; i < 3; i++)
			d->masks[i] = vg_le32(d->at + 40 + 4 * i);
	if (has_masks && d->header_bytes == 40)
		d->palette_off += d->compression == ALPHABITFIELDS ? 16 : 12;
	if (d->bits <= 8)
		d->n_colours = !d->n_colours || d->n_colours > n_max ? n_max : d->n_colours;
	d->pixels_off = pixels_off ? pixels_off : d->palette_off + (uint64_t)d->n_colours * d->colour_bytes;
	d->stride_bytes = ((uint64_t)d->width * d->bits + 31) / 32 * 4;
	return d->pixels_off < d->n_bytes;
}

static void palette_colour(const struct dib *d, uint32_t idx, uint8_t *rgb)
{
	uint64_t off = d->palette_off + (uint64_t)idx * d->colour_bytes;
	memset(rgb, 0, 3);
	if (idx < d->n_colours && off + 3 <= d->n_bytes) {
		rgb[0] = d->at[off + 2];
		rgb[1] = d->at[off + 1];
		rgb[2] = d->at[off];
	}
}

static uint8_t masked(uint32_t pixel, uint32_t mask)
{
	uint32_t max, v;
	if (!mask)
		return 0;
	max = mask >> __builtin_ctz(mask);
	v = (pixel & mask) >> __builtin_ctz(mask);
	return (uint8_t)(((uint64_t)v * 255 + max / 2) / max);
}

static void unpack_row(const struct dib *d, const uint8_t *from, uint8_t *rgb)
{
	for (uint32_t x = 0; x < d->width; x++, rgb += 3) {
		uint32_t bit = x * d->bits, v = 0;
		switch (d->bits) {
		case 1:
		case 2:
		case 4:
		case 8:
			v = from[bit / 8] >> (8 - d->bits - bit % 8) & ((1u << d->bits) - 1);
			palette_colour(d, v, rgb);
			break;
		case 16:
		case 32:
			v = d->bits == 16 ? vg_le16(from + x * 2ul) : vg_le32(from + x * 4ul);
			for (unsigned i = 0; i < 3; i++)
				rgb[i] = masked(v, d->masks[i]);
			break;
		default:
			rgb[0] = from[x * 3ul + 2];
			rgb[1] = from[x * 3ul + 1];
			rgb[2] = from[x * 3ul];
		}
	}
}

/* Rows that lie there as they are. */
static enum vg_err plain(struct vg_image *image, const struct dib *d)
{
	uint64_t n_there = (d->n_bytes - d->pixels_off) / d->stride_bytes;
	struct vg_pixel_row row = { .pixels = VG_PIXELS_RGB, .pixel_bytes = 3, .n_pixels = d->width };
	enum vg_err err = vg_luma_begin(image, d->width, d->height, 0);
	uint8_t *line = err ? NULL : calloc(d->width, 3);

	if (err)
		return err;
	if (!line)
		return VG_EBUDGET;
	row.at = line;
	for (; row.y < d->height && !vg_luma_full(image); row.y++) {
		uint64_t stored = d->top_down ? row.y : d->height - 1 - row.y;
		if (stored < n_there)
			unpack_row(d, d->at + d->pixels_off + stored * d->stride_bytes, line);
		else
			memset(line, 0, (size_t)d->width * 3);
		if (stored >= n_there && d->top_down)
			break;
		vg_luma_put(image, &row);
	}
	image->luma.partial = n_there < d->height;
	free(line);
	return n_there ? VG_OK : VG_ECORRUPT;
}

static void set(const struct dib *d, uint8_t *values, uint64_t x, uint64_t y, uint8_t value)
{
	if (x < d->width && y < d->height)
		values[y * d->width + x] = value;
}

/* Runs, literal pixels and moves into one byte per pixel. Returns how many rows (from the bottom) were begun. */
static uint64_t unpack_runs(const struct dib *d, uint8_t *values)
{
	const uint8_t *p = d->at + d->pixels_off, *end = d->at + d->n_bytes;
	uint64_t x = 0, y = 0;
	bool four = d->compression == RLE4;

	while (end - p >= 2 && y < d->height) {
		unsigned n = p[0], v = p[1];
		p += 2;
		if (n) {
			for (unsigned i = 0; i < n; i++)
				set(d, values, x++, y, (uint8_t)(!four ? v : i % 2 ? v & 15 : v >> 4));
		} else if (v == 0) {
			x = 0, y++;
		} else if (v == 1) {
			return d->height;
		} else if (v == 2) {
			if (end - p < 2)
				break;
			x += p[0], y += p[1];
			p += 2;
		} else {
			size_t n_bytes = four ? (v + 1) / 2 : v;
			if ((size_t)(end - p) < n_bytes)
				break;
			for (unsigned i = 0; i < v; i++)
				set(d, values, x++, y, !four ? p[i] : i % 2 ? p[i / 2] & 15 : p[i / 2] >> 4);
			p += n_bytes + (n_bytes & 1 && end - p > (long)n_bytes);
		}
	}
	return y < d->height ? y : d->height;
}

static enum vg_err runs(struct vg_image *image, const struct dib *d)
{
	struct vg_pixel_row row = { .pixels = VG_PIXELS_RGB, .pixel_bytes = 3, .n_pixels = d->width };
	enum vg_err err = vg_luma_fits(image, d->width, d->height, 1);
	uint8_t *values = err ? NULL : calloc(d->width, d->height), *line = err ? NULL : calloc(d->width, 3);
	uint64_t n_rows;

	if (!err && values && line) {
		n_rows = unpack_runs(d, values);
		err = vg_luma_begin(image, d->width, d->height, 0);
		row.at = line;
		for (; !err && row.y < d->height && !vg_luma_full(image); row.y++) {
			const uint8_t *from = values + (size_t)(d->height - 1 - row.y) * d->width;
			for (uint32_t x = 0; x < d->width; x++)
				palette_colour(d, from[x], line + x * 3ul);
			vg_luma_put(image, &row);
		}
		image->luma.partial = n_rows < d->height;
	} else if (!err) {
		err = VG_EBUDGET;
	}
	free(values);
	free(line);
	return err;
}

/* A picture file in the place of pixels. */
static enum vg_err inner(struct vg_image *image, const struct dib *d)
{
	const struct vg_span file = { d->at + d->pixels_off, d->n_bytes - d->pixels_off };
	const struct vg_chain chain = { &file, 1, file.n_bytes };
	return d->compression == JPEG ? vg_luma_jpeg(image, &chain) : vg_luma_png(image, &chain);
}

enum vg_err vg_luma_dib(struct vg_image *image, const struct vg_span *dib, uint64_t pixels_off, bool of_icon)
{
	struct dib d = { .at = dib->at, .n_bytes = dib->n_bytes };
	enum vg_err err;

	if (!read_size(&d))
		return VG_ECORRUPT;
	d.height /= of_icon ? 2 : 1;
	err = vg_luma_fits(image, d.width, d.height, 0);
	if (err)
		return err;
	if (!read_layout(&d, pixels_off))
		return VG_ECORRUPT;
	if (d.compression == JPEG || d.compression == PNG)
		return inner(image, &d);
	if ((d.compression == RLE8 && d.bits == 8) || (d.compression == RLE4 && d.bits == 4))
		return runs(image, &d);
	if (d.compression != RGB && d.compression != BITFIELDS && d.compression != ALPHABITFIELDS)
		return VG_EUNSUPPORTED;
	if (d.bits != 1 && d.bits != 2 && d.bits != 4 && d.bits != 8 && d.bits != 16 && d.bits != 24 && d.bits != 32)
		return VG_EUNSUPPORTED;
	return plain(image, &d);
}

enum vg_err vg_luma_bmp(struct vg_image *image, const struct vg_chain *bytes)
{
	struct vg_span file;
	enum vg_err err = vg_luma_flat(image, bytes, &file);
	uint64_t pixels_off;

	if (err)
		return err;
	if (file.n_bytes < FILE_HEAD_BYTES + 12)
		return VG_ECORRUPT;
	pixels_off = vg_le32(file.at + 10);
	file.at += FILE_HEAD_BYTES;
	file.n_bytes -= FILE_HEAD_BYTES;
	return vg_luma_dib(image, &file, pixels_off > FILE_HEAD_BYTES ? pixels_off - FILE_HEAD_BYTES : 0, false);
}
