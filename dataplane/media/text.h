#pragma once
/* text: do these bytes begin a text? Pure, any thread. */
#include <stddef.h>
#include <stdint.h>

/* True where n_bytes (at least a few) hold no control characters but white space, and are no other encoding than
 * ASCII's relatives (UTF-8, Latin-1). */
int vg_media_is_text(const uint8_t *bytes, size_t n_bytes);
