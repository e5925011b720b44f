/* apng: the frames of an animated PNG (PNG specification, third edition, 11.3.6). libpng knows only still pictures:
 * each frame is shown to it as one, made of the file's own head, a size of its own and the frame's data; what it gives
 * is put together on a canvas. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "hashing/image/luma_priv.h"

#define CHUNK_BYTES 12u /* length, type, checksum */
#define MAX_PIECES  4096u
#define PIXEL_BYTES 4u
#define MAX_HEADS   64u /* before the picture, in which a sign of an animation is looked for */
enum dispose { KEEP, TO_BACKGROUND, TO_PREVIOUS };

struct frame {
	uint32_t width, height, x, y;
	uint8_t dispose, blend;
	uint64_t begin_off, end_off; /* its chunks of data */
};
struct apng {
	struct vg_image *image;
	struct vg_span file;
	uint32_t width, height, n_frames;
	uint64_t palette_off, trns_off;   /* of their chunks, 0: none */
	uint8_t *canvas, *saved, *pixels; /* RGBA */
	/* the still picture shown to libpng: pieces, read one after the other */
	struct vg_span pieces[MAX_PIECES];
	uint32_t n_pieces, piece_idx;
	size_t piece_off;
	uint8_t heads[MAX_PIECES * 8 + 64]; /* what we write ourselves */
	size_t n_heads;
	png_structp png;
	png_infop info;
	jmp_buf back;
};

static uint32_t chunk_length(const struct apng *a, uint64_t off)
{
	return vg_be32(a->file.at + off);
}
/* The chunk at off lies whole in the file. */
static bool has_chunk(const struct apng *a, uint64_t off)
{
	return a->file.n_bytes - off >= CHUNK_BYTES && off <= a->file.n_bytes &&
	       chunk_length(a, off) <= a->file.n_bytes - off - CHUNK_BYTES;
}
static bool is_chunk(const struct apng *a, uint64_t off, const char *type)
{
	return !memcmp(a->file.at + off + 4, type, 4);
}

static void add(struct apng *a, const uint8_t *at, size_t n_bytes)
{
	if (n_bytes && a->n_pieces < MAX_PIECES)
		a->pieces[a->n_pieces++] = (struct vg_span){ at, n_bytes };
}
static void add_own(struct apng *a, const void *bytes, size_t n_bytes)
{
	uint8_t *to = a->heads + a->n_heads;
	if (sizeof(a->heads) - a->n_heads < n_bytes)
		return;
	memcpy(to, bytes, n_bytes);
	a->n_heads += n_bytes;
	add(a, to, n_bytes);
}
static void add_chunk_head(struct apng *a, uint32_t n_bytes, const char *type)
{
	uint8_t head[8];
	vg_put_be32(head, n_bytes);
	memcpy(head + 4, type, 4);
	add_own(a, head, sizeof(head));
}

/* Checksums are not looked at (png_set_crc_action), so any four bytes do. */
static void add_checksum(struct apng *a)
{
	add(a, (const uint8_t *)"\0\0\0\0", 4);
}

static void compose_file(struct apng *a, const struct frame *f)
{
	uint8_t size[8];
	a->n_pieces = a->piece_idx = 0;
	a->piece_off = a->n_heads = 0;
	add(a, a->file.at, 16); /* signature, and the head's own head */
	vg_put_be32(size, f->width);
	vg_put_be32(size + 4, f->height);
	add_own(a, size, sizeof(size));
	add(a, a->file.at + 24, 9);
	const uint64_t offs[] = { a->palette_off, a->trns_off };
	for (unsigned i = 0; i < 2; i++)
		if (offs[i])
			add(a, a->file.at + offs[i], chunk_length(a, offs[i]) + CHUNK_BYTES);
	for (uint64_t off = f->begin_off; off < f->end_off; off += chunk_length(a, off) + CHUNK_BYTES) {
		uint32_t n = chunk_length(a, off);
		unsigned skip = is_chunk(a, off, "fdAT") ? 4 : is_chunk(a, off, "IDAT") ? 0 : 5;
		if (skip > 4 || n < skip || a->n_pieces + 6 > MAX_PIECES)
			continue;
		add_chunk_head(a, n - skip, "IDAT");
		add(a, a->file.at + off + 8 + skip, n - skip);
		add_checksum(a);
	}
	add_chunk_head(a, 0, "IEND");
	add_checksum(a);
}

