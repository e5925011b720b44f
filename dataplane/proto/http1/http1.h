#pragma once
/* http1: the rules of HTTP/1.0 and 1.1 (RFC 9110, RFC 9112) as Vigil reads them. One direction of a flow carries
 * requests, the other responses; which is which shows in the first message head. Either may be missing. Functions:
 * http1_priv.h.
 *
 * Where a body begins and ends (RFC 9112 6.3, with what real peers do):
 *	no body     responses to HEAD, 1xx, 204, 304; requests without length and coding; length 0
 *	chunked     Transfer-Encoding names chunked, also beside a Content-Length (counted as ambiguous)
 *	length      Content-Length; equal duplicates are one, of different ones the first counts (ambiguous)
 *	close       all other responses, and a Transfer-Encoding without chunked (a request with a length: that)
 *	tunnel      2xx after CONNECT: what comes is recognised once more (dataplane/proto/tunnel); 101 to a protocol
 *	            that we do not know: the flow is let go
 *	simple      the first line is "GET /x" without a version: the flow is left to HTTP/0.9 (http1_simple.c)
 *	upgrade     101 to h2c or websocket, HTTP/2's preface: the flow is left to that protocol (http1_upgrade.h)
 * A request that asked for 100-continue and got a final status >= 400 first sends no body.
 * A response whose request is not known may answer a HEAD: if its body would begin with "HTTP/1." it has none.
 *
 * The state an open body gets:
 *	COMPLETE    its last byte was seen; a close-delimited one: FIN came
 *	GAP         a part inside is missing, however it ends
 *	ABORTED     a length or chunked body whose connection was reset
 *	TRUNCATED   any other end: time-out, eviction, end of input, FIN before the announced end, a close-delimited
 *	            body without FIN, framing that broke
 *
 * After a gap: inside a body of known length, or inside the data of a chunk, framing goes on. Elsewhere, and in a
 * flow picked up midway, the direction hunts for the next message head (http1_hunt.h). Pairing: http1_pair.c.
 * Limits: heads of VG_HTTP1_MAX_HEAD_BYTES and VG_HTTP1_MAX_HEADERS (http1_head.h), VG_HTTP1_MAX_WAITING outstanding
 * requests (http1_priv.h), chunk lines and trailers (http1_chunked.h). */
#include "dataplane/proto/parser.h"

extern const struct vg_parser vg_http1_parser;
