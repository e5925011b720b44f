#pragma once
/* film_hash: the PDQ of a film's frame, as the walk takes it (hashing/match/film.c). */
#include "hashing/pdq/wide.h"
#include "hashing/video/video.h"

static inline void film_hash(struct vg_pdq *pdq, const struct vg_film_frame *frame, struct vg_pdq_result *result)
{
	struct vg_pdq_wide_picture picture = { .at = frame->rgb,
					       .stride_bytes = frame->stride_bytes,
					       .width = frame->width,
					       .height = frame->height,
					       .samples = VG_PDQ_RGB };
	vg_pdq_hash_wide(pdq, &picture, result);
}
