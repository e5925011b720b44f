#pragma once
/* resource_priv: the pools of the room, and what its files share. */
#include "hashing/resource/resource.h"

#define VG_RESOURCE_NONE UINT32_MAX

/* A stretch that is there. whole: a part that ended as announced. */
struct vg_extent {
	uint64_t from, to;
	bool whole;
};
/* SIZED: its total is known; GROWING: total is as large as it may become. */
enum vg_resource_kind { VG_RESOURCE_SIZED, VG_RESOURCE_PARTS, VG_RESOURCE_GROWING };
struct vg_resource {
	uint64_t name, total, epoch, seen_ns;
	uint64_t digested; /* stream: contiguous bytes that were digested */
	struct vg_digests *stream;
	uint32_t first_block, n_extents;
	uint32_t n_parts;      /* that there must be; 0 = not told yet */
	uint32_t next_idx;     /* in its bucket, or free ones */
	uint32_t older, newer; /* by seen_ns, of its line */
	enum vg_resource_kind kind;
	bool is_settled; /* in the line of those */
	/* GROWING */
	bool is_sure;              /* a piece went to its own end there */
	bool is_due;               /* it is another one than was judged last */
	uint64_t end;              /* where it ends by now; UINT64_MAX: not known */
	int64_t ended_ns;          /* of the piece that ended last */
	uint64_t n_came, n_judged; /* bytes of its pieces; of itself, each time that it was whole */
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
struct vg_resource_line {
	uint32_t oldest, newest;
};
struct vg_resources {
	struct vg_resources_setup setup;
	unsigned digests; /* of those that begin from now on */
	void *tables;     /* the block in which all tables lie */
	size_t n_table_bytes;
	struct vg_resource *all;
	uint32_t *buckets, n_buckets; /* of resources; a power of two */
	uint32_t first_free;
	struct vg_resource_line lines[2]; /* by is_settled */
	uint64_t epoch;
	uint8_t *memory;
	struct vg_resource_block *blocks;
	uint32_t *block_buckets, n_block_buckets;
	uint32_t n_blocks, n_used, first_free_block;
	struct vg_digests *streams[VG_RESOURCE_MAX_STREAMS];
	uint32_t n_streams; /* free ones, from the front */
	struct vg_digests *spare;
	struct vg_span *spans; /* n_blocks + VG_RESOURCE_EXTENTS */
};

/* store.c: blocks of bytes by (resource, number). NULL: none; store_take makes one where there is none, at the price of
 * older resources; NULL: no room left. */
uint8_t *vg_resource_store_find(const struct vg_resources *rs, uint32_t owner_idx, uint64_t no);
uint8_t *vg_resource_store_take(struct vg_resources *rs, uint32_t owner_idx, uint64_t no);
void vg_resource_store_give(struct vg_resources *rs, uint32_t owner_idx, uint64_t no);
void vg_resource_store_give_all(struct vg_resources *rs, uint32_t owner_idx);
/* table.c */
uint32_t vg_resource_find(const struct vg_resources *rs, uint64_t name);
/* A new one, at the price of older ones; NONE: of its size none more is possible (counted). */
uint32_t vg_resource_make(struct vg_resources *rs, uint64_t name, uint64_t total, enum vg_resource_kind kind,
			  uint64_t now_ns);
/* A piece of it came: more is awaited. */
void vg_resource_touch(struct vg_resources *rs, uint32_t idx, uint64_t now_ns);
/* Nothing more is awaited, though it may come. */
void vg_resource_settle(struct vg_resources *rs, uint32_t idx);
void vg_resource_forget(struct vg_resources *rs, uint32_t idx);
/* The same, counted: as VG_H_RESOURCES_LEFT where it is settled, else as counter. */
void vg_resource_let_go(struct vg_resources *rs, uint32_t idx, unsigned counter);
/* Lets go of the one that is first to go but `except_idx`. False: there is none. */
bool vg_resource_make_room(struct vg_resources *rs, uint32_t except_idx);
/* From now on it is digested as it comes. False: no state is free. */
bool vg_resource_stream_begin(struct vg_resources *rs, uint32_t idx);

/* resource.c: its first bytes were digested elsewhere; it has a stream and no bytes yet. False: no room. */
bool vg_resource_adopt_into(struct vg_resources *rs, uint32_t idx, const struct vg_resource_begun *begun);

/* growing.c: a piece of one ended. */
enum vg_resource_end { VG_RESOURCE_BROKEN, VG_RESOURCE_HOLE, VG_RESOURCE_TO_END };
void vg_resource_grown(struct vg_resources *rs, const struct vg_resource_writer *writer, enum vg_resource_end how);
/* Is it whole, another one than last time, and is there enough in its purse? That is then taken from it. */
bool vg_resource_is_grown(struct vg_resources *rs, struct vg_resource *r);
