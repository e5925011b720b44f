/* A list index as it comes from outside: taken as it is and, with its checksum made right, once more, so that what lies
 * behind the checksum is reached; then queried with values that stand in it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include <vigil/memfd.h>

#include "hashing/index/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum vg_err take(struct vg_index *index, const uint8_t *bytes, size_t n_bytes, uint64_t generation)
{
	int fd = vg_memfd_new("fuzz", n_bytes);
	if (fd < 0 || (n_bytes && pwrite(fd, bytes, n_bytes, 0) != (ssize_t)n_bytes) ||
	    vg_memfd_seal(fd, VG_SEALS_FINAL))
		abort();
	enum vg_err err = vg_index_take(index, fd, generation);
	close(fd);
	return err;
}

static void query(struct vg_index *index, const uint8_t *bytes, size_t n_bytes)
{
	struct vg_digest_values digests;
	struct vg_pdq_result pdq;
	struct vg_hit hits[8];
	memset(&pdq, 0, sizeof(pdq));
	for (size_t at = sizeof(struct vg_index_header); at + sizeof(pdq.variants) <= n_bytes; at += 36) {
		memcpy(&digests, bytes + at, sizeof(digests));
		memcpy(pdq.variants, bytes + at, sizeof(pdq.variants));
		pdq.quality = 100;
		uint32_t n = vg_index_query(index, &digests, &pdq, hits, 8);
		for (uint32_t i = 0; i < n; i++)
			if (hits[i].entry_idx >= vg_index_peek(index)->n_entries || hits[i].distance > 31)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_index *index = vg_index_create();
	uint8_t *bytes = malloc(size + 1);
	struct vg_index_header h;
	if (!index || !bytes)
		abort();
	memcpy(bytes, data, size);
	(void)take(index, bytes, size, 1);
	if (size >= sizeof(h)) {
		memcpy(&h, bytes, sizeof(h));
		SHA256(bytes + sizeof(h), size - sizeof(h), h.sha256);
		memcpy(bytes, &h, sizeof(h));
		if (take(index, bytes, size, h.generation) == VG_OK)
			query(index, bytes, size);
	}
	free(bytes);
	vg_index_destroy(index);
	return 0;
}
