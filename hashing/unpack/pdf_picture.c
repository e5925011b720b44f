/* What a palette can say goes as it is, row by row; all else as 24 bits. */
#include "hashing/unpack/pdf_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hashing/unpack/pdf_jbig2.h"
#include "hashing/unpack/pdf_value.h"

#define MAX_SIDE     65535u
#define BMP_HEAD     54u
#define MAX_DEPTH    4u /* of colour spaces made of others */
#define LINE_ROOM    16u
#define FAX_LOOK     4096u /* bytes in which the first line's end must stand */
#define TIFF_ENTRIES 10u

enum sort { GREY, RGB, CMYK, LAB, INK, INDEXED, UNKNOWN };

struct colours {
	enum sort sort;
	unsigned n; /* components */
	unsigned n_palette;
	uint8_t palette[256][3];
};
struct picture {
	uint32_t width, height;
	unsigned n_bits;
	bool turned; /* 0 is the most, not the least */
	struct colours colours;
	size_t row_bytes;
};

bool vg_pdf_give(struct vg_pdf_sink *to, const uint8_t *bytes, size_t n_bytes)
{
	if (!n_bytes)
		return !to->stopped;
	if (!vg_budget_time(to->budget) || !vg_budget_make(to->budget, n_bytes) ||
	    !to->sink->bytes(to->sink->ctx, bytes, n_bytes))
		to->stopped = true;
	return !to->stopped;
}
bool vg_pdf_begin(struct vg_pdf_sink *to, const char *ext)
{
	char name[32];
	int n = snprintf(name, sizeof(name), "image-%u.%s", ++to->n_pictures, ext);

	if (!to->sink->begin(to->sink->ctx, name, (size_t)n, true))
		to->stopped = true;
	return !to->stopped;
}
void vg_pdf_end(struct vg_pdf_sink *to, bool whole)
{
	to->sink->end(to->sink->ctx, whole && !to->stopped);
}

static enum sort sort_of(unsigned n_components)
{
	return n_components == 1 ? GREY : n_components == 3 ? RGB : n_components == 4 ? CMYK : UNKNOWN;
}

static void colour(const struct colours *c, const uint8_t *v, uint8_t *rgb)
{
	switch (c->sort) {
	case RGB:
		memcpy(rgb, v, 3);
		break;
	case CMYK:
		for (unsigned i = 0; i < 3; i++)
			rgb[i] = (uint8_t)(((255 - v[i]) * (255 - v[3]) + 127) / 255);
		break;
	case INK:
		memset(rgb, 255 - v[0], 3);
		break;
	default: /* grey, and lightness, which is nearly that */
		memset(rgb, v[0], 3);
	}
}

static void read_space(struct vg_pdf_doc *doc, struct vg_span value, unsigned depth, struct colours *c);

/* [/Indexed base hival lookup] */
static void read_palette(struct vg_pdf_doc *doc, struct vg_span value, unsigned depth, struct colours *c)
{
	struct vg_span lookup = vg_pdf_nth(doc, value, 3);
	struct vg_pdf_stream stream;
	struct colours *base = calloc(1, sizeof(*base));
	uint8_t bytes[256 * 4];
	int64_t last = vg_pdf_number(vg_pdf_nth(doc, value, 2), 0);
	size_t n;

	if (!base)
		return;
	read_space(doc, vg_pdf_nth(doc, value, 1), depth + 1, base);
	if (vg_pdf_stream_of(doc, lookup, &stream)) {
		struct vg_pdf_chain chain;
		struct vg_pdf_data data;
		vg_pdf_chain_of(doc, stream.dict, &chain);
		vg_pdf_data_make(doc, &stream, &chain, sizeof(bytes), &data);
		n = data.bytes.n_bytes < sizeof(bytes) ? data.bytes.n_bytes : sizeof(bytes);
		memcpy(bytes, data.bytes.at ? data.bytes.at : bytes, n);
		vg_pdf_data_free(&data);
	} else {
		n = vg_pdf_string(lookup, bytes, sizeof(bytes));
	}
	c->n_palette = last >= 0 && last < 256 ? (unsigned)last + 1 : 256;
	if (base->n && base->n <= 4 && base->sort != INDEXED && base->sort != UNKNOWN) {
		c->sort = INDEXED;
		c->n = 1;
		for (unsigned i = 0; i < c->n_palette && (i + 1) * base->n <= n; i++)
			colour(base, bytes + (size_t)i * base->n, c->palette[i]);
	}
	free(base);
}

