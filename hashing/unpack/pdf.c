/* No object is looked up and no table believed: between "obj" and "stream" lies the dictionary, and its keys are
 * looked for as text. */
#include "hashing/unpack/pdf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "hashing/unpack/pdf_text.h"

#define DICT_BYTES  8192u /* looked back for the dictionary */
#define PIECE_BYTES 65536u
#define BMP_HEAD    54u
#define MAX_SIDE    65535u

struct walk {
	struct vg_budget *budget;
	const struct vg_entry_sink *sink;
	unsigned n_pictures;
	bool stopped;
	uint8_t piece[PIECE_BYTES];
};
struct dict {
	const char *at;
	size_t n;
};
struct samples {
	uint8_t *at;
	size_t n, n_room;
};

/* Where the value of a key begins; NULL where there is none. A longer key with the same beginning is another one. */
static const char *value_of(const struct dict *d, const char *key)
{
	size_t n_key = strlen(key), off = 0;

	while (off + n_key < d->n) {
		const char *found = memmem(d->at + off, d->n - off, key, n_key);
		if (!found)
			return NULL;
		off = (size_t)(found - d->at) + n_key;
		if (off < d->n && !((d->at[off] | 32) >= 'a' && (d->at[off] | 32) <= 'z') &&
		    !(d->at[off] >= '0' && d->at[off] <= '9'))
			return d->at + off;
	}
	return NULL;
}
static bool has(const struct dict *d, const char *name)
{
	return value_of(d, name) != NULL;
}
static uint32_t number(const struct dict *d, const char *key)
{
	const char *at = value_of(d, key), *end = d->at + d->n;
	uint64_t v = 0;

	while (at && at < end && (*at == ' ' || *at == '\r' || *at == '\n' || *at == '\t'))
		at++;
	for (; at && at < end && *at >= '0' && *at <= '9' && v < UINT32_MAX; at++)
		v = v * 10 + (unsigned)(*at - '0');
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static bool give(struct walk *w, const uint8_t *bytes, size_t n_bytes)
{
	if (!vg_budget_time(w->budget) || !vg_budget_make(w->budget, n_bytes) ||
	    !w->sink->bytes(w->sink->ctx, bytes, n_bytes))
		w->stopped = true;
	return !w->stopped;
}
static bool begin(struct walk *w, const char *ext)
{
	char name[32];
	int n = snprintf(name, sizeof(name), "image-%u.%s", ++w->n_pictures, ext);

	if (!w->sink->begin(w->sink->ctx, name, (size_t)n, true))
		w->stopped = true;
	return !w->stopped;
}
static void end(struct walk *w, bool whole)
{
	w->sink->end(w->sink->ctx, whole && !w->stopped);
}

/* Inflates a stream; what comes out goes to `to`. False where it broke or was stopped before its end. */
static bool inflate_all(struct walk *w, const struct vg_span *in, bool (*to)(void *ctx, const uint8_t *, size_t),
			void *ctx)
{
	z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)in->at,
		       .avail_in = in->n_bytes < UINT32_MAX ? (uInt)in->n_bytes : UINT32_MAX };
	int r = inflateInit(&z) == Z_OK ? Z_OK : Z_MEM_ERROR;

	while (r == Z_OK) {
		z.next_out = w->piece;
		z.avail_out = PIECE_BYTES;
		r = inflate(&z, Z_NO_FLUSH);
		if (z.avail_out < PIECE_BYTES && !to(ctx, w->piece, PIECE_BYTES - z.avail_out))
			r = Z_BUF_ERROR;
	}
	if (r != Z_MEM_ERROR)
		inflateEnd(&z);
	return r == Z_STREAM_END;
}

static bool to_entry(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	return give(ctx, bytes, n_bytes);
}

/* A picture file in a stream, maybe deflated. */
static void picture_file(struct walk *w, const struct dict *d, const struct vg_span *stream, const char *ext)
{
	bool whole = true;

	if (!begin(w, ext))
		return;
	if (has(d, "/FlateDecode") || has(d, "/Fl"))
		whole = inflate_all(w, stream, to_entry, w);
	else
		(void)give(w, stream->at, stream->n_bytes);
	end(w, whole);
}

