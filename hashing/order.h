#pragma once
/* order: which of the closed objects that wait is judged next: what frames wait for before all, then what an early look
 * thought to know, then the one that began to wait first, where each byte counts as VG_ORDER_NS_PER_BYTE of later
 * beginning: the small before the large, and no large one overtaken for longer than its own work takes. Pieces of files
 * go by the order in which they ended on the wire instead. A heap over the caller's room; pure. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/base.h>

#define VG_ORDER_NS_PER_BYTE 16u /* about what a picture costs */
#define VG_ORDER_MAX_COST_NS 10000000000u

enum vg_order_class { VG_ORDER_WATCHED, VG_ORDER_EARLY, VG_ORDER_OTHERS };

struct vg_order_item {
	uint64_t key;
	uint32_t lane_idx, slot;
	uint64_t then[2]; /* of what has the same key */
};
struct vg_order {
	struct vg_order_item *at; /* room for n_room of them */
	uint32_t n, n_room;
};

/* since_ns < 2^61. The lower is judged first. */
static inline uint64_t vg_order_key(enum vg_order_class rank, uint64_t since_ns, uint64_t n_bytes)
{
	uint64_t cost_ns = n_bytes < VG_ORDER_MAX_COST_NS / VG_ORDER_NS_PER_BYTE ? n_bytes * VG_ORDER_NS_PER_BYTE
										 : VG_ORDER_MAX_COST_NS;
	return (uint64_t)rank << 62 | ((since_ns + cost_ns) & (((uint64_t)1 << 62) - 1));
}
/* Never full where there is room for every object that may wait. */
void vg_order_push(struct vg_order *order, const struct vg_order_item *item);
/* The first one, which stays; NULL: none waits. */
static inline const struct vg_order_item *vg_order_first(const struct vg_order *order)
{
	return order->n ? &order->at[0] : NULL;
}
/* Takes the first one; false: none waits. */
bool vg_order_pop(struct vg_order *order, struct vg_order_item *item);
