#pragma once
/* encode: packed RGB pictures to the formats whose encoders are small: PNG, GIF, WebP, TIFF (LZW) and BMP; the caller
 * frees the bytes. quality 0 .. 100 where a format has one. n = 0: no encoder. AVIF, HEIC and JPEG XL, 2000:
 * encode_more.h. */
#include <sys/mman.h>
#include <unistd.h>

#include <gif_lib.h>
#include <tiffio.h>
#include <webp/encode.h>

#include "tests/lib/picture.h"

struct rgb {
	uint32_t width, height;
	uint8_t *at;
};
struct bytes {
	uint8_t *at;
	size_t n;
};
static inline uint8_t *room(size_t n_bytes)
{
	uint8_t *at = malloc(n_bytes ? n_bytes : 1);
	if (!at)
		abort();
	return at;
}

static inline struct rgb blank(uint32_t width, uint32_t height)
{
	struct rgb p = { width, height, room((size_t)width * height * 3) };
	memset(p.at, 0, (size_t)width * height * 3);
	return p;
}
static inline uint8_t *pixel(const struct rgb *p, uint32_t x, uint32_t y)
{
	return p->at + ((size_t)y * p->width + x) * 3;
}

static inline struct bytes to_webp(const struct rgb *p, int quality)
{
	struct bytes b = { NULL, 0 };
	b.n = WebPEncodeRGB(p->at, (int)p->width, (int)p->height, (int)p->width * 3, (float)quality, &b.at);
	return b;
}

static inline int gif_write(GifFileType *gif, const GifByteType *from, int n)
{
	struct bytes *b = gif->UserData;
	memcpy(b->at + b->n, from, (size_t)n);
	b->n += (size_t)n;
	return n;
}

static inline struct bytes to_gif(const struct rgb *p, int quality)
{
	size_t n = (size_t)p->width * p->height;
	struct bytes b = { room(2 * n + 4096), 0 };
	uint8_t *planes = room(3 * n), *out = room(n);
	int n_colours = 256, why;
	ColorMapObject *map = GifMakeMapObject(256, NULL);
	GifFileType *gif = EGifOpen(&b, gif_write, &why);
	(void)quality;
	for (size_t i = 0; i < n; i++)
		for (unsigned c = 0; c < 3; c++)
			planes[c * n + i] = p->at[i * 3 + c];
	GifQuantizeBuffer(p->width, p->height, &n_colours, planes, planes + n, planes + 2 * n, out, map->Colors);
	EGifPutScreenDesc(gif, (int)p->width, (int)p->height, 8, 0, map);
	EGifPutImageDesc(gif, 0, 0, (int)p->width, (int)p->height, 0, NULL);
	for (uint32_t y = 0; y < p->height; y++)
		EGifPutLine(gif, out + (size_t)y * p->width, (int)p->width);
	EGifCloseFile(gif, &why);
	GifFreeMapObject(map);
	free(planes);
	free(out);
	return b;
}

static inline struct bytes to_bmp(const struct rgb *p, int quality)
{
	size_t stride = ((size_t)p->width * 3 + 3) & ~(size_t)3;
	struct bytes b = { room(54 + stride * p->height), 54 + stride * p->height };
	const uint32_t words[] = { 54, 40, p->width, p->height };
	(void)quality;
	memset(b.at, 0, b.n);
	memcpy(b.at, "BM", 2);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < 4; k++)
			b.at[10 + 4 * i + k] = (uint8_t)(words[i] >> 8 * k);
	b.at[26] = 1;
	b.at[28] = 24;
	for (uint32_t y = 0; y < p->height; y++)
		for (uint32_t x = 0; x < p->width; x++)
			for (unsigned c = 0; c < 3; c++)
				b.at[54 + (p->height - 1 - y) * stride + x * 3ul + c] = pixel(p, x, y)[2 - c];
	return b;
}

static inline struct bytes to_png(const struct rgb *p, int quality)
{
	const struct vg_picture_png how = {
		.width = p->width,
		.height = p->height,
		.color_type = PNG_COLOR_TYPE_RGB,
		.bit_depth = 8,
		.row_bytes = 3ul * p->width,
	};
	struct bytes b;
	(void)quality;
	b.at = vg_picture_to_png(&how, p->at, &b.n);
	return b;
}

/* All that was written to a memfd, which is closed. */
static inline struct bytes encoded_fd(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	struct bytes b = { room(end > 0 ? (size_t)end : 0), end > 0 ? (size_t)end : 0 };
	if (b.n && pread(fd, b.at, b.n, 0) != end)
		b.n = 0;
	close(fd);
	return b;
}

static inline struct bytes to_tiff(const struct rgb *p, int quality)
{
	int fd = memfd_create("tiff", MFD_CLOEXEC), own = fd < 0 ? -1 : dup(fd);
	TIFF *tiff = own < 0 ? NULL : TIFFFdOpen(own, "picture.tif", "w");
	(void)quality;
	if (!tiff)
		abort();
	TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, p->width);
	TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, p->height);
	TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
	TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 3);
	TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
	TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
	TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
	TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, TIFFDefaultStripSize(tiff, 0));
	for (uint32_t y = 0; y < p->height; y++)
		TIFFWriteScanline(tiff, pixel(p, 0, y), y, 0);
	TIFFClose(tiff); /* closes its own descriptor */
	return encoded_fd(fd);
}
