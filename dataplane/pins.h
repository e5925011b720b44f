#pragma once
/* pins: which worker gets what others announced. A dispatcher spreads flows by a hash; a data connection must come to
 * the worker that has the control connection which announced it. Pinned are: a flow from its first packet on, where
 * its two hosts talk FTP to each other or one of its ends was announced, and TFTP transfers. A flow that was not
 * pinned at its first packet never is: a flow is not torn apart. One thread, fixed size, no clock. */
#include <stdint.h>

#include <vigil/err.h>
#include <vigil/stats_page.h>

#include "dataplane/decode/packet.h"
#include "dataplane/proto/expect.h"

#define VG_PINS_ENTRIES 32768u

struct vg_pins {
	struct vg_expect table;
};

/* idle_ns: a flow that is silent for so long is over. VG_OK or VG_ENOMEM. Cold. */
enum vg_err vg_pins_create(struct vg_pins *pins, int64_t idle_ns, struct vg_stats_page *stats);
void vg_pins_destroy(struct vg_pins *pins);
/* The worker of a TCP packet that decode has been through (pkt->clock_ns set), which by its hash is by_hash. Takes note
 * of what the packet announces. */
uint32_t vg_pins_worker(struct vg_pins *pins, const struct vg_packet *pkt, uint32_t by_hash);
/* The worker of a UDP packet; VG_PINS_NOBODY: it is of no use to anyone. */
#define VG_PINS_NOBODY UINT32_MAX
uint32_t vg_pins_datagram(struct vg_pins *pins, const struct vg_packet *pkt, uint32_t by_hash);
/* End of input: the clock may begin anew. */
void vg_pins_flush(struct vg_pins *pins);
