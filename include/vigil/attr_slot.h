#pragma once
/* attr_slot: an attribution record as it lies in shared memory (`attr` of lane.h), packed: fixed facts, then texts as
 * long as they are, in the record itself and, what does not fit, in blocks of the same memfd.
 *
 * attr: [n_attr * struct vg_attr_slot][vg_attr_n_blocks(n_attr) * struct vg_attr_block]
 *
 * One writer, the dataplane (handoff/record.h); readers copy with vg_attribution_read() and believe no number in it.
 * Texts are appended, never changed in place; a text's word is written after its bytes. A block belongs to the object
 * that its `owner` names: a reader that finds another one there takes the text to end. */
#include <vigil/attribution.h>

#define VG_ATTR_SLOT_BYTES  512u
#define VG_ATTR_SLOT_TEXT   192u
#define VG_ATTR_BLOCK_BYTES 256u
#define VG_ATTR_BLOCK_TEXT  248u
#define VG_ATTR_SLOT_BLOCKS 8u

/* In the order in which they are written, so what is needed most is in the record itself. */
enum vg_attr_text {
	VG_TEXT_BOUNDARY,
	VG_TEXT_TYPE,
	VG_TEXT_FORWARDED,
	VG_TEXT_METHOD,
	VG_TEXT_HOST,
	VG_TEXT_TUNNELS, /* struct vg_attr_tunnel, whole ones */
	VG_TEXT_URL,
	VG_TEXT_FILENAME,
	VG_TEXT_AGENT,
	VG_TEXT_N
};

struct vg_attr_slot {
	VG_ATTR_FIXED
	_Atomic uint32_t words[VG_TEXT_N];    /* enum vg_attr_text: offset of the text << 16 | its bytes */
	uint32_t blocks[VG_ATTR_SLOT_BLOCKS]; /* texts go on in these, one after the other */
	uint16_t n_text, n_blocks;            /* the writer's: bytes of texts so far, blocks taken */
	char text[VG_ATTR_SLOT_TEXT];
};
_Static_assert(sizeof(struct vg_attr_slot) == VG_ATTR_SLOT_BYTES, "records in shared memory are 512 bytes");
_Static_assert(offsetof(struct vg_attr_slot, words) == offsetof(struct vg_attribution, n_method),
	       "fixed facts are the same bytes in both");

struct vg_attr_block {
	_Atomic uint64_t owner; /* object_id; written before the text */
	char text[VG_ATTR_BLOCK_TEXT];
};
_Static_assert(sizeof(struct vg_attr_block) == VG_ATTR_BLOCK_BYTES, "blocks of texts are 256 bytes");

static inline uint32_t vg_attr_n_blocks(uint32_t n_attr)
{
	return 2 * n_attr;
}
/* Of a lane's attr memory; n_attr <= VG_LANE_MAX_SLOTS. */
static inline size_t vg_attr_bytes(uint32_t n_attr)
{
	return (size_t)n_attr * VG_ATTR_SLOT_BYTES + (size_t)vg_attr_n_blocks(n_attr) * VG_ATTR_BLOCK_BYTES;
}
static inline struct vg_attr_block *vg_attr_blocks(const struct vg_attr_slot *slots, uint32_t n_attr)
{
	return (struct vg_attr_block *)(uintptr_t)(slots + n_attr);
}

