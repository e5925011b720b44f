#pragma once
/* snapshot_priv: the inside of struct vg_index. */
#include <openssl/evp.h>

#include "hashing/index/exact.h"
#include "hashing/index/near.h"
#include "hashing/index/snapshot.h"
#include "hashing/index/videos.h"

struct vg_index {
	struct vg_index_view view; /* base NULL: nothing taken yet */
	void *map;
	size_t n_map_bytes, n_tables_bytes;
	void *tables; /* NULL: none came with it */
	struct vg_bands pdq_bands, frame_bands;
	uint64_t generation, epoch; /* epoch: how many were taken */
	const struct vg_hamming_tier *tier;
	EVP_MD *sha256;                     /* fetched before the sandbox closes */
	struct vg_exact exact[VG_ALGO_PDQ]; /* by algorithm */
	struct vg_near near;                /* pictures */
	struct vg_videos videos;
};
