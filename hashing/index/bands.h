#pragma once
/* bands: exact radius search over many 256-bit hashes. A hash is sixteen bands of sixteen bits; of two hashes within 31
 * bits at least one band differs in at most one bit (with two or more in each they would be 32 apart), so that looking
 * up the 17 neighbours of each band finds every one. A record stands once under each band, beside 96 of its other bits
 * that turn nearly all strangers away unread. Immutable once made; 256 bytes a hash and 4 MiB; one thread or many. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/index_format.h>

#define VG_BANDS_MAX_DISTANCE 31u
/* Below it a scan of all is faster (docs/adr/0019); above, the memory is more than a hasher should take: 1 GiB. */
#define VG_BANDS_MIN_HASHES   65536u
#define VG_BANDS_MAX_HASHES   (1u << 22)

struct vg_bands;

void vg_bands_destroy(struct vg_bands *bands);
/* Sorts n_hashes (1 .. UINT32_MAX - 1) records under their bands; their order is what candidates are numbered by. Not
 * hot. NULL: no memory. */
struct vg_bands *vg_bands_create(const struct vg_index_pdq *records, uint64_t n_hashes) VG_DEALLOC(vg_bands_destroy);

typedef void (*vg_bands_fn)(void *ctx, uint32_t record_idx);

/* Gives every record that lies within max_distance (<= VG_BANDS_MAX_DISTANCE) of one of n_queries hashes of 32 bytes,
 * some several times and some that do not: the caller compares in full. Work is bounded by three passes over all
 * records for each query, whatever they are. Hot. */
void vg_bands_search(const struct vg_bands *bands, const uint8_t (*queries)[32], uint32_t n_queries,
		     uint32_t max_distance, vg_bands_fn found, void *ctx);
