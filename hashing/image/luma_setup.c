/* luma_setup: makes a decoder: limits with their defaults, and tables of the weighted colour values. */
#include <string.h>

#include <libheif/heif.h>

#include <vigil/media.h>

#include "hashing/image/luma_priv.h"

static void default_limits(struct vg_image_limits *l)
{
	l->max_pixels = l->max_pixels ? l->max_pixels : 100000000;
	l->max_memory_bytes = l->max_memory_bytes ? l->max_memory_bytes : 512u << 20;
	l->max_side = l->max_side ? l->max_side : 65535;
	l->max_side = l->max_side < 65535 ? l->max_side : 65535; /* columns are kept in 16 bits */
	l->max_scans = l->max_scans ? l->max_scans : 100;
	l->max_ms = l->max_ms ? l->max_ms : 5000;
	l->max_frames = l->max_frames ? l->max_frames : 16;
}

static ssize_t swallow(void *ctx, const char *text, size_t n_bytes)
{
	(void)ctx, (void)text;
	return (ssize_t)n_bytes;
}

void vg_image_destroy(struct vg_image *image)
{
	if (image && image->nowhere)
		fclose(image->nowhere);
	free(image);
}

struct vg_image *vg_image_create(const struct vg_image_limits *limits)
{
	struct vg_image *image = aligned_alloc(_Alignof(struct vg_image), sizeof(*image));
	if (!image)
		return NULL;
	memset(image, 0, sizeof(*image));
	image->nowhere = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = swallow });
	if (!image->nowhere) {
		free(image);
		return NULL;
	}
	setvbuf(image->nowhere, image->line, _IOLBF, sizeof(image->line));
	if (limits)
		image->limits = *limits;
	default_limits(&image->limits);
	for (unsigned i = 0; i < 256; i++) {
		image->red[i] = 0.299f * (float)i;
		image->green[i] = 0.587f * (float)i;
		image->blue[i] = 0.114f * (float)i;
	}
	return image;
}

void vg_image_warm(struct vg_image *image)
{
	/* Broken on purpose: libraries make their tables, and find that there is nothing to do. */
	static const char *const heads[] = {
		[VG_KIND_JPEG] = "\xff\xd8\xff\xd9",
		[VG_KIND_PNG] = "\x89PNG\r\n\x1a\n",
		[VG_KIND_GIF] = "GIF89a",
		[VG_KIND_WEBP] = "RIFF",
		[VG_KIND_TIFF] = "II*",
		[VG_KIND_HEIF] = "ftyp",
		[VG_KIND_JXL] = "\xff\x0a",
		[VG_KIND_JP2] = "\xff\x4f\xff\x51",
		[VG_KIND_AVIF] = "ftyp",
	};
	struct vg_luma luma;

	(void)heif_init(NULL);
	for (unsigned kind = 0; kind < VG_ARRAY_LEN(heads); kind++) {
		struct vg_span span = { (const uint8_t *)heads[kind], heads[kind] ? strlen(heads[kind]) : 0 };
		if (heads[kind])
			(void)vg_image_luma(image, kind, &(struct vg_chain){ &span, 1, span.n_bytes }, &luma);
	}
}
