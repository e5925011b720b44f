/* HTTP/2 flows, see fuzz_flow.h; option 2: the flow begins as HTTP/1 (Upgrade). */
#include "dataplane/proto/http2/http2_priv.h"
#include "tests/lib/fuzz_flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void after(const struct vg_proto *p)
{
	const struct vg_http2 *http2 = vg_http2_of(p);

	if (vg_pool_n_out(&http2->streams) || vg_pool_n_out(&http2->asks) || vg_pool_n_out(&http2->heads) ||
	    http2->heap.n_out)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return vg_fuzz_flow(size && data[0] & 2 ? VG_APP_HTTP1 : VG_APP_HTTP2, data, size, after);
}
