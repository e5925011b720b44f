#pragma once
/* check: what no single option can say: options that must fit each other. Pure. */
#include <stddef.h>
#include <stdint.h>

#include "control/config/config.h"

/* lines: by option row, where it was set. 0, or -1 with the line (0 = none), and what is wrong and what to do. */
int vg_config_check(const struct vg_config *config, const uint32_t *lines, size_t *line, char *why, size_t n_why);
