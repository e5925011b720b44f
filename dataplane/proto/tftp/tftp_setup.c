/* TFTP's row, and the pool of one core. */
#include <stdlib.h>

#include "dataplane/proto/tftp/tftp_priv.h"

static void destroy(void *shared)
{
	struct vg_tftp *tftp = shared;

	if (!tftp)
		return;
	vg_pool_destroy(&tftp->held);
	free(tftp);
}

static enum vg_err create(const struct vg_dataplane_conf *conf, void **shared)
{
	struct vg_tftp *tftp = calloc(1, sizeof(*tftp));

	(void)conf;
	if (!tftp)
		return VG_ENOMEM;
	*shared = tftp;
	return vg_pool_create(&tftp->held, VG_TFTP_POOL, (sizeof(struct vg_tftp_held) + 63) & ~(size_t)63);
}

const struct vg_parser vg_tftp_parser = {
	.name = "tftp",
	.app = VG_APP_TFTP,
	.flow_bytes = sizeof(struct vg_tftp_flow),
	.share = 16,
	.create = create,
	.destroy = destroy,
	.init = vg_tftp_init,
	.fini = vg_tftp_fini,
	.opens = vg_tftp_opens,
	.datagram = vg_tftp_datagram,
	.end = vg_tftp_end,
};
