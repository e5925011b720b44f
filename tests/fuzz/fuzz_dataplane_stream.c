/* stream: the input is a list of calls; the sink checks that nothing is told after an end, that at most one end is told
 * per direction, and that the bytes told and missing never go beyond what a sequence space can hold.
 * A call: 1 byte what and which direction, 2 bytes signed distance of the sequence number from the last one used,
 * 1 byte length or time. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/stream/stream.h"

struct checks {
	int ended[2];
	uint64_t n_told[2];
	uint8_t answer;
};

static enum vg_step on_bytes(void *owner, uint32_t idx, unsigned dir, const uint8_t *bytes, uint32_t n, int64_t wall_ns)
{
	struct checks *c = owner;
	uint8_t sum = 0;

	(void)idx;
	(void)wall_ns;
	for (uint32_t i = 0; i < n; i++)
		sum ^= bytes[i];
	if (c->ended[dir] || !n)
		abort();
	c->n_told[dir] += n;
	return c->answer == 255 && sum == 0x5a ? VG_SKIP : VG_MORE;
}

static enum vg_step on_gap(void *owner, uint32_t idx, unsigned dir, uint64_t n, int64_t wall_ns)
{
	struct checks *c = owner;

	(void)idx;
	(void)wall_ns;
	if (c->ended[dir] || n > UINT32_MAX / 2)
		abort();
	c->n_told[dir] += n;
	return VG_MORE;
}

static void on_conflict(void *owner, uint32_t idx, unsigned dir)
{
	(void)owner;
	(void)idx;
	(void)dir;
}

static void on_end(void *owner, uint32_t idx, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct checks *c = owner;

	(void)idx;
	(void)wall_ns;
	if (c->ended[dir]++ || how >= VG_END_N)
		abort();
}

static enum vg_step call(struct vg_streams *s, uint32_t idx, const uint8_t *at, uint32_t *seq, uint64_t *clock_ns)
{
	static uint8_t payload[2048];
	unsigned dir = at[0] >> 7;
	int32_t ahead = (int16_t)(at[1] << 8 | at[2]);

	seq[dir] += (uint32_t)(at[0] & 0x40 ? ahead * 65536 : ahead);
	memset(payload, at[3] ^ at[0], sizeof(payload));
	switch (at[0] & 7) {
	case 0:
		return vg_stream_begin(s, idx, dir, seq[dir], at[3] & 1, *clock_ns, 0);
	case 1:
		return vg_stream_fin(s, idx, dir, seq[dir], *clock_ns, 0);
	case 2:
		return vg_stream_rst(s, idx, dir, seq[dir], *clock_ns, 0);
	case 3:
		*clock_ns += (uint64_t)at[3] * 1000;
		return vg_stream_is_due(s, idx, *clock_ns) ? vg_stream_expire(s, idx, *clock_ns) : VG_MORE;
	case 4:
		return vg_streams_due(s, *clock_ns) == idx ? vg_stream_expire(s, idx, *clock_ns) : VG_MORE;
	case 5:
		if (at[0] & 8)
			return vg_stream_confirm(s, idx, dir, seq[dir], *clock_ns, 0);
		if (at[0] & 16)
			return vg_stream_urgent(s, idx, dir, seq[dir], payload, *clock_ns, 0);
		if (at[0] & 32)
			return vg_stream_broken(s, idx, dir, seq[dir], payload, 1 + at[3] * 8u, *clock_ns, 0);
		return vg_stream_doubt(s, idx, dir, seq[dir], payload, 1 + at[3] * 8u, *clock_ns, 0);
	default:
		return vg_stream_segment(s, idx, dir, seq[dir], payload, 1 + at[3] * 8u, *clock_ns, 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_stats_page *stats = calloc(1, sizeof(*stats));
	struct checks checks = { { 0 }, { 0 }, size ? data[0] : 0 };
	struct vg_stream_sink sink = { &checks, on_bytes, on_gap, on_conflict, on_end };
	struct vg_streams *s = vg_streams_create(2, 16384, 65536, 20000, stats, &sink);
	uint32_t idx = vg_streams_take(s), seq[2] = { 0xfffff000u, 5 };
	uint64_t clock_ns = 1;
	enum vg_step step = VG_MORE;

	for (size_t off = 1; off + 4 <= size && step == VG_MORE; off += 4)
		step = call(s, idx, data + off, seq, &clock_ns);
	if (step == VG_DONE && (!checks.ended[0] || !checks.ended[1]))
		abort();
	if (step == VG_MORE)
		step = vg_stream_finish(s, idx, VG_END_TIMEOUT);
	if (step != VG_SKIP && (!checks.ended[0] || !checks.ended[1]))
		abort();
	vg_streams_give(s, &idx);
	vg_streams_destroy(s);
	free(stats);
	return 0;
}
