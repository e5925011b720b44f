/* NFS over UDP. Datagrams: each a byte (bit 0: direction, bit 1: a second passes), a length byte (of words) and that
 * many bytes. The sink's rules hold, and no file, block or call stays out. */
#include "dataplane/proto/nfs/nfs_priv.h"
#include "dataplane/protocols.h"
#include "tests/lib/fuzz_bodies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void talk(struct vg_proto *p, const uint8_t *data, size_t size, int by_byte)
{
	struct vg_flow_ident ident = { .ip_version = 4 };
	struct vg_proto_flow *flow = vg_proto_flow_take(p, VG_APP_NFS, &ident);
	const struct vg_nfs *nfs = vg_nfs_of(p);
	int64_t wall_ns = 1;

	(void)by_byte;
	for (size_t at = 0; at + 2 <= size;) {
		size_t n = data[at + 1] * 4u < size - at - 2 ? data[at + 1] * 4u : size - at - 2;
		uint8_t *copy = malloc(n ? n : 1);

		if (!copy)
			abort();
		memcpy(copy, data + at + 2, n);
		wall_ns += data[at] & 2 ? 1000000000 : 0;
		(void)vg_nfs_opens(copy, (uint32_t)n);
		(void)vg_proto_datagram(p, flow, data[at] & 1, 2049, 800, copy, (uint32_t)n, wall_ns);
		free(copy);
		at += 2 + n;
	}
	vg_proto_flow_give(p, &flow);
	if (vg_pool_n_out(&nfs->files.files.items) || vg_pool_n_out(&nfs->files.blocks) ||
	    vg_pool_n_out(&nfs->asks.items))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return vg_fuzz_twice(vg_protocols, talk, data, size);
}
