#pragma once
/* text: bytes of the wire made into text that every later room may carry: UTF-8 (RFC 3629) of characters that XML 1.0
 * allows (section 2.2 Char): anything else becomes U+FFFD, also NUL. Pure, any thread. */
#include <stddef.h>

/* Writes at most n_to - 1 bytes and a NUL, cut between characters. Returns the length written. n_to >= 1. */
size_t vg_case_text(const char *from, size_t n_from, char *to, size_t n_to);
