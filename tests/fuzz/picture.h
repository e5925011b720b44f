#pragma once
/* picture: one decoder of hashing/image over a chain, then PDQ over each frame it gives. The first byte says how the
 * bytes are cut into spans. A target names its kind and includes this. */
#include <stdlib.h>

#include <vigil/media.h>

#include "hashing/image/luma.h"
#include "hashing/pdq/pdq.h"

#define MAX_SPANS 4096u

static bool on_frame(void *ctx, const struct vg_luma *luma)
{
	struct vg_pdq_result result;
	vg_pdq_hash(ctx, luma, &result);
	return true;
}

static inline int fuzz_picture(unsigned kind, const uint8_t *data, size_t size)
{
	static struct vg_span spans[MAX_SPANS];
	const struct vg_image_limits limits = {
		.max_pixels = 1 << 18, .max_memory_bytes = 32 << 20, .max_scans = 20, .max_ms = 500, .max_frames = 4
	};
	static struct vg_image *image; /* kept from input to input, as a hasher keeps them */
	static struct vg_pdq *pdq;
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
		(void)vg_image_frames(image, kind, &chain, on_frame, pdq);
	}
	return 0;
}
