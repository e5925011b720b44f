#pragma once
/* bands_priv: the inside of struct vg_bands. */
#include <string.h>

#include "hashing/index/bands.h"

#define VG_BANDS_N      16u
#define VG_BANDS_VALUES 65536u

struct vg_band_entry {
	uint64_t low; /* the 8 bytes of the hash behind the band, beyond its end from its beginning again */
	uint32_t high, record_idx; /* high: the 4 bytes behind those */
};
struct vg_bands {
	uint64_t n_hashes;
	uint32_t *first;               /* by band, then by value: its first entry; VG_BANDS_VALUES + 1 for each band */
	struct vg_band_entry *entries; /* n_hashes for each band, sorted by its value */
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
