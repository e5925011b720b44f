#pragma once
/* magic: does a direction begin like a media or archive file? For connections that carry one file and nothing else
 * (FTP's data, and what else moves files so). Fewer and stricter magics than media's: the first bytes of any protocol
 * come by here. Pure, any thread. */
#include <stdint.h>

#include "dataplane/detect/detect.h"

/* So many bytes always suffice. */
#define VG_MAGIC_BYTES 16u

/* FTP_DATA: it does. NONE: more bytes are needed. UNKNOWN: it does not. */
enum vg_app vg_magic_first(const uint8_t *bytes, uint32_t n_bytes);
