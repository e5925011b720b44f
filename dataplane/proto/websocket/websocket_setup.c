/* WebSocket's row. */
#include <stdlib.h>

#include "dataplane/proto/websocket/websocket.h"
#include "dataplane/proto/websocket/websocket_priv.h"

#define SHARE 4u

static void destroy(void *shared)
{
	struct vg_websocket *websocket = shared;

	if (!websocket)
		return;
	vg_pool_destroy(&websocket->asks);
	free(websocket);
}

static enum vg_err create(const struct vg_dataplane_conf *conf, void **shared)
{
	struct vg_websocket *websocket = calloc(1, sizeof(*websocket));
	uint32_t n = conf->n_streams / SHARE;

	if (!websocket)
		return VG_ENOMEM;
	*shared = websocket;
	return vg_pool_create(&websocket->asks, n < VG_PARSER_MIN_FLOWS ? VG_PARSER_MIN_FLOWS : n,
			      (sizeof(struct vg_ask) + 63) & ~(size_t)63);
}

const struct vg_parser vg_websocket_parser = {
	.name = "websocket",
	.app = VG_APP_WEBSOCKET,
	.flow_bytes = sizeof(struct vg_websocket_flow),
	.share = SHARE,
	.create = create,
	.destroy = destroy,
	.init = vg_websocket_init,
	.fini = vg_websocket_fini,
	.feed = vg_websocket_feed,
	.gap = vg_websocket_gap,
	.conflict = vg_websocket_conflict,
	.end = vg_websocket_end,
};
