#pragma once
/* bands_format: the search tables of one index generation (index_format.h): its PDQ hashes and its frames sorted for
 * radius search, made once by vigild into a memfd of their own and mapped read-only by every hasher. Little-endian:
 *
 *   header | pdq_first | pdq_entries | frame_first | frame_entries
 *
 * sections 64-byte aligned, each where the one before it ends, padded with zeros. A hash is sixteen bands of sixteen
 * bits and stands once under each. X_first: by band, then by value of the band: its first entry there, and the number
 * of hashes at the end (VG_BANDS_N * (VG_BANDS_VALUES + 1)); X_entries: by band, all hashes sorted by its value. Both
 * are empty where there are fewer than VG_BANDS_MIN_HASHES: a scan is faster (docs/adr/0019). The checksum is SHA-256
 * over everything behind the header; index_sha256 names the index that they belong to. */
#include <string.h>

#include <vigil/err.h>
#include <vigil/index_format.h>

#define VG_TABLES_MAGIC     0x314c4254474956ull /* "VIGTBL1" */
#define VG_TABLES_VERSION   1u
#define VG_TABLES_MAX_BYTES (64ull << 30)
#define VG_BANDS_N          16u
#define VG_BANDS_VALUES     65536u
#define VG_BANDS_MIN_HASHES 65536u

struct vg_band_entry {
	uint64_t low; /* the 8 bytes of the hash behind the band, beyond its end from its beginning again */
	uint32_t high, record_idx; /* high: the 4 bytes behind those */
};
struct vg_tables_header {
	uint64_t magic;
	uint32_t version, reserved;
	uint64_t generation, n_bytes;
	uint8_t index_sha256[32], sha256[32];
	struct vg_index_section pdq_first, pdq_entries, frame_first, frame_entries;
};
/* The tables of one section; first NULL: there are none. */
struct vg_bands {
	uint64_t n_hashes;
	const uint32_t *first;
	const struct vg_band_entry *entries;
};

/* A hash twice over, so that what is behind a band lies in one piece. */
struct vg_band_hash {
	uint8_t at[64];
};
static inline struct vg_band_hash vg_band_hash(const uint8_t *value)
{
	struct vg_band_hash hash;
	memcpy(hash.at, value, 32);
	memcpy(hash.at + 32, value, 32);
	return hash;
}
static inline uint32_t vg_band_value(const uint8_t *value, uint32_t band)
{
	uint16_t word;
	memcpy(&word, value + 2 * band, sizeof(word));
	return word;
}
static inline struct vg_band_entry vg_band_entry(const struct vg_band_hash *hash, uint32_t band, uint32_t record_idx)
{
	struct vg_band_entry entry = { .record_idx = record_idx };
	memcpy(&entry.low, hash->at + 2 * band + 2, sizeof(entry.low));
	memcpy(&entry.high, hash->at + 2 * band + 10, sizeof(entry.high));
	return entry;
}

static inline uint64_t vg_tables_aligned(uint64_t n)
{
	return (n + VG_INDEX_ALIGN - 1) / VG_INDEX_ALIGN * VG_INDEX_ALIGN;
}
/* Sets the sections and n_bytes of the tables for so many hashes; the same for whoever makes and whoever checks them.
 * */
static inline void vg_tables_lay_out(struct vg_tables_header *h, uint64_t n_pdq, uint64_t n_frames)
{
	struct vg_index_section *sections[] = { &h->pdq_first, &h->pdq_entries, &h->frame_first, &h->frame_entries };
	uint64_t end = vg_tables_aligned(sizeof(*h));
	for (unsigned i = 0; i < 4; i++) {
		uint64_t n = i < 2 ? n_pdq : n_frames;
		uint64_t n_items = i % 2 ? VG_BANDS_N * n : VG_BANDS_N * (VG_BANDS_VALUES + 1);
		*sections[i] = (struct vg_index_section){ end, n < VG_BANDS_MIN_HASHES ? 0 : n_items };
		end = vg_tables_aligned(end + sections[i]->n_items * (i % 2 ? sizeof(struct vg_band_entry) : 4));
	}
	h->n_bytes = end;
}

static inline int vg_bands_open(struct vg_bands *bands, const uint8_t *base, const struct vg_index_section *first,
				const struct vg_index_section *entries)
{
	*bands = (struct vg_bands){ entries->n_items / VG_BANDS_N, NULL, NULL };
	if (!first->n_items)
		return 1;
	bands->first = (const void *)(base + first->off);
	bands->entries = (const void *)(base + entries->off);
	for (uint32_t band = 0; band < VG_BANDS_N; band++) {
		const uint32_t *at = bands->first + (size_t)band * (VG_BANDS_VALUES + 1);
		if (at[0] || at[VG_BANDS_VALUES] != bands->n_hashes)
			return 0;
		for (uint32_t value = 0; value < VG_BANDS_VALUES; value++)
			if (at[value] > at[value + 1])
				return 0;
	}
	for (uint64_t i = 0; i < entries->n_items; i++)
		if (bands->entries[i].record_idx >= bands->n_hashes)
			return 0;
	return 1;
}
/* Checks header, layout and every reference of mapped tables against the index that they are for; the checksum is the
 * caller's to compare. Borrowed: valid as long as the mapping. VG_OK, VG_ECORRUPT, VG_EVERSION (format, or of another
 * index). */
static inline enum vg_err vg_tables_open(const void *base, uint64_t n_bytes, const struct vg_index_view *index,
					 struct vg_bands *pdq, struct vg_bands *frames)
{
	const struct vg_tables_header *h = base;
	struct vg_tables_header want;
	if (n_bytes < sizeof(*h) || h->magic != VG_TABLES_MAGIC)
		return VG_ECORRUPT;
	if (h->version != VG_TABLES_VERSION || h->generation != index->header->generation ||
	    memcmp(h->index_sha256, index->header->sha256, sizeof(h->index_sha256)) != 0)
		return VG_EVERSION;
	memcpy(&want, h, sizeof(want));
	want.reserved = 0;
	vg_tables_lay_out(&want, index->n_pdq, index->n_frames);
	if (want.n_bytes != n_bytes || memcmp(&want, h, sizeof(want)) != 0)
		return VG_ECORRUPT;
	return vg_bands_open(pdq, base, &h->pdq_first, &h->pdq_entries) &&
			       vg_bands_open(frames, base, &h->frame_first, &h->frame_entries)
		       ? VG_OK
		       : VG_ECORRUPT;
}

/* Sorts n_hashes records (36 bytes each, value first) under one band: first[VG_BANDS_VALUES + 1], zeroed, and
 * entries[n_hashes], which are that band's own. Not hot. */
static inline void vg_bands_sort(const struct vg_index_pdq *records, uint64_t n_hashes, uint32_t band, uint32_t *first,
				 struct vg_band_entry *entries)
{
	for (uint64_t i = 0; i < n_hashes; i++)
		first[vg_band_value(records[i].value, band) + 1]++;
	for (uint32_t value = 0; value < VG_BANDS_VALUES; value++)
		first[value + 1] += first[value];
	/* Filled from behind, each moves down to its first entry: what is its end now is the next one's beginning. */
	for (uint64_t i = n_hashes; i-- > 0;) {
		struct vg_band_hash hash = vg_band_hash(records[i].value);
		entries[--first[vg_band_value(records[i].value, band) + 1]] = vg_band_entry(&hash, band, (uint32_t)i);
	}
	memmove(first, first + 1, VG_BANDS_VALUES * sizeof(*first));
	first[VG_BANDS_VALUES] = (uint32_t)n_hashes;
}
