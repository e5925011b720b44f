#pragma once
/* profile: named scopes: what they are called, and what no single option of them can say. Pure. */
#include <stddef.h>

#include "control/config/config.h"

/* The number of the profile of that name (scope.h), 0: there is none. */
uint32_t vg_config_profile_find(const struct vg_config *config, const char *name);
/* What attribution records call it; never 0. */
uint32_t vg_config_profile_id(const char *name);
/* By the names of all profiles and their order: scope.h's profiles_id. */
uint64_t vg_config_profiles_id(const struct vg_config *config);
/* Works out which lists of URLs are used by which profiles; done after each load. */
void vg_config_list_profiles(struct vg_config *config);
/* Names, and what ports, pairs and lists say of them; 0, or -1 with the line and what is wrong and what to do. Ranges
 * and patterns: vg_config_scope(). */
int vg_config_profiles_check(const struct vg_config *config, uint32_t all_ports_line, size_t *line, char *why,
			     size_t n_why);
