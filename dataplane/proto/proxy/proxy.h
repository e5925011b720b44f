#pragma once
/* proxy: the PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt 2.1, 2.2): one header in front of a
 * connection, in which a proxy says for whom it connects. The flow then goes on as whatever it is recognised as
 * (dataplane/proto/again).
 *
 * What it says is written to `forwarded` of the bodies' cards, like X-Forwarded-For, never to their addresses: a
 * claim, unless a trusted proxy sent it (dataplane/proto/trust). LOCAL and UNKNOWN connections claim nothing. A header
 * that breaks its format lets the flow go on as it is, without a claim, counted. */
#include "dataplane/proto/parser.h"

#define VG_PROXY_LINE_BYTES 107u /* the longest header of version 1, with its line end */

extern const struct vg_parser vg_proxy_parser;
