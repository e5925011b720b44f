#pragma once
/* keyed: items of a pool that one flow holds, found by a hash, in the order in which they came (or were last
 * touched), so that a flow at its limit can give up the oldest. The items lie in a struct vg_pool shared by all
 * flows of the core; each begins with a struct vg_keyed. One thread, nothing allocated. A set of n items costs n /
 * VG_KEYED_HEADS steps to search where hashes are spread, n where they are not: limits of a flow bound it. */
#include <stdint.h>
#include <string.h>

#include "dataplane/proto/pool.h"

#define VG_KEYED_HEADS 64u

struct vg_keyed {
	uint64_t hash;
	uint32_t idx_1;                /* own place in the pool + 1; 0 = in no set */
	uint32_t next_1, newer, older; /* next of the chain; neighbours in time (place + 1, 0 = none) */
	uint64_t serial;               /* never used twice: tells a reused item from the one that was meant */
};
struct vg_keyed_set {
	uint32_t heads[VG_KEYED_HEADS];
	uint32_t oldest, newest, n_items;
};
/* A reference that may have gone stale. */
struct vg_keyed_ref {
	uint64_t serial;
	uint32_t idx_1;
};
/* The items of all flows of a core. */
struct vg_keyed_pool {
	struct vg_pool items;
	uint64_t last_serial;
};

static inline struct vg_keyed *vg_keyed_at(const struct vg_keyed_pool *pool, uint32_t idx_1)
{
	return idx_1 ? (struct vg_keyed *)vg_pool_at(&pool->items, idx_1 - 1) : NULL;
}
static inline uint64_t vg_keyed_mix(uint64_t key)
{
	key ^= key >> 32;
	key *= 0x9e3779b97f4a7c15u;
	return key ^ key >> 29;
}
/* Of n_bytes, any alignment. */
static inline uint64_t vg_keyed_hash(const uint8_t *bytes, uint32_t n_bytes)
{
	uint64_t hash = n_bytes, word;

	for (; n_bytes >= 8; bytes += 8, n_bytes -= 8) {
		memcpy(&word, bytes, 8);
		hash = vg_keyed_mix(hash ^ word);
	}
	for (; n_bytes; bytes++, n_bytes--)
		hash = vg_keyed_mix(hash ^ *bytes);
	return hash;
}
static inline uint32_t *vg_keyed_head(struct vg_keyed_set *set, uint64_t hash)
{
	return &set->heads[hash % VG_KEYED_HEADS];
}
/* The first item of that hash, or NULL; the caller compares keys and goes on with vg_keyed_next(). */
static inline struct vg_keyed *vg_keyed_chain(const struct vg_keyed_pool *pool, uint32_t idx_1, uint64_t hash)
{
	struct vg_keyed *item = vg_keyed_at(pool, idx_1);

	while (item && item->hash != hash)
		item = vg_keyed_at(pool, item->next_1);
	return item;
}
static inline struct vg_keyed *vg_keyed_find(struct vg_keyed_set *set, const struct vg_keyed_pool *pool, uint64_t hash)
{
	return vg_keyed_chain(pool, *vg_keyed_head(set, hash), hash);
}
static inline struct vg_keyed *vg_keyed_next(const struct vg_keyed_pool *pool, const struct vg_keyed *item)
{
	return vg_keyed_chain(pool, item->next_1, item->hash);
}
static inline void vg_keyed_link_time(struct vg_keyed_set *set, const struct vg_keyed_pool *pool, struct vg_keyed *item)
{
	item->newer = 0;
	item->older = set->newest;
	if (set->newest)
		vg_keyed_at(pool, set->newest)->newer = item->idx_1;
	else
		set->oldest = item->idx_1;
	set->newest = item->idx_1;
}
static inline void vg_keyed_unlink_time(struct vg_keyed_set *set, const struct vg_keyed_pool *pool,
					struct vg_keyed *item)
{
	if (item->newer)
		vg_keyed_at(pool, item->newer)->older = item->older;
	else
		set->newest = item->older;
	if (item->older)
		vg_keyed_at(pool, item->older)->newer = item->newer;
	else
		set->oldest = item->newer;
}
static inline void vg_keyed_unchain(struct vg_keyed_set *set, const struct vg_keyed_pool *pool, struct vg_keyed *item)
{
	uint32_t *at = vg_keyed_head(set, item->hash);

	while (*at != item->idx_1)
		at = &vg_keyed_at(pool, *at)->next_1;
	*at = item->next_1;
}
static inline void vg_keyed_rechain(struct vg_keyed_set *set, struct vg_keyed *item, uint64_t hash)
{
	uint32_t *head = vg_keyed_head(set, hash);

	item->hash = hash;
	item->next_1 = *head;
	*head = item->idx_1;
}
/* Puts an item that was just taken from the pool into the set, as its newest. */
static inline void vg_keyed_put(struct vg_keyed_set *set, struct vg_keyed_pool *pool, struct vg_keyed *item,
				uint64_t hash)
{
	item->idx_1 = vg_pool_idx(&pool->items, item) + 1;
	item->serial = ++pool->last_serial;
	vg_keyed_rechain(set, item, hash);
	vg_keyed_link_time(set, pool, item);
	set->n_items++;
}
/* Another hash for an item of the set. */
static inline void vg_keyed_rehash(struct vg_keyed_set *set, const struct vg_keyed_pool *pool, struct vg_keyed *item,
				   uint64_t hash)
{
	vg_keyed_unchain(set, pool, item);
	vg_keyed_rechain(set, item, hash);
}
/* Makes it the newest. */
static inline void vg_keyed_touch(struct vg_keyed_set *set, const struct vg_keyed_pool *pool, struct vg_keyed *item)
{
	if (set->newest == item->idx_1)
		return;
	vg_keyed_unlink_time(set, pool, item);
	vg_keyed_link_time(set, pool, item);
}
/* Takes it out of the set and gives it back to the pool. */
static inline void vg_keyed_give(struct vg_keyed_set *set, struct vg_keyed_pool *pool, struct vg_keyed *item)
{
	vg_keyed_unchain(set, pool, item);
	vg_keyed_unlink_time(set, pool, item);
	set->n_items--;
	item->idx_1 = 0;
	vg_pool_give(&pool->items, item);
}
static inline struct vg_keyed_ref vg_keyed_ref(const struct vg_keyed *item)
{
	return item ? (struct vg_keyed_ref){ item->serial, item->idx_1 } : (struct vg_keyed_ref){ 0, 0 };
}
/* What a reference meant, or NULL where it is gone. */
static inline struct vg_keyed *vg_keyed_deref(const struct vg_keyed_pool *pool, struct vg_keyed_ref ref)
{
	struct vg_keyed *item = vg_keyed_at(pool, ref.idx_1);

	return item && item->idx_1 && item->serial == ref.serial ? item : NULL;
}