_Noreturn static void on_error(png_structp png, png_const_charp text)
{
	(void)text;
	longjmp(((struct apng *)png_get_error_ptr(png))->back, 1);
}
static void on_warning(png_structp png, png_const_charp text)
{
	(void)png, (void)text;
}
static void on_read(png_structp png, png_bytep to, size_t n_bytes)
{
	struct apng *a = png_get_io_ptr(png);
	while (n_bytes && a->piece_idx < a->n_pieces) {
		struct vg_span *p = &a->pieces[a->piece_idx];
		size_t n = p->n_bytes - a->piece_off < n_bytes ? p->n_bytes - a->piece_off : n_bytes;
		memcpy(to, p->at + a->piece_off, n);
		to += n, n_bytes -= n;
		a->piece_off += n;
		if (a->piece_off == p->n_bytes)
			a->piece_idx++, a->piece_off = 0;
	}
	if (n_bytes)
		on_error(png, "");
}

/* libpng over the pieces into `pixels`; errors come back to decode(). */
static void read_picture(struct apng *a, const struct frame *f)
{
	png_set_read_fn(a->png, a, on_read);
	png_set_user_limits(a->png, f->width, f->height);
	png_set_crc_action(a->png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
	png_set_keep_unknown_chunks(a->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	png_read_info(a->png, a->info);
	png_set_expand(a->png);
	png_set_strip_16(a->png);
	png_set_gray_to_rgb(a->png);
	png_set_add_alpha(a->png, 0xff, PNG_FILLER_AFTER);
	int n_passes = png_set_interlace_handling(a->png);
	png_read_update_info(a->png, a->info);
	if (png_get_rowbytes(a->png, a->info) != (size_t)f->width * PIXEL_BYTES)
		on_error(a->png, "");
	for (int pass = 0; pass < n_passes; pass++)
		for (uint32_t y = 0; y < f->height; y++)
			png_read_row(a->png, a->pixels + (size_t)y * f->width * PIXEL_BYTES, NULL);
}

static bool decode(struct apng *a, const struct frame *f)
{
	if (setjmp(a->back))
		return false;
	a->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, a, on_error, on_warning);
	a->info = a->png ? png_create_info_struct(a->png) : NULL;
	if (!a->info)
		return false;
	read_picture(a, f);
	return true;
}

static void blend(uint8_t *to, const uint8_t *from)
{
	unsigned alpha = from[3], under = to[3] * (255 - alpha) / 255, sum = alpha + under;
	for (unsigned c = 0; c < 3 && sum; c++)
		to[c] = (uint8_t)((from[c] * alpha + to[c] * under) / sum);
	to[3] = (uint8_t)sum;
}

static void draw(struct apng *a, const struct frame *f)
{
	for (uint32_t y = 0; y < f->height; y++) {
		uint8_t *to = a->canvas + ((size_t)(f->y + y) * a->width + f->x) * PIXEL_BYTES;
		const uint8_t *from = a->pixels + (size_t)y * f->width * PIXEL_BYTES;
		if (!f->blend)
			memcpy(to, from, (size_t)f->width * PIXEL_BYTES);
		for (uint32_t x = 0; f->blend && x < f->width; x++)
			blend(to + x * PIXEL_BYTES, from + x * PIXEL_BYTES);
	}
}

static void dispose(struct apng *a, const struct frame *f)
{
	if (f->dispose == TO_PREVIOUS)
		memcpy(a->canvas, a->saved, (size_t)a->width * a->height * PIXEL_BYTES);
	for (uint32_t y = 0; f->dispose == TO_BACKGROUND && y < f->height; y++)
		memset(a->canvas + ((size_t)(f->y + y) * a->width + f->x) * PIXEL_BYTES, 0,
		       (size_t)f->width * PIXEL_BYTES);
}

static bool show(struct apng *a, const struct frame *f, uint32_t idx)
{
	size_t n = (size_t)a->width * a->height * PIXEL_BYTES;
	bool whole;

	if (f->dispose == TO_PREVIOUS)
		memcpy(a->saved, a->canvas, n);
	compose_file(a, f);
	memset(a->pixels, 0, (size_t)f->width * f->height * PIXEL_BYTES);
	whole = decode(a, f);
	png_destroy_read_struct(&a->png, &a->info, NULL);
	draw(a, f);
	/* The first frame is the still picture, which was given already. */
	if (idx && vg_luma_wants(a->image, idx, a->n_frames)) {
		if (vg_luma_put_whole(a->image, a->width, a->height, a->height, VG_PIXELS_RGB, PIXEL_BYTES, a->canvas,
				      (size_t)a->width * PIXEL_BYTES))
			return false;
		a->image->luma.partial = !whole;
		if (!vg_luma_frame(a->image, idx))
			return false;
	}
	dispose(a, f);
	return whole;
}

static bool read_control(const struct apng *a, uint64_t off, struct frame *f)
{
	const uint8_t *p = a->file.at + off + 8;

	if (chunk_length(a, off) < 26)
		return false;
	*f = (struct frame){ .width = vg_be32(p + 4),
			     .height = vg_be32(p + 8),
			     .x = vg_be32(p + 12),
			     .y = vg_be32(p + 16),
			     .dispose = p[24],
			     .blend = p[25] };
	return f->width && f->height && f->width <= a->width && f->height <= a->height && f->x <= a->width - f->width &&
	       f->y <= a->height - f->height;
}

/* Goes through the chunks; a frame is all data between its control chunk and the next one. */
static void walk(struct apng *a, uint64_t off)
{
	struct frame f = { 0 };
	uint32_t idx = 0;
	bool open = false;

	for (; has_chunk(a, off); off += chunk_length(a, off) + CHUNK_BYTES) {
		bool control = is_chunk(a, off, "fcTL"), end = is_chunk(a, off, "IEND");
		if (open && (control || end)) {
			f.end_off = off;
			if (vg_luma_cpu_ns() > a->image->deadline_ns || !show(a, &f, idx++))
				return;
			open = false;
		}
		if (end || (control && !read_control(a, off, &f)))
			return;
		if (control) {
			open = true;
			f.begin_off = off;
		}
	}
	f.end_off = off;
	if (open && !(vg_luma_cpu_ns() > a->image->deadline_ns))
		(void)show(a, &f, idx);
}

static enum vg_err find_parts(struct apng *a)
{
	bool animated = false;
	uint64_t off = 8;

	if (a->file.n_bytes < 33)
		return VG_ECORRUPT;
	a->width = vg_be32(a->file.at + 16);
	a->height = vg_be32(a->file.at + 20);
	for (; has_chunk(a, off) && !is_chunk(a, off, "IDAT"); off += chunk_length(a, off) + CHUNK_BYTES) {
		if (is_chunk(a, off, "acTL") && chunk_length(a, off) >= 8) {
			a->n_frames = vg_be32(a->file.at + off + 8);
			animated = true;
		} else if (is_chunk(a, off, "PLTE")) {
			a->palette_off = off;
		} else if (is_chunk(a, off, "tRNS")) {
			a->trns_off = off;
		}
	}
	return animated && a->n_frames > 1 ? vg_luma_fits(a->image, a->width, a->height, 3 * PIXEL_BYTES)
					   : VG_ENOTFOUND;
}

/* By the heads of its first chunks alone. */
static bool is_animated(const struct vg_chain *bytes)
{
	struct vg_chain_reader r;
	uint8_t head[8];

	vg_chain_reader_init(&r, bytes);
	(void)vg_chain_skip(&r, 8);
	for (unsigned i = 0; i < MAX_HEADS && vg_chain_read(&r, head, 8) == 8 && memcmp(head + 4, "IDAT", 4); i++) {
		if (!memcmp(head + 4, "acTL", 4))
			return true;
		(void)vg_chain_skip(&r, vg_be32(head) + 4ull);
	}
	return false;
}

enum vg_err vg_luma_apng(struct vg_image *image, const struct vg_chain *bytes)
{
	if (!is_animated(bytes))
		return VG_OK;
	struct apng *a = calloc(1, sizeof(*a));
	enum vg_err err = a ? vg_luma_flat(image, bytes, &a->file) : VG_EBUDGET;

	if (!err) {
		a->image = image;
		err = find_parts(a);
	}
	if (!err) {
		a->canvas = calloc((size_t)a->width * a->height, PIXEL_BYTES);
		a->saved = calloc((size_t)a->width * a->height, PIXEL_BYTES);
		a->pixels = calloc((size_t)a->width * a->height, PIXEL_BYTES);
		if (a->canvas && a->saved && a->pixels)
			walk(a, 8);
		free(a->canvas);
		free(a->saved);
		free(a->pixels);
	}
	free(a);
	return err;
}
