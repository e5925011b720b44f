/* Flows of HTTP of 1991 (HTTP/0.9), and back to HTTP/1 where a status line answers, see fuzz_flow.h. */
#define VG_FUZZ_CUTS_MATTER
#include "tests/lib/fuzz_flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void after(const struct vg_proto *p)
{
	(void)p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return vg_fuzz_flow(VG_APP_HTTP09, data, size, after);
}
