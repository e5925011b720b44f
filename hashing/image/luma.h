#pragma once
/* luma: a picture's bytes, straight from a chunk chain -> the sampled luma plane that PDQ is made of, one after the
 * other for the sampled frames of an animation and for the pages of a file. JPEG by libjpeg-turbo (full size, RGB,
 * accurate integer IDCT, fancy upsampling; the further pictures of an MPO), PNG and APNG by libpng, GIF by giflib,
 * WebP, AVIF, HEIF, JPEG XL, JPEG 2000, TIFF by their Debian libraries, BMP, ICO and PSD by own readers. EXIF
 * orientation, colour profiles and gamma are ignored, samples cut to 8 bits, CMYK and YCCK converted. Alpha is
 * ignored: what counts is the colour stored under it, as in the published hashes of such pictures (Pillow and
 * ImageMagick 6 drop it likewise); in an animation a transparent pixel shows the frame before. A picture wider or
 * higher than 512 is sampled to 512 x 512 by nearest neighbour while its scanlines come: source column floor(x*W/512),
 * row floor(y*H/512), so that memory holds the whole picture only where a library knows no other way, and then
 * within max_memory_bytes. Foreign bytes: runs in the sandbox. One decoder per thread, no threads of its own; the
 * libraries allocate. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "hashing/chain/chain.h"

#define VG_LUMA_SIDE   512u /* PDQ's pre-size */
#define VG_LUMA_STRIDE 512u /* floats; rows are 64-byte aligned and readable up to the stride */

/* Budgets of one picture. Zero in a field = its default. */
struct vg_image_limits {
	uint64_t max_pixels;       /* width * height, before anything is allocated; default 100 million */
	uint64_t max_memory_bytes; /* of a decoder (coefficients, canvas, whole picture); default 512 MiB */
	uint32_t max_side;         /* pixels; default 65535 */
	uint32_t max_scans;        /* of a progressive JPEG (a bomb has thousands); default 100 */
	uint32_t max_ms;           /* processor time, looked at between rows; default 5000 */
	uint32_t min_side;         /* pixels; smaller pictures are not decoded; default 0 = all */
	uint32_t max_frames;       /* given of one file, evenly spread; default 16 */
};

/* The plane is the decoder's, valid until its next call. row r, column c: at[r * VG_LUMA_STRIDE + c], 0 .. 255. */
struct vg_luma {
	const float *at;
	uint32_t n_rows, n_cols; /* <= 512; the picture itself, or 512 x 512 where a side is longer; or as `eighths` */
	uint32_t width, height;  /* of the picture */
	uint8_t partial;         /* 1: cut or damaged; what is missing is as the decoder left it: grey for JPEG, black
				 * for PNG, and by larger blocks in an interlaced PNG */
	uint8_t eighths;         /* 0; else it was decoded smaller, its samples lie as scaled.h says */
	uint32_t frame_idx;      /* 0 = the first picture of its file */
};

struct vg_image;

void vg_image_destroy(struct vg_image *image);
/* Start-up only; about 1.1 MiB. limits NULL = all defaults. NULL: out of memory. */
struct vg_image *vg_image_create(const struct vg_image_limits *limits) VG_DEALLOC(vg_image_destroy);

/* Gets one picture of a file; false: no more are wanted. */
typedef bool (*vg_luma_frame_fn)(void *ctx, const struct vg_luma *luma);

/* Decodes a file of a kind (enum vg_kind): gives its first picture and, of an animation or pages, up to max_frames
 * evenly spread ones, in order. VG_OK: at least one was given, maybe partial. VG_EUNSUPPORTED: no decoder for this kind
 * or sort. VG_ERANGE: more pixels or a longer side than allowed. VG_ESMALL: a shorter side than wanted. VG_EBUDGET:
 * memory, scans or time used up. VG_ECORRUPT: not one row could be decoded. Nothing is left allocated. */
enum vg_err vg_image_frames(struct vg_image *image, unsigned kind, const struct vg_chain *bytes,
			    vg_luma_frame_fn on_frame, void *ctx);

/* From now on JPEGs that have a luma plane give that, decoded at the smallest scale that all but keeps their hash
 * (scaled.h): much less work, for a hash within some bits of the exact one. Off at first. */
void vg_image_scaled(struct vg_image *image, bool on);

/* The first picture of a progressive JPEG, scaled, from its first scans, while the rest of its bytes is still to come.
 * VG_EAGAIN: too few came; VG_EUNSUPPORTED: not such a JPEG, only all of it will tell; else as vg_image_frames(). */
enum vg_err vg_image_early(struct vg_image *image, const struct vg_chain *bytes, struct vg_luma *out);

/* The first picture only. */
enum vg_err vg_image_luma(struct vg_image *image, unsigned kind, const struct vg_chain *bytes, struct vg_luma *out);

/* Start-up: lets every library do what it does on its first use, before the sandbox closes. */
void vg_image_warm(struct vg_image *image);
