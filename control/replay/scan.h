#pragma once
/* scan: what a scan that can be interrupted does beside any other run: begins where it stopped, writes a file's lines
 * all or not at all, and keeps how far it is. One thread. */
#include <stddef.h>

#include "control/replay/held_lines.h"
#include "control/replay/object_line.h"
#include "control/replay/scan_state.h"
#include "control/replay/spec.h"

struct vg_scan {
	const struct vg_run_spec *spec;
	struct vg_scan_state *state;
	struct vg_lines *objects; /* the run's; buffer NULL: nobody wants lines */
	struct vg_held_lines held;
};

/* Reads the state and opens the objects file behind what is in it. 0, or -1 with the reason on stderr. */
int vg_scan_open(struct vg_scan *scan, const struct vg_run_spec *spec, struct vg_lines *objects);
void vg_scan_fini(struct vg_scan *scan);

/* A record is durable; its line is made in `line` (VG_OBJECT_LINE_MAX bytes). 0, or -1: it could not be kept. */
int vg_scan_record(struct vg_scan *scan, const struct vg_object_facts *facts, char *line);

/* Syncs the objects file and saves the state. 0, or -1 with errno. */
int vg_scan_save(struct vg_scan *scan);
