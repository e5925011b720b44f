/* A chunked body, whole and byte by byte: same bytes, same end. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dataplane/proto/http1/http1_chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum vg_step run(const uint8_t *data, size_t size, size_t max_piece, size_t *n_used, uint64_t *n_body)
{
	struct vg_http1_chunked c = { 0 };
	*n_used = 0;
	*n_body = 0;
	while (*n_used < size) {
		struct vg_span body;
		size_t n = size - *n_used < max_piece ? size - *n_used : max_piece, n_eaten = 0;
		enum vg_step step = vg_http1_chunked_feed(&c, data + *n_used, n, &n_eaten, &body);
		if (!n_eaten || n_eaten > n ||
		    (body.n_bytes && (body.at < data + *n_used || body.at + body.n_bytes > data + *n_used + n_eaten)))
			abort();
		*n_used += n_eaten;
		*n_body += body.n_bytes;
		if (step != VG_MORE)
			return step;
	}
	return VG_MORE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n_whole, n_bytes;
	uint64_t body_whole, body_bytes;
	if (run(data, size, size, &n_whole, &body_whole) != run(data, size, 1, &n_bytes, &body_bytes) ||
	    n_whole != n_bytes || body_whole != body_bytes)
		abort();
	return 0;
}
