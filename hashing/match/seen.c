/* Sets are chosen by SHA-256: whoever makes digests collide there only makes room for himself. */
#include "hashing/match/seen.h"

#include <stdlib.h>
#include <string.h>

#define N_WAYS 4u

struct entry {
	struct vg_seen_key key;
	uint64_t used; /* tick of the last use; 0: empty */
	struct vg_seen_verdict verdict;
};
_Static_assert(sizeof(struct entry) <= VG_SEEN_ENTRY_BYTES, "the size of an entry is as documented");

struct vg_seen {
	uint64_t n_sets, tick;
	struct entry at[];
};

void vg_seen_destroy(struct vg_seen *seen)
{
	free(seen);
}

struct vg_seen *vg_seen_create(uint32_t n_entries)
{
	uint64_t n_sets = ((uint64_t)n_entries + N_WAYS - 1) / N_WAYS;
	struct vg_seen *seen = NULL;

	if (n_entries && n_entries <= VG_SEEN_MAX_ENTRIES)
		seen = calloc(1, sizeof(*seen) + n_sets * N_WAYS * sizeof(seen->at[0]));
	if (seen)
		seen->n_sets = n_sets;
	return seen;
}

static struct entry *set_of(struct vg_seen *seen, const struct vg_seen_key *key)
{
	uint64_t word;

	memcpy(&word, key->digests.sha256, sizeof(word));
	return &seen->at[word % seen->n_sets * N_WAYS];
}

static bool same_bytes(const struct vg_seen_key *a, const struct vg_seen_key *b)
{
	return a->n_bytes == b->n_bytes && !memcmp(&a->digests, &b->digests, sizeof(a->digests));
}

const struct vg_seen_verdict *vg_seen_get(struct vg_seen *seen, const struct vg_seen_key *key)
{
	struct entry *set = set_of(seen, key);

	for (unsigned i = 0; i < N_WAYS; i++)
		if (set[i].used && set[i].key.index_epoch == key->index_epoch && same_bytes(&set[i].key, key)) {
			set[i].used = ++seen->tick;
			return &set[i].verdict;
		}
	return NULL;
}

void vg_seen_put(struct vg_seen *seen, const struct vg_seen_key *key, const struct vg_seen_verdict *verdict)
{
	static const uint8_t none[sizeof(key->digests.sha256)];
	struct entry *set = set_of(seen, key), *to = set;

	if (!memcmp(key->digests.sha256, none, sizeof(none)))
		return;
	for (unsigned i = 0; i < N_WAYS; i++) {
		if (set[i].used && same_bytes(&set[i].key, key)) {
			to = &set[i];
			break;
		}
		if (set[i].used < to->used)
			to = &set[i];
	}
	*to = (struct entry){ .key = *key, .used = ++seen->tick, .verdict = *verdict };
}
