#pragma once
/* pdf_jbig2: the bare pictures in a JBIG2 stream as PDF embeds it (ITU-T T.88): pages of generic regions,
 * arithmetically coded (6.2, all templates, typical prediction, adaptive pixels), which is what photographs and
 * lossless scans come as. Symbols and text (glyphs), halftones, refinements and regions coded by fax codes are not
 * read, and said. Foreign bytes; allocates the page; one thread. */
#include <stdbool.h>

#include <vigil/bytes.h>

#include "hashing/unpack/budget.h"

#define VG_JBIG2_MAX_PIXELS (1u << 28)
#define VG_JBIG2_MAX_SIDE   65535u

struct vg_jbig2 {
	uint32_t width, height;
	size_t row_bytes;
	uint8_t *rows;     /* 1 bit a pixel, the highest first, 1 is black; the caller frees them */
	bool broken;       /* it ends in the middle, or is none */
	uint32_t n_unread; /* segments of sorts that are not read */
};

/* The page of a stream; rows NULL where nothing was drawn. */
void vg_jbig2_read(struct vg_span bytes, struct vg_budget *budget, struct vg_jbig2 *page);
