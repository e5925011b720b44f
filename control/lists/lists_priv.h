#pragma once
/* What a generation goes through before it is in use: read and checked beside the lists, then taken up in one step
 * (lists.c by itself, rebuild.c with a builder). Owner: whoever holds the struct, until a take has emptied it. */
#include "control/lists/generation.h"
#include "control/lists/lists.h"
#include "control/lists/reading.h"

#define VG_LISTS_ON_DISK 2

/* Search tables of a generation; fd -1: none. */
struct vg_lists_tables {
	int fd;
	enum vg_err err; /* why there are none */
	uint64_t n_bytes, ms;
};
/* The next generation; without one (base NULL) the lists are the same as those in use. */
struct vg_lists_next {
	struct vg_generation generation; /* stored */
	struct vg_lists_tables tables;
	struct vg_suppress *suppress;
	struct vg_reading_counts counts;
};
void vg_lists_next_init(struct vg_lists_next *next);
void vg_lists_next_fini(struct vg_lists_next *next);
/* Cannot fail; next is emptied. */
void vg_lists_take(struct vg_lists *lists, struct vg_lists_next *next);
/* Tables of the generation in use, instead of those it has. */
void vg_lists_take_tables(struct vg_lists *lists, struct vg_lists_tables *tables);

/* The newest intact generations of dir, newest first; a damaged one is logged and passed over. Any thread. */
void vg_lists_load(const char *dir, struct vg_generation loaded[VG_LISTS_ON_DISK]);
/* Into lists that have none yet. */
void vg_lists_take_loaded(struct vg_lists *lists, struct vg_generation loaded[VG_LISTS_ON_DISK]);

/* What the lists that are being read will suppress is never matched from now on; borrowed until the next call (NULL:
 * they are not read any more). */
void vg_lists_suppress_soon(struct vg_lists *lists, const struct vg_suppress *coming);

/* The number of the next generation; a reading with it and what is declared, borrowed. */
uint64_t vg_lists_next_number(const struct vg_lists *lists);
struct vg_reading vg_lists_reading(const struct vg_lists *lists);
/* The generation in use, base NULL = none; borrowed until the next take. */
const struct vg_generation *vg_lists_current(const struct vg_lists *lists);
const char *vg_lists_dir(const struct vg_lists *lists);
