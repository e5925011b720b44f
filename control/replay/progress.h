#pragma once
/* progress: one line on a terminal during a long run: share done, rate, time to go. Pure formatting; the caller
 * decides where it is shown. */
#include <stddef.h>
#include <stdint.h>

struct vg_progress {
	uint64_t n_bytes_done, n_bytes_all; /* of the input files, loops included; all = 0: not known */
	uint64_t n_packets, n_objects, n_matches;
	double seconds; /* since the run began */
};
/* Writes the line without line break, cut to cap - 1 characters; returns its length. */
size_t vg_progress_line(const struct vg_progress *progress, char *line, size_t cap);
