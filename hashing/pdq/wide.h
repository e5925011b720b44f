#pragma once
/* wide: PDQ of a picture at its full size, without the step to 512 x 512 before it: what vPDQ does with a frame. The
 * two box filters and the decimation are one sparse operator per axis here, too; the windows tile the picture, so that
 * each pixel is looked at about once. Works on bytes as they lie in a frame, no copy. */
#include <stddef.h>
#include <stdint.h>

#include "hashing/pdq/pdq.h"

#define VG_PDQ_WIDE_SIDE 8192u /* longest side */

/* What the bytes of a row are: red, green, blue by turns; or the luma itself. */
enum vg_pdq_samples { VG_PDQ_RGB, VG_PDQ_LUMA };

struct vg_pdq_wide_picture {
	const uint8_t *at;
	size_t stride_bytes;
	uint32_t width, height;
	enum vg_pdq_samples samples;
};
/* Hashes a picture of 5 x 5 to VG_PDQ_WIDE_SIDE x VG_PDQ_WIDE_SIDE pixels; a smaller or larger one comes out as zeros.
 * Never fails. Hot. */
void vg_pdq_hash_wide(struct vg_pdq *pdq, const struct vg_pdq_wide_picture *picture, struct vg_pdq_result *out);
