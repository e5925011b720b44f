/* Films: a chain of bytes through FFmpeg's readers and decoders, then PDQ over each sampled frame. The first byte says
 * how the bytes are cut into spans, the second which reader gets them (0: by the first bytes, as in life), the third
 * how much longer the film is said to be. */
#include <stdlib.h>

#include <vigil/media.h>

#include "hashing/pdq/wide.h"
#include "hashing/unpack/kind.h"
#include "hashing/video/video.h"
#include "tests/lib/film_hash.h"

#define MAX_SPANS 4096u
#define N_KINDS   8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_frame(void *pdq, const struct vg_film_frame *frame)
{
	struct vg_pdq_result result;

	film_hash(pdq, frame, &result);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vg_span spans[MAX_SPANS];
	const struct vg_video_limits limits = { .max_pixels = 1 << 16,
						.max_alloc_bytes = 8 << 20,
						.max_packets = 200,
						.max_frames = 8,
						.max_ms = 300,
						.ms_per_hash = -1 };
	static struct vg_video *video; /* kept from input to input, as a hasher keeps them */
	static struct vg_pdq *pdq;
	struct vg_film_end end;
	struct vg_chain chain = { spans, 0, 0 };
	struct vg_film film = { .bytes = &chain, .on_frame = on_frame };

	video = video ? video : vg_video_create(&limits);
	pdq = pdq ? pdq : vg_pdq_create();
	if (!video || !pdq)
		abort();
	if (size < 4)
		return 0;
	size_t step = data[0] ? data[0] : SIZE_MAX;
	film.kind = data[1] ? VG_KIND_MP4 + (data[1] - 1u) % N_KINDS : vg_kind_of(data + 3, size - 3);
	film.ctx = pdq;
	chain.n_bytes = size - 3;
	film.n_bytes = chain.n_bytes + data[2];
	for (size_t at = 3; at < size; chain.n_spans++) {
		size_t n = size - at < step || chain.n_spans + 1 == MAX_SPANS ? size - at : step;
		spans[chain.n_spans] = (struct vg_span){ data + at, n };
		at += n;
	}
	(void)vg_video_frames(video, &film, &end);
	return 0;
}
