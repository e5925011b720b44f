/* The cold half of hold.h. */
#include <stdlib.h>

#include <rte_mbuf.h>

#include "forward/hold/hold_priv.h"

struct vg_hold *vg_hold_create(struct vg_pump *pump, const struct vg_hold_conf *conf)
{
	struct vg_hold *h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->pump = pump;
	h->conf = *conf;
	for (uint32_t i = 0; i < VG_HOLD_FRAMES; i++)
		h->nodes[i].next = i + 1 < VG_HOLD_FRAMES ? i + 1 : VG_HOLD_NONE_IDX;
	vg_hold_queues_reset(h);
	return h;
}

void vg_hold_destroy(struct vg_hold *h)
{
	if (!h)
		return;
	for (unsigned dir = 0; dir < 2; dir++)
		for (uint32_t i = 0; i < h->lines[dir].n; i++)
			rte_pktmbuf_free(
				h->lines[dir].frames[(h->lines[dir].begin + i) & (VG_HOLD_LINE_FRAMES - 1)].mbuf);
	for (uint32_t i = 0; i < h->n_active; i++)
		for (uint32_t at = h->queues[h->active[i]].first; at != VG_HOLD_NONE_IDX; at = h->nodes[at].next)
			rte_pktmbuf_free(h->nodes[at].mbuf);
	free(h);
}
