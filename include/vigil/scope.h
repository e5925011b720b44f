#pragma once
/* scope: whose traffic is looked at: address prefixes, VLANs, protocols, hosts and paths. Fixed binary form in the
 * configuration snapshot; IPv4 addresses are IPv4-mapped (RFC 4291 2.5.5.2), so that one table serves both. */
#include <stdint.h>

#define VG_SCOPE_MAX_RULES 1024u
#define VG_SCOPE_MAX_VLANS 64u
#define VG_SCOPE_MAX_SITES 512u /* host and path patterns, of both sorts */
#define VG_SCOPE_SITE      128u

struct vg_scope_rule {
	uint8_t ip[16];
	uint8_t n_bits; /* of ip that count, 0 .. 128 */
	uint8_t is_in;  /* 1: customers who are looked at; 0: who are not, whatever other rules say */
	uint8_t reserved[2];
};
/* A pattern over the normal form of a request's URL (url.h): `*` stands for any bytes (of
 * the host, before the first '/'), all else for itself; one without '/' is of a host and all its paths. */
struct vg_scope_site {
	uint8_t is_in;                   /* 1: requests that are looked at; 0: that are not, whatever else fits them */
	char pattern[VG_SCOPE_SITE - 1]; /* NUL-terminated */
};
struct vg_scope_conf {
	uint32_t n_rules, n_vlans;
	uint32_t protocols_off; /* bit per enum vg_proto_id: not looked at */
	uint32_t n_sites;
	struct vg_scope_rule rules[VG_SCOPE_MAX_RULES];
	uint16_t vlans[VG_SCOPE_MAX_VLANS][2]; /* from, to; none: all */
	struct vg_scope_site sites[VG_SCOPE_MAX_SITES];
};
/* The provider's own proxies: whom they name as client is believed. */
#define VG_TRUST_MAX_RULES 64u
enum vg_trust_header { VG_TRUST_X_FORWARDED_FOR, VG_TRUST_FORWARDED }; /* the one that they write */
struct vg_trust_conf {
	uint32_t n_rules, header;
	struct vg_scope_rule rules[VG_TRUST_MAX_RULES]; /* is_in says nothing */
};
