#pragma once
/* aws_chunked: the chunks in which S3 clients send signed uploads (AWS Signature Version 4, "Transferring payload in
 * multiple chunks"): SIZE[;chunk-signature=…] CRLF DATA CRLF, …, a chunk of size 0, trailing headers. Cut anywhere,
 * no copies. Signatures are not checked. Pure, caller's storage. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/bytes.h>
#include <vigil/err.h>

#define VG_AWS_CHUNKED_MAX_LINE 1024u /* a size with its signature has about 90 bytes */

enum vg_aws_chunked_state {
	VG_AWS_CHUNKED_SIZE,
	VG_AWS_CHUNKED_EXTENSION,
	VG_AWS_CHUNKED_DATA,
	VG_AWS_CHUNKED_DATA_END,
};
/* All zero: before the first chunk. */
struct vg_aws_chunked {
	uint64_t left;
	uint32_t n_line;
	uint8_t state;
	bool has_digits, made_any;
};

/* Eats some of *in (moves it on) and sets *data to what of it is data, perhaps nothing; to be called until *in is
 * empty. VG_MORE; VG_DONE: the last chunk began, what follows is no data; VG_BAD: no such chunks. */
enum vg_step vg_aws_chunked_feed(struct vg_aws_chunked *c, struct vg_span *in, struct vg_span *data);
