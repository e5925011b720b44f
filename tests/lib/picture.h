#pragma once
/* picture: pictures drawn and encoded inside a test: smooth waves and blocks from a seed, as JPEG or PNG bytes. */
#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include <vigil/bytes.h>

/* A small generator with a printed seed (splitmix64). */
static inline uint64_t vg_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}
static inline void *vg_or_abort(void *at)
{
	if (!at)
		abort();
	return at;
}
/* width * height pixels of n_channels bytes: three waves and a checker of random places; the caller frees it. */
static inline uint8_t *vg_picture_draw(uint32_t width, uint32_t height, unsigned n_channels, uint64_t seed)
{
	uint8_t *pixels = vg_or_abort(malloc((size_t)width * height * n_channels)), *p = pixels;
	float wave[4][4];
	for (unsigned i = 0; i < 16; i++)
		wave[i / 4][i % 4] = (float)(vg_random(&seed) % 1000) / 1000;
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			for (unsigned c = 0; c < n_channels; c++) {
				const float *w = wave[c % 4];
				float u = (float)x / (float)width, v = (float)y / (float)height, value;
				value = 128 + 70 * sinf(7 * w[0] * u + 9 * w[1] * v) + 40 * sinf(31 * w[2] * v * u);
				value += (int)(u * 9 + w[3]) % 2 == (int)(v * 7 + w[2]) % 2 ? 17 : -17;
				*p++ = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
			}
	return pixels;
}

struct vg_picture_jpeg {
	uint32_t width, height;
	int n_channels; /* 1 grey, 3 RGB, 4 CMYK */
	int quality;    /* 0 = 90 */
	int progressive;
	int sampling; /* chroma: 1 = 4:4:4, 2 = 4:2:0 (0 = 2) */
	int restart_rows;
};
/* The caller frees the bytes. */
static inline uint8_t *vg_picture_to_jpeg(const struct vg_picture_jpeg *how, const uint8_t *pixels, size_t *n_bytes)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	unsigned char *out = NULL;
	unsigned long n_out = 0;
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &out, &n_out);
	jpeg.image_width = how->width;
	jpeg.image_height = how->height;
	jpeg.input_components = how->n_channels;
	jpeg.in_color_space = how->n_channels == 1 ? JCS_GRAYSCALE : how->n_channels == 3 ? JCS_RGB : JCS_CMYK;
	jpeg_set_defaults(&jpeg);
	jpeg_set_quality(&jpeg, how->quality ? how->quality : 90, TRUE);
	if (how->n_channels == 3)
		jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = how->sampling ? how->sampling : 2;
	jpeg.restart_in_rows = how->restart_rows;
	if (how->progressive)
		jpeg_simple_progression(&jpeg);
	jpeg_start_compress(&jpeg, TRUE);
	while (jpeg.next_scanline < jpeg.image_height) {
		const uint8_t *at = pixels + (size_t)jpeg.next_scanline * how->width * (unsigned)how->n_channels;
		JSAMPROW row = (JSAMPROW)(uintptr_t)at;
		jpeg_write_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	*n_bytes = n_out;
	return out;
}

struct vg_picture_png {
	uint32_t width, height;
	int color_type, bit_depth, interlaced;
	size_t row_bytes;
	const png_color *palette; /* 1 << bit_depth colours, or NULL */
	const png_color_16 *transparent;
};
struct vg_picture_sink {
	uint8_t *at;
	size_t n_bytes, n_room;
};
static inline void vg_picture_write(png_structp png, png_bytep bytes, size_t n_bytes)
{
	struct vg_picture_sink *sink = png_get_io_ptr(png);
	if (sink->n_bytes + n_bytes > sink->n_room) {
		sink->n_room = 2 * (sink->n_bytes + n_bytes);
		sink->at = vg_or_abort(realloc(sink->at, sink->n_room));
	}
	memcpy(sink->at + sink->n_bytes, bytes, n_bytes);
	sink->n_bytes += n_bytes;
}
static inline void vg_picture_flush(png_structp png)
{
	(void)png;
}
/* rows: height rows of row_bytes, packed as PNG wants them. The caller frees the bytes. */
static inline uint8_t *vg_picture_to_png(const struct vg_picture_png *how, const uint8_t *rows, size_t *n_bytes)
{
	struct vg_picture_sink sink = { 0 };
	png_structp png = vg_or_abort(png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL));
	png_infop info = vg_or_abort(png_create_info_struct(png));
	png_bytep *lines = vg_or_abort(calloc(how->height, sizeof(*lines)));
	if (setjmp(png_jmpbuf(png)))
		abort();
	png_set_write_fn(png, &sink, vg_picture_write, vg_picture_flush);
	png_set_IHDR(png, info, how->width, how->height, how->bit_depth, how->color_type,
		     how->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	if (how->palette)
		png_set_PLTE(png, info, how->palette, 1 << how->bit_depth);
	if (how->transparent)
		png_set_tRNS(png, info, NULL, 0, how->transparent);
	for (uint32_t y = 0; y < how->height; y++)
		lines[y] = (png_bytep)(uintptr_t)(rows + y * how->row_bytes);
	png_write_info(png, info);
	png_write_image(png, lines);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	free(lines);
	*n_bytes = sink.n_bytes;
	return sink.at;
}

/* Cuts bytes into random spans of 1 .. max_piece bytes; the caller frees the spans. */
static inline struct vg_span *vg_cut(const uint8_t *at, size_t n_bytes, size_t max_piece, uint64_t *seed,
				     uint32_t *n_spans)
{
	struct vg_span *spans = vg_or_abort(calloc(n_bytes + 1, sizeof(*spans)));
	*n_spans = 0;
	while (n_bytes) {
		size_t n = 1 + vg_random(seed) % max_piece;
		n = n < n_bytes ? n : n_bytes;
		spans[(*n_spans)++] = (struct vg_span){ at, n };
		at += n;
		n_bytes -= n;
	}
	return spans;
}
