/* Datagrams: each a direction byte, a length byte and that many bytes; a length of 255 repeats the last byte up to 700.
 * The sink's rules hold and no held block stays out. */
#include "dataplane/proto/tftp/tftp_priv.h"
#include "dataplane/protocols.h"
#include "tests/lib/fuzz_bodies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void talk(struct vg_proto *p, const uint8_t *data, size_t size, int by_byte)
{
	struct vg_flow_ident ident = { .ip_version = 4, .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } } };
	struct vg_proto_flow *flow = vg_proto_flow_take(p, VG_APP_TFTP, &ident);

	(void)by_byte;
	for (size_t at = 0; at + 2 <= size;) {
		size_t n = data[at + 1] < size - at - 2 ? data[at + 1] : size - at - 2;
		size_t n_all = data[at + 1] == 255 ? 700 : n;
		uint8_t *copy = malloc(n_all ? n_all : 1);

		if (!copy)
			abort();
		memset(copy, n ? data[at + 1 + n] : 0, n_all);
		memcpy(copy, data + at + 2, n);
		(void)vg_proto_datagram(p, flow, data[at] & 1, data[at], 7, copy, (uint32_t)n_all, 1);
		free(copy);
		at += 2 + n;
	}
	vg_proto_end(p, flow, 0, VG_END_TIMEOUT, 1);
	vg_proto_flow_give(p, &flow);
	if (vg_pool_n_out(&vg_tftp_of(p)->held))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return vg_fuzz_twice(vg_protocols, talk, data, size);
}
