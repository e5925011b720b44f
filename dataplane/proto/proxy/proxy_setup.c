/* PROXY's row. */
#include "dataplane/proto/proxy/proxy.h"
#include "dataplane/proto/proxy/proxy_priv.h"

const struct vg_parser vg_proxy_parser = {
	.name = "proxy",
	.app = VG_APP_PROXY,
	.flow_bytes = sizeof(struct vg_proxy_flow),
	.share = 16,
	.recogniser = { .first = vg_proxy_first },
	.init = vg_proxy_init,
	.fini = vg_proxy_fini,
	.feed = vg_proxy_feed,
	.gap = vg_proxy_gap,
	.conflict = vg_proxy_conflict,
	.end = vg_proxy_end,
};
