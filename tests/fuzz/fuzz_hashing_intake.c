/* Descriptors of a lane: the input is a row of short orders, 6 bytes each, that become descriptors with small and
 * with wild numbers; chunks and objects are given back in between. Whatever comes, every chunk is held by one object
 * at most, chains stay inside the arena, and all is free in the end. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vigil/memfd.h>

#include "hashing/intake/intake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vg_lane_geometry geometry = {
	.n_slots = 64, .n_returns = 64, .n_small = 6, .n_large = 2, .n_tiny = 2, .n_attr = 5
};

static int make(size_t n_bytes, int seals, void **map)
{
	int fd = vg_memfd_new("fuzz", n_bytes);

	*map = vg_memfd_map(fd, n_bytes, PROT_READ | PROT_WRITE);
	if (!*map || vg_memfd_seal(fd, seals))
		abort();
	return fd;
}

static struct vg_desc order(const uint8_t o[6])
{
	struct vg_desc d = {
		.type = o[0] % 8, .state = o[5], .flags = o[5], .object_id = (uint64_t)(o[1] >> 4) << 32 | (o[1] & 7)
	};
	bool wild = o[0] & 0x80;

	d.data.body_off = (uint64_t)o[2] << (wild ? 56 : 0);
	d.data.chunk_idx = wild ? (uint32_t)o[3] << 24 : o[3] % 10;
	d.data.n_bytes = (uint32_t)o[4] << (wild ? 24 : o[0] & 0x40 ? 9 : 4);
	return d;
}

static void follow(struct vg_intake *lane, const struct vg_intake_event *ev, uint8_t act)
{
	struct vg_span spans[8];
	struct vg_chain chain;
	volatile uint8_t seen;

	if (ev->type == VG_INTAKE_EV_NONE)
		return;
	if (ev->type == VG_INTAKE_EV_DATA)
		seen = ev->bytes.at[ev->bytes.n_bytes - 1];
	vg_intake_chain(lane, ev->object, spans, 8, &chain);
	for (uint32_t i = 0; i < chain.n_spans; i++)
		seen = spans[i].at[spans[i].n_bytes - 1];
	(void)seen;
	if (ev->type == VG_INTAKE_EV_CLOSE && act & 1)
		vg_intake_done(lane, ev->object, act >> 1 & 1);
	else if (act & 4)
		(void)vg_intake_return_first(lane, ev->object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_stats_page *stats = calloc(1, sizeof(*stats));
	struct vg_intake *lane;
	struct vg_lane_out *out;
	void *maps[3];
	int fds[3] = { make(vg_lane_out_bytes(&geometry), VG_SEALS_OURS, &maps[0]),
		       make(vg_lane_in_bytes(&geometry), VG_SEALS_PEER, &maps[1]),
		       make(vg_attr_bytes(geometry.n_attr), VG_SEALS_OURS, &maps[2]) };
	struct vg_desc *slots = (void *)((uint8_t *)maps[0] + vg_lane_slots_off());
	uint64_t head = 0;

	out = maps[0];
	if (!stats || vg_intake_create(&geometry, fds, 0, 0, stats, &lane))
		abort();
	for (size_t at = 0; at + 6 <= size && vg_intake_pending(lane) >= 0; at += 6) {
		struct vg_intake_event ev;
		slots[head++ & (geometry.n_slots - 1)] = order(data + at);
		atomic_store(&out->head, data[at] == 0xff ? head + data[at + 1] : head);
		if (vg_intake_pending(lane) > 0) {
			vg_intake_take(lane, &ev);
			vg_intake_publish(lane);
			follow(lane, &ev, data[at + 5]);
		}
		if (!(data[at] & 0x20))
			atomic_store(&out->ret_tail, lane->ret_head);
		if (data[at] == 0xfe)
			atomic_store(&out->ret_tail, data[at + 1]);
	}
	for (uint32_t i = 0; i < geometry.n_attr; i++)
		if (lane->objects[i].phase != VG_INTAKE_FREE)
			vg_intake_done(lane, &lane->objects[i], 0);
	for (uint32_t i = 0; i < vg_lane_n_chunks(&geometry); i++)
		if (lane->links[i].owner)
			abort();
	if (lane->n_objects)
		abort();
	vg_intake_destroy(lane);
	munmap(maps[0], vg_lane_out_bytes(&geometry));
	munmap(maps[1], vg_lane_in_bytes(&geometry));
	munmap(maps[2], vg_attr_bytes(geometry.n_attr));
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	free(stats);
	return 0;
}
