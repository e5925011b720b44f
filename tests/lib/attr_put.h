#pragma once
/* attr_put: writes an attribution record into shared memory as a dataplane would, for tests that play one; own text, so
 * that it and the dataplane's writer check each other. Record i has blocks 2i and 2i+1 and those that follow. */
#include <stdlib.h>

#include <vigil/attr_slot.h>

static inline void attr_put(struct vg_attr_slot *slots, uint32_t n_attr, uint32_t slot,
			    const struct vg_attribution *card)
{
	struct vg_attr_slot *r = &slots[slot];
	struct vg_attr_block *blocks = vg_attr_blocks(slots, n_attr);
	char all[VG_ATTR_SLOT_TEXT + VG_ATTR_SLOT_BLOCKS * VG_ATTR_BLOCK_TEXT];
	uint32_t n_all = 0, n;

	memset((void *)r, 0, sizeof(*r));
	memcpy((void *)r, card, offsetof(struct vg_attr_slot, words));
	for (unsigned i = 0; i < VG_TEXT_N; i++) {
		struct vg_attr_place place = vg_attr_place_of((enum vg_attr_text)i);
		n = vg_attr_text_bytes(card, place);
		memcpy(all + n_all, (const char *)card + place.off, n);
		r->words[i] = n_all << 16 | n;
		n_all += n;
	}
	memcpy(r->text, all, n_all < sizeof(r->text) ? n_all : sizeof(r->text));
	for (uint32_t at = sizeof(r->text), i = 0; at < n_all; at += VG_ATTR_BLOCK_TEXT, i++) {
		uint32_t idx = (slot * 2 + i) % vg_attr_n_blocks(n_attr);
		r->blocks[i] = idx;
		blocks[idx].owner = (uint64_t)card->generation << 32 | slot;
		n = n_all - at < VG_ATTR_BLOCK_TEXT ? n_all - at : VG_ATTR_BLOCK_TEXT;
		memcpy(blocks[idx].text, all + at, n);
	}
}
