#include "dataplane/carry.h"

#include <string.h>

int vg_carry_clock_off(void)
{
	static const struct rte_mbuf_dynfield field = { .name = "vigil_clock", .size = 16, .align = 8 };

	return rte_mbuf_dynfield_register(&field);
}

struct rte_mbuf *vg_carry_copy(struct rte_mempool *pool, const struct vg_packet *pkt)
{
	struct rte_mbuf *first = NULL;

	for (uint32_t off = 0; off < pkt->n_frame_bytes;) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		uint32_t n = pkt->n_frame_bytes - off;

		if (!m || (first && rte_pktmbuf_chain(first, m))) {
			rte_pktmbuf_free(m);
			rte_pktmbuf_free(first);
			return NULL;
		}
		n = n < rte_pktmbuf_tailroom(m) ? n : rte_pktmbuf_tailroom(m);
		memcpy(rte_pktmbuf_mtod(m, uint8_t *), pkt->frame + off, n);
		m->data_len = (uint16_t)n;
		if (first)
			first->pkt_len += n;
		else
			m->pkt_len = n;
		first = first ? first : m;
		off += n;
	}
	return first;
}
