#pragma once
/* budget: the one purse of an object, shared by all its codings, containers and members: bytes that unpacking may
 * make, their ratio to what was fed, how many members may be found, how deep containers may lie in containers, and
 * processor time. Also what of it could not be opened. Caller's storage, one thread. */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define VG_BUDGET_RATIO_FROM (1u << 20) /* below this many bytes any ratio is allowed: small text packs well */

struct vg_budget {
	uint64_t max_bytes; /* of all layers together */
	uint32_t max_ratio; /* made : fed; 0 = not checked */
	uint32_t max_members, max_depth;
	uint64_t max_cpu_ns; /* of this thread, from vg_budget_start(); 0 = not checked */
	uint64_t n_fed, n_made, deadline_ns;
	uint32_t n_members, n_asked;
	uint32_t n_containers, n_encrypted, n_bad,
		n_too_deep, /* opened; entries without a password; broken; not opened */
		n_unread;   /* pictures in documents of a sort that nobody here reads */
	bool spent;         /* something was refused: what was found is not all there is */
};

static inline uint64_t vg_budget_cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
/* The work on a body begins, or goes on after others were looked at (n_used_ns so far). */
static inline void vg_budget_start(struct vg_budget *b, uint64_t n_used_ns)
{
	uint64_t n_left_ns = b->max_cpu_ns > n_used_ns ? b->max_cpu_ns - n_used_ns : 0;

	b->deadline_ns = b->max_cpu_ns ? vg_budget_cpu_ns() + n_left_ns : 0;
}
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
/* Is time left? Asks the clock now and then only; false (and spent) once it is used up. */
static inline bool vg_budget_time(struct vg_budget *b)
{
	if (b->deadline_ns && b->n_asked++ % 16 == 0 && vg_budget_cpu_ns() > b->deadline_ns)
		b->spent = true;
	return !b->spent;
}
