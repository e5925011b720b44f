/* inspect: the input is a list of TCP packets of one client and one server, fed through decode … proto into a sink
 * that only counts. A packet: 1 byte direction, flags and kind of step, 1 byte signed step of the sequence number,
 * 1 byte time, 1 byte length, then so many bytes of payload. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/inspect.h"
#include "dataplane/protocols.h"
#include "tests/lib/pktbuild.h"

static uint8_t one_body;

static struct vg_body *body_open(void *ctx, const struct vg_attribution *card)
{
	(void)card;
	++*(int *)ctx;
	return (struct vg_body *)(void *)&one_body;
}

static enum vg_step body_data(void *ctx, struct vg_body *body, const uint8_t *bytes, uint32_t n, int64_t wall_ns)
{
	(void)ctx;
	(void)body;
	(void)bytes;
	(void)wall_ns;
	if (!n)
		abort();
	return VG_MORE;
}

static enum vg_step body_gap(void *ctx, struct vg_body *body, uint64_t n_missing)
{
	(void)ctx;
	(void)body;
	(void)n_missing;
	return VG_MORE;
}

static void body_amend(void *ctx, struct vg_body *body, const struct vg_attribution *card)
{
	(void)ctx;
	(void)body;
	(void)card;
}

static void body_close(void *ctx, struct vg_body *body, enum vg_state state, int64_t wall_ns)
{
	(void)body;
	(void)wall_ns;
	if (state == VG_STATE_OPEN || --*(int *)ctx < 0)
		abort();
}

static void packet(struct vg_inspect *inspect, const uint8_t *at, uint32_t n_payload, uint32_t *seq, uint64_t *clock_ns)
{
	static const uint8_t flags[] = { 16, 16, 16, 16, 2, 18, 17, 4, 20, 1, 25, 16, 24, 16, 16, 16 };
	unsigned dir = at[0] >> 7;
	struct pb_tcp t = { dir ? 1 : 2, dir ? 2 : 1, dir ? 80 : 4000, dir ? 4000 : 80, 0,
			    seq[!dir],   0,           at + 4,          n_payload,       0 };
	struct pb_frame f;
	struct vg_packet pkt = { .link = VG_LINK_ETHERNET };

	*clock_ns += (uint64_t)at[2] * 1000000;
	t.flags = flags[at[0] & 15];
	t.seq = seq[dir] + (uint32_t)(int8_t)at[1] * (at[0] & 0x40 ? 100000u : 1u);
	if (!(at[0] & 0x20))
		seq[dir] = t.seq + n_payload + ((t.flags & 2) != 0);
	pb_simple(&f, &t);
	if (at[0] & 0x10) { /* another way, or urgent */
		f.bytes[f.ip_off + 8] = at[1];
		f.bytes[f.ip_off + 20 + 13] |= at[1] & 1 ? 32 : 0;
		f.bytes[f.ip_off + 20 + 19] = at[1];
	}
	pkt.frame = f.bytes;
	pkt.n_first_bytes = pkt.n_frame_bytes = f.n_bytes;
	pkt.clock_ns = *clock_ns;
	pkt.wall_ns = (int64_t)*clock_ns;
	vg_inspect_burst(inspect, &pkt, 1);
	vg_inspect_tick(inspect, *clock_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t seed[3] = { 1, 2, 3 };
	struct vg_dataplane_conf conf = { .flags = VG_CONF_ALL_FILES,
					  .n_flows = 64,
					  .n_streams = 64,
					  .idle_timeout_ms = 5000,
					  .hole_timeout_ms = 500,
					  .hole_bytes = 16384 };
	static int n_open;
	static struct vg_stats_page stats;
	static struct vg_proto *proto; /* one set of rooms for all inputs */
	static struct vg_inspect *inspect;
	struct vg_body_sink sink = { &n_open, body_open, body_data, body_gap, body_amend, body_close };
	uint32_t seq[2] = { 0xffffff00u, 7 };
	uint64_t clock_ns = 1;

	if (!inspect) {
		proto = vg_proto_create(&conf, &stats, &sink, vg_protocols);
		inspect = vg_inspect_create(&conf, seed, &stats, proto);
	}
	for (size_t off = 0; off + 4 <= size;) {
		uint32_t n = data[off + 3];
		n = n < size - off - 4 ? n : (uint32_t)(size - off - 4);
		packet(inspect, data + off, n, seq, &clock_ns);
		off += 4 + n;
	}
	vg_inspect_flush(inspect);
	if (n_open)
		abort();
	return 0;
}
