#pragma once
/* pool: a fixed number of equal items, last given first taken so that they stay in the cache. One thread. Memory that
 * was never taken is never touched. Made by vg_pool_create() (cold), hot use inline. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>

struct vg_pool {
	uint8_t *items;
	uint32_t *spare; /* indices of free items, n_spare of them */
	uint32_t n_spare, n_fresh, n_items;
	size_t item_bytes;
};

/* n_items of item_bytes (a multiple of 8), zero at first. VG_OK or VG_ENOMEM (pool then empty). Cold. */
enum vg_err vg_pool_create(struct vg_pool *pool, uint32_t n_items, size_t item_bytes);
/* Frees the memory; an all-zero pool is nothing. Cold. */
void vg_pool_destroy(struct vg_pool *pool);

static inline void *vg_pool_at(const struct vg_pool *pool, uint32_t idx)
{
	return pool->items + (size_t)idx * pool->item_bytes;
}
static inline uint32_t vg_pool_idx(const struct vg_pool *pool, const void *item)
{
	return (uint32_t)((size_t)((const uint8_t *)item - pool->items) / pool->item_bytes);
}
/* An item with whatever its last holder left in it, or NULL: none is free. */
static inline void *vg_pool_take(struct vg_pool *pool)
{
	if (pool->n_spare)
		return vg_pool_at(pool, pool->spare[--pool->n_spare]);
	return pool->n_fresh < pool->n_items ? vg_pool_at(pool, pool->n_fresh++) : NULL;
}
/* Gives back an item of this pool, once. */
static inline void vg_pool_give(struct vg_pool *pool, void *item)
{
	pool->spare[pool->n_spare++] = vg_pool_idx(pool, item);
}
/* Items that are out. */
static inline uint32_t vg_pool_n_out(const struct vg_pool *pool)
{
	return pool->n_fresh - pool->n_spare;
}
