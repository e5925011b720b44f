#pragma once
/* ftp: FTP (RFC 959, 2428, 3659) as two protocols: the control connection, on any port, and its data connections. A
 * control connection announces where data will cross (expect.h); what then crosses there is one body with the names
 * that the control connection told, whichever of the two is seen first.
 *
 * A body ends with its connection (stream mode). COMPLETE: its sender's FIN, unless the server says 4xx or 5xx; any
 * end where the server says 226 or all announced bytes came. ABORTED: the server says 426, 451 and the like, or a RST
 * without an answer. TRUNCATED: fewer bytes than announced, or seen no end. A body whose connection has ended waits for
 * the server's word as long as the control connection lives and its answers are seen.
 * TYPE A: both readings are bodies (flagged AMBIGUOUS): the bytes as they crossed, and with CR LF turned into LF, as
 * the receiver stores them; many servers do not convert. Listings are no bodies. MODE Z: coded by deflate.
 * REST: the body is a piece of its resource. A flow that begins like a file (detect/magic.h) and that nobody announced
 * is a body of its own, of proto raw; a control connection that announces it later gives it its names.
 * "220" greets in SMTP too: when the client says EHLO, HELO or LHLO, the flow is left to SMTP. */
#include "dataplane/proto/parser.h"

/* Lines are kept up to here, of longer ones the beginning. */
#define VG_FTP_LINE_BYTES  1024u
/* Lines that are neither command nor reply, before a flow is let go. */
#define VG_FTP_MAX_STRANGE 16u
/* Commands that wait for their replies; more than that and pairing starts over. */
#define VG_FTP_MAX_WAITING 16u

extern const struct vg_parser vg_ftp_parser, vg_ftp_data_parser;

/* For the protocol that a flow is handed over to: bytes of dir that were eaten before, of a line that has begun. They
 * live as long as the flow's state. */
struct vg_span vg_ftp_begun(const struct vg_proto_flow *flow, unsigned dir);

/* For dispatchers: the endpoints (at most 2) that the payload of one packet from side `dir` of key announces. Lines
 * that are cut between packets are not seen. *is_control: it certainly is a control connection. 0: none; cheap for
 * other payload. */
uint32_t vg_ftp_endpoints(const struct vg_flow_key *key, unsigned dir, const uint8_t *bytes, uint32_t n_bytes,
			  struct vg_endpoint endpoints[2], int *is_control);
