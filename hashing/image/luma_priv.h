#pragma once
/* luma_priv: the inside of struct vg_image, and what a decoder of one format does: announce the size, put rows. */
#include <stdio.h>
#include <time.h>

#include "hashing/image/scaled.h"

/* The first channels of a decoded pixel, 8 bits each; alpha may follow. CMYK is as Adobe stores it (255 = no ink),
 * CMYK_INK the other way round. */
enum vg_pixels { VG_PIXELS_GREY, VG_PIXELS_RGB, VG_PIXELS_CMYK, VG_PIXELS_CMYK_INK };

/* Some pixels of one source row: n_pixels of them, the first at column x, each next one 1 << x_shift further right.
 * By passes, each also stands for the n_rows x n_cols pixels right and below that later passes bring (0 = 1). */
struct vg_pixel_row {
	const uint8_t *at;
	enum vg_pixels pixels;
	uint32_t pixel_bytes; /* from one pixel to the next */
	uint32_t y, x, x_shift, n_pixels;
	uint32_t n_rows, n_cols;
};

struct vg_image {
	_Alignas(64) float plane[VG_LUMA_SIDE * VG_LUMA_STRIDE];
	uint16_t source_col[VG_LUMA_SIDE];           /* sorted: the column that each sample comes from */
	uint8_t source_part[VG_LUMA_SIDE];           /* scaled.c: sixteenths of the way to the column after it */
	_Alignas(64) float lines[2][VG_LUMA_STRIDE]; /* scaled.c: the last two rows */
	float red[256], green[256], blue[256];
	struct vg_image_limits limits;
	/* The picture in hand. */
	struct vg_luma luma;
	uint64_t deadline_ns; /* of this thread's processor time */
	uint32_t n_late_asked;
	uint32_t n_rows_put; /* source rows, or parts of them, that decoders have put */
	uint32_t end_row;    /* plane rows 0 .. end_row have been written by whole rows in order */
	uint8_t by_passes;   /* rows come in several passes (interlaced) */
	/* The file in hand. */
	vg_luma_frame_fn on_frame;
	void *ctx;
	uint32_t n_frames; /* given so far */
	bool enough;       /* no more are wanted */
	bool early;        /* scaled, and nothing but the first scans of a progressive JPEG */
	bool scaled;       /* JPEG: luma only, at the smallest scale that will do */
	uint8_t *flat;     /* its bytes in one piece, where a decoder asked for that */
	FILE *nowhere;     /* what libraries print goes here */
	char line[256];    /* its buffer */
};

/* The size is known: checks the limits and makes ready for rows. VG_OK or VG_ERANGE. */
enum vg_err vg_luma_begin(struct vg_image *image, uint32_t width, uint32_t height, int by_passes);

/* Takes what the plane needs of a source row. Rows with a y or x outside the picture are a bug of ours. */
void vg_luma_put(struct vg_image *image, const struct vg_pixel_row *row);

/* The same of a picture that is decoded at so many eighths (1 .. 7), and a row of its luma, all of them in order; it is
 * read one byte behind its end. */
enum vg_err vg_luma_begin_scaled(struct vg_image *image, uint32_t width, uint32_t height, uint32_t eighths);
void vg_luma_put_scaled(struct vg_image *image, uint32_t y, const uint8_t *row);

/* The frame in hand ends here: what no row came for is black, and it is given. False: no more are wanted. */
bool vg_luma_frame(struct vg_image *image, uint32_t frame_idx);

/* Is this one of the evenly spread frames that are wanted? */
bool vg_luma_wants(const struct vg_image *image, uint32_t frame_idx, uint32_t n_frames);

/* Whole rows, top down, of a picture that lies in memory; rows n_rows_there and below are missing (partial). Begins
 * the frame itself. */
enum vg_err vg_luma_put_whole(struct vg_image *image, uint32_t width, uint32_t height, uint32_t n_rows_there,
			      enum vg_pixels pixels, uint32_t pixel_bytes, const uint8_t *at, size_t stride_bytes);

/* VG_OK where a picture of this size may be decoded and its decoder may take n_pixel_bytes for each pixel; as
 * vg_luma_begin(), and VG_EBUDGET for the memory. */
enum vg_err vg_luma_fits(const struct vg_image *image, uint64_t width, uint64_t height, uint32_t n_pixel_bytes);

/* The bytes in one piece: theirs, or a copy that lives as long as the file in hand. VG_EBUDGET: too many. */
enum vg_err vg_luma_flat(struct vg_image *image, const struct vg_chain *bytes, struct vg_span *flat);

/* True once no later row is needed (not by passes). */
static inline int vg_luma_full(const struct vg_image *image)
{
	return !image->by_passes && image->end_row == image->luma.n_rows;
}
/* Processor time of this thread: a busy machine must not change what a picture hashes to. */
static inline uint64_t vg_luma_cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
/* True once the picture's time is used up; a system call on every 16th question. */
static inline int vg_luma_late(struct vg_image *image)
{
	return image->n_late_asked++ % 16 == 0 && vg_luma_cpu_ns() > image->deadline_ns;
}

/* One decoder each: VG_OK once the file is decoded to its end (image->luma.partial says damaged), else why it
 * stopped; rows put before that stay. A decoder of one picture leaves it to the caller to give it; one of several
 * gives each by vg_luma_frame(). Nothing is left allocated but `flat`. */
enum vg_err vg_luma_jpeg(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_mpo(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_png(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_apng(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_gif(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_webp(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_bmp(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_ico(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_psd(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_tiff(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_heif(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_avif(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_jxl(struct vg_image *image, const struct vg_chain *bytes);
enum vg_err vg_luma_jp2(struct vg_image *image, const struct vg_chain *bytes);
/* A device independent bitmap without its file header (BMP from byte 14 on, ICO): of_icon: half as high as it says,
 * because a mask follows. pixels_off 0: right behind the palette. */
enum vg_err vg_luma_dib(struct vg_image *image, const struct vg_span *dib, uint64_t pixels_off, bool of_icon);
