#pragma once
/* What the files of this room share. */
#include "control/cases/cases.h"

struct vg_cases {
	struct vg_store *store;
	struct vg_audit *audit;
	int64_t fold_window_ns;
};
