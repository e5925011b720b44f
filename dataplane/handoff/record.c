/* The attribution record of one object in shared memory: packed (include/vigil/attr_slot.h), written here only. */
#include "dataplane/handoff/handoff_priv.h"

/* Below a quarter of free blocks a record gets at most LOW_BLOCKS, and the last sixteenth is for listed URLs: nobody
 * takes the others' texts by long ones of his own. */
#define LOW_PART      4u
#define LOW_BLOCKS    2u
#define RESERVED_PART 16u

/* Blocks that a record may take now, beside those it has. */
static uint32_t blocks_allowed(const struct vg_lane *lane, uint32_t flags, uint32_t n_have)
{
	uint32_t all = vg_attr_n_blocks(lane->geometry.n_attr), reserved = all / RESERVED_PART, most, n;

	if (lane->home->wait || flags & VG_ATTR_LISTED) {
		most = VG_ATTR_SLOT_BLOCKS;
		n = lane->n_blocks;
	} else {
		most = lane->n_blocks < all / LOW_PART ? LOW_BLOCKS : VG_ATTR_SLOT_BLOCKS;
		n = lane->n_blocks > reserved ? lane->n_blocks - reserved : 0;
	}
	if (n_have >= most)
		return 0;
	return n < most - n_have ? n : most - n_have;
}

static uint32_t blocks_for(uint32_t n_text)
{
	return n_text <= VG_ATTR_SLOT_TEXT ? 0
					   : (n_text - VG_ATTR_SLOT_TEXT + VG_ATTR_BLOCK_TEXT - 1) / VG_ATTR_BLOCK_TEXT;
}

int vg_record_fits(const struct vg_lane *lane, const struct vg_attribution *card)
{
	uint32_t n_text = 0;

	for (uint32_t i = 0; i < VG_TEXT_N; i++)
		n_text += vg_attr_text_bytes(card, vg_attr_place_of((enum vg_attr_text)i));
	return blocks_for(n_text) <= blocks_allowed(lane, card->flags, 0);
}

/* Room for n_bytes behind the texts so far: takes blocks, and says for how many bytes there is room now. */
static uint32_t room_make(struct vg_lane *lane, struct vg_attr_slot *r, uint64_t object_id, uint32_t n_bytes)
{
	struct vg_attr_block *blocks = vg_attr_blocks(lane->records, lane->geometry.n_attr);
	uint32_t want = blocks_for(r->n_text + n_bytes), n_room;
	uint32_t n_new = blocks_allowed(lane, r->flags, r->n_blocks);

	while (r->n_blocks < want && n_new) {
		uint32_t idx = lane->free_blocks[--lane->n_blocks];
		n_new--;
		/* whoever still reads the text of the block's last owner sees that it is no longer his */
		atomic_store_explicit(&blocks[idx].owner, object_id, memory_order_relaxed);
		atomic_thread_fence(memory_order_release);
		r->blocks[r->n_blocks++] = idx;
	}
	n_room = VG_ATTR_SLOT_TEXT + r->n_blocks * VG_ATTR_BLOCK_TEXT - r->n_text;
	return n_bytes < n_room ? n_bytes : n_room;
}

/* Appends a text and then names it. What finds no room is cut: 1. */
static int text_put(struct vg_lane *lane, struct vg_attr_slot *r, uint64_t object_id, const struct vg_attribution *card,
		    enum vg_attr_text which)
{
	struct vg_attr_block *blocks = vg_attr_blocks(lane->records, lane->geometry.n_attr);
	const struct vg_attr_place place = vg_attr_place_of(which);
	const uint8_t *from = (const uint8_t *)card + place.off;
	uint32_t n_all = vg_attr_text_bytes(card, place), off = r->n_text, at, n, n_bytes;

