/* The cold half of offload.h. Of a slot there are at most three words on the one ring (the UNMAKE of a rule that had
 * ended, MAKE and UNMAKE of the next) and an answer on the other: rings of that size are never full. */
#include <stdlib.h>
#include <string.h>

#include <rte_ring_elem.h>

#include "dataplane/offload/offload.h"

static struct rte_ring *new_ring(const char *name, unsigned element_bytes, uint32_t n_elements)
{
	unsigned n = 64;
	ssize_t n_bytes;
	struct rte_ring *ring;

	while (n <= n_elements) /* one place of a ring stays free */
		n *= 2;
	n_bytes = rte_ring_get_memsize_elem(element_bytes, n);
	ring = n_bytes < 0 ? NULL : aligned_alloc(VG_PAGE, ((size_t)n_bytes + VG_PAGE - 1) / VG_PAGE * VG_PAGE);
	if (ring && rte_ring_init(ring, name, n, RING_F_SP_ENQ | RING_F_SC_DEQ)) {
		free(ring);
		return NULL;
	}
	return ring;
}

static void release(struct vg_offload *offload)
{
	if (!offload)
		return;
	free(offload->asks);
	free(offload->answers);
	free(offload->slots);
	free(offload);
}

struct vg_offload *vg_offload_create(uint32_t n_slots, const struct vg_offload_ports *ports,
				     struct vg_stats_page *stats)
{
	struct vg_offload *offload = calloc(1, sizeof(*offload));

	if (!offload)
		return NULL;
	offload->ports = ports;
	offload->stats = stats;
	offload->n_slots = n_slots;
	offload->slots = calloc(n_slots, sizeof(offload->slots[0]));
	offload->asks = new_ring("asks", sizeof(struct vg_offload_ask), 3 * n_slots);
	offload->answers = new_ring("answers", sizeof(struct vg_offload_answer), n_slots);
	if (!n_slots || n_slots > VG_OFFLOAD_MAX_SLOTS || !offload->slots || !offload->asks || !offload->answers) {
		release(offload);
		return NULL;
	}
	for (uint32_t i = n_slots; i--;) {
		offload->slots[i].next_1 = offload->free_1;
		offload->free_1 = i + 1;
	}
	return offload;
}

void vg_offload_destroy(struct vg_offload *offload)
{
	release(offload);
}