struct gather {
	struct walk *walk;
	struct samples samples;
};
static bool to_samples(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	struct gather *g = ctx;
	struct samples *s = &g->samples;

	if (s->n_room - s->n < n_bytes) /* more than the picture's size says: what is over is nobody's */
		n_bytes = s->n_room - s->n;
	if (!n_bytes || !vg_budget_time(g->walk->budget) || !vg_budget_make(g->walk->budget, n_bytes))
		return false;
	memcpy(s->at + s->n, bytes, n_bytes);
	s->n += n_bytes;
	return true;
}

static uint8_t paeth(int a, int b, int c)
{
	int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
	return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/* PNG's predictors (ISO/IEC 15948, 9): each row has its own before it. Undone in place. */
static void unpredict(struct samples *s, size_t row_bytes, size_t pixel_bytes)
{
	for (size_t y = 0; (y + 1) * (row_bytes + 1) <= s->n; y++) {
		uint8_t *row = s->at + y * (row_bytes + 1) + 1, *up = y ? row - row_bytes - 1 : NULL;
		for (size_t x = 0; x < row_bytes; x++) {
			int left = x >= pixel_bytes ? row[x - pixel_bytes] : 0, above = up ? up[x] : 0;
			int corner = up && x >= pixel_bytes ? up[x - pixel_bytes] : 0;
			switch (row[-1]) {
			case 1:
				row[x] = (uint8_t)(row[x] + left);
				break;
			case 2:
				row[x] = (uint8_t)(row[x] + above);
				break;
			case 3:
				row[x] = (uint8_t)(row[x] + (left + above) / 2);
				break;
			case 4:
				row[x] = (uint8_t)(row[x] + paeth(left, above, corner));
				break;
			}
		}
	}
}

static void put_le32(uint8_t *to, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> 8 * i);
}

/* Gives samples as a BMP of 24 bits, top down, so that a decoder reads it like any other file. */
static void give_bmp(struct walk *w, const struct samples *s, uint32_t width, uint32_t height, size_t n_comps,
		     size_t lead)
{
	uint8_t head[BMP_HEAD] = "BM";
	size_t row_bytes = (size_t)width * n_comps, line_bytes = ((size_t)width * 3 + 3) & ~(size_t)3;
	uint8_t *line = calloc(1, line_bytes);

	put_le32(head + 10, BMP_HEAD);
	put_le32(head + 14, 40);
	put_le32(head + 18, width);
	put_le32(head + 22, (uint32_t) - (int32_t)height);
	head[26] = 1;
	head[28] = 24;
	if (!line || !begin(w, "bmp")) {
		free(line);
		return;
	}
	(void)give(w, head, BMP_HEAD);
	for (size_t y = 0; y < height && !w->stopped && (y + 1) * (row_bytes + lead) <= s->n; y++) {
		const uint8_t *from = s->at + y * (row_bytes + lead) + lead;
		for (size_t x = 0; x < width; x++)
			for (size_t c = 0; c < 3; c++)
				line[x * 3 + c] = from[x * n_comps + (n_comps == 3 ? 2 - c : 0)];
		(void)give(w, line, line_bytes);
	}
	end(w, s->n >= height * (row_bytes + lead));
	free(line);
}

static void bare_samples(struct walk *w, const struct dict *d, const struct vg_span *stream)
{
	uint32_t width = number(d, "/Width"), height = number(d, "/Height"), bits = number(d, "/BitsPerComponent");
	size_t lead = number(d, "/Predictor") >= 10, n_pixels = (size_t)width * height, n_comps;
	struct gather g = { .walk = w };

	if (!width || !height || width > MAX_SIDE || height > MAX_SIDE || bits != 8 || has(d, "/Indexed") ||
	    number(d, "/Predictor") == 2 || n_pixels > VG_PDF_MAX_SAMPLES / 4 || has(d, "/ImageMask")) {
		w->budget->n_bad++;
		return;
	}
	g.samples.n_room = n_pixels * 4 + (size_t)height;
	g.samples.at = malloc(g.samples.n_room);
	if (!g.samples.at) {
		w->budget->spent = true;
		return;
	}
	(void)inflate_all(w, stream, to_samples, &g);
	/* The colour space may be named elsewhere: how many samples there are tells how many a pixel has. */
	n_comps = (g.samples.n - (lead ? height : 0)) / n_pixels;
	if (g.samples.n > height && (n_comps == 1 || n_comps == 3)) {
		if (lead)
			unpredict(&g.samples, (size_t)width * n_comps, n_comps);
		give_bmp(w, &g.samples, width, height, n_comps, lead);
	} else {
		w->budget->n_bad++;
	}
	free(g.samples.at);
}

