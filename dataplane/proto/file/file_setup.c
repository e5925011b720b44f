/* The pools of one core. */
#include "dataplane/proto/file/file_priv.h"

enum vg_err vg_file_pool_create(struct vg_file_pool *pool, uint32_t n_files, uint32_t n_blocks)
{
	memset(pool, 0, sizeof(*pool));
	if (vg_pool_create(&pool->files.items, n_files, (sizeof(struct vg_file) + 63) & ~(size_t)63) ||
	    vg_pool_create(&pool->blocks, n_blocks, sizeof(struct vg_file_block))) {
		vg_file_pool_destroy(pool);
		return VG_ENOMEM;
	}
	return VG_OK;
}

void vg_file_pool_destroy(struct vg_file_pool *pool)
{
	vg_pool_destroy(&pool->files.items);
	vg_pool_destroy(&pool->blocks);
}
