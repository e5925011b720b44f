/* Open addressing, at most half full. The key is a 64-bit digest of what names a record: of a million records the
 * chance that any two collide is below 1 in 30 million. */
#include "control/replay/seen.h"

#include <stdlib.h>
#include <string.h>

static uint64_t mix(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x7fb5d329728ea185ull;
	x ^= x >> 27;
	x *= 0x81dadef4bc2dd44dull;
	return x ^ (x >> 33);
}

/* The slot that holds key, or the free one where it belongs. */
static uint64_t slot_of(const uint64_t *slots, uint64_t n_slots, uint64_t key)
{
	uint64_t at = key & (n_slots - 1);
	while (slots[at] && slots[at] != key)
		at = (at + 1) & (n_slots - 1);
	return at;
}

static enum vg_err grow(struct vg_seen *seen)
{
	uint64_t n_slots = seen->n_slots ? 2 * seen->n_slots : 1024;
	uint64_t *slots = calloc(n_slots, sizeof(*slots));
	if (!slots)
		return VG_ENOMEM;
	for (uint64_t i = 0; i < seen->n_slots; i++)
		if (seen->slots[i])
			slots[slot_of(slots, n_slots, seen->slots[i])] = seen->slots[i];
	free(seen->slots);
	seen->slots = slots;
	seen->n_slots = n_slots;
	return VG_OK;
}

void vg_seen_init(struct vg_seen *seen)
{
	memset(seen, 0, sizeof(*seen));
}

void vg_seen_fini(struct vg_seen *seen)
{
	free(seen->slots);
	memset(seen, 0, sizeof(*seen));
}

uint64_t vg_seen_key(uint64_t boot_id, uint32_t core_idx, uint32_t hasher_idx, uint64_t object_id, uint32_t member_no)
{
	uint64_t key = mix(boot_id + 0x9e3779b97f4a7c15ull);
	key = mix(key ^ ((uint64_t)core_idx << 32 | hasher_idx));
	key = mix(key + object_id);
	key = mix(key ^ member_no);
	return key ? key : 1;
}

int vg_seen_add(struct vg_seen *seen, uint64_t key)
{
	uint64_t at;
	if (2 * seen->n_used >= seen->n_slots && grow(seen))
		return VG_ENOMEM;
	at = slot_of(seen->slots, seen->n_slots, key);
	if (seen->slots[at])
		return 0;
	seen->slots[at] = key;
	seen->n_used++;
	return 1;
}
