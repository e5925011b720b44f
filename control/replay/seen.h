#pragma once
/* seen: which records of a batch were written already, so that one that comes again after a hasher died is written
 * once. Grows on the heap (16 bytes or less for each record); one thread. */
#include <stdint.h>

#include <vigil/err.h>

struct vg_seen {
	uint64_t *slots; /* 0 = free */
	uint64_t n_slots, n_used;
};
void vg_seen_init(struct vg_seen *seen);
void vg_seen_fini(struct vg_seen *seen);
/* A well-mixed number for a record's key: boot, core, hasher, object and member. Never 0. */
uint64_t vg_seen_key(uint64_t boot_id, uint32_t core_idx, uint32_t hasher_idx, uint64_t object_id, uint32_t member_no);
/* 1 where the key was new and is in the set now, 0 where it was there before, VG_ENOMEM. */
int vg_seen_add(struct vg_seen *seen, uint64_t key);
