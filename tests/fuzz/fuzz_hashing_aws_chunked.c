/* aws_chunked: any bytes, whole and byte by byte, give the same data and the same end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hashing/unpack/aws_chunked.h"

static enum vg_step walk(const uint8_t *data, size_t size, size_t piece, uint64_t *sum, size_t *n_data)
{
	struct vg_aws_chunked c = { 0 };
	enum vg_step step = VG_MORE;

	for (size_t at = 0; at < size && step == VG_MORE; at += piece) {
		size_t n = piece < size - at ? piece : size - at;
		uint8_t *copy = malloc(n);
		memcpy(copy, data + at, n);
		struct vg_span in = { copy, n }, got;
		while (in.n_bytes && step == VG_MORE) {
			size_t n_before = in.n_bytes;
			step = vg_aws_chunked_feed(&c, &in, &got);
			if (in.n_bytes >= n_before || got.n_bytes > n_before)
				abort();
			for (size_t i = 0; i < got.n_bytes; i++)
				*sum = *sum * 31 + got.at[i];
			*n_data += got.n_bytes;
		}
		free(copy);
	}
	return step;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t sums[2] = { 0, 0 };
	size_t n_data[2] = { 0, 0 };

	if (!size)
		return 0;
	if (walk(data, size, size, &sums[0], &n_data[0]) != walk(data, size, 1, &sums[1], &n_data[1]) ||
	    sums[0] != sums[1] || n_data[0] != n_data[1])
		abort();
	return 0;
}
