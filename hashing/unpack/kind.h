#pragma once
/* kind: what a file is, by its first bytes, for decoded bodies and members (the dataplane has judged only what was on
 * the wire). Pure. Signatures: the formats' own specifications. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/media.h>

#define VG_KIND_HEAD_BYTES 512 /* enough for every signature (tar: 262) */

/* enum vg_kind of a file that begins with head; VG_KIND_UNKNOWN for what is none of ours or too short. */
unsigned vg_kind_of(const uint8_t *head, size_t n_head);
