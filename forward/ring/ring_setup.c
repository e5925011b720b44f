/* The cold half of ring.h. */
#include <stdlib.h>
#include <string.h>

#include <vigil/memfd.h>

#include "forward/ring/ring.h"

static void release(struct vg_ring *ring)
{
	if (!ring)
		return;
	if (ring->out)
		munmap(ring->out, vg_frame_ring_out_bytes(&ring->geometry));
	if (ring->out_fd >= 0)
		close(ring->out_fd);
	free(ring->ends);
	free(ring);
}

struct vg_ring *vg_ring_create(const struct vg_frame_ring_geometry *geometry, struct vg_stats_page *stats)
{
	struct vg_ring *ring;
	size_t n_bytes;
	if (vg_frame_ring_check(geometry))
		return NULL;
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return NULL;
	n_bytes = vg_frame_ring_out_bytes(geometry);
	ring->geometry = *geometry;
	ring->stats = stats;
	ring->ends = calloc(geometry->n_slots, sizeof(*ring->ends));
	ring->out_fd = vg_memfd_new("vigil-frames", n_bytes);
	if (ring->out_fd >= 0)
		ring->out = vg_memfd_map(ring->out_fd, n_bytes, PROT_READ | PROT_WRITE);
	if (!ring->ends || !ring->out || vg_memfd_seal(ring->out_fd, VG_SEALS_OURS)) {
		release(ring);
		return NULL;
	}
	memset(ring->out, 0, n_bytes);
	memset(ring->ends, 0xff, geometry->n_slots * sizeof(*ring->ends));
	ring->slots = (struct vg_frame_slot *)(void *)((uint8_t *)ring->out + VG_FRAME_RING_PAGE);
	ring->area = (uint8_t *)ring->out + vg_frame_ring_area_off(geometry);
	return ring;
}

void vg_ring_destroy(struct vg_ring *ring)
{
	release(ring);
}
