/* ico: of the pictures of an icon or cursor file the largest: a bitmap with a mask behind it, or a PNG. */
#include <string.h>

#include "hashing/image/luma_priv.h"

#define HEAD_BYTES  6u
#define ENTRY_BYTES 16u

enum vg_err vg_luma_ico(struct vg_image *image, const struct vg_chain *bytes)
{
	struct vg_span file, best = { NULL, 0 };
	enum vg_err err = vg_luma_flat(image, bytes, &file);
	uint32_t n_entries, best_side = 0;

	if (err)
		return err;
	if (file.n_bytes < HEAD_BYTES + ENTRY_BYTES)
		return VG_ECORRUPT;
	n_entries = vg_le16(file.at + 4);
	for (uint32_t i = 0; i < n_entries && HEAD_BYTES + (i + 1) * ENTRY_BYTES <= file.n_bytes; i++) {
		const uint8_t *e = file.at + HEAD_BYTES + i * ENTRY_BYTES;
		uint32_t side = e[0] ? e[0] : 256, n = vg_le32(e + 8), off = vg_le32(e + 12);
		if (off >= file.n_bytes || side < best_side || (side == best_side && n <= best.n_bytes))
			continue;
		best_side = side;
		best = (struct vg_span){ file.at + off, n < file.n_bytes - off ? n : file.n_bytes - off };
	}
	if (!best.n_bytes)
		return VG_ECORRUPT;
	if (best.n_bytes > 8 && !memcmp(best.at, "\x89PNG\r\n\x1a\n", 8))
		return vg_luma_png(image, &(struct vg_chain){ &best, 1, best.n_bytes });
	return vg_luma_dib(image, &best, 0, true);
}
