/* A buddy of a block is the other half of the block they were split from. Free blocks hold their list's links. */
#include "dataplane/proto/http2/http2_heap.h"

#include <string.h>

#define FREE 0x80u

struct link {
	uint32_t prev_1, next_1; /* block number + 1 */
};

static struct link *link_at(const struct vg_http2_heap *heap, uint32_t block)
{
	return (struct link *)(void *)(heap->bytes + (size_t)block * VG_HTTP2_HEAP_MIN);
}

static void list_push(struct vg_http2_heap *heap, uint32_t block, unsigned order)
{
	uint32_t next_1 = heap->free_1[order];

	*link_at(heap, block) = (struct link){ 0, next_1 };
	if (next_1)
		link_at(heap, next_1 - 1)->prev_1 = block + 1;
	heap->free_1[order] = block + 1;
	heap->tags[block] = (uint8_t)(order | FREE);
}

static void list_remove(struct vg_http2_heap *heap, uint32_t block, unsigned order)
{
	struct link one = *link_at(heap, block);

	if (one.prev_1)
		link_at(heap, one.prev_1 - 1)->next_1 = one.next_1;
	else
		heap->free_1[order] = one.next_1;
	if (one.next_1)
		link_at(heap, one.next_1 - 1)->prev_1 = one.prev_1;
}

/* A free block of the order or of a larger one, off its list. */
static int find(struct vg_http2_heap *heap, unsigned *order, uint32_t *block)
{
	for (; *order < VG_HTTP2_HEAP_ORDERS; ++*order)
		if (heap->free_1[*order]) {
			*block = heap->free_1[*order] - 1;
			list_remove(heap, *block, *order);
			return 1;
		}
	if (heap->n_fresh + VG_HTTP2_HEAP_MAX > heap->n_bytes)
		return 0;
	*block = (uint32_t)(heap->n_fresh / VG_HTTP2_HEAP_MIN);
	*order = VG_HTTP2_HEAP_ORDERS - 1;
	heap->n_fresh += VG_HTTP2_HEAP_MAX;
	return 1;
}

void *vg_http2_heap_take(struct vg_http2_heap *heap, size_t n_bytes)
{
	unsigned want = 0, order;
	uint32_t block;

	if (n_bytes > VG_HTTP2_HEAP_MAX)
		return NULL;
	while (((size_t)VG_HTTP2_HEAP_MIN << want) < n_bytes)
		want++;
	order = want;
	if (!find(heap, &order, &block))
		return NULL;
	for (; order > want; order--)
		list_push(heap, block + (1u << (order - 1)), order - 1);
	heap->tags[block] = (uint8_t)want;
	heap->n_out += (size_t)VG_HTTP2_HEAP_MIN << want;
	return heap->bytes + (size_t)block * VG_HTTP2_HEAP_MIN;
}

void vg_http2_heap_give(struct vg_http2_heap *heap, void *at)
{
	uint32_t block = (uint32_t)((size_t)((uint8_t *)at - heap->bytes) / VG_HTTP2_HEAP_MIN);
	unsigned order = heap->tags[block];

	heap->n_out -= (size_t)VG_HTTP2_HEAP_MIN << order;
	for (; order + 1 < VG_HTTP2_HEAP_ORDERS; order++) {
		uint32_t buddy = block ^ 1u << order;
		if (heap->tags[buddy] != (order | FREE))
			break;
		list_remove(heap, buddy, order);
		heap->tags[buddy] = heap->tags[block] = 0; /* inside of a block no tag may look free */
		block &= buddy;
	}
	list_push(heap, block, order);
}

size_t vg_http2_heap_block_bytes(const struct vg_http2_heap *heap, const void *block)
{
	return (size_t)VG_HTTP2_HEAP_MIN
	       << heap->tags[(size_t)((const uint8_t *)block - heap->bytes) / VG_HTTP2_HEAP_MIN];
}
