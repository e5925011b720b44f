/* Blocks in a hash table with chains; each resource has a list of its own, too, so that it goes in one sweep. */
#include <sys/mman.h>

#include "hashing/resource/resource_priv.h"

static uint32_t bucket_of(const struct vg_resources *rs, uint32_t owner_idx, uint64_t no)
{
	uint64_t h = (no + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)owner_idx * UINT64_C(0xc2b2ae3d27d4eb4f);

	h *= UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 32) & (rs->n_block_buckets - 1);
}

static uint8_t *bytes_of(const struct vg_resources *rs, uint32_t idx)
{
	return rs->memory + (size_t)idx * VG_RESOURCE_BLOCK;
}

static uint32_t find(const struct vg_resources *rs, uint32_t owner_idx, uint64_t no)
{
	uint32_t idx = rs->block_buckets[bucket_of(rs, owner_idx, no)];

	while (idx != VG_RESOURCE_NONE && (rs->blocks[idx].owner_idx != owner_idx || rs->blocks[idx].no != no))
		idx = rs->blocks[idx].next_idx;
	return idx;
}

uint8_t *vg_resource_store_find(const struct vg_resources *rs, uint32_t owner_idx, uint64_t no)
{
	uint32_t idx = find(rs, owner_idx, no);

	return idx == VG_RESOURCE_NONE ? NULL : bytes_of(rs, idx);
}

uint8_t *vg_resource_store_take(struct vg_resources *rs, uint32_t owner_idx, uint64_t no)
{
	struct vg_resource *owner = &rs->all[owner_idx];
	uint32_t idx = find(rs, owner_idx, no), bucket = bucket_of(rs, owner_idx, no);
	struct vg_resource_block *block;

	if (idx != VG_RESOURCE_NONE)
		return bytes_of(rs, idx);
	while (rs->first_free_block == VG_RESOURCE_NONE)
		if (!vg_resource_make_room(rs, owner_idx))
			return NULL;
	idx = rs->first_free_block;
	block = &rs->blocks[idx];
	rs->first_free_block = block->next_idx;
	rs->n_used++;
	*block = (struct vg_resource_block){ .no = no,
					     .owner_idx = owner_idx,
					     .next_idx = rs->block_buckets[bucket],
					     .next_owned = owner->first_block,
					     .prev_owned = VG_RESOURCE_NONE };
	if (owner->first_block != VG_RESOURCE_NONE)
		rs->blocks[owner->first_block].prev_owned = idx;
	rs->block_buckets[bucket] = idx;
	owner->first_block = idx;
	return bytes_of(rs, idx);
}

static void give(struct vg_resources *rs, uint32_t idx)
{
	struct vg_resource_block *block = &rs->blocks[idx];
	struct vg_resource *owner = &rs->all[block->owner_idx];
	uint32_t *link = &rs->block_buckets[bucket_of(rs, block->owner_idx, block->no)];

	while (*link != idx)
		link = &rs->blocks[*link].next_idx;
	*link = block->next_idx;
	if (block->prev_owned == VG_RESOURCE_NONE)
		owner->first_block = block->next_owned;
	else
		rs->blocks[block->prev_owned].next_owned = block->next_owned;
	if (block->next_owned != VG_RESOURCE_NONE)
		rs->blocks[block->next_owned].prev_owned = block->prev_owned;
	/* content leaves memory with its block, not when the next one is written over it */
	(void)madvise(bytes_of(rs, idx), VG_RESOURCE_BLOCK, MADV_DONTNEED);
	block->next_idx = rs->first_free_block;
	rs->first_free_block = idx;
	rs->n_used--;
}

void vg_resource_store_give(struct vg_resources *rs, uint32_t owner_idx, uint64_t no)
{
	uint32_t idx = find(rs, owner_idx, no);

	if (idx != VG_RESOURCE_NONE)
		give(rs, idx);
}

void vg_resource_store_give_all(struct vg_resources *rs, uint32_t owner_idx)
{
	while (rs->all[owner_idx].first_block != VG_RESOURCE_NONE)
		give(rs, rs->all[owner_idx].first_block);
}
