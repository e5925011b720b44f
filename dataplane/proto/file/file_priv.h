#pragma once
/* file_priv: a block of bytes that came early. */
#include "dataplane/proto/file/file.h"

struct vg_file_block {
	uint64_t off;
	uint32_t n_bytes, next; /* place + 1 */
	uint8_t bytes[VG_FILE_BLOCK_BYTES];
};
