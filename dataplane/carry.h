#pragma once
/* carry: a frame on its way from one thread to another. What travels with it lies in its mbuf: port = capture,
 * packet_type = link type, the timestamp field = UTC ns, and the path's clock and the frame's order in a field of our
 * own. */
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include "dataplane/decode/packet.h"

/* The field's place; negative: no room. Cold. */
int vg_carry_clock_off(void);
static inline uint64_t *vg_carry_clock(struct rte_mbuf *m, int clock_off)
{
	return RTE_MBUF_DYNFIELD(m, clock_off, uint64_t *);
}
static inline uint64_t *vg_carry_order(struct rte_mbuf *m, int clock_off)
{
	return vg_carry_clock(m, clock_off) + 1;
}
/* The frame of pkt, a datagram that was put together, in buffers of its own. NULL: there were none. */
struct rte_mbuf *vg_carry_copy(struct rte_mempool *pool, const struct vg_packet *pkt);
