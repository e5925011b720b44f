#pragma once
/* seen: which records of unfinished objects were worked already, so that an object that is offered again after a
 * hasher's death gives each of its records once. Remembers for each (core, hasher, slot) the newest object and its
 * members: memory is bounded by the attribution records of the lanes and the members of one object each. One thread.
 * */
#include <stdint.h>

#include <vigil/base.h>

struct vg_seen;

void vg_seen_destroy(struct vg_seen *seen);
struct vg_seen *vg_seen_create(void) VG_DEALLOC(vg_seen_destroy);
/* 1 the first time, 0 where it was marked before, or where the slot holds a newer object by now; -1 out of memory.
 * Another boot_id than the last one empties the memory. */
int vg_seen_mark(struct vg_seen *seen, uint64_t boot_id, uint32_t core_idx, uint32_t hasher_idx, uint64_t object_id,
		 uint32_t member_no);
