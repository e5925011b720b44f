/* A whole flow of FastCGI (flow_fuzz.h); besides, no request may be lost. */
#include "dataplane/proto/fastcgi/fastcgi_priv.h"
#include "tests/fuzz/flow_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct vg_fcgi *fcgi = vg_fcgi_of(flow_fuzz(VG_APP_FASTCGI, data, size));

	if (vg_pool_n_out(&fcgi->requests.items))
		abort();
	return 0;
}
