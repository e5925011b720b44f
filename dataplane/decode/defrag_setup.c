/* The cold half of defrag.h. Memory is mapped on first touch: where no fragments come it costs nothing. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/decode/defrag_priv.h"

static void release(struct vg_defrag *defrag)
{
	if (!defrag)
		return;
	free(defrag->frames);
	free(defrag->blocks);
	free(defrag->slots);
	free(defrag);
}

struct vg_defrag *vg_defrag_create(const uint64_t seed[3], struct vg_stats_page *stats)
{
	struct vg_defrag *defrag = calloc(1, sizeof(*defrag));

	if (!defrag)
		return NULL;
	defrag->stats = stats;
	memcpy(defrag->seed, seed, sizeof(defrag->seed));
	defrag->slots = calloc(VG_DEFRAG_SLOTS, sizeof(defrag->slots[0]));
	defrag->blocks = calloc(VG_DEFRAG_BLOCKS, VG_DEFRAG_BLOCK_BYTES);
	defrag->frames = calloc(VG_BURST, VG_DEFRAG_FRAME_BYTES);
	if (!defrag->slots || !defrag->blocks || !defrag->frames) {
		release(defrag);
		return NULL;
	}
	memset(defrag->queues, 0xff, sizeof(defrag->queues));
	for (uint32_t i = 0; i < VG_DEFRAG_SLOTS; i++) {
		defrag->heads[i] = VG_DEFRAG_NONE;
		defrag->slots[i].next = (uint16_t)(i + 1 < VG_DEFRAG_SLOTS ? i + 1 : VG_DEFRAG_NONE);
	}
	for (uint32_t i = 0; i < VG_DEFRAG_BLOCKS; i++)
		defrag->free_blocks[i] = (uint16_t)i;
	defrag->n_free_blocks = VG_DEFRAG_BLOCKS;
	return defrag;
}

void vg_defrag_destroy(struct vg_defrag *defrag)
{
	release(defrag);
}
