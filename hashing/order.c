/* A binary heap; what is the same by all that was said goes by lane and slot, so that the order is one. */
#include "hashing/order.h"

static bool is_before(const struct vg_order_item *a, const struct vg_order_item *b)
{
	if (a->key != b->key)
		return a->key < b->key;
	for (unsigned i = 0; i < VG_ARRAY_LEN(a->then); i++)
		if (a->then[i] != b->then[i])
			return a->then[i] < b->then[i];
	return a->lane_idx != b->lane_idx ? a->lane_idx < b->lane_idx : a->slot < b->slot;
}

void vg_order_push(struct vg_order *order, const struct vg_order_item *item)
{
	uint32_t i = order->n++;

	VG_INVARIANT(i < order->n_room);
	for (; i && is_before(item, &order->at[(i - 1) / 2]); i = (i - 1) / 2)
		order->at[i] = order->at[(i - 1) / 2];
	order->at[i] = *item;
}

bool vg_order_pop(struct vg_order *order, struct vg_order_item *item)
{
	struct vg_order_item last;
	uint32_t i = 0, child;

	if (!order->n)
		return false;
	*item = order->at[0];
	last = order->at[--order->n];
	while ((child = 2 * i + 1) < order->n) {
		child += child + 1 < order->n && is_before(&order->at[child + 1], &order->at[child]);
		if (!is_before(&order->at[child], &last))
			break;
		order->at[i] = order->at[child];
		i = child;
	}
	order->at[i] = last;
	return true;
}
