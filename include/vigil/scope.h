#pragma once
/* scope: whose traffic is looked at: address prefixes, VLANs, protocols, hosts and paths. Fixed binary form in the
 * configuration snapshot; IPv4 addresses are IPv4-mapped (RFC 4291 2.5.5.2), so that one table serves both. */
#include <stdint.h>

#define VG_SCOPE_MAX_RULES    2048u /* of all profiles together, as the two below */
#define VG_SCOPE_MAX_VLANS    256u
#define VG_SCOPE_MAX_SITES    1024u /* host and path patterns, of both sorts */
#define VG_SCOPE_SITE         128u
#define VG_SCOPE_PROFILES     8u /* profile 0, which everybody has who has no other, and named ones */
#define VG_SCOPE_PROFILE_NAME 32u

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
struct vg_scope_range {
	uint32_t first, n;
};
/* A named profile: what ports or customers have in the place of profile 0. */
struct vg_scope_profile {
	uint32_t id;            /* by its name, never 0: attribution records name it so */
	uint32_t protocols_off; /* as below */
	uint32_t flags, said;   /* VG_CONF_MAIL, VG_CONF_CARVE: the bits of flags that are said; others: as profile 0 */
	struct vg_scope_range rules, vlans, sites; /* of the arrays below */
	struct vg_scope_range customers;           /* rules: whose flows are this profile's on ports without one */
	char name[VG_SCOPE_PROFILE_NAME];          /* NUL-terminated */
};
struct vg_scope_conf {
	uint32_t n_rules, n_vlans;
	uint32_t protocols_off; /* bit per enum vg_proto_id: not looked at */
	uint32_t n_sites;       /* these, from the first on, are profile 0's */
	uint32_t n_profiles;    /* named ones; profile i is profiles[i - 1] */
	uint32_t reserved;
	uint64_t profiles_id; /* by all names in their order; 0: none. Tables of listed URLs are for these only */
	struct vg_scope_profile profiles[VG_SCOPE_PROFILES - 1];
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

/* What of conf is a profile's, with its ranges checked. */
struct vg_scope_part {
	const struct vg_scope_rule *rules;
	const uint16_t (*vlans)[2];
	const struct vg_scope_site *sites;
	const struct vg_scope_rule *customers;
	uint32_t n_rules, n_vlans, n_sites, n_customers, protocols_off;
};
static inline int vg_scope_range_fits(struct vg_scope_range r, uint32_t max)
{
	return r.first <= max && r.n <= max - r.first;
}
/* False: there is no such profile, or it reaches beyond the arrays. */
static inline int vg_scope_part_of(const struct vg_scope_conf *conf, uint32_t profile, struct vg_scope_part *part)
{
	struct vg_scope_profile p = { .rules = { 0, conf->n_rules },
				      .vlans = { 0, conf->n_vlans },
				      .sites = { 0, conf->n_sites },
				      .protocols_off = conf->protocols_off };

	if (conf->n_profiles >= VG_SCOPE_PROFILES || profile > conf->n_profiles)
		return 0;
	if (profile)
		p = conf->profiles[profile - 1];
	if (!vg_scope_range_fits(p.rules, VG_SCOPE_MAX_RULES) || !vg_scope_range_fits(p.vlans, VG_SCOPE_MAX_VLANS) ||
	    !vg_scope_range_fits(p.sites, VG_SCOPE_MAX_SITES) || !vg_scope_range_fits(p.customers, VG_SCOPE_MAX_RULES))
		return 0;
	*part = (struct vg_scope_part){ conf->rules + p.rules.first,
					conf->vlans + p.vlans.first,
					conf->sites + p.sites.first,
					conf->rules + p.customers.first,
					p.rules.n,
					p.vlans.n,
					p.sites.n,
					p.customers.n,
					p.protocols_off };
	return 1;
}
