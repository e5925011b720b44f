/* FTP's two rows, and the pool of one core. */
#include <stdlib.h>

#include "dataplane/detect/magic.h"
#include "dataplane/proto/ftp/ftp_priv.h"

/* One in so many streams may be a control or a data connection; each control connection has up to two transfers. */
#define SHARE 4u

static void destroy(void *shared)
{
	struct vg_ftp *ftp = shared;

	if (!ftp)
		return;
	vg_pool_destroy(&ftp->transfers);
	free(ftp);
}

static enum vg_err create(const struct vg_dataplane_conf *conf, void **shared)
{
	struct vg_ftp *ftp = calloc(1, sizeof(*ftp));
	uint32_t n = conf->n_streams / SHARE * 2;

	if (!ftp)
		return VG_ENOMEM;
	*shared = ftp;
	return vg_pool_create(&ftp->transfers, n < VG_PARSER_MIN_FLOWS ? VG_PARSER_MIN_FLOWS : n,
			      (sizeof(struct vg_ftp_transfer) + 63) & ~(size_t)63);
}

const struct vg_parser vg_ftp_parser = {
	.name = "ftp",
	.app = VG_APP_FTP,
	.flow_bytes = sizeof(struct vg_ftp_flow),
	.share = SHARE,
	.recogniser = { .first = vg_ftp_first, .begins = vg_ftp_begins },
	.create = create,
	.destroy = destroy,
	.init = vg_ftp_init,
	.fini = vg_ftp_fini,
	.feed = vg_ftp_feed,
	.gap = vg_ftp_gap,
	.conflict = vg_ftp_conflict,
	.end = vg_ftp_end,
};

const struct vg_parser vg_ftp_data_parser = {
	.name = "ftp-data",
	.app = VG_APP_FTP_DATA,
	.flow_bytes = sizeof(struct vg_ftp_data),
	.share = SHARE,
	.recogniser = { .first = vg_magic_first },
	.init = vg_ftp_data_init,
	.fini = vg_ftp_data_fini,
	.feed = vg_ftp_data_feed,
	.gap = vg_ftp_data_gap,
	.conflict = vg_ftp_data_conflict,
	.end = vg_ftp_data_end,
};
