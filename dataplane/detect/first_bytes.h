#pragma once
/* first_bytes: what the first bytes of one direction say about the protocol. Pure, any thread. */
#include <stdint.h>

#include "dataplane/detect/detect.h"

/* So many bytes always suffice for an answer other than VG_APP_NONE. */
#define VG_FIRST_BYTES 24u

/* The first n_bytes of a direction: HTTP1 or OPAQUE where they say so, NONE where more are needed, UNKNOWN where
 * they do not tell. Empty lines before a request are skipped (RFC 9112 2.2). */
enum vg_app vg_first_bytes_http1(const uint8_t *bytes, uint32_t n_bytes);
/* True where bytes certainly begin an HTTP/1 message: a known method with its target, or a status line. Needs at
 * least 12 bytes; for finding a beginning somewhere inside a flow. */
int vg_first_bytes_is_message(const uint8_t *bytes, uint32_t n_bytes);
