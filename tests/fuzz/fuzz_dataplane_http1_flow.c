/* A whole flow: the input is a list of steps, each a command byte (low bits: what; bit 7: direction), a length byte
 * and that many bytes. Whole and byte by byte the same bodies and bytes must come out; no pooled state may stay out,
 * also where the flow is handed over to another protocol (HTTP/2, WebSocket). */
#include "dataplane/proto/http1/http1_priv.h"
#include "dataplane/protocols.h"
#include "tests/lib/fuzz_bodies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void talk(struct vg_proto *p, const uint8_t *data, size_t size, int by_byte)
{
	struct vg_flow_ident ident = { .ip_version = 4, .midstream = data[0] & 1 };
	struct vg_proto_flow *flow = vg_proto_flow_take(p, VG_APP_HTTP1, &ident);
	const struct vg_http1 *http1 = vg_http1_of(p);

	if (!flow)
		abort();
	for (size_t at = 1; at + 2 <= size && flow;) {
		unsigned what = data[at] & 7, dir = data[at] >> 7;
		size_t n = data[at + 1];

		at += 2;
		if (what == 7) {
			if (vg_proto_gap(p, flow, dir, n, 1) != VG_MORE)
				vg_proto_flow_give(p, &flow);
		} else if (what == 6) {
			vg_proto_end(p, flow, dir, (enum vg_stream_end)(n % VG_END_N), 1);
		} else if (what == 5) {
			vg_proto_conflict(p, flow, dir);
		} else {
			n = n < size - at ? n : size - at;
			vg_fuzz_feed(p, &flow, dir, data + at, n, by_byte);
			at += n;
		}
	}
	vg_proto_flow_give(p, &flow);
	for (unsigned app = 0; app < VG_APP_N; app++)
		if (p->parsers[app] && vg_pool_n_out(&p->flows[app]))
			abort();
	if (vg_pool_n_out(&http1->asks) || vg_pool_n_out(&http1->long_asks) || vg_pool_n_out(&http1->small) ||
	    vg_pool_n_out(&http1->large))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return size ? vg_fuzz_twice(vg_protocols, talk, data, size) : 0;
}
