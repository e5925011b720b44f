#pragma once
/* http1_chunked: the chunked transfer coding (RFC 9112 7.1), cut anywhere. Pure state machine over the caller's
 * memory, no copies. Lenient: bare LF, white space and blank lines before
 * a size, leading zeros, any extension. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/bytes.h>
#include <vigil/err.h>

#define VG_HTTP1_MAX_CHUNK_LINE    16384u /* size and extensions of one chunk */
#define VG_HTTP1_MAX_TRAILER_BYTES 65536u

enum vg_http1_chunk_state {
	VG_CHUNK_SIZE,
	VG_CHUNK_EXTENSION,
	VG_CHUNK_DATA,
	VG_CHUNK_DATA_END,
	VG_CHUNK_TRAILER, /* the last chunk was seen */
};
/* All zero = before the first chunk. */
struct vg_http1_chunked {
	uint64_t left;         /* bytes of this chunk yet to come */
	uint32_t n_line_bytes; /* of the line, or of all trailers, so far */
	uint8_t state, has_digits, is_blank_line, has_chunk;
};

/* Eats some bytes (*n_eaten >= 1 unless VG_BAD) and sets *data to body bytes among them, perhaps none; to be called
 * until all are eaten. VG_DONE: the body and its trailers have ended. VG_BAD: no chunked body. */
enum vg_step vg_http1_chunked_feed(struct vg_http1_chunked *c, const uint8_t *bytes, size_t n_bytes, size_t *n_eaten,
				   struct vg_span *data);
/* True where the last chunk was seen, be it without its line end or trailers: if the connection ends here, all is
 * there. */
int vg_http1_chunked_is_whole(const struct vg_http1_chunked *c);
/* True between two chunks: at least one was seen, and nothing of the next. */
int vg_http1_chunked_is_between(const struct vg_http1_chunked *c);
/* Are these the first bytes of a chunked body, where its head leaves that open? VG_MORE: too few to say (at most
 * VG_HTTP1_SIZE_BYTES are needed). */
enum vg_step vg_http1_chunked_check(const uint8_t *bytes, size_t n_bytes);
#define VG_HTTP1_SIZE_BYTES 20u
/* n_missing bytes were not seen. VG_MORE: all inside this chunk's data, go on. VG_BAD: the framing is lost. */
enum vg_step vg_http1_chunked_gap(struct vg_http1_chunked *c, uint64_t n_missing);
