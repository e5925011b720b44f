/* A whole flow of SMB (flow_fuzz.h); besides, no file, block, request or share may be lost. */
#include "dataplane/proto/smb/smb_priv.h"
#include "tests/fuzz/flow_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct vg_smb *smb = vg_smb_of(flow_fuzz(VG_APP_SMB, data, size));

	if (vg_pool_n_out(&smb->files.files.items) || vg_pool_n_out(&smb->files.blocks) ||
	    vg_pool_n_out(&smb->asks.items) || vg_pool_n_out(&smb->trees.items))
		abort();
	return 0;
}
