#pragma once
/* render: answers of vigild as text for people: a table where the command has columns, a screen for status, key and
 * value lines otherwise. What comes from the wire is shown with control characters replaced. Pure but for `out`. */
#include <jansson.h>
#include <stdio.h>

#include "control/ctl/command.h"

/* Widest a column becomes; longer values are cut, -j has them whole. */
#define VG_RENDER_MAX_WIDTH 60

void vg_render(const struct vg_command *command, const json_t *answer, FILE *out);
/* The screen of `vigilctl status`. */
void vg_render_status(const json_t *answer, FILE *out);
/* One value as one line of text without control characters; returns the characters it needs, at most n_text - 1
 * bytes are written. */
size_t vg_render_value(const json_t *value, char *text, size_t n_text);
