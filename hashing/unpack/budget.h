#pragma once
/* budget: the one purse of an object, shared by all its codings and members: bytes that unpacking may make, their
 * ratio to what was fed, and how many members may be found. Caller's storage, one thread. */
#include <stdbool.h>
#include <stdint.h>

#define VG_BUDGET_RATIO_FROM (1u << 20) /* below this many bytes any ratio is allowed: small text packs well */

struct vg_budget {
	uint64_t max_bytes; /* of all layers together */
	uint32_t max_ratio; /* made : fed; 0 = not checked */
	uint32_t max_members;
	uint64_t n_fed, n_made;
	uint32_t n_members;
	bool spent; /* something was refused: what was found is not all there is */
};

/* n_bytes more of the body itself were fed. */
static inline void vg_budget_feed(struct vg_budget *b, uint64_t n_bytes)
{
	b->n_fed += n_bytes;
}
/* May n_bytes more be made? False (and spent) where that passes the bytes or the ratio. */
static inline bool vg_budget_make(struct vg_budget *b, uint64_t n_bytes)
{
	uint64_t made = b->n_made + n_bytes;

	if (made > b->max_bytes || (b->max_ratio && made > VG_BUDGET_RATIO_FROM && made / b->max_ratio > b->n_fed)) {
		b->spent = true;
		return false;
	}
	b->n_made = made;
	return true;
}
/* May one more member be looked at? */
static inline bool vg_budget_member(struct vg_budget *b)
{
	if (b->n_members >= b->max_members) {
		b->spent = true;
		return false;
	}
	b->n_members++;
	return true;
}
