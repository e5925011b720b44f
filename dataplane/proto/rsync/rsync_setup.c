/* rsync's row. */
#include "dataplane/proto/rsync/rsync_priv.h"

static enum vg_app first(const uint8_t *bytes, uint32_t n_bytes)
{
	static const char greeting[] = "@RSYNCD: ";
	uint32_t n = n_bytes < sizeof(greeting) - 1 ? n_bytes : (uint32_t)sizeof(greeting) - 1;

	if (memcmp(bytes, greeting, n))
		return VG_APP_UNKNOWN;
	return n == sizeof(greeting) - 1 ? VG_APP_RSYNC : VG_APP_NONE;
}

const struct vg_parser vg_rsync_parser = {
	.name = "rsync",
	.app = VG_APP_RSYNC,
	.flow_bytes = sizeof(struct vg_rsync_flow),
	.share = 8,
	.recogniser = { .first = first },
	.init = vg_rsync_init,
	.fini = vg_rsync_fini,
	.feed = vg_rsync_feed,
	.gap = vg_rsync_gap,
	.conflict = vg_rsync_conflict,
	.end = vg_rsync_end,
};
