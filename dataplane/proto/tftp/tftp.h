#pragma once
/* tftp: TFTP (RFC 1350) with options (RFC 2347 to 2349, windowsize RFC 7440), both ways, over UDP. A flow is all that a
 * client's port and a server's address say to each other: the server answers from a new port. Blocks that come early
 * wait, repeated ones are dropped, block numbers may go around to 0 or 1.
 *
 * COMPLETE: every block up to a short one. GAP: a block inside never came. ABORTED: either side sent an ERROR.
 * TRUNCATED: it went silent. netascii (and mail) bodies are given as they crossed, flagged AMBIGUOUS. */
#include "dataplane/proto/parser.h"

#define VG_TFTP_BLOCK_BYTES 65464u /* RFC 2348: the largest block */
#define VG_TFTP_MAX_HELD    64u    /* blocks of one transfer that wait; the window and EARLY more where it is smaller */
#define VG_TFTP_EARLY       8u
#define VG_TFTP_POOL        256u /* blocks that wait, of a core */

extern const struct vg_parser vg_tftp_parser;

/* Whether a datagram is a read or write request: opcode, name, mode. */
int vg_tftp_opens(const uint8_t *bytes, uint32_t n_bytes);