static void read_space(struct vg_pdf_doc *doc, struct vg_span value, unsigned depth, struct colours *c)
{
	static const struct {
		const char *name;
		enum sort sort;
		unsigned n;
	} plain[] = { { "DeviceGray", GREY, 1 }, { "G", GREY, 1 },    { "CalGray", GREY, 1 },
		      { "DeviceRGB", RGB, 3 },   { "RGB", RGB, 3 },   { "CalRGB", RGB, 3 },
		      { "DeviceCMYK", CMYK, 4 }, { "CMYK", CMYK, 4 }, { "Lab", LAB, 3 },
		      { "Separation", INK, 1 } };
	struct vg_span name = vg_pdf_is_array(value) ? vg_pdf_nth(doc, value, 0) : value;
	struct vg_pdf_stream profile;

	c->sort = UNKNOWN;
	c->n = 0;
	for (unsigned i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (vg_pdf_is_name(name, plain[i].name)) {
			c->sort = plain[i].sort;
			c->n = plain[i].n;
			return;
		}
	if (depth >= MAX_DEPTH)
		return;
	if (vg_pdf_is_name(name, "Indexed") || vg_pdf_is_name(name, "I")) {
		read_palette(doc, value, depth, c);
	} else if (vg_pdf_is_name(name, "ICCBased") && vg_pdf_stream_of(doc, vg_pdf_nth(doc, value, 1), &profile)) {
		int64_t n = vg_pdf_number(vg_pdf_get(doc, profile.dict, "N"), 0);
		c->n = n > 0 && n < 5 ? (unsigned)n : 0;
		c->sort = sort_of(c->n);
	} else if (vg_pdf_is_name(name, "DeviceN")) {
		struct vg_span inks = vg_pdf_nth(doc, value, 1);
		while (c->n < 8 && vg_pdf_nth(doc, inks, c->n).n_bytes)
			c->n++;
		c->sort = c->n == 1 ? INK : c->n == 4 ? CMYK : UNKNOWN;
	}
}

/* What the dictionary says; false: nothing that could be drawn. */
static bool read_picture(struct vg_pdf_doc *doc, struct vg_span dict, struct picture *p)
{
	int64_t width = vg_pdf_number(vg_pdf_get(doc, dict, "Width"), 0);
	int64_t height = vg_pdf_number(vg_pdf_get(doc, dict, "Height"), 0);
	int64_t bits = vg_pdf_number(vg_pdf_get(doc, dict, "BitsPerComponent"), 0);
	bool is_mask = vg_pdf_is_true(vg_pdf_get(doc, dict, "ImageMask"));
	struct vg_span decode = vg_pdf_get(doc, dict, "Decode");

	memset(p, 0, sizeof(*p));
	if (width <= 0 || height <= 0 || width > MAX_SIDE || height > MAX_SIDE)
		return false;
	p->width = (uint32_t)width;
	p->height = (uint32_t)height;
	p->n_bits = is_mask ? 1 : (unsigned)bits;
	p->turned = vg_pdf_number(vg_pdf_nth(doc, decode, 0), 0) > vg_pdf_number(vg_pdf_nth(doc, decode, 1), 1);
	if (is_mask)
		p->colours = (struct colours){ .sort = GREY, .n = 1 };
	else
		read_space(doc, vg_pdf_get(doc, dict, "ColorSpace"), 0, &p->colours);
	return true;
}

static bool set_row(struct picture *p)
{
	p->row_bytes = ((size_t)p->width * p->colours.n * p->n_bits + 7) / 8;
	return p->row_bytes && p->row_bytes <= VG_PDF_MAX_SAMPLES / p->height;
}

static void put_le32(uint8_t *to, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> 8 * i);
}

/* A sample of a row, as 8 bits. */
static uint8_t sample(const struct picture *p, const uint8_t *row, size_t idx)
{
	unsigned v, max = (1u << (p->n_bits < 8 ? p->n_bits : 8)) - 1;

	if (p->n_bits >= 8)
		v = row[idx * (p->n_bits / 8)];
	else
		v = row[idx * p->n_bits / 8] >> (8 - p->n_bits - idx * p->n_bits % 8) & max;
	return (uint8_t)((p->turned ? max - v : v) * 255 / max);
}

static void put_palette(const struct picture *p, uint8_t *to)
{
	unsigned max = (1u << p->n_bits) - 1;

	for (unsigned i = 0; i <= max; i++, to += 4) {
		unsigned v = p->turned ? max - i : i;
		uint8_t one = (uint8_t)(v * 255 / max), level[4] = { one, one, one, one }, rgb[3];
		if (p->colours.sort == INDEXED)
			memcpy(rgb, p->colours.palette[v], 3);
		else
			colour(&p->colours, level, rgb); /* whatever the document says of their number */
		to[0] = rgb[2];
		to[1] = rgb[1];
		to[2] = rgb[0];
		to[3] = 0;
	}
}

