#pragma once
/* http2: HTTP/2 in the clear (RFC 9113), by prior knowledge (its preface) and by Upgrade: h2c. Framing is ours, HPACK
 * (RFC 7541) is nghttp2's inflater in memory of ours (http2_heap.h).
 *
 * A body is the DATA of one direction of one stream, between the final head of its message and END_STREAM:
 *	COMPLETE    END_STREAM was seen, and a Content-Length, if there was one, was reached
 *	GAP         a part may be missing: a hole inside, or one in which frames of its direction may have been
 *	ABORTED     RST_STREAM by either side, or the connection was reset
 *	TRUNCATED   any other end
 * Interim heads (1xx) and trailers give no body. Flow control, priorities and SETTINGS are not looked at: what was
 * sent counts. PUSH_PROMISE is a request. CONNECT, also the extended one (RFC 8441: WebSocket), is a tunnel: its DATA
 * is a flow of its own (http2_tunnel.h).
 * gRPC (content-type application/grpc): each message (5-byte prefix) is a body of its own, coded as grpc-encoding
 * says where its flag is set.
 *
 * What was lost: a hole inside a frame of known length costs that frame; after any other the direction hunts for the
 * next certain frame header, and frames of streams that nobody introduced are bodies without names. The table of HPACK
 * begins anew whenever a header block was not read to its end: as indices count from the newest entry (RFC 7541
 * 2.3.3), a later block is read right or not at all, never wrong.
 *
 * Limits: VG_HTTP2_MAX_STREAMS open streams of a flow (the oldest is let go, counted), header blocks of
 * VG_HTTP2_MAX_BLOCK_BYTES and VG_HTTP2_MAX_FIELDS fields, VG_HTTP2_MAX_HPACK_BYTES of memory for a direction's table.
 */
#include "dataplane/proto/parser.h"

#define VG_HTTP2_MAX_STREAMS     256u
#define VG_HTTP2_MAX_BLOCK_BYTES 262144u
#define VG_HTTP2_MAX_FIELDS      1024u
#define VG_HTTP2_MAX_TABLE_BYTES 65536u /* largest dynamic table an encoder may ask for; browsers: 65536 */
#define VG_HTTP2_MAX_HPACK_BYTES (256u * 1024u)

extern const struct vg_parser vg_http2_parser;
