#pragma once
/* http2_heap: the memory of HPACK tables: blocks of a power of two between 64 bytes and 256 KiB (buddies), out of one
 * piece that is made at start, with a budget per owner. One core, no locks. What was never taken is never touched. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>

#define VG_HTTP2_HEAP_MIN    64u
#define VG_HTTP2_HEAP_ORDERS 13u /* 64 << 12 = 256 KiB */
#define VG_HTTP2_HEAP_MAX    (VG_HTTP2_HEAP_MIN << (VG_HTTP2_HEAP_ORDERS - 1))

struct vg_http2_heap {
	uint8_t *bytes;
	uint8_t *tags;  /* of each smallest block: order of the block that begins there, | FREE; stale inside of one */
	size_t n_bytes; /* a multiple of VG_HTTP2_HEAP_MAX */
	size_t n_fresh; /* bytes from the front that were ever in use */
	uint64_t n_out; /* bytes that are out */
	uint32_t free_1[VG_HTTP2_HEAP_ORDERS]; /* first free block of each order, its number + 1; 0: none */
};

/* n_bytes is rounded up. VG_OK or VG_ENOMEM. Cold; destroy takes an all-zero heap too. */
enum vg_err vg_http2_heap_create(struct vg_http2_heap *heap, size_t n_bytes);
void vg_http2_heap_destroy(struct vg_http2_heap *heap);

/* A block of at least n_bytes (> 0), aligned to 64, with anything in it. NULL: none is free, or n_bytes too large. */
void *vg_http2_heap_take(struct vg_http2_heap *heap, size_t n_bytes);
/* Gives a block back. */
void vg_http2_heap_give(struct vg_http2_heap *heap, void *block);
/* The bytes that a taken block has. */
size_t vg_http2_heap_block_bytes(const struct vg_http2_heap *heap, const void *block);
