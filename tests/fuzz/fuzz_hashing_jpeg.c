/* The JPEG decoder over a chain, at full size, smaller and from its first scans, then PDQ over what it gave. The first
 * byte says how the bytes are cut into spans. */
#include <stdlib.h>

#include <vigil/media.h>

#include "hashing/image/luma.h"
#include "hashing/pdq/pdq.h"

#define MAX_SPANS 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vg_span spans[MAX_SPANS];
	const struct vg_image_limits limits = {
		.max_pixels = 1 << 20, .max_memory_bytes = 32 << 20, .max_scans = 20, .max_ms = 500
	};
	static struct vg_image *image; /* kept from input to input, as a hasher keeps them */
	static struct vg_pdq *pdq;
	struct vg_luma luma;
	struct vg_pdq_result result;
	image = image ? image : vg_image_create(&limits);
	pdq = pdq ? pdq : vg_pdq_create();
	if (!image || !pdq)
		abort();
	if (size) {
		size_t step = data[0] ? data[0] : SIZE_MAX;
		struct vg_chain chain = { spans, 0, size - 1 };
		for (size_t at = 1; at < size; chain.n_spans++) {
			size_t n = size - at < step || chain.n_spans + 1 == MAX_SPANS ? size - at : step;
			spans[chain.n_spans] = (struct vg_span){ data + at, n };
			at += n;
		}
		if (vg_image_luma(image, VG_KIND_JPEG, &chain, &luma) == VG_OK)
			vg_pdq_hash(pdq, &luma, &result);
		vg_image_scaled(image, true);
		if (vg_image_luma(image, VG_KIND_JPEG, &chain, &luma) == VG_OK)
			vg_pdq_hash(pdq, &luma, &result);
		vg_image_scaled(image, false);
		if (vg_image_early(image, &chain, &luma) == VG_OK)
			vg_pdq_hash(pdq, &luma, &result);
	}
	return 0;
}