/* Gives rows as a BMP, top down, so that a decoder reads it like any other file. */
static void give_bmp(const struct picture *p, struct vg_span rows, bool whole, struct vg_pdf_sink *to)
{
	uint8_t head[BMP_HEAD + 256 * 4] = "BM";
	bool by_palette = p->colours.n == 1 && p->n_bits <= 8;
	unsigned n_bits = by_palette ? p->n_bits : 24, n_palette = by_palette ? 1u << n_bits : 0;
	size_t line_bytes = ((size_t)p->width * n_bits + 31) / 32 * 4;
	uint8_t *line = calloc(1, line_bytes + LINE_ROOM);

	put_le32(head + 10, BMP_HEAD + 4 * n_palette);
	put_le32(head + 14, 40);
	put_le32(head + 18, p->width);
	put_le32(head + 22, (uint32_t) - (int32_t)p->height);
	head[26] = 1;
	head[28] = (uint8_t)n_bits;
	put_le32(head + 46, n_palette);
	if (by_palette)
		put_palette(p, head + BMP_HEAD);
	if (!line || !vg_pdf_begin(to, "bmp")) {
		free(line);
		return;
	}
	(void)vg_pdf_give(to, head, BMP_HEAD + 4 * n_palette);
	for (size_t y = 0; y < p->height && !to->stopped && (y + 1) * p->row_bytes <= rows.n_bytes; y++) {
		const uint8_t *row = rows.at + y * p->row_bytes;
		if (by_palette)
			memcpy(line, row, p->row_bytes);
		for (size_t x = 0; !by_palette && x < p->width; x++) {
			uint8_t v[4] = { 0 }, rgb[3];
			for (unsigned c = 0; c < p->colours.n; c++)
				v[c] = sample(p, row, x * p->colours.n + c);
			colour(&p->colours, v, rgb);
			line[3 * x] = rgb[2];
			line[3 * x + 1] = rgb[1];
			line[3 * x + 2] = rgb[0];
		}
		(void)vg_pdf_give(to, line, line_bytes);
	}
	vg_pdf_end(to, whole && rows.n_bytes >= p->height * p->row_bytes);
	free(line);
}

/* The colour space may be named elsewhere: how many samples there are tells how many a pixel has. */
static void guess(struct picture *p, size_t n_bytes)
{
	static const unsigned n_likely[] = { 4, 3, 1 };

	for (unsigned i = 0; i < 3 && p->colours.sort == UNKNOWN && !p->colours.n; i++)
		if (n_bytes >= ((size_t)p->width * n_likely[i] * p->n_bits + 7) / 8 * p->height) {
			p->colours.n = n_likely[i];
			p->colours.sort = sort_of(n_likely[i]);
		}
}

void vg_pdf_samples(struct vg_pdf_doc *doc, const struct vg_pdf_stream *stream, const struct vg_pdf_chain *chain,
		    struct vg_pdf_sink *to)
{
	struct picture p;
	struct vg_pdf_data data;
	size_t n_max;

	if (!read_picture(doc, stream->dict, &p) ||
	    (p.n_bits != 1 && p.n_bits != 2 && p.n_bits != 4 && p.n_bits != 8 && p.n_bits != 16)) {
		to->budget->n_unread++;
		return;
	}
	/* with a byte a row for a predictor */
	n_max = (((size_t)p.width * (p.colours.n ? p.colours.n : 4) * p.n_bits + 7) / 8 + 1) * p.height;
	if (n_max > VG_PDF_MAX_SAMPLES) {
		to->budget->n_unread++;
		return;
	}
	vg_pdf_data_make(doc, stream, chain, n_max, &data);
	guess(&p, data.bytes.n_bytes);
	if (p.colours.sort == UNKNOWN || !set_row(&p) || data.bytes.n_bytes < p.row_bytes)
		to->budget->n_unread++;
	else
		give_bmp(&p, data.bytes, data.whole || data.bytes.n_bytes >= p.height * p.row_bytes, to);
	vg_pdf_data_free(&data);
}

/* Is what is written as 0 shown darker than what is written as 1? */
static bool dark_first(struct picture *p)
{
	uint8_t palette[2 * 4];

	p->n_bits = 1;
	p->colours.n = 1;
	p->colours.sort = p->colours.sort == UNKNOWN ? GREY : p->colours.sort;
	put_palette(p, palette);
	return palette[0] + palette[1] + palette[2] <= palette[4] + palette[5] + palette[6];
}

