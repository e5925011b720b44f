#pragma once
/* scope: the configuration's prefixes, tags and protocols as the dataplane reads them. Pure. */
#include <stddef.h>

#include <vigil/scope.h>

#include "control/config/config.h"

/* 0, or -1 with `option`, the key of section scope, or (*profile not 0) of that profile, that is wrong, and why and
 * what to do in `why`. */
int vg_config_scope(const struct vg_config *config, struct vg_scope_conf *conf, const char **option, uint32_t *profile,
		    char *why, size_t n_why);
/* The same of section trust. */
int vg_config_trust(const struct vg_config *config, struct vg_trust_conf *conf, const char **option, char *why,
		    size_t n_why);
