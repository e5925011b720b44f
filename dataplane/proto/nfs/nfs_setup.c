/* NFS's row, and the pools of one core. */
#include <stdlib.h>

#include "dataplane/proto/nfs/nfs_priv.h"

static uint32_t between(uint32_t n, uint32_t least, uint32_t most)
{
	return n < least ? least : n > most ? most : n;
}

static void destroy(void *shared)
{
	struct vg_nfs *nfs = shared;

	if (!nfs)
		return;
	vg_file_pool_destroy(&nfs->files);
	vg_pool_destroy(&nfs->asks.items);
	free(nfs);
}

static enum vg_err create(const struct vg_dataplane_conf *conf, void **shared)
{
	struct vg_nfs *nfs = calloc(1, sizeof(*nfs));
	uint32_t n = conf->n_streams;

	if (!nfs)
		return VG_ENOMEM;
	*shared = nfs;
	/* untouched memory costs nothing: the largest share of a flow, times a few, whatever the number of streams */
	if (vg_file_pool_create(&nfs->files, between(n / 2, 2 * (VG_NFS_MAX_FILES + VG_NFS_MAX_NAMES), 1u << 16),
				between(n / 32, 256, 2048)) ||
	    vg_pool_create(&nfs->asks.items, between(n, 4 * VG_NFS_MAX_ASKS, 1u << 18),
			   (sizeof(struct vg_nfs_ask) + 63) & ~(size_t)63))
		return VG_ENOMEM;
	return VG_OK;
}

const struct vg_parser vg_nfs_parser = {
	.name = "nfs",
	.app = VG_APP_NFS,
	.flow_bytes = sizeof(struct vg_nfs_flow),
	.share = 8,
	.recogniser = { .first = vg_nfs_first, .begins = vg_nfs_begins },
	.create = create,
	.destroy = destroy,
	.init = vg_nfs_init,
	.fini = vg_nfs_fini,
	.feed = vg_nfs_feed,
	.opens = vg_nfs_opens,
	.datagram = vg_nfs_datagram,
	.gap = vg_nfs_gap,
	.conflict = vg_nfs_conflict,
	.end = vg_nfs_end,
};
