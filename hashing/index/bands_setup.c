/* bands_setup: a counting sort for each band. */
#include <stdlib.h>
#include <sys/mman.h>

#include "hashing/index/bands_priv.h"

#define LARGE_PAGE (2u << 20)

static void discard(struct vg_bands *bands)
{
	free(bands->first);
	free(bands->entries);
	free(bands);
}

void vg_bands_destroy(struct vg_bands *bands)
{
	if (bands)
		discard(bands);
}

static void sort_under(struct vg_bands *b, const struct vg_index_pdq *records, uint32_t band)
{
	uint32_t *first = b->first + (size_t)band * (VG_BANDS_VALUES + 1);
	struct vg_band_entry *entries = b->entries + (size_t)band * b->n_hashes;

	for (uint64_t i = 0; i < b->n_hashes; i++)
		first[vg_band_value(records[i].value, band) + 1]++;
	for (uint32_t value = 0; value < VG_BANDS_VALUES; value++)
		first[value + 1] += first[value];
	/* Filled from behind, each moves down to its first entry: what is its end now is the next one's beginning. */
	for (uint64_t i = b->n_hashes; i-- > 0;) {
		struct vg_band_hash hash = vg_band_hash(records[i].value);
		entries[--first[vg_band_value(records[i].value, band) + 1]] = vg_band_entry(&hash, band, (uint32_t)i);
	}
	memmove(first, first + 1, VG_BANDS_VALUES * sizeof(*first));
	first[VG_BANDS_VALUES] = (uint32_t)b->n_hashes;
}

struct vg_bands *vg_bands_create(const struct vg_index_pdq *records, uint64_t n_hashes)
{
	struct vg_bands *b = calloc(1, sizeof(*b));
	size_t n_bytes = VG_BANDS_N * n_hashes * sizeof(struct vg_band_entry);

	if (!b)
		return NULL;
	b->n_hashes = n_hashes;
	n_bytes = (n_bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
	b->first = calloc((size_t)VG_BANDS_N * (VG_BANDS_VALUES + 1), sizeof(*b->first));
	b->entries = aligned_alloc(LARGE_PAGE, n_bytes);
	if (!b->first || !b->entries) {
		discard(b);
		return NULL;
	}
	(void)madvise(b->entries, n_bytes, MADV_HUGEPAGE); /* where it may not be, it is only slower */
	for (uint32_t band = 0; band < VG_BANDS_N; band++)
		sort_under(b, records, band);
	return b;
}
