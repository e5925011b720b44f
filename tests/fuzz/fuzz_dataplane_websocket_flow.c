/* WebSocket flows, see fuzz_flow.h; they begin as HTTP/1, with option 2 behind the handshake. */
#include "dataplane/proto/websocket/websocket_priv.h"
#include "tests/lib/fuzz_flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void after(const struct vg_proto *p)
{
	if (vg_pool_n_out(&vg_websocket_of(p)->asks))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return vg_fuzz_flow(size && data[0] & 2 ? VG_APP_WEBSOCKET : VG_APP_HTTP1, data, size, after);
}