static void one_picture(struct walk *w, const struct dict *d, const struct vg_span *stream)
{
	bool is_image = has(d, "/Image");

	if (has(d, "/DCTDecode") || has(d, "/DCT"))
		picture_file(w, d, stream, "jpg");
	else if (has(d, "/JPXDecode"))
		picture_file(w, d, stream, "jp2");
	else if (is_image && (has(d, "/FlateDecode") || has(d, "/Fl")))
		bare_samples(w, d, stream);
	else
		w->budget->n_bad += is_image;
}

/* What was written as text is read first; one layer of it, since nobody writes two. */
static void one_stream(struct walk *w, const struct dict *d, const struct vg_span *stream)
{
	bool is_85 = has(d, "/ASCII85Decode") || has(d, "/A85"), is_hex = has(d, "/ASCIIHexDecode") || has(d, "/AHx");
	bool is_image = has(d, "/Image") || has(d, "/DCTDecode") || has(d, "/DCT");
	struct vg_span bytes;
	uint8_t *at;

	if (has(d, "/LZWDecode") || (is_85 && is_hex)) {
		w->budget->n_bad += is_image;
		return;
	}
	if (!is_85 && !is_hex) {
		one_picture(w, d, stream);
		return;
	}
	if (!is_image)
		return;
	at = stream->n_bytes < SIZE_MAX / 8 ? malloc(VG_PDF_TEXT_MAX(stream->n_bytes)) : NULL;
	if (!at) {
		w->budget->spent = true;
		return;
	}
	bytes.at = at;
	bytes.n_bytes = is_85 ? vg_pdf_text_85(stream->at, stream->n_bytes, at)
			      : vg_pdf_text_hex(stream->at, stream->n_bytes, at);
	if (vg_budget_make(w->budget, bytes.n_bytes))
		one_picture(w, d, &bytes);
	free(at);
}

/* The dictionary before a stream keyword: what lies behind the last "obj" before it. */
static struct dict dict_before(const uint8_t *file, size_t keyword_off)
{
	size_t begin_off = keyword_off > DICT_BYTES ? keyword_off - DICT_BYTES : 0;

	for (size_t i = keyword_off; i > begin_off + 3; i--)
		if (!memcmp(file + i - 3, "obj", 3)) {
			begin_off = i;
			break;
		}
	return (struct dict){ (const char *)file + begin_off, keyword_off - begin_off };
}

/* Where the stream that begins at `off` ends: where its dictionary says, if "endstream" is there, else at the next. */
static size_t stream_end(const struct vg_span *file, const struct dict *d, size_t off)
{
	uint32_t said = number(d, "/Length");
	const uint8_t *found;

	if (said && said <= file->n_bytes - off) {
		size_t n_look = file->n_bytes - off - said < 32 ? file->n_bytes - off - said : 32;
		if (memmem(file->at + off + said, n_look, "endstream", 9))
			return off + said;
	}
	found = memmem(file->at + off, file->n_bytes - off, "endstream", 9);
	return found ? (size_t)(found - file->at) : file->n_bytes;
}

enum vg_err vg_pdf_walk(const struct vg_span *bytes, struct vg_budget *budget, const struct vg_entry_sink *sink)
{
	struct walk *w = calloc(1, sizeof(*w));
	size_t off = 0;

	if (!w)
		return VG_EBUDGET;
	w->budget = budget;
	w->sink = sink;
	budget->n_containers++;
	if (memmem(bytes->at, bytes->n_bytes, "/Encrypt", 8)) {
		budget->n_encrypted++;
		off = bytes->n_bytes;
	}
	while (!w->stopped && off < bytes->n_bytes && vg_budget_time(budget)) {
		const uint8_t *found = memmem(bytes->at + off, bytes->n_bytes - off, "stream", 6);
		size_t keyword_off;
		if (!found)
			break;
		keyword_off = (size_t)(found - bytes->at);
		off = keyword_off + 6;
		if (off < bytes->n_bytes && bytes->at[off] == '\r')
			off++;
		if (off < bytes->n_bytes && bytes->at[off] == '\n')
			off++;
		if (off == keyword_off + 6) /* another word */
			continue;
		struct dict d = dict_before(bytes->at, keyword_off);
		size_t end_off = stream_end(bytes, &d, off);
		one_stream(w, &d, &(struct vg_span){ bytes->at + off, end_off - off });
		off = end_off + 9 < bytes->n_bytes ? end_off + 9 : bytes->n_bytes;
	}
	free(w);
	return VG_OK;
}
