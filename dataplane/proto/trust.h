#pragma once
/* trust: which client's address is believed. Whoever connects is certain; whom it names as the one it speaks for
 * (PROXY, FastCGI's REMOTE_ADDR, X-Forwarded-For, Forwarded of RFC 7239) is believed from the provider's own proxies
 * only: the configuration's trusted_proxies. From the connection's end outwards each address was written by the one
 * before it, so the first that is no trusted proxy's is the client, and what stands to the left of it is its own words
 * (RFC 7239 8.1). Only the header that the proxies are said to write counts: another one may have passed through
 * them. Pure, hot. */
#include <vigil/attribution.h>
#include <vigil/bytes.h>
#include <vigil/scope.h>

#include "dataplane/proto/proto.h"

struct vg_trust_hops {
	const struct vg_flow_ident *who;
	unsigned dir;            /* who connected sends in it */
	struct vg_span remote;   /* REMOTE_ADDR; no bytes: none */
	struct vg_span lists[2]; /* by enum vg_trust_header: the last line of that header */
	uint8_t is_partial[2];   /* more of the list stood to the left of it */
};
/* Is the address one of a trusted proxy? version 4 or 6; IPv4 in the first 4 bytes. */
int vg_trust_has(const struct vg_trust_conf *trust, unsigned version, const uint8_t *ip);
/* Writes the client's address into out (VG_ATTR_FORWARDED bytes); how many bytes, 0: nobody is believed. A chain of
 * nothing but trusted proxies ends at its beginning, where that is there; an element that hides its address ("_x",
 * "unknown") hides the client. */
uint16_t vg_trust_client(const struct vg_trust_conf *trust, const struct vg_trust_hops *hops, char *out);
