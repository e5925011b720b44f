#pragma once
/* again: a match of a list generation that is gone (it waited long, and lists changed often) is looked up once more
 * in the
 * present one, so that it is not lost with the generation. Nothing is believed here: what comes out is a claim like
 * any
 * other and goes through verify.h. Pure, any thread. */
#include <vigil/index_format.h>
#include <vigil/msg.h>

/* Copies r to *again with the hits that its claimed digests, and its PDQ hash in the variants it claimed, have in
 * `now`, exact ones first; a film that was a listed video is compared with those that have one of 32 of its frames, 64
 * at most. frames: r->n_frames of them, or NULL. Returns how many; 0: no list has it any more. Time: one pass over the
 * PDQ section for each claimed variant, 32 over the frames. */
unsigned vg_again_look_up(const struct vg_msg_record *r, const struct vg_frame_hash *frames,
			  const struct vg_index_view *now, struct vg_msg_record *again);
