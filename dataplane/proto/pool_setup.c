/* The cold half of pool: the only place where its memory is made. */
#include "dataplane/proto/pool.h"

#include <stdlib.h>
#include <string.h>

#include <vigil/pages.h>

static size_t items_bytes(const struct vg_pool *pool)
{
	return pool->n_items * pool->item_bytes;
}

enum vg_err vg_pool_create(struct vg_pool *pool, uint32_t n_items, size_t item_bytes)
{
	*pool = (struct vg_pool){ .n_items = n_items, .item_bytes = item_bytes };
	pool->items = vg_pages_new(items_bytes(pool));
	pool->spare = calloc(n_items, sizeof(*pool->spare));
	if (pool->items && pool->spare)
		return VG_OK;
	vg_pool_destroy(pool);
	return VG_ENOMEM;
}

void vg_pool_destroy(struct vg_pool *pool)
{
	vg_pages_free(pool->items, items_bytes(pool));
	free(pool->spare);
	memset(pool, 0, sizeof(*pool));
}
