#pragma once
/* value: one option's text into its field, and back. Pure. */
#include <stddef.h>
#include <stdio.h>

#include "control/config/options.h"

/* Sets the field of `option` in the struct at `base` (struct vg_config, or vg_config_list for section lists) from a
 * scalar; for a sequence option: appends one item. dir: folder that relative paths are taken from, "" = as they are.
 * 0, or -1 with what is wrong and what to do in why. */
int vg_value_set(const struct vg_option *option, void *base, const char *text, const char *dir, char *why,
		 size_t n_why);
/* Writes the value as YAML (quoted where it must be). */
void vg_value_write(const struct vg_option *option, const void *base, FILE *out);
/* Writes text as a double-quoted YAML scalar. */
void vg_value_write_text(const char *text, FILE *out);
