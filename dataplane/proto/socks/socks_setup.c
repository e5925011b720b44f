/* SOCKS's row. */
#include "dataplane/proto/socks/socks_priv.h"

const struct vg_parser vg_socks_parser = {
	.name = "socks",
	.app = VG_APP_SOCKS,
	.flow_bytes = sizeof(struct vg_socks_flow),
	.share = 16,
	.recogniser = { .first = vg_socks_first },
	.init = vg_socks_init,
	.fini = vg_socks_fini,
	.feed = vg_socks_feed,
	.gap = vg_socks_gap,
	.conflict = vg_socks_conflict,
	.end = vg_socks_end,
};
