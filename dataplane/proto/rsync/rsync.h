#pragma once
/* rsync: the daemon's protocol ("@RSYNCD:", any port, versions 30 and later; of older ones what the server sends).
 * Files that cross whole are bodies: the literal tokens between the head of a file and the 0 that ends it, out of the
 * multiplexed data of who sends. Where blocks of an older copy are referred to (delta) the body has gaps of their size
 * and is counted as partial. Compressed sessions (-z): zlib and zlibx, a body per file coded as deflate; zstd, whose
 * stream runs over all files, one body per direction, coded as VG_CODING_ZSTD_MESSAGES (media.h), up to the first block
 * of an older copy; lz4 is counted and let go.
 *
 * The file list is not read: the next file's head is looked for (flags that say transfer, a sum head, a first token).
 * COMPLETE: the 0 came. GAP: with blocks of another copy. TRUNCATED, ABORTED: the connection ended before. */
#include "dataplane/proto/parser.h"

#define VG_RSYNC_TEXT_BYTES 512u    /* of a line or an argument, the beginning */
#define VG_RSYNC_MAX_TEXTS  256u    /* lines and arguments before a flow is let go */
#define VG_RSYNC_MAX_TOKEN  131072u /* literal bytes of one token; rsync has 32 KiB */

extern const struct vg_parser vg_rsync_parser;
