/* SMB's row, and the pools of one core. */
#include <stdlib.h>

#include "dataplane/proto/smb/smb_priv.h"

static uint32_t between(uint32_t n, uint32_t least, uint32_t most)
{
	return n < least ? least : n > most ? most : n;
}

static void destroy(void *shared)
{
	struct vg_smb *smb = shared;

	if (!smb)
		return;
	vg_file_pool_destroy(&smb->files);
	vg_pool_destroy(&smb->asks.items);
	vg_pool_destroy(&smb->trees.items);
	free(smb);
}

static enum vg_err create(const struct vg_dataplane_conf *conf, void **shared)
{
	struct vg_smb *smb = calloc(1, sizeof(*smb));
	uint32_t n = conf->n_streams;

	if (!smb)
		return VG_ENOMEM;
	*shared = smb;
	/* untouched memory costs nothing: the largest share of a flow, times a few, whatever the number of streams */
	if (vg_file_pool_create(&smb->files, between(n / 2, 2 * VG_SMB_MAX_FILES, 1u << 16),
				between(n / 32, 256, 2048)) ||
	    vg_pool_create(&smb->asks.items, between(n, 4 * VG_SMB_MAX_ASKS, 1u << 18),
			   (sizeof(struct vg_smb_ask) + 63) & ~(size_t)63) ||
	    vg_pool_create(&smb->trees.items, between(n / 8, 4 * VG_SMB_MAX_TREES, 1u << 14),
			   (sizeof(struct vg_smb_tree) + 63) & ~(size_t)63))
		return VG_ENOMEM;
	return VG_OK;
}

const struct vg_parser vg_smb_parser = {
	.name = "smb",
	.app = VG_APP_SMB,
	.flow_bytes = sizeof(struct vg_smb_flow),
	.share = 8,
	.recogniser = { .first = vg_smb_first, .begins = vg_smb_begins },
	.create = create,
	.destroy = destroy,
	.init = vg_smb_init,
	.fini = vg_smb_fini,
	.feed = vg_smb_feed,
	.gap = vg_smb_gap,
	.conflict = vg_smb_conflict,
	.end = vg_smb_end,
};
