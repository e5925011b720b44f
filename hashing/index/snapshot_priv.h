#pragma once
/* snapshot_priv: the inside of struct vg_index. */
#include <openssl/evp.h>

#include "hashing/index/bands.h"
#include "hashing/index/exact.h"
#include "hashing/index/hamming.h"
#include "hashing/index/snapshot.h"

#define VG_INDEX_MAX_CANDIDATES 256u

struct vg_index {
	struct vg_index_view view; /* base NULL: nothing taken yet */
	void *map;
	size_t n_map_bytes;
	uint64_t generation, epoch; /* epoch: how many were taken */
	const struct vg_hamming_tier *tier;
	EVP_MD *sha256;                     /* fetched before the sandbox closes */
	struct vg_exact exact[VG_ALGO_PDQ]; /* by algorithm */
	struct vg_bands *bands;             /* NULL: by scan of the sketches, few hashes or very many */
	uint64_t *sketch;  /* first words of all pdq records, then their second words; each padded to VG_HAMMING_PAD */
	uint64_t n_sketch; /* words of one half, with the padding */
	uint32_t max_distance; /* greatest match_distance of any list */
	uint32_t candidates[VG_INDEX_MAX_CANDIDATES];
};
