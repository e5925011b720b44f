#pragma once
/* preflight: the files that vigil.yaml names, looked at before anything is made. `vigild -T` says all of it, a start
 * needs the custodians. Cold. */
#include <stdio.h>

#include "control/config/config.h"

/* Two public keys or more, each readable, no secret key, none twice. VG_OK, or VG_EINVAL with the reason in `why`. */
enum vg_err vg_preflight_custodians(const struct vg_config *config, char *why, size_t n_why);
/* Writes to `out` what a start or the first report would stumble over ("FILE: what, what to do") and what is worth
 * knowing ("note: …"). Number of the first kind. */
unsigned vg_preflight(const struct vg_config *config, FILE *out);
