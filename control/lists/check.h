#pragma once
/* check: what a builder made, before anything is done by it: seals, sizes, headers, every reference, checksums; then
 * it is stored. Touches nothing but its struct and dir: for a thread of its own. */
#include "control/lists/lists_priv.h"

struct vg_check {
	int index_fd; /* -1 = only tables */
	struct vg_lists_tables tables;
	uint64_t number;           /* that the generation must have */
	const char *dir;           /* where it is stored */
	struct vg_lists_next next; /* where all is well: the generation and its tables */
	enum vg_err err;
	char why[VG_LISTS_WHY];
};
void vg_check_init(struct vg_check *check);
/* Closes what nobody took. */
void vg_check_fini(struct vg_check *check);
/* Tables of `index`: without an error they are those, tables.n_bytes long, or there are none. Else err and why. */
void vg_check_tables(struct vg_check *check, const struct vg_generation *index);
/* The index and its tables, into next; else err and why, and nothing was stored. */
void vg_check_next(struct vg_check *check);
