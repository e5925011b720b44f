#pragma once
/* smb: SMB 1 (MS-CIFS, MS-SMB), 2 and 3 (MS-SMB2) over TCP, direct or in NetBIOS sessions (RFC 1002 4.3). What is
 * read and written of open files becomes bodies (dataplane/proto/file): one a file and way, named by the share, the
 * path and the user that were seen. Any direction may be missing, the flow may be picked up midway: then names are.
 * Read and understood: negotiation of SMB 2 out of SMB 1, compound requests with related handles, asynchronous and
 * unordered answers, reads and writes of any size, AndX chains. Let go, counted: encrypted messages (a flow whose
 * session is encrypted as a whole is let go altogether), compressed ones, named pipes, RDMA. After a gap inside the
 * data of a read or write framing goes on; elsewhere the next record is looked for. A record whose message is none
 * of SMB's is taken for lost framing. Limits: VG_SMB_MAX_* of smb_priv.h and those of file.h; at a limit the oldest
 * is given up, counted. */
#include "dataplane/proto/parser.h"

extern const struct vg_parser vg_smb_parser;

/* The recogniser: the first bytes of a direction; where a record certainly begins. */
enum vg_app vg_smb_first(const uint8_t *bytes, uint32_t n_bytes);
int vg_smb_begins(const uint8_t *bytes, uint32_t n_bytes);
