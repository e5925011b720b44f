#pragma once
/* http1_upgrade: what HTTP/1 leaves to the protocol that takes its flow over: after 101 (RFC 9110 7.8), or at the
 * client's preface of HTTP/2, which a capture may show before the 101. For init() of that protocol, whose `from` it
 * then is. */
#include "dataplane/proto/ask.h"

struct vg_http1_upgrade {
	const struct vg_ask *ask;  /* the request that asked for it; NULL: not known. Borrowed for the call */
	struct vg_span extensions; /* websocket: Sec-WebSocket-Extensions as the server chose, or empty; borrowed */
	uint8_t client_dir;        /* the direction that sent requests */
	uint8_t has_preface;       /* HTTP/2: the client's preface was seen up to its first blank line */
};

/* False: from is not a flow of HTTP/1. */
int vg_http1_upgrade_of(const struct vg_proto_flow *from, struct vg_http1_upgrade *upgrade);
