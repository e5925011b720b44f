#pragma once
/* launch: `vigilctl replay|scan|hash` from its checked arguments to its exit code: private state, vigild in the
 * foreground, clean-up. Speaks on stderr; one thread. */
#include "control/replay/options.h"

/* bin_dir: where vigild lies (beside vigilctl). Returns the exit code: 0 done, 1 failed, 2 usage. */
int vg_run_launch(const struct vg_run_args *args, const char *bin_dir);
