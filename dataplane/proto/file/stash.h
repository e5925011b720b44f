#pragma once
/* stash: bytes of a direction that wait, in order, for something of the other direction: what a tap hears late. Blocks
 * come from the pool of the files. One core, nothing allocated. */
#include "dataplane/proto/file/file.h"

/* A direction holds so many blocks at most (or a fourth of the pool). */
#define VG_STASH_MAX_BLOCKS 64u

struct vg_stash {
	uint32_t first, last; /* place + 1 */
	uint32_t n_blocks;
};

/* Keeps the bytes at the end; how many it had room for. */
uint32_t vg_stash_put(struct vg_file_pool *pool, struct vg_stash *stash, const uint8_t *bytes, uint32_t n_bytes);
/* The first bytes, *n_bytes of them; NULL: there is nothing. Borrowed until the next call. */
const uint8_t *vg_stash_peek(const struct vg_file_pool *pool, const struct vg_stash *stash, uint32_t *n_bytes);
/* Drops the first n_bytes, not more than were peeked. */
void vg_stash_eat(struct vg_file_pool *pool, struct vg_stash *stash, uint32_t n_bytes);
void vg_stash_drop(struct vg_file_pool *pool, struct vg_stash *stash);
