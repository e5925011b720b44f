#pragma once
/* private: the private state folder of one run: made new (0700), stamped demo so that production refuses it, with
 * custodian keys of its own, vigild's configuration and the run specification. Removed at the end unless it is to be
 * kept. One that a killed run left is removed by the next: a lock in it, held by the run's vigilctl and vigild, tells
 * that they live; a folder without the lock file is nobody's business. */
#include <stddef.h>

#include <vigil/err.h>

#include "control/config/config.h"
#include "control/replay/options.h"
#include "control/replay/spec.h"

struct vg_private {
	char dir[VG_CONFIG_PATH];     /* absolute */
	char run_dir[VG_CONFIG_PATH]; /* DIR/run, or a folder in /tmp where DIR is too long for a socket's name */
	char config_path[VG_CONFIG_PATH + 32], spec_path[VG_CONFIG_PATH + 32], objects_path[VG_CONFIG_PATH + 32];
	int locks[2]; /* of dir and run_dir, -1 = none; vigild inherits them */
	int keep;
};
/* Makes the folder: `state` (must not hold a state yet), or a new one in TMPDIR. VG_OK, or the reason in why; what
 * was made is gone again then. */
enum vg_err vg_private_make(struct vg_private *private, const char *state, char *why, size_t n_why);
/* Completes `config` (borrowed sections, endpoint or an empty one) and writes it and the specification. `args` and
 * the paths of `spec` are the run's. */
enum vg_err vg_private_fill(struct vg_private *private, struct vg_config *config, const struct vg_run_args *args,
			    const struct vg_config_endpoint *endpoint, const struct vg_run_spec *spec, char *why,
			    size_t n_why);
/* Removes what was made, unless it is kept. */
void vg_private_remove(struct vg_private *private);
