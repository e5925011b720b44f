#pragma once
/* websocket: WebSocket (RFC 6455) behind HTTP/1's Upgrade, by hand-over (http1_upgrade.h), or in a stream of HTTP/2
 * (RFC 8441, http2_tunnel.h).
 *
 * A body is one message of binary or text, whatever its fragments, unmasked; control frames may stand between them.
 * permessage-deflate (RFC 7692): a compressed message is a body too, coded as deflate and closed with the empty block
 * that its sender left out, where its direction begins anew with each message. Where it does not (context takeover,
 * the default), a message cannot be undone without all before it: then one body carries all compressed messages of the
 * direction, coded as VG_CODING_MESSAGES (media.h), and hashers take them apart.
 *
 * States: COMPLETE at the last fragment; TRUNCATED, ABORTED, GAP as ever. After a hole beyond a frame one attempt is
 * made to read a frame header where bytes go on; where that is none the direction is let go, counted. */
#include "dataplane/proto/parser.h"

extern const struct vg_parser vg_websocket_parser;
