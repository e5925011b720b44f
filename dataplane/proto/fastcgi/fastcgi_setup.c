/* FastCGI's row, and the requests of one core. */
#include <stdlib.h>

#include "dataplane/proto/fastcgi/fastcgi_priv.h"

static void destroy(void *shared)
{
	struct vg_fcgi *fcgi = shared;

	if (!fcgi)
		return;
	vg_pool_destroy(&fcgi->requests.items);
	free(fcgi);
}

static enum vg_err create(const struct vg_dataplane_conf *conf, void **shared)
{
	struct vg_fcgi *fcgi = calloc(1, sizeof(*fcgi));
	uint32_t n = conf->n_streams / 16;

	if (!fcgi)
		return VG_ENOMEM;
	*shared = fcgi;
	n = n < 4 * VG_FCGI_MAX_REQUESTS ? 4 * VG_FCGI_MAX_REQUESTS : n > 8192 ? 8192 : n;
	return vg_pool_create(&fcgi->requests.items, n, (sizeof(struct vg_fcgi_request) + 63) & ~(size_t)63);
}

const struct vg_parser vg_fastcgi_parser = {
	.name = "fastcgi",
	.app = VG_APP_FASTCGI,
	.flow_bytes = sizeof(struct vg_fcgi_flow),
	.share = 8,
	.recogniser = { .first = vg_fastcgi_first, .begins = vg_fastcgi_begins },
	.create = create,
	.destroy = destroy,
	.init = vg_fcgi_init,
	.fini = vg_fcgi_fini,
	.feed = vg_fcgi_feed,
	.gap = vg_fcgi_gap,
	.conflict = vg_fcgi_conflict,
	.end = vg_fcgi_end,
};
