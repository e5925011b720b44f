#pragma once
/* jp2_head: what a JPEG 2000 file's own words would make a decoder ask for, before any decoder sees it: tiles,
 * components, code-blocks, precincts and claimed lengths, read from the headers of the codestream and of all its tile-
 * parts (ITU-T T.800 A.4 to A.6, I.5.4). Foreign bytes; pure. */
#include <stdint.h>

#include <vigil/err.h>

#include "hashing/chain/chain.h"

#define VG_JP2_MAX_TILES 65535u /* T.800 A.5.1: their numbers have 16 bits */

/* At least as many bytes as a decoder that takes the whole picture, one tile at a time, will want. VG_OK and
 * *n_bytes, UINT64_MAX where it does not fit; VG_ECORRUPT: there is no codestream, or its headers break off. */
enum vg_err vg_jp2_cost(const struct vg_chain *bytes, uint64_t *n_bytes);
