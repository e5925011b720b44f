#pragma once
/* builder_sandbox: what the builder gives up before it reads the first byte: new files, sockets, processes, programs,
 * more memory than max_bytes (0 = no limit) in one piece. With a sanitizer there is no filter and no limit. */
#include <stdint.h>

#include <vigil/err.h>

#define VG_BUILDER_MAX_FILES 128u /* descriptors it may have */

enum vg_err vg_builder_sandbox(uint64_t max_bytes);