/* TIFF's name for a way of fax coding (TIFF 6.0, 10 and 11): 0: libtiff has none. */
static unsigned fax_way(int64_t k, bool aligned, struct vg_span bytes)
{
	uint32_t last = 0xffff;

	if (k < 0)
		return aligned ? 0 : 4;
	/* lines with ends: eleven zeros and a one */
	for (size_t i = 0; i < bytes.n_bytes && i < FAX_LOOK; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			last = (last << 1 | (bytes.at[i] >> (7 - bit) & 1)) & 0xffff;
			if ((last & 0xfff) == 1)
				return 3;
		}
	return !k && aligned ? 2 : 0;
}

static size_t tiff_head(uint8_t *to, const struct picture *p, unsigned way, bool two_dim, bool white_is_0,
			size_t n_bytes)
{
	const struct {
		uint16_t tag;
		uint32_t value;
	} entries[TIFF_ENTRIES] = { { 256, p->width }, { 257, p->height },   { 258, 1 },
				    { 259, way },      { 262, !white_is_0 }, { 273, 8 + 2 + 12 * TIFF_ENTRIES + 4 },
				    { 277, 1 },        { 278, p->height },   { 279, (uint32_t)n_bytes },
				    { 292, two_dim } };
	uint8_t *at = to + 10;

	memset(to, 0, 8 + 2 + 12 * TIFF_ENTRIES + 4);
	memcpy(to, "II*\0\x8\0\0\0", 8);
	to[8] = (uint8_t)(way == 3 ? TIFF_ENTRIES : TIFF_ENTRIES - 1);
	for (unsigned i = 0; i < to[8]; i++, at += 12) {
		at[0] = (uint8_t)entries[i].tag;
		at[1] = (uint8_t)(entries[i].tag >> 8);
		at[2] = 4;
		at[4] = 1;
		put_le32(at + 8, entries[i].value);
	}
	return 8 + 2 + 12 * TIFF_ENTRIES + 4;
}

void vg_pdf_fax(struct vg_pdf_doc *doc, const struct vg_pdf_stream *stream, const struct vg_pdf_chain *chain,
		struct vg_pdf_sink *to)
{
	struct vg_span parms = chain->picture_parms;
	int64_t k = vg_pdf_number(vg_pdf_get(doc, parms, "K"), 0);
	int64_t columns = vg_pdf_number(vg_pdf_get(doc, parms, "Columns"), 1728);
	bool aligned = vg_pdf_is_true(vg_pdf_get(doc, parms, "EncodedByteAlign"));
	bool black_is_1 = vg_pdf_is_true(vg_pdf_get(doc, parms, "BlackIs1"));
	uint8_t head[8 + 2 + 12 * TIFF_ENTRIES + 4];
	struct picture p;
	struct vg_pdf_data data;
	unsigned way;

	if (!read_picture(doc, stream->dict, &p) || columns <= 0 || columns > MAX_SIDE) {
		to->budget->n_unread++;
		return;
	}
	p.width = (uint32_t)columns;
	vg_pdf_data_make(doc, stream, chain, VG_PDF_MAX_STREAM, &data);
	way = fax_way(k, aligned, data.bytes);
	if (!way || data.bytes.n_bytes > UINT32_MAX) {
		to->budget->n_unread++;
	} else if (vg_pdf_begin(to, "tif")) {
		/* black codes are 1 in TIFF, and here 0 unless BlackIs1 */
		size_t n = tiff_head(head, &p, way, k > 0, dark_first(&p) != black_is_1, data.bytes.n_bytes);
		if (vg_pdf_give(to, head, n))
			(void)vg_pdf_give(to, data.bytes.at, data.bytes.n_bytes);
		vg_pdf_end(to, data.whole);
	}
	vg_pdf_data_free(&data);
}

void vg_pdf_jbig2(struct vg_pdf_doc *doc, const struct vg_pdf_stream *stream, const struct vg_pdf_chain *chain,
		  struct vg_pdf_sink *to)
{
	struct picture p;
	struct vg_pdf_data data;
	struct vg_jbig2 page;

	if (!read_picture(doc, stream->dict, &p)) {
		to->budget->n_unread++;
		return;
	}
	vg_pdf_data_make(doc, stream, chain, VG_PDF_MAX_STREAM, &data);
	vg_jbig2_read(data.bytes, to->budget, &page);
	to->budget->n_unread += page.n_unread != 0;
	if (page.rows && page.width <= MAX_SIDE && page.height && page.height <= MAX_SIDE) {
		p.width = page.width;
		p.height = page.height;
		p.turned = dark_first(&p); /* 1 is black there, and given as 0 */
		p.colours.sort = GREY;
		(void)set_row(&p);
		give_bmp(&p, (struct vg_span){ page.rows, page.row_bytes * page.height },
			 !page.broken && !page.n_unread && data.whole, to);
	} else if (!page.n_unread) {
		to->budget->n_bad++;
	}
	free(page.rows);
	vg_pdf_data_free(&data);
}
