/* psd: the flattened picture at the end of a Photoshop file (also PSB), raw or PackBits, 1, 8 or 16 bits: bitmap,
 * grey, duotone, indexed, RGB, CMYK; where there is none, the JPEG preview of its resources. Adobe Photoshop File
 * Formats Specification. */
#include <stdlib.h>
#include <string.h>

#include "hashing/image/luma_priv.h"

#define HEAD_BYTES       26u
#define RESOURCE_PREVIEW 1036u
#define PREVIEW_HEAD     28u
enum mode { BITMAP, GREY, INDEXED, RGB, CMYK, DUOTONE = 8 };

struct psd {
	const uint8_t *at;
	uint64_t n_bytes, off; /* off: how far it is read */
	bool is_big;           /* PSB */
	uint32_t n_channels, height, width, depth, mode;
	struct vg_span palette, preview;
	uint64_t *row_off; /* of each channel's rows; n_bytes: not there */
};

/* A section with its length before it. False where it is not whole. */
static bool section(struct psd *p, unsigned length_bytes, struct vg_span *part)
{
	uint64_t n;
	if (p->n_bytes - p->off < length_bytes)
		return false;
	n = length_bytes == 8 ? vg_be64(p->at + p->off) : vg_be32(p->at + p->off);
	p->off += length_bytes;
	if (n > p->n_bytes - p->off)
		return false;
	*part = (struct vg_span){ p->at + p->off, n };
	p->off += n;
	return true;
}

static void find_preview(struct psd *p, const struct vg_span *resources)
{
	const uint8_t *at = resources->at;
	uint64_t n = resources->n_bytes, off = 0;

	while (n - off >= 12 && !memcmp(at + off, "8BIM", 4)) {
		unsigned id = vg_be16(at + off + 4);
		uint64_t n_name = (at[off + 6] + 2u) & ~1u, n_data;
		off += 6 + n_name;
		if (n < off || n - off < 4)
			return;
		n_data = vg_be32(at + off);
		off += 4;
		if (n_data > n - off)
			return;
		if (id == RESOURCE_PREVIEW && n_data > PREVIEW_HEAD)
			p->preview = (struct vg_span){ at + off + PREVIEW_HEAD, n_data - PREVIEW_HEAD };
		off += (n_data + 1) & ~1ull;
		if (off > n)
			return;
	}
}

static bool read_head(struct psd *p)
{
	struct vg_span resources, layers;

	if (p->n_bytes < HEAD_BYTES)
		return false;
	p->is_big = vg_be16(p->at + 4) == 2;
	p->n_channels = vg_be16(p->at + 12);
	p->height = vg_be32(p->at + 14);
	p->width = vg_be32(p->at + 18);
	p->depth = vg_be16(p->at + 22);
	p->mode = vg_be16(p->at + 24);
	p->off = HEAD_BYTES;
	if (!section(p, 4, &p->palette) || !section(p, 4, &resources))
		return false;
	find_preview(p, &resources);
	return section(p, p->is_big ? 8 : 4, &layers);
}

static unsigned n_wanted(const struct psd *p)
{
	return p->mode == RGB ? 3 : p->mode == CMYK ? 4 : 1;
}

/* Finds where each row of the wanted channels begins. */
static enum vg_err find_rows(struct psd *p, unsigned compression, uint64_t row_bytes)
{
	uint64_t n_rows = (uint64_t)p->height * p->n_channels, n_keep = (uint64_t)p->height * n_wanted(p), off = p->off;
	unsigned count_bytes = p->is_big ? 4 : 2;

	p->row_off = calloc(n_keep, sizeof(*p->row_off));
	if (!p->row_off)
		return VG_EBUDGET;
	if (compression == 1) {
		if ((p->n_bytes - off) / count_bytes < n_rows)
			return VG_ECORRUPT;
		off += n_rows * count_bytes;
	}
	for (uint64_t i = 0; i < n_keep; i++) {
		const uint8_t *count = p->at + p->off + i * count_bytes;
		uint64_t n = compression == 0 ? row_bytes : count_bytes == 4 ? vg_be32(count) : vg_be16(count);
		p->row_off[i] = off < p->n_bytes && n <= p->n_bytes - off ? off : p->n_bytes;
		off += n;
	}
	return VG_OK;
}