	n_bytes = room_make(lane, r, object_id, n_all);
	n_bytes -= n_bytes % place.unit_bytes;
	for (uint32_t done = 0; done < n_bytes; done += n) {
		char *to = r->text + off + done;
		n = VG_ATTR_SLOT_TEXT - (off + done);
		if (off + done >= VG_ATTR_SLOT_TEXT) {
			at = off + done - VG_ATTR_SLOT_TEXT;
			to = blocks[r->blocks[at / VG_ATTR_BLOCK_TEXT]].text + at % VG_ATTR_BLOCK_TEXT;
			n = VG_ATTR_BLOCK_TEXT - at % VG_ATTR_BLOCK_TEXT;
		}
		n = n < n_bytes - done ? n : n_bytes - done;
		memcpy(to, from + done, n);
	}
	r->n_text = (uint16_t)(off + n_bytes);
	if (n_bytes < n_all)
		r->flags |= VG_ATTR_HEAD_CUT;
	atomic_store_explicit(&r->words[which], n_bytes ? off << 16 | n_bytes : 0, memory_order_release);
	return n_bytes < n_all;
}

void vg_record_begin(struct vg_object *o, const struct vg_attribution *card)
{
	struct vg_lane *lane = o->lane;
	struct vg_attr_slot *r = &lane->records[o->slot];
	const struct vg_handoff *h = lane->home;
	size_t from = offsetof(struct vg_attribution, boot_id), end = offsetof(struct vg_attr_slot, words);
	int cut = 0;

	/* readers refuse a record without generation, and one whose generation changed while they copied */
	atomic_store_explicit(&r->generation, 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	memcpy((uint8_t *)r + from, (const uint8_t *)card + from, end - from);
	r->boot_id = h->boot_id;
	r->core_idx = (uint16_t)h->core_idx;
	r->hasher_idx = (uint16_t)(lane - h->lanes);
	r->body_bytes = r->gap_bytes = 0;
	r->n_gaps = 0;
	r->n_head = 0;
	r->last_byte_ns = card->first_byte_ns;
	r->n_text = r->n_blocks = 0;
	for (uint32_t i = 0; i < VG_TEXT_N; i++)
		cut |= text_put(lane, r, vg_object_id(o), card, (enum vg_attr_text)i);
	vg_count(h->stats, VG_C_RECORD_TEXTS_CUT, (uint64_t)cut);
	atomic_store_explicit(&r->state, VG_STATE_OPEN, memory_order_relaxed);
	atomic_store_explicit(&r->generation, o->generation, memory_order_release);
}

/* As vg_card_amend() does with a card; the new texts stand behind the old ones. */
void vg_record_amend(struct vg_object *o, const struct vg_attribution *late)
{
	static const enum vg_attr_text texts[] = { VG_TEXT_FORWARDED, VG_TEXT_METHOD,   VG_TEXT_HOST,
						   VG_TEXT_URL,       VG_TEXT_FILENAME, VG_TEXT_AGENT };
	struct vg_lane *lane = o->lane;
	struct vg_attr_slot *r = &lane->records[o->slot];
	int cut = 0;

	r->flags |= late->flags & ~VG_ATTR_CLIENT;
	if (!late->n_method || atomic_load_explicit(&r->words[VG_TEXT_METHOD], memory_order_relaxed))
		return;
	r->flags = (r->flags & ~VG_ATTR_CLIENT) | (late->flags & VG_ATTR_CLIENT);
	for (uint32_t i = 0; i < VG_ARRAY_LEN(texts); i++)
		if (texts[i] != VG_TEXT_FILENAME || !atomic_load_explicit(&r->words[texts[i]], memory_order_relaxed))
			cut |= text_put(lane, r, vg_object_id(o), late, texts[i]);
	vg_count(lane->home->stats, VG_C_RECORD_TEXTS_CUT, (uint64_t)cut);
}

void vg_record_free(struct vg_object *o)
{
	struct vg_lane *lane = o->lane;
	struct vg_attr_slot *r = &lane->records[o->slot];

	/* the numbers stay: until a block has another owner, the record can still be read */
	while (r->n_blocks)
		lane->free_blocks[lane->n_blocks++] = r->blocks[--r->n_blocks];
}
