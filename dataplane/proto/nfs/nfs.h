#pragma once
/* nfs: NFS 2 (RFC 1094), 3 (RFC 1813) and 4.0 to 4.2 (RFC 7530, 8881) over ONC RPC (RFC 5531): over TCP with record
 * marking, 2 and 3 over UDP, too, a message a datagram, where calls that are sent again are taken once. What is
 * read and written of files becomes bodies (dataplane/proto/file), one a file handle and way, named where a LOOKUP,
 * CREATE or OPEN of it was seen on the same connection. Any direction may be missing, the flow may be picked up midway.
 *
 * NFS 2 and 3 know no close: what was read ends at the end of the file; what was written ends VG_NFS_SYNCED_NS after
 * the server said that all of it is stable, or VG_NFS_IDLE_NS after the last write, both noticed with the next message;
 * it is complete where the server said that the file has no more.
 * NFS 4: at CLOSE.
 * Let go, counted: RPCSEC_GSS with privacy or integrity (the arguments can't be read), compounds with operations that
 * are not understood before the one that matters, RDMA. Limits: VG_NFS_MAX_* of nfs_priv.h. */
#include "dataplane/proto/parser.h"

extern const struct vg_parser vg_nfs_parser;

/* The recogniser: calls of program 100003 only. */
enum vg_app vg_nfs_first(const uint8_t *bytes, uint32_t n_bytes);
/* Whether a datagram is a call of NFS 2 or 3. */
int vg_nfs_opens(const uint8_t *bytes, uint32_t n_bytes);
int vg_nfs_begins(const uint8_t *bytes, uint32_t n_bytes);