/* PackBits: n < 128: n + 1 bytes follow; n > 128: one byte 257 - n times. */
static void unpack_bits(const uint8_t *from, const uint8_t *end, uint8_t *to, uint64_t n_to)
{
	while (n_to && from < end) {
		unsigned n = *from++;
		uint64_t k = n < 128 ? n + 1u : 257u - n;
		if (n == 128)
			continue;
		k = k < n_to ? k : n_to;
		if (n < 128) {
			k = k < (uint64_t)(end - from) ? k : (uint64_t)(end - from);
			memcpy(to, from, k);
			from += k;
		} else if (from < end) {
			memset(to, *from++, k);
		} else {
			return;
		}
		to += k;
		n_to -= k;
	}
}

/* One sample of a channel's row as 8 bits. */
static uint8_t sample(const struct psd *p, const uint8_t *row, uint32_t x)
{
	if (p->depth == 1)
		return row[x / 8] >> (7 - x % 8) & 1 ? 0 : 255;
	return row[p->depth == 16 ? x * 2ul : x];
}

static void mix(const struct psd *p, const uint8_t *rows, uint64_t row_bytes, uint8_t *to)
{
	unsigned n = n_wanted(p);
	for (uint32_t x = 0; x < p->width; x++, to += 4) {
		for (unsigned c = 0; c < n; c++)
			to[c] = sample(p, rows + c * row_bytes, x);
		if (p->mode == INDEXED && p->palette.n_bytes >= 768) {
			unsigned v = to[0];
			for (unsigned c = 0; c < 3; c++)
				to[c] = p->palette.at[c * 256 + v];
		}
	}
}

static enum vg_err put_rows(struct vg_image *image, struct psd *p, unsigned compression, uint64_t row_bytes)
{
	enum vg_pixels pixels = p->mode == CMYK                          ? VG_PIXELS_CMYK
				: n_wanted(p) == 3 || p->mode == INDEXED ? VG_PIXELS_RGB
									 : VG_PIXELS_GREY;
	struct vg_pixel_row row = { .pixels = pixels, .pixel_bytes = 4, .n_pixels = p->width };
	enum vg_err err = vg_luma_begin(image, p->width, p->height, 0);
	uint8_t *rows = err ? NULL : calloc(n_wanted(p), row_bytes), *line = err ? NULL : calloc(p->width, 4);

	if (!err && (!rows || !line))
		err = VG_EBUDGET;
	row.at = line;
	for (; !err && row.y < p->height && !vg_luma_full(image); row.y++) {
		for (unsigned c = 0; c < n_wanted(p); c++) {
			uint64_t off = p->row_off[(uint64_t)c * p->height + row.y];
			if (off == p->n_bytes) {
				image->luma.partial = 1;
				err = VG_ECORRUPT;
			} else if (compression) {
				unpack_bits(p->at + off, p->at + p->n_bytes, rows + c * row_bytes, row_bytes);
			} else {
				memcpy(rows + c * row_bytes, p->at + off, row_bytes);
			}
		}
		if (err)
			break;
		mix(p, rows, row_bytes, line);
		vg_luma_put(image, &row);
	}
	free(rows);
	free(line);
	return err;
}

static enum vg_err composite(struct vg_image *image, struct psd *p)
{
	uint64_t row_bytes = ((uint64_t)p->width * p->depth + 7) / 8;
	unsigned compression;
	enum vg_err err = vg_luma_fits(image, p->width, p->height, 0);

	if (err)
		return err;
	if (p->n_bytes - p->off < 2)
		return VG_ECORRUPT;
	compression = vg_be16(p->at + p->off);
	p->off += 2;
	if (compression > 1 || (p->depth != 1 && p->depth != 8 && p->depth != 16) || p->n_channels < n_wanted(p) ||
	    p->n_channels > 56 || (p->mode > CMYK && p->mode != DUOTONE))
		return VG_EUNSUPPORTED;
	err = find_rows(p, compression, row_bytes);
	if (!err)
		err = put_rows(image, p, compression, row_bytes);
	free(p->row_off);
	return err;
}

enum vg_err vg_luma_psd(struct vg_image *image, const struct vg_chain *bytes)
{
	struct psd p = { .off = 0 };
	struct vg_span file;
	enum vg_err err = vg_luma_flat(image, bytes, &file);

	if (err)
		return err;
	p.at = file.at;
	p.n_bytes = file.n_bytes;
	err = read_head(&p) ? composite(image, &p) : VG_ECORRUPT;
	if ((err == VG_ECORRUPT || err == VG_EUNSUPPORTED) && !image->n_rows_put && p.preview.n_bytes)
		return vg_luma_jpeg(image, &(struct vg_chain){ &p.preview, 1, p.preview.n_bytes });
	return err;
}
