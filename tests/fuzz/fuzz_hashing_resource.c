/* resource: the input is a list of pieces (8 bytes: name, offset, length, what) over a small store. Nothing may be
 * whole that was not written, and all blocks are free once all resources are old. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hashing/resource/resource.h"

static void one(struct vg_resources *rs, const uint8_t *d, uint64_t now_ns)
{
	static uint8_t bytes[300000];
	struct vg_resource_writer w;
	struct vg_resource_whole whole;
	uint64_t name = 1 + (d[0] & 3), total = 1 + (uint64_t)d[1] * 1500, off = (uint64_t)d[2] * 1500;
	size_t n = (size_t)d[3] * 1100 + d[4];

	bytes[d[6]] ^= d[5] & 1;
	if (d[7] == 255)
		vg_resource_all_parts(rs, name, d[1] & 7, now_ns);
	else if (d[7] >= 128) {
		struct vg_resource_growth g = { .off = d[1] & 1 ? UINT64_MAX : off,
						.began_ns = d[1] >> 4,
						.anew = d[1] & 2,
						.appended = d[1] & 4 };
		if (vg_resource_open_growing(rs, name, &g, now_ns, &w)) {
			vg_resource_write(rs, &w, bytes, n);
			if (d[7] & 1)
				vg_resource_break(rs, &w);
			else
				vg_resource_close(rs, &w, d[7] & 4);
		}
	} else if (vg_resource_open(rs, name, off, total, d[7] & 1 ? d[2] : 0, now_ns, &w)) {
		vg_resource_write(rs, &w, bytes, n / 2);
		if (d[7] & 2)
			vg_resource_skip(&w, d[4]);
		vg_resource_write(rs, &w, bytes, n - n / 2);
		vg_resource_close(rs, &w, d[7] & 4);
	}
	if (vg_resource_take(rs, name, &whole)) {
		uint64_t sum = 0;
		for (uint32_t i = 0; i < whole.bytes.n_spans; i++)
			sum += whole.bytes.spans[i].n_bytes;
		if (sum != whole.bytes.n_bytes || sum > whole.n_bytes || (!whole.has_digests && sum != whole.n_bytes))
			abort();
		vg_resource_drop(rs, name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vg_stats_page stats;
	static struct vg_resources *rs;
	static uint64_t now_ns;
	struct vg_resources_setup setup = { .hold_bytes = 6 * VG_RESOURCE_BLOCK,
					    .keep_bytes = 3 * VG_RESOURCE_BLOCK,
					    .age_ns = 1000,
					    .sample_bytes = 70000,
					    .n_resources = 3,
					    .stats = &stats };

	if (!rs)
		rs = vg_resources_create(&setup);
	for (size_t at = 0; at + 8 <= size; at += 8)
		one(rs, data + at, ++now_ns);
	now_ns += 10000;
	vg_resource_age(rs, now_ns);
	if (vg_resource_n_blocks(rs))
		abort();
	return 0;
}
