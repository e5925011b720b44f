/* Slot s holds what is due in the tick whose low bits are s; a tick fires once it is over, so nothing fires early but
 * what was clamped to the horizon. A bitmap of used slots makes long jumps of time cheap. */
#include "dataplane/flow/wheel.h"

#define MASK      (VG_WHEEL_SLOTS - 1)
#define NODE_MASK VG_WHEEL_MAX_NODES

void vg_wheel_reset(struct vg_wheel *wheel, uint64_t now_ns)
{
	if (!wheel->n_armed)
		wheel->tick = now_ns / wheel->slot_ns;
}

void vg_wheel_arm(struct vg_wheel *wheel, uint32_t node, uint64_t deadline_ns)
{
	struct vg_wheel_node *n = &wheel->nodes[node];
	uint64_t tick = deadline_ns / wheel->slot_ns;
	uint32_t slot;

	vg_wheel_disarm(wheel, node);
	if (tick < wheel->tick)
		tick = wheel->tick;
	if (tick - wheel->tick > MASK)
		tick = wheel->tick + MASK;
	slot = (uint32_t)tick & MASK;
	n->is_armed = 1;
	n->slot = slot & MASK;
	n->next = 0;
	n->prev = wheel->heads[slot] == VG_WHEEL_NONE ? 0 : (wheel->tails[slot] + 1) & NODE_MASK;
	if (n->prev)
		wheel->nodes[n->prev - 1].next = (node + 1) & NODE_MASK;
	else
		wheel->heads[slot] = node;
	wheel->tails[slot] = node;
	wheel->used[slot / 64] |= UINT64_C(1) << (slot % 64);
	wheel->n_armed++;
}

void vg_wheel_disarm(struct vg_wheel *wheel, uint32_t node)
{
	struct vg_wheel_node *n = &wheel->nodes[node];
	uint32_t slot = n->slot;

	if (!n->is_armed)
		return;
	if (n->prev)
		wheel->nodes[n->prev - 1].next = n->next;
	else /* 0 - 1 is VG_WHEEL_NONE */
		wheel->heads[slot] = (uint32_t)n->next - 1;
	if (n->next)
		wheel->nodes[n->next - 1].prev = n->prev;
	else
		wheel->tails[slot] = (uint32_t)n->prev - 1;
	if (wheel->heads[slot] == VG_WHEEL_NONE)
		wheel->used[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
	n->is_armed = 0;
	wheel->n_armed--;
}

/* How many slots after `from` the next used one lies, itself included; VG_WHEEL_SLOTS where all are empty. */
static uint32_t next_used(const struct vg_wheel *wheel, uint32_t from)
{
	uint32_t n = 0;

	while (n < VG_WHEEL_SLOTS) {
		uint32_t slot = (from + n) & MASK;
		uint64_t word = wheel->used[slot / 64] >> (slot % 64);
		if (word)
			return n + (uint32_t)__builtin_ctzll(word);
		n += 64 - slot % 64;
	}
	return VG_WHEEL_SLOTS;
}

uint32_t vg_wheel_fire(struct vg_wheel *wheel, uint64_t now_ns)
{
	uint64_t now = now_ns / wheel->slot_ns;
	uint32_t ahead;

	if (now <= wheel->tick)
		return VG_WHEEL_NONE;
	ahead = wheel->n_armed ? next_used(wheel, (uint32_t)wheel->tick & MASK) : VG_WHEEL_SLOTS;
	if (ahead == VG_WHEEL_SLOTS || ahead >= now - wheel->tick) {
		wheel->tick = now;
		return VG_WHEEL_NONE;
	}
	wheel->tick += ahead;
	uint32_t node = wheel->heads[wheel->tick & MASK];
	vg_wheel_disarm(wheel, node);
	return node;
}

uint32_t vg_wheel_first(const struct vg_wheel *wheel)
{
	uint32_t ahead = next_used(wheel, (uint32_t)wheel->tick & MASK);

	return ahead == VG_WHEEL_SLOTS ? VG_WHEEL_NONE : wheel->heads[(wheel->tick + ahead) & MASK];
}
