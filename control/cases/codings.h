#pragma once
/* codings: what was undone of a body before it was digested, in words. Pure. */
#include <stddef.h>
#include <stdint.h>

/* "gzip, aws-chunked, chunked": packed codings (vigil/codings.h) in the order in which they were applied, the chunks of
 * HTTP/1 last; "" where there were none. Returns to; n_to >= VG_CODINGS_TEXT. */
#define VG_CODINGS_TEXT 128u
const char *vg_codings_say(uint32_t codings, int is_chunked, char *to, size_t n_to);
