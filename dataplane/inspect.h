#pragma once
/* inspect: one core's rooms from decode to proto wired together: a burst of frames goes in, bodies come out at the
 * other end of proto. Knows no ports, no threads and no clock; the worker gives it frames and times. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>
#include <vigil/stats_page.h>

#include "dataplane/decode/packet.h"
#include "dataplane/proto/proto.h"

struct vg_inspect;

/* Tables and pools as conf says. seed: 24 secret random bytes. stats and proto are borrowed until destroy. NULL:
 * out of memory. Cold. */
void vg_inspect_destroy(struct vg_inspect *inspect);
struct vg_inspect *vg_inspect_create(const struct vg_dataplane_conf *conf, const uint64_t seed[3],
				     struct vg_stats_page *stats, struct vg_proto *proto)
	VG_DEALLOC(vg_inspect_destroy);

/* Verdict hold: asked before and after each packet. NULL (at first): none. Borrowed. Cold. */
struct vg_hold;
void vg_inspect_hold(struct vg_inspect *inspect, struct vg_hold *hold);
/* Where cards can drop what is opaque: they are asked for it. NULL (at first): none can. Borrowed. Cold. */
struct vg_offload;
void vg_inspect_offload(struct vg_inspect *inspect, struct vg_offload *offload);
/* Where the order of the frame that is being inspected is written, for who is told what comes of it. NULL (at first):
 * nowhere. Borrowed. Cold. */
void vg_inspect_order(struct vg_inspect *inspect, uint64_t *order);
/* Inspects n_pkts (<= VG_BURST) frames, of which the port half and key.capture_idx are set. pkt->segment is the
 * rte_mbuf of the frame, or NULL where all of it lies in the first segment. clock_ns never goes back until the next
 * flush. */
void vg_inspect_burst(struct vg_inspect *inspect, struct vg_packet *pkts, uint32_t n_pkts);
/* Lets timers run that are due at clock_ns, a bounded number: to be called after each burst, and without one. */
void vg_inspect_tick(struct vg_inspect *inspect, uint64_t clock_ns);
/* End of input: tells all that is held with its gaps, ends and forgets every flow. The clock may then begin anew. */
void vg_inspect_flush(struct vg_inspect *inspect);
