#pragma once
/* roles: who runs, as what, and who speaks to whom: the one table of Vigil's processes and their edges. Immutable. */
#include <stddef.h>
#include <stdint.h>

enum vg_role_id {
	VG_PROGRAM_FORWARD,
	VG_PROGRAM_DATAPLANE,
	VG_PROGRAM_FEED,
	VG_PROGRAM_HASHING,
	VG_PROGRAM_REPORTER,
	VG_PROGRAM_N
};
struct vg_role_row {
	const char *program;  /* file name beside vigild */
	int per_hasher;       /* one process for each hasher */
	int ends_with_vigild; /* TERM when a vigild that started it dies; the others keep going and wait for the next */
	int stop_order;       /* TERM goes to the lowest first; all of one order end before the next */
	uint32_t stop_ms;     /* patience before KILL */
	uint32_t first_ms;    /* before it is started again for the first time; doubles up to */
	uint32_t longest_ms;
	const char *listens;   /* socket it makes in the run folder, "" = none */
	const char *speaks_to; /* sockets of others it connects to; vigild connects to the rest */
	const char *trust;     /* what it has and never has */
};
/* The role's row; NULL for an id out of range. */
const struct vg_role_row *vg_role(unsigned id);

#define VG_ROLE_MAX_ARGS 8
/* Builds the argument vector of a child (NULL-terminated, max_args >= VG_ROLE_MAX_ARGS) with room for its number;
 * everything is borrowed. Returns how many. */
size_t vg_role_argv(unsigned id, const char *path, const char *run_dir, const char *state_dir, uint32_t hasher_idx,
		    char *room, size_t n_room, const char *argv[], size_t max_args);
