/* HTTP/0.9's row: it is found by HTTP/1. */
#include "dataplane/proto/http09/http09_priv.h"

const struct vg_parser vg_http09_parser = {
	.name = "http-0.9",
	.app = VG_APP_HTTP09,
	.flow_bytes = sizeof(struct vg_http09_flow),
	.share = 16,
	.init = vg_http09_init,
	.fini = vg_http09_fini,
	.feed = vg_http09_feed,
	.gap = vg_http09_gap,
	.conflict = vg_http09_conflict,
	.end = vg_http09_end,
};
