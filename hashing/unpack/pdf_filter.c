/* LZW strings are written as what the output had before: a code is where its string first stood, and how long it is. */
#include "hashing/unpack/pdf_filter.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PIECE_BYTES 65536u
#define LZW_CLEAR   256u
#define LZW_END     257u
#define LZW_FIRST   258u
#define LZW_CODES   4096u
#define ROOM_FIRST  4096u

static bool make_room(struct vg_pdf_out *out, size_t n_bytes)
{
	size_t n_room = out->n_room ? out->n_room : ROOM_FIRST;
	uint8_t *at;

	if (out->n_room - out->n >= n_bytes)
		return true;
	while (n_room - out->n < n_bytes)
		n_room *= 2;
	at = realloc(out->at, n_room);
	if (!at) {
		out->budget->spent = true;
		return false;
	}
	out->at = at;
	out->n_room = n_room;
	return true;
}

/* How many of n_bytes may come; room is there for them. */
static size_t allowed(struct vg_pdf_out *out, size_t n_bytes)
{
	if (out->n_max - out->n < n_bytes)
		n_bytes = out->n_max - out->n;
	return n_bytes && vg_budget_time(out->budget) && vg_budget_make(out->budget, n_bytes) && make_room(out, n_bytes)
		       ? n_bytes
		       : 0;
}

bool vg_pdf_put(struct vg_pdf_out *out, const uint8_t *bytes, size_t n_bytes)
{
	size_t n = allowed(out, n_bytes);

	if (n)
		memcpy(out->at + out->n, bytes, n);
	out->n += n;
	return n == n_bytes;
}

/* The string at from_off, which may reach into what is written now. */
static bool repeat(struct vg_pdf_out *out, size_t from_off, size_t n_bytes)
{
	size_t n = allowed(out, n_bytes);

	for (size_t i = 0; i < n; i++)
		out->at[out->n + i] = out->at[from_off + i];
	out->n += n;
	return n == n_bytes;
}

struct lzw {
	struct vg_pdf_out *out;
	size_t begin_off[LZW_CODES]; /* of a code's string in the output */
	uint32_t n_bytes[LZW_CODES];
	unsigned n_codes;
	size_t last_off; /* of the last code's string; its length, 0 behind a clear */
	uint32_t n_last;
};

/* False: nonsense, or no more is wanted. */
static bool lzw_code(struct lzw *z, unsigned code)
{
	size_t at_off = z->out->n;
	uint8_t byte = (uint8_t)code;
	uint32_t n;

	if (code >= LZW_CODES || (code >= LZW_FIRST && (code > z->n_codes || (code == z->n_codes && !z->n_last))))
		return false;
	n = code < 256 ? 1 : code < z->n_codes ? z->n_bytes[code] : z->n_last + 1;
	/* a new string: the last one and the first byte of this one, as they stand side by side in the output */
	if (z->n_last && z->n_codes < LZW_CODES) {
		z->begin_off[z->n_codes] = z->last_off;
		z->n_bytes[z->n_codes++] = z->n_last + 1;
	}
	z->last_off = at_off;
	z->n_last = n;
	return code < 256 ? vg_pdf_put(z->out, &byte, 1) : repeat(z->out, z->begin_off[code], n);
}

bool vg_pdf_lzw(struct vg_span in, bool early_change, struct vg_pdf_out *out)
{
	struct lzw *z = malloc(sizeof(*z));
	uint32_t bits = 0;
	unsigned n_bits = 0, width = 9, code = 0;
	bool go_on = true;

	if (!z) {
		out->budget->spent = true;
		return false;
	}
	z->out = out;
	z->n_codes = LZW_FIRST;
	z->n_last = 0;
	for (size_t i = 0; i < in.n_bytes && go_on; i++) {
		bits = bits << 8 | in.at[i];
		n_bits += 8;
		if (n_bits < width)
			continue;
		n_bits -= width;
		code = bits >> n_bits & ((1u << width) - 1);
		if (code == LZW_CLEAR) {
			z->n_codes = LZW_FIRST;
			z->n_last = 0;
		} else {
			go_on = code != LZW_END && lzw_code(z, code);
		}
		unsigned n_next = z->n_codes + early_change;
		width = n_next < 512 ? 9 : n_next < 1024 ? 10 : n_next < 2048 ? 11 : 12;
	}
	free(z);
	return code == LZW_END || out->n == out->n_max;
}

bool vg_pdf_run_lengths(struct vg_span in, struct vg_pdf_out *out)
{
	uint8_t run[128];
	size_t i = 0;

	while (i < in.n_bytes && in.at[i] != 128) {
		size_t n = in.at[i] < 128 ? in.at[i] + 1u : 257u - in.at[i];
		bool is_run = in.at[i++] > 128;
		size_t n_there = is_run ? (in.n_bytes - i ? n : 0) : n < in.n_bytes - i ? n : in.n_bytes - i;
		if (is_run && n_there)
			memset(run, in.at[i], n);
		if (!vg_pdf_put(out, is_run ? run : in.at + i, n_there))
			return out->n == out->n_max;
		if (n_there < n)
			return false;
		i += is_run ? 1 : n;
	}
	return i < in.n_bytes;
}

