/* Look-ups; see known.h. */
#include "dataplane/hold/known.h"

#include <string.h>

/* The first entry that is not below (n_bytes, sha256); sha256 NULL: zeros. */
static uint32_t find(const struct vg_known_table *table, uint64_t n_bytes, const uint8_t *sha256)
{
	uint32_t low = 0, high = table->n_heads;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct vg_known_head *head = &table->heads[mid];
		if (head->n_bytes < n_bytes ||
		    (head->n_bytes == n_bytes && sha256 && memcmp(head->sha256, sha256, sizeof(head->sha256)) < 0))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int vg_known_has_size(const struct vg_known_table *table, uint64_t n_bytes)
{
	uint32_t at = table ? find(table, n_bytes, NULL) : 0;
	return table && at < table->n_heads && table->heads[at].n_bytes == n_bytes;
}

int vg_known_has(const struct vg_known_table *table, uint64_t n_bytes, const uint8_t sha256[32])
{
	uint32_t at = table ? find(table, n_bytes, sha256) : 0;
	return table && at < table->n_heads && table->heads[at].n_bytes == n_bytes &&
	       !memcmp(table->heads[at].sha256, sha256, 32);
}