/* Where a text stands in the copy: its bytes, its count, how many bytes one of the count is, how many there may be. */
struct vg_attr_place {
	uint16_t off, n_off, unit_bytes, max_bytes;
};
static inline struct vg_attr_place vg_attr_place_of(enum vg_attr_text which)
{
#define VG_PLACE(field, unit)                                                                             \
	{                                                                                                 \
		offsetof(struct vg_attribution, field), offsetof(struct vg_attribution, n_##field), unit, \
			sizeof(((struct vg_attribution *)0)->field)                                       \
	}
	static const struct vg_attr_place places[VG_TEXT_N] = {
		[VG_TEXT_BOUNDARY] = VG_PLACE(boundary, 1),
		[VG_TEXT_TYPE] = VG_PLACE(type, 1),
		[VG_TEXT_FORWARDED] = VG_PLACE(forwarded, 1),
		[VG_TEXT_METHOD] = VG_PLACE(method, 1),
		[VG_TEXT_HOST] = VG_PLACE(host, 1),
		[VG_TEXT_URL] = VG_PLACE(url, 1),
		[VG_TEXT_FILENAME] = VG_PLACE(filename, 1),
		[VG_TEXT_AGENT] = VG_PLACE(agent, 1),
		[VG_TEXT_TUNNELS] = VG_PLACE(tunnels, sizeof(struct vg_attr_tunnel)),
	};
#undef VG_PLACE
	return places[which];
}
/* Bytes of one of the copy's texts, never more than its field has. */
static inline uint32_t vg_attr_text_bytes(const struct vg_attribution *a, struct vg_attr_place place)
{
	const uint16_t *count = (const void *)((const uint8_t *)a + place.n_off);
	uint32_t n_bytes = (uint32_t)*count * place.unit_bytes;
	return n_bytes < place.max_bytes ? n_bytes : place.max_bytes;
}

/* Copies n_bytes at `off` of a record's texts, as far as they are its own; returns how many. */
static inline uint32_t vg_attr_text_copy(const struct vg_attr_slot *r, const struct vg_attr_block *blocks,
					 uint32_t n_blocks, uint64_t object_id, uint32_t off, uint32_t n_bytes,
					 uint8_t *to)
{
	uint32_t done = 0, n, idx, at;
	if (off < VG_ATTR_SLOT_TEXT) {
		done = VG_ATTR_SLOT_TEXT - off < n_bytes ? VG_ATTR_SLOT_TEXT - off : n_bytes;
		memcpy(to, r->text + off, done);
	}
	for (; done < n_bytes; done += n) {
		at = off + done - VG_ATTR_SLOT_TEXT;
		if (at / VG_ATTR_BLOCK_TEXT >= VG_ATTR_SLOT_BLOCKS)
			return done;
		idx = *(const volatile uint32_t *)&r->blocks[at / VG_ATTR_BLOCK_TEXT]; /* read once, then checked */
		at %= VG_ATTR_BLOCK_TEXT;
		n = VG_ATTR_BLOCK_TEXT - at < n_bytes - done ? VG_ATTR_BLOCK_TEXT - at : n_bytes - done;
		if (idx >= n_blocks || atomic_load_explicit(&blocks[idx].owner, memory_order_acquire) != object_id)
			return done;
		memcpy(to + done, blocks[idx].text + at, n);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&blocks[idx].owner, memory_order_relaxed) != object_id)
			return done;
	}
	return done;
}

/* Copies the record of object_id out of shared memory of vg_attr_bytes(n_attr); n_attr from private geometry. VG_OK,
 * VG_ERANGE (no such slot), VG_ENOTFOUND (that generation is not, or no longer, there). The copy is plain bytes, every
 * count within its field; VG_ATTR_HEAD_CUT is set where a text's end is no longer there. */
static inline enum vg_err vg_attribution_read(const struct vg_attr_slot *slots, uint32_t n_attr, uint64_t object_id,
					      struct vg_attribution *copy)
{
	uint32_t slot = (uint32_t)object_id, generation = (uint32_t)(object_id >> 32);
	const struct vg_attr_slot *r = slots + slot;
	const struct vg_attr_block *blocks = vg_attr_blocks(slots, n_attr);
	uint32_t cut = 0;
	if (slot >= n_attr)
		return VG_ERANGE;
	if (!generation || atomic_load_explicit(&r->generation, memory_order_acquire) != generation)
		return VG_ENOTFOUND;
	for (uint32_t i = 0; i < VG_TEXT_N; i++) {
		struct vg_attr_place place = vg_attr_place_of((enum vg_attr_text)i);
		uint32_t word = atomic_load_explicit(&r->words[i], memory_order_acquire), n = word & 0xffff;
		uint16_t *count = (void *)((uint8_t *)copy + place.n_off);
		uint8_t *to = (uint8_t *)copy + place.off;
		uint32_t max = n < place.max_bytes ? n : place.max_bytes;
		n = vg_attr_text_copy(r, blocks, vg_attr_n_blocks(n_attr), object_id, word >> 16, max, to);
		cut |= n < max ? VG_ATTR_HEAD_CUT : 0;
		*count = (uint16_t)(n / place.unit_bytes);
		memset(to + n, 0, place.max_bytes - n);
	}
	memcpy(copy, r, offsetof(struct vg_attr_slot, words));
	atomic_thread_fence(memory_order_acquire);
	if (atomic_load_explicit(&r->generation, memory_order_relaxed) != generation)
		return VG_ENOTFOUND;
	copy->flags |= cut;
	copy->n_head = copy->n_head > VG_ATTR_HEAD_BYTES ? VG_ATTR_HEAD_BYTES : copy->n_head;
	return VG_OK;
}
