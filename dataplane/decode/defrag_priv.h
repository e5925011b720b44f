#pragma once
/* defrag_priv: the table of defrag.c and its _setup half. */
#include "dataplane/decode/defrag.h"

#define VG_DEFRAG_NONE     0xffffu
#define VG_DEFRAG_N_BLOCKS (VG_DEFRAG_MAX_BYTES / VG_DEFRAG_BLOCK_BYTES + 1)

/* No padding: hashed and compared as bytes. */
struct vg_defrag_key {
	uint8_t ip[2][16]; /* as sent; IPv4 in the first 4 bytes */
	uint32_t ident;
	uint16_t vlan[2], tenant[2];
	uint8_t net, capture_idx, proto, version;
};
_Static_assert(sizeof(struct vg_defrag_key) == 48, "the key has no padding");

/* Bytes [begin, end) of the datagram that are there. */
struct vg_defrag_range {
	uint16_t begin, end;
};
struct vg_defrag_slot {
	struct vg_defrag_key key;
	uint64_t begun_ns; /* when its first fragment came; of an echo when it was whole */
	uint32_t end;      /* of the datagram, once has_end */
	uint16_t bucket;
	uint16_t next, older, newer; /* of its hash chain (next also: free slots); of the queue by age */
	uint16_t n_head;             /* 0: the first fragment is not there */
	uint8_t has_end, is_echo, n_ranges;
	struct vg_defrag_range ranges[VG_DEFRAG_RANGES]; /* ascending, with holes between them */
	uint16_t blocks[VG_DEFRAG_N_BLOCKS];
	uint8_t head[VG_DEFRAG_HEAD_BYTES];
};
struct vg_defrag_queue {
	uint16_t oldest, newest;
};
struct vg_defrag {
	struct vg_stats_page *stats;
	uint64_t seed[3];
	struct vg_defrag_slot *slots;
	uint8_t *blocks, *frames;
	uint16_t heads[VG_DEFRAG_SLOTS];
	uint16_t free_blocks[VG_DEFRAG_BLOCKS];
	uint32_t n_free_blocks;
	struct vg_defrag_queue queues[2]; /* [is_echo], by age */
	uint16_t free_slot;
};
