#pragma once
/* sites: which requests are looked at, by host and path: patterns of the configuration over the normal form of a
 * request's URL (Hyperscan block mode; one struct per core, as it holds Hyperscan's scratch; hs_scan() allocates
 * nothing). Immutable after create. */
#include <stddef.h>

#include <vigil/base.h>
#include <vigil/scope.h>

struct vg_sites;

/* Compiles the patterns. *sites NULL and 0: there are none. -1: out of memory, or a pattern that cannot be (logged).
 * Cold. */
void vg_sites_destroy(struct vg_sites *sites);
int vg_sites_create(const struct vg_scope_conf *conf, struct vg_sites **sites);
/* The same of one profile. */
int vg_sites_create_profile(const struct vg_scope_conf *conf, uint32_t profile, struct vg_sites **sites);

/* Is this URL in scope? It is where no exclusion fits it and, where there are inclusions, one of them does. */
int vg_sites_has(const struct vg_sites *sites, const char *text, size_t n_text);
