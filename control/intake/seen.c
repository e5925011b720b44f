#include "control/intake/seen.h"

#include <stdlib.h>
#include <string.h>

#define MAX_MEMBER (1u << 24)

struct slot {
	uint64_t key; /* core, hasher, slot; plus 1, 0 = free */
	uint32_t generation, n_words;
	uint64_t *members; /* a bit each */
};
struct vg_seen {
	uint64_t boot_id;
	struct slot *slots; /* open addressing, a power of two */
	size_t n_slots, n_used;
};

static void clear(struct vg_seen *seen)
{
	for (size_t i = 0; i < seen->n_slots; i++)
		free(seen->slots[i].members);
	free(seen->slots);
	seen->slots = NULL;
	seen->n_slots = seen->n_used = 0;
}

struct vg_seen *vg_seen_create(void)
{
	return calloc(1, sizeof(struct vg_seen));
}

void vg_seen_destroy(struct vg_seen *seen)
{
	if (!seen)
		return;
	clear(seen);
	free(seen);
}

static struct slot *place_of(struct slot *slots, size_t n_slots, uint64_t key)
{
	size_t i = (size_t)((key * 0x9e3779b97f4a7c15u) >> 20) & (n_slots - 1);
	while (slots[i].key && slots[i].key != key)
		i = (i + 1) & (n_slots - 1);
	return &slots[i];
}

static int grow(struct vg_seen *seen)
{
	size_t n_slots = seen->n_slots ? seen->n_slots * 2 : 1024;
	struct slot *slots = calloc(n_slots, sizeof(*slots));
	if (!slots)
		return -1;
	for (size_t i = 0; i < seen->n_slots; i++)
		if (seen->slots[i].key)
			*place_of(slots, n_slots, seen->slots[i].key) = seen->slots[i];
	free(seen->slots);
	seen->slots = slots;
	seen->n_slots = n_slots;
	return 0;
}

static int mark_member(struct slot *s, uint32_t member_no)
{
	uint32_t word = member_no / 64;
	uint64_t bit = 1ull << member_no % 64;
	if (word >= s->n_words) {
		uint32_t n_words = word * 2 + 1;
		uint64_t *bigger = realloc(s->members, n_words * sizeof(*bigger));
		if (!bigger)
			return -1;
		memset(bigger + s->n_words, 0, (n_words - s->n_words) * sizeof(*bigger));
		s->members = bigger;
		s->n_words = n_words;
	}
	if (s->members[word] & bit)
		return 0;
	s->members[word] |= bit;
	return 1;
}

int vg_seen_mark(struct vg_seen *seen, uint64_t boot_id, uint32_t core_idx, uint32_t hasher_idx, uint64_t object_id,
		 uint32_t member_no)
{
	uint32_t generation = (uint32_t)(object_id >> 32);
	uint64_t key = ((uint64_t)core_idx << 48 | (uint64_t)hasher_idx << 32 | (uint32_t)object_id) + 1;
	if (seen->boot_id != boot_id)
		clear(seen);
	seen->boot_id = boot_id;
	if (member_no >= MAX_MEMBER || (seen->n_used * 4 >= seen->n_slots * 3 && grow(seen)))
		return -1;
	struct slot *s = place_of(seen->slots, seen->n_slots, key);
	if (!s->key) {
		seen->n_used++;
		s->key = key;
		s->generation = generation;
	}
	if ((int32_t)(generation - s->generation) < 0)
		return 0;
	if (generation != s->generation) {
		memset(s->members, 0, s->n_words * sizeof(*s->members));
		s->generation = generation;
	}
	return mark_member(s, member_no);
}
