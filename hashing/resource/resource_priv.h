#pragma once
/* resource_priv: the pools of resource.c, store.c and their _setup half. */
#include "hashing/resource/resource.h"

#define VG_RESOURCE_NONE UINT32_MAX

/* A stretch that is there. whole: a part that ended as announced. */
struct vg_extent {
	uint64_t from, to;
	bool whole;
};
struct vg_resource {
	uint64_t name, total, epoch, seen_ns;
	uint64_t digested; /* stream: contiguous bytes that were digested */
	struct vg_digests *stream;
	uint32_t first_block, n_extents;
	uint32_t n_parts;      /* that there must be; 0 = not told yet */
	uint32_t next_idx;     /* in its bucket, or free ones */
	uint32_t older, newer; /* by seen_ns */
	bool is_parts;
	struct vg_extent extents[VG_RESOURCE_EXTENTS];
	uint32_t n_again;
	struct vg_extent again[VG_RESOURCE_AGAIN]; /* that came twice, the same: left of it once it was taken */
};
struct vg_resource_block {
	uint64_t no; /* offset / VG_RESOURCE_BLOCK */
	uint32_t owner_idx;
	uint32_t next_idx;   /* in its bucket, or free ones */
	uint32_t next_owned; /* of the same resource */
	uint32_t prev_owned;
};
struct vg_resources {
	struct vg_resources_setup setup;
	unsigned digests; /* of those that begin from now on */
	struct vg_resource *all;
	uint32_t *buckets, n_buckets; /* of resources; a power of two */
	uint32_t first_free, oldest, newest;
	uint64_t epoch;
	uint8_t *memory;
	struct vg_resource_block *blocks;
	uint32_t *block_buckets, n_block_buckets;
	uint32_t n_blocks, n_used, first_free_block;
	struct vg_digests *streams[VG_RESOURCE_MAX_STREAMS];
	uint32_t n_streams;    /* free ones, from the front */
	struct vg_span *spans; /* n_blocks + VG_RESOURCE_EXTENTS */
};

/* store.c: blocks of bytes by (resource, number). NULL: none; store_take makes one where there is none, at the price of
 * older resources; NULL: no room left. */
uint8_t *vg_resource_store_find(const struct vg_resources *rs, uint32_t owner_idx, uint64_t no);
uint8_t *vg_resource_store_take(struct vg_resources *rs, uint32_t owner_idx, uint64_t no);
void vg_resource_store_give(struct vg_resources *rs, uint32_t owner_idx, uint64_t no);
void vg_resource_store_give_all(struct vg_resources *rs, uint32_t owner_idx);
/* resource.c: forgets a resource. */
void vg_resource_forget(struct vg_resources *rs, uint32_t idx);
