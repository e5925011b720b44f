/* HTTP/1's row, and the pools of one core. */
#include <stdlib.h>

#include "dataplane/detect/first_bytes.h"
#include "dataplane/proto/http1/http1.h"
#include "dataplane/proto/http1/http1_priv.h"

static uint32_t at_least(uint32_t n, uint32_t least)
{
	return n < least ? least : n;
}

static void destroy(void *shared)
{
	struct vg_http1 *http1 = shared;

	if (!http1)
		return;
	vg_pool_destroy(&http1->asks);
	vg_pool_destroy(&http1->long_asks);
	vg_pool_destroy(&http1->small);
	vg_pool_destroy(&http1->large);
	free(http1);
}

static enum vg_err create(const struct vg_dataplane_conf *conf, void **shared)
{
	struct vg_http1 *http1 = calloc(1, sizeof(*http1));
	uint32_t n = at_least(conf->n_streams, 1);

	if (!http1)
		return VG_ENOMEM;
	*shared = http1;
	/* heads in pieces are short-lived: an eighth of the flows may have one at a time, few may have a huge one */
	if (vg_pool_create(&http1->asks, at_least(n, 256), VG_HTTP1_SHORT_ASK) ||
	    vg_pool_create(&http1->long_asks, at_least(n, 256), (sizeof(struct vg_http1_ask) + 63) & ~(size_t)63) ||
	    vg_pool_create(&http1->small, at_least(n / 8, 256), VG_GATHER_SMALL) ||
	    vg_pool_create(&http1->large, at_least(n / 1024, 16), VG_GATHER_LARGE))
		return VG_ENOMEM;
	return VG_OK;
}

const struct vg_parser vg_http1_parser = {
	.name = "http",
	.app = VG_APP_HTTP1,
	.flow_bytes = sizeof(struct vg_http1_flow),
	.share = 1,
	.recogniser = { .first = vg_first_bytes_http1, .begins = vg_first_bytes_is_message },
	.create = create,
	.destroy = destroy,
	.init = vg_http1_init,
	.fini = vg_http1_fini,
	.feed = vg_http1_feed,
	.gap = vg_http1_gap,
	.conflict = vg_http1_conflict,
	.end = vg_http1_end,
};
