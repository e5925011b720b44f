#pragma once
/* tunnel: what is behind CONNECT (RFC 9110 9.3.6), of HTTP/1 a connection, of HTTP/2 a stream: whatever the two say,
 * recognised once more by its first bytes (dataplane/proto/again). Flows come by hand-over, or inside of a stream
 * (vg_proto_inner_take()). What nobody knows is looked through for pictures where VG_CONF_CARVE says so, else let go;
 * sealed ones (TLS) are let go at once. Each is counted by what came of it. */
#include "dataplane/proto/parser.h"

extern const struct vg_parser vg_tunnel_parser;