bool vg_pdf_inflate(struct vg_span in, struct vg_pdf_out *out)
{
	z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)in.at,
		       .avail_in = in.n_bytes < UINT32_MAX ? (uInt)in.n_bytes : UINT32_MAX };
	uint8_t *piece = malloc(PIECE_BYTES);
	int r = piece && inflateInit(&z) == Z_OK ? Z_OK : Z_MEM_ERROR;

	if (r == Z_MEM_ERROR)
		out->budget->spent = true;
	while (r == Z_OK) {
		z.next_out = piece;
		z.avail_out = PIECE_BYTES;
		r = inflate(&z, Z_NO_FLUSH);
		if (z.avail_out < PIECE_BYTES && !vg_pdf_put(out, piece, PIECE_BYTES - z.avail_out))
			r = out->n == out->n_max ? Z_STREAM_END : Z_BUF_ERROR;
	}
	if (r != Z_MEM_ERROR)
		inflateEnd(&z);
	free(piece);
	return r == Z_STREAM_END;
}

static uint8_t paeth(int a, int b, int c)
{
	int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
	return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/* A row behind PNG's predictors (ISO/IEC 15948, 9), to a place before its own. */
static void png_row(unsigned predictor, const uint8_t *from, uint8_t *to, const uint8_t *up, size_t n,
		    size_t pixel_bytes)
{
	for (size_t x = 0; x < n; x++) {
		int left = x >= pixel_bytes ? to[x - pixel_bytes] : 0, above = up ? up[x] : 0;
		int corner = up && x >= pixel_bytes ? up[x - pixel_bytes] : 0, by = 0;
		switch (predictor) {
		case 1:
			by = left;
			break;
		case 2:
			by = above;
			break;
		case 3:
			by = (left + above) / 2;
			break;
		case 4:
			by = paeth(left, above, corner);
			break;
		}
		to[x] = (uint8_t)(from[x] + by);
	}
}

/* TIFF's predictor (TIFF 6.0, 14): a sample is what it is more than the one of its colour before it. */
static void tiff_row(uint8_t *row, size_t n_samples, unsigned n_bits, unsigned n_colours)
{
	unsigned mask = (1u << n_bits) - 1;

	for (size_t i = n_colours; i < n_samples; i++) {
		if (n_bits == 8) {
			row[i] = (uint8_t)(row[i] + row[i - n_colours]);
		} else if (n_bits == 16) {
			const uint8_t *before = row + 2 * (i - n_colours);
			unsigned v = (unsigned)vg_be16(row + 2 * i) + vg_be16(before);
			row[2 * i] = (uint8_t)(v >> 8);
			row[2 * i + 1] = (uint8_t)v;
		} else {
			size_t bit = i * n_bits, bit_before = (i - n_colours) * n_bits;
			unsigned shift = 8 - n_bits - (unsigned)(bit % 8);
			unsigned before = row[bit_before / 8] >> (8 - n_bits - bit_before % 8);
			unsigned v = (((unsigned)row[bit / 8] >> shift) + before) & mask;
			row[bit / 8] = (uint8_t)((row[bit / 8] & ~(mask << shift)) | v << shift);
		}
	}
}

bool vg_pdf_unpredict(const struct vg_pdf_predictor *p, struct vg_pdf_out *out)
{
	size_t n_samples = (size_t)p->n_columns * p->n_colours, row_bytes, pixel_bytes, n_rows;

	if (p->predictor <= 1)
		return true;
	if (!p->n_colours || p->n_colours > 32 || !p->n_columns || p->n_columns > UINT32_MAX / 32 ||
	    (p->n_bits != 1 && p->n_bits != 2 && p->n_bits != 4 && p->n_bits != 8 && p->n_bits != 16) ||
	    (p->predictor != 2 && p->predictor < 10))
		return false;
	row_bytes = (n_samples * p->n_bits + 7) / 8;
	pixel_bytes = (p->n_colours * p->n_bits + 7) / 8;
	if (p->predictor == 2) {
		for (size_t y = 0; (y + 1) * row_bytes <= out->n; y++)
			tiff_row(out->at + y * row_bytes, n_samples, p->n_bits, p->n_colours);
		return true;
	}
	n_rows = out->n / (row_bytes + 1);
	for (size_t y = 0; y < n_rows; y++) {
		const uint8_t *from = out->at + y * (row_bytes + 1);
		uint8_t *to = out->at + y * row_bytes;
		png_row(from[0], from + 1, to, y ? to - row_bytes : NULL, row_bytes, pixel_bytes);
	}
	out->n = n_rows * row_bytes;
	return true;
}
