#pragma once
/* http1_upgrade: what HTTP/1 leaves to the protocol that takes its flow over: after 101 (RFC 9110 7.8), or at the
 * client's preface of HTTP/2, which a capture may show before the 101. For init() of that protocol, whose `from` it
 * then is. */
#include "dataplane/proto/ask.h"

enum {
	VG_UPGRADE_DEFLATE = 1,       /* permessage-deflate (RFC 7692) */
	VG_UPGRADE_SERVER_RESETS = 2, /* server_no_context_takeover: each of its messages begins anew */
	VG_UPGRADE_CLIENT_RESETS = 4,
};
struct vg_http1_upgrade {
	struct vg_ask ask;   /* the request that asked for it */
	uint8_t has_ask;     /* false: it is not known */
	uint8_t deflate;     /* websocket: VG_UPGRADE_*, as the server chose */
	uint8_t client_dir;  /* the direction that sent requests */
	uint8_t has_preface; /* HTTP/2: the client's preface was seen up to its first blank line */
};

/* VG_UPGRADE_* that a Sec-WebSocket-Extensions names. */
int vg_http1_upgrade_deflate(struct vg_span extensions);
/* False: from is not a flow of HTTP/1. */
int vg_http1_upgrade_of(const struct vg_proto_flow *from, struct vg_http1_upgrade *upgrade);
