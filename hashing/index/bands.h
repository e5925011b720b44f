#pragma once
/* bands: exact radius search over many 256-bit hashes. A hash is sixteen bands of sixteen bits; of two hashes within 31
 * bits at least one band differs in at most one bit (with two or more in each they would be 32 apart), so that looking
 * up the 17 neighbours of each band finds every one. A record stands once under each band, beside 96 of its other bits
 * that turn nearly all strangers away unread. The tables are mapped and shared by all hashers (vigil/bands_format.h):
 * 256 bytes a hash and 4 MiB. */
#include <stdint.h>

#include <vigil/bands_format.h>

#define VG_BANDS_MAX_DISTANCE 31u

typedef void (*vg_bands_fn)(void *ctx, uint32_t record_idx);

/* Gives every record that lies within max_distance (<= VG_BANDS_MAX_DISTANCE) of one of n_queries hashes of 32 bytes,
 * some several times and some that do not: the caller compares in full. Work is bounded by three passes over all
 * records for each query, whatever they are; returns how many it looked at. Hot. */
uint64_t vg_bands_search(const struct vg_bands *bands, const uint8_t (*queries)[32], uint32_t n_queries,
			 uint32_t max_distance, vg_bands_fn found, void *ctx);
