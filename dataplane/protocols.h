#pragma once
/* protocols: the table of all protocols that are parsed. */
#include "dataplane/proto/parser.h"

/* Ends with NULL. */
extern const struct vg_parser *const vg_protocols[];
