/* A list of blocks; off of the first is what was eaten of it. */
#include "dataplane/proto/file/stash.h"

#include "dataplane/proto/file/file_priv.h"

static struct vg_file_block *block_at(const struct vg_file_pool *pool, uint32_t idx_1)
{
	return idx_1 ? vg_pool_at(&pool->blocks, idx_1 - 1) : NULL;
}

static struct vg_file_block *block_add(struct vg_file_pool *pool, struct vg_stash *stash)
{
	struct vg_file_block *last = block_at(pool, stash->last), *block = NULL;

	if (stash->n_blocks < VG_STASH_MAX_BLOCKS && stash->n_blocks <= pool->blocks.n_items / 4)
		block = vg_pool_take(&pool->blocks);
	if (!block)
		return NULL;
	block->off = block->n_bytes = block->next = 0;
	stash->last = vg_pool_idx(&pool->blocks, block) + 1;
	*(last ? &last->next : &stash->first) = stash->last;
	stash->n_blocks++;
	return block;
}

uint32_t vg_stash_put(struct vg_file_pool *pool, struct vg_stash *stash, const uint8_t *bytes, uint32_t n_bytes)
{
	struct vg_file_block *block = block_at(pool, stash->last);
	uint32_t n_done = 0, n;

	while (n_done < n_bytes) {
		if (!block || block->n_bytes == VG_FILE_BLOCK_BYTES)
			block = block_add(pool, stash);
		if (!block)
			break;
		n = VG_FILE_BLOCK_BYTES - block->n_bytes;
		n = n < n_bytes - n_done ? n : n_bytes - n_done;
		memcpy(block->bytes + block->n_bytes, bytes + n_done, n);
		block->n_bytes += n;
		n_done += n;
	}
	return n_done;
}

const uint8_t *vg_stash_peek(const struct vg_file_pool *pool, const struct vg_stash *stash, uint32_t *n_bytes)
{
	const struct vg_file_block *block = block_at(pool, stash->first);

	*n_bytes = block ? block->n_bytes - (uint32_t)block->off : 0;
	return block ? block->bytes + block->off : NULL;
}

void vg_stash_eat(struct vg_file_pool *pool, struct vg_stash *stash, uint32_t n_bytes)
{
	struct vg_file_block *block = block_at(pool, stash->first);

	block->off += n_bytes;
	if (block->off < block->n_bytes)
		return;
	stash->first = block->next;
	stash->last = stash->first ? stash->last : 0;
	stash->n_blocks--;
	vg_pool_give(&pool->blocks, block);
}

void vg_stash_drop(struct vg_file_pool *pool, struct vg_stash *stash)
{
	uint32_t n;

	while (vg_stash_peek(pool, stash, &n))
		vg_stash_eat(pool, stash, n);
}
