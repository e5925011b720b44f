#pragma once
/* export_priv: what the files of this room share. */
#include <stdio.h>

#include "control/ports/port_watch.h"

/* HELP and TYPE of a family. */
void vg_stats_head(FILE *out, const char *name, const char *type, const char *help);
/* The families vigil_port_* (labels port and, of an inline link, pair) and vigil_forward_* (label pair). */
void vg_stats_export_ports(FILE *out, const struct vg_port_watch *ports);
