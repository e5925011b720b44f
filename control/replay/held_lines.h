#pragma once
/* held_lines: the lines of objects whose last record is not there yet, for each hasher (it sends one object's records
 * one after the other), so that a file's lines come into the objects file all or not at all. One thread. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>
#include <vigil/lane.h>

#include "control/replay/lines.h"

struct vg_held_lines {
	struct {
		char *at;
		size_t n_bytes, n_room;
		uint64_t object_id;
	} of[VG_LANE_MAX_HASHERS];
};
void vg_held_lines_fini(struct vg_held_lines *held);

/* Keeps a line of an object; lines of another object that never came to its end are dropped. VG_OK, VG_ERANGE (no such
 * hasher), VG_ENOMEM. */
enum vg_err vg_held_lines_add(struct vg_held_lines *held, uint32_t hasher_idx, uint64_t object_id, const char *line,
			      size_t n_bytes);

/* The object's last record is there: its lines go to `lines`. VG_OK or the first failure. */
enum vg_err vg_held_lines_give(struct vg_held_lines *held, uint32_t hasher_idx, uint64_t object_id,
			       struct vg_lines *lines);
