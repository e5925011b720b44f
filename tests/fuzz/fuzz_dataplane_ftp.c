/* A control connection and up to four data connections: a list of steps, each a byte (what, in its low 3 bits; which
 * connection in the next 2; direction in bit 7), a length byte and that many bytes. Whole and byte by byte the same
 * bodies and bytes must come out; nothing may stay out. */
#include "dataplane/proto/ftp/ftp_priv.h"
#include "dataplane/protocols.h"
#include "tests/lib/fuzz_bodies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vg_proto_flow *begin(struct vg_proto *p, unsigned which, unsigned flags, uint64_t flow_id)
{
	struct vg_flow_ident ident = { .ip_version = 4,
				       .ip = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } },
				       .port = { (uint16_t)(which ? 4096 + which : 21), (uint16_t)(40000 + which) },
				       .network = { 0, 0, 0, 0, 0, 0, 0, 0, 4 },
				       .flow_id = flow_id,
				       .midstream = flags & 1 };

	return vg_proto_flow_take(p, which ? VG_APP_FTP_DATA : VG_APP_FTP, &ident);
}

static void talk(struct vg_proto *p, const uint8_t *data, size_t size, int by_byte)
{
	struct vg_proto_flow *flows[4] = { NULL };
	uint64_t flow_id = 0; /* each has its own, ever */

	for (size_t at = 1; at + 2 <= size;) {
		unsigned what = data[at] & 7, which = data[at] >> 3 & 3, dir = data[at] >> 7;
		size_t n = data[at + 1];

		at += 2;
		if (!flows[which])
			flows[which] = begin(p, which, data[0], ++flow_id);
		if (what == 7) {
			if (vg_proto_gap(p, flows[which], dir, n, 1) != VG_MORE)
				vg_proto_flow_give(p, &flows[which]);
		} else if (what == 6) {
			vg_proto_end(p, flows[which], dir, (enum vg_stream_end)(n % VG_END_N), 1);
		} else if (what == 5) {
			vg_proto_flow_give(p, &flows[which]);
		} else {
			n = n < size - at ? n : size - at;
			vg_fuzz_feed(p, &flows[which], dir, data + at, n, by_byte);
			at += n;
		}
	}
	for (unsigned i = 0; i < 4; i++)
		vg_proto_flow_give(p, &flows[(i + data[0]) % 4]);
	vg_proto_flush(p);
	if (vg_pool_n_out(&p->flows[VG_APP_FTP]) || vg_pool_n_out(&p->flows[VG_APP_FTP_DATA]) ||
	    vg_pool_n_out(&vg_ftp_of(p)->transfers))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return size ? vg_fuzz_twice(vg_protocols, talk, data, size) : 0;
}
