/* A stream of both directions: steps of a byte (bit 7: direction; low bits: 7 a gap, 6 an end, else bytes), a length
 * byte and that many bytes. Whole and byte by byte the same bodies and bytes must come out. */
#include "dataplane/proto/raw/raw.h"
#include "tests/lib/fuzz_bodies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void talk(struct vg_proto *p, const uint8_t *data, size_t size, int by_byte)
{
	struct vg_flow_ident ident = { .ip_version = 4, .port = { 4000, 40000 } };
	struct vg_proto_flow *flow = vg_proto_flow_take(p, VG_APP_RAW, &ident);

	for (size_t at = 0; at + 2 <= size && flow;) {
		unsigned what = data[at] & 7, dir = data[at] >> 7;
		size_t n = data[at + 1];

		at += 2;
		if (what == 7) {
			(void)vg_proto_gap(p, flow, dir, n, 1);
		} else if (what == 6) {
			vg_proto_end(p, flow, dir, (enum vg_stream_end)(n % VG_END_N), 1);
		} else {
			n = n < size - at ? n : size - at;
			vg_fuzz_feed(p, &flow, dir, data + at, n, by_byte);
			at += n;
		}
	}
	vg_proto_flow_give(p, &flow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vg_parser *const rows[] = { &vg_raw_parser, NULL }; /* others begin where a piece does */

	return vg_fuzz_twice(rows, talk, data, size);
}
