/* A whole flow of NFS (flow_fuzz.h); besides, no file, block or call may be lost. */
#include "dataplane/proto/nfs/nfs_priv.h"
#include "tests/fuzz/flow_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct vg_nfs *nfs = vg_nfs_of(flow_fuzz(VG_APP_NFS, data, size));

	if (vg_pool_n_out(&nfs->files.files.items) || vg_pool_n_out(&nfs->files.blocks) ||
	    vg_pool_n_out(&nfs->asks.items))
		abort();
	return 0;
}
