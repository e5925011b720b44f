/* raw's row. Found by nobody: inspect gives it what detect leaves over. */
#include "dataplane/proto/raw/raw_priv.h"

const struct vg_parser vg_raw_parser = {
	.name = "raw",
	.app = VG_APP_RAW,
	.flow_bytes = sizeof(struct vg_raw_flow),
	.share = 1,
	.conf_flag = VG_CONF_CARVE,
	.init = vg_raw_init,
	.fini = vg_raw_fini,
	.feed = vg_raw_feed,
	.gap = vg_raw_gap,
	.conflict = vg_raw_conflict,
	.end = vg_raw_end,
};
