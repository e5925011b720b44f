#pragma once
/* tables_make: search tables (vigil/bands_format.h) inside a test or bench. Aborts where memory ends. */
#include <stdlib.h>

#include <openssl/sha.h>

#include <vigil/bands_format.h>
#include <vigil/memfd.h>

static inline void *vg_bands_make_room(size_t n_bytes)
{
	int fd = vg_memfd_new("tables", n_bytes);
	void *at = fd < 0 || fallocate(fd, 0, 0, (off_t)n_bytes)
			   ? NULL
			   : vg_memfd_map_large(fd, n_bytes, PROT_READ | PROT_WRITE);
	if (!at)
		abort();
	close(fd);
	(void)madvise(at, n_bytes, 25); /* MADV_COLLAPSE, as vigild does */
	return at;
}
/* Of hashes alone, in memory as production has it; vg_bands_make_free(). */
static inline struct vg_bands vg_bands_make(const struct vg_index_pdq *records, uint64_t n_hashes)
{
	uint32_t *first = vg_bands_make_room((size_t)VG_BANDS_N * (VG_BANDS_VALUES + 1) * sizeof(*first));
	struct vg_band_entry *entries = vg_bands_make_room(VG_BANDS_N * n_hashes * sizeof(*entries));
	for (uint32_t band = 0; band < VG_BANDS_N; band++)
		vg_bands_sort(records, n_hashes, band, first + (size_t)band * (VG_BANDS_VALUES + 1),
			      entries + band * n_hashes);
	return (struct vg_bands){ n_hashes, first, entries };
}
static inline void vg_bands_make_free(struct vg_bands *bands)
{
	munmap((void *)(uintptr_t)bands->first, (size_t)VG_BANDS_N * (VG_BANDS_VALUES + 1) * sizeof(*bands->first));
	munmap((void *)(uintptr_t)bands->entries, VG_BANDS_N * bands->n_hashes * sizeof(*bands->entries));
}
/* The checksum made right. */
static inline void vg_tables_make_sum(uint8_t *bytes, size_t n_bytes)
{
	struct vg_tables_header *h = (void *)bytes;
	SHA256(bytes + sizeof(*h), n_bytes - sizeof(*h), h->sha256);
}
/* The whole file for an opened index; the caller frees it. */
static inline uint8_t *vg_tables_make_bytes(const struct vg_index_view *view, size_t *n_bytes)
{
	struct vg_tables_header h = { .magic = VG_TABLES_MAGIC,
				      .version = VG_TABLES_VERSION,
				      .generation = view->header->generation };
	memcpy(h.index_sha256, view->header->sha256, 32);
	vg_tables_lay_out(&h, view->n_pdq, view->n_frames);
	uint8_t *at = calloc(1, h.n_bytes);
	if (!at)
		abort();
	memcpy(at, &h, sizeof(h));
	for (uint32_t band = 0; band < VG_BANDS_N; band++) {
		size_t skip = (size_t)band * (VG_BANDS_VALUES + 1);
		if (h.pdq_first.n_items)
			vg_bands_sort(view->pdq, view->n_pdq, band, (uint32_t *)(void *)(at + h.pdq_first.off) + skip,
				      (struct vg_band_entry *)(void *)(at + h.pdq_entries.off) + band * view->n_pdq);
		if (h.frame_first.n_items)
			vg_bands_sort((const void *)view->frames, view->n_frames, band,
				      (uint32_t *)(void *)(at + h.frame_first.off) + skip,
				      (struct vg_band_entry *)(void *)(at + h.frame_entries.off) +
					      band * view->n_frames);
	}
	vg_tables_make_sum(at, h.n_bytes);
	*n_bytes = h.n_bytes;
	return at;
}
