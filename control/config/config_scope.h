#pragma once
/* config_scope: the sections scope, profiles and trust of the configuration, as written: a part of config.h. */
#include <stdint.h>

#include <vigil/scope.h>

#define VG_CONFIG_MAX_SCOPE    256 /* prefixes to look at, and as many not to */
#define VG_CONFIG_MAX_VLANS    64
#define VG_CONFIG_MAX_SITES    256 /* patterns of URLs to look at, and as many not to */
#define VG_CONFIG_MAX_PROFILES (VG_SCOPE_PROFILES - 1)
#define VG_CONFIG_PROFILE      (VG_SCOPE_PROFILE_NAME - 1) /* letters of a name */
#define VG_CONFIG_MAX_LISTS    64

/* The provider's own proxies, as written, see vg_config_trust(). */
struct vg_config_trust {
	uint32_t n_proxies;
	uint32_t header; /* enum vg_trust_header */
	char proxies[VG_TRUST_MAX_RULES][64];
};
/* Whose traffic is looked at; nothing said: all. Texts as written, see vg_config_scope(). */
struct vg_config_scope {
	uint32_t n_prefixes, n_exclude, n_vlans, n_protocols_off;
	char prefixes[VG_CONFIG_MAX_SCOPE][64], exclude[VG_CONFIG_MAX_SCOPE][64];
	char vlans[VG_CONFIG_MAX_VLANS][16];
	char protocols_off[16][16];
	uint32_t n_urls, n_exclude_urls;
	char urls[VG_CONFIG_MAX_SITES][VG_SCOPE_SITE], exclude_urls[VG_CONFIG_MAX_SITES][VG_SCOPE_SITE];
};
enum vg_config_inherit { VG_AS_DEFAULT, VG_SAID_NO, VG_SAID_YES };
/* A scope of its own for the ports or customers of one jurisdiction. */
struct vg_config_profile {
	char name[VG_SCOPE_PROFILE_NAME];
	uint32_t mail, carve; /* enum vg_config_inherit */
	uint32_t review_only; /* nothing of it is filed by itself */
	struct vg_config_scope scope;
	uint32_t n_customers, n_url_lists;
	char customers[VG_CONFIG_MAX_SCOPE][64];
	char url_lists[VG_CONFIG_MAX_LISTS][128]; /* names; none: all; "none": none of them */
	uint32_t line;
};
