/* batch_setup: the pieces are made at start-up. */
#include <stdlib.h>

#include "hashing/digest/batch_priv.h"

void vg_batch_destroy(struct vg_batch *batch)
{
	if (!batch)
		return;
	free(batch->pieces);
	free(batch);
}

struct vg_batch *vg_batch_create(uint32_t n_pieces)
{
	struct vg_batch *b = aligned_alloc(_Alignof(struct vg_batch), sizeof(*b));

	if (!b)
		return NULL;
	*b = (struct vg_batch){ .tier = vg_wide_select(), .n_pieces = n_pieces };
	b->n_lanes = b->tier->isa == VG_ISA_GENERIC ? 1 : b->tier->n_set_lanes * VG_WIDE_MAX_SETS;
	for (unsigned i = 0; i < VG_WIDE_MAX_LANES; i++)
		b->staged[i] = b->stage[i];
	b->pieces = calloc(n_pieces, sizeof(*b->pieces));
	for (uint32_t i = 0; b->pieces && i < n_pieces; i++)
		b->pieces[i].next_idx = i + 1 < n_pieces ? i + 1 : VG_BATCH_NONE;
	if (b->pieces)
		return b;
	free(b);
	return NULL;
}
