#pragma once
/* socks: SOCKS 4, 4a and 5 (RFC 1928; user name and password: RFC 1929): a client asks a proxy to connect it somewhere
 * else; behind that handshake the connection is whatever the two say, and is recognised once more (dataplane/proto/
 * again). Where the client wanted to go is a claim: it stands as host on bodies that name none themselves.
 *
 * Each direction is read by itself; what the client sends before the proxy has agreed is held (VG_AGAIN_BYTES). Let go,
 * counted: a refusal, UDP ASSOCIATE, GSSAPI (sealed), a handshake that breaks its format or has a hole. */
#include "dataplane/proto/parser.h"

#define VG_SOCKS_MAX_MESSAGE 520u /* 4a: 8 and two texts of at most 255 with their ends */

extern const struct vg_parser vg_socks_parser;

/* The recogniser: a client's first message, as far as it goes. */
enum vg_app vg_socks_first(const uint8_t *bytes, uint32_t n_bytes);
