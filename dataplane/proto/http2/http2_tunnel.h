#pragma once
/* http2_tunnel: streams that CONNECT opened (RFC 9113 8.5, RFC 8441): their DATA is a flow of its own, inside of this
 * one (vg_proto_inner_take()): WebSocket's where :protocol says so, else whatever its first bytes say
 * (dataplane/proto/tunnel). It begins with the first DATA, takes END_STREAM as its end, RST_STREAM as a reset, and what
 * the connection lost as a hole. A response that refuses the tunnel has a body like any other.
 *
 * For init() of that protocol, whose `from` is the flow of HTTP/2. False: from is none, or opens no tunnel. */
#include "dataplane/proto/http1/http1_upgrade.h"

int vg_http2_tunnel_of(const struct vg_proto_flow *from, struct vg_http1_upgrade *upgrade);
