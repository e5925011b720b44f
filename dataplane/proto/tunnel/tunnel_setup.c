/* The row of CONNECT tunnels. */
#include "dataplane/proto/tunnel/tunnel_priv.h"

const struct vg_parser vg_tunnel_parser = {
	.name = "tunnel",
	.app = VG_APP_TUNNEL,
	.flow_bytes = sizeof(struct vg_tunnel_flow),
	.share = 16,
	.init = vg_tunnel_init,
	.fini = vg_tunnel_fini,
	.feed = vg_tunnel_feed,
	.gap = vg_tunnel_gap,
	.conflict = vg_tunnel_conflict,
	.end = vg_tunnel_end,
};
