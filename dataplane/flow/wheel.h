#pragma once
/* wheel: deadlines of up to n_nodes numbered things, in slots of equal width. Arm and disarm are O(1); a deadline
 * beyond the horizon is put into the last slot, so that what fires may be early: the owner looks at its own exact
 * time and arms again. One core, fixed size, no allocation after vg_wheel_create(), times are the owner's (any
 * unit, here ns). */
#include <stdint.h>

#include <vigil/base.h>

#define VG_WHEEL_SLOTS     256u /* power of two */
#define VG_WHEEL_NONE      0xffffffffu
#define VG_WHEEL_MAX_NODES ((1u << 27) - 1)

/* Its neighbours in its slot: node + 1, 0 = none. All zero: not armed. */
struct vg_wheel_node {
	uint64_t next : 27, prev : 27, slot : 8, is_armed : 1;
};
_Static_assert(sizeof(struct vg_wheel_node) == 8, "a deadline costs a word");
struct vg_wheel {
	uint64_t slot_ns;
	uint64_t tick; /* slots up to this one have fired */
	uint32_t n_nodes, n_armed;
	uint64_t used[VG_WHEEL_SLOTS / 64]; /* slots that hold something */
	uint32_t heads[VG_WHEEL_SLOTS], tails[VG_WHEEL_SLOTS];
	struct vg_wheel_node *nodes;
};

/* A wheel for nodes 0..n_nodes-1 (at most VG_WHEEL_MAX_NODES) whose deadlines are mostly at most horizon_ns ahead.
 * NULL: out of memory. Cold. */
void vg_wheel_destroy(struct vg_wheel *wheel);
struct vg_wheel *vg_wheel_create(uint32_t n_nodes, uint64_t horizon_ns) VG_DEALLOC(vg_wheel_destroy);

/* Sets the time of an empty wheel, forward or back (a new capture). With something armed it does nothing. */
void vg_wheel_reset(struct vg_wheel *wheel, uint64_t now_ns);
/* (Re)arms node for deadline_ns; one in the past fires at the next vg_wheel_fire() of a later slot. */
void vg_wheel_arm(struct vg_wheel *wheel, uint32_t node, uint64_t deadline_ns);
/* Nothing where node is not armed. */
void vg_wheel_disarm(struct vg_wheel *wheel, uint32_t node);
static inline int vg_wheel_is_armed(const struct vg_wheel *wheel, uint32_t node)
{
	return wheel->nodes[node].is_armed;
}
/* Takes one node whose slot has passed at now_ns off the wheel: its number, or VG_WHEEL_NONE where none is left. */
uint32_t vg_wheel_fire(struct vg_wheel *wheel, uint64_t now_ns);
/* Of the armed nodes of the earliest slot the one that was armed first; it stays armed. VG_WHEEL_NONE: nothing is. */
uint32_t vg_wheel_first(const struct vg_wheel *wheel);
