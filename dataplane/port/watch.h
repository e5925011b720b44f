#pragma once
/* watch: what the devices say of themselves: link, frames, losses; into the rows of a stats page (vigil/stats_page.h).
 * Cold, the main thread's; captures and copies of forwarded frames have no row. */
#include <vigil/stats_page.h>

#include "dataplane/port/port.h"

/* Names the rows before anybody else has the page. n_workers: receiving threads. */
void vg_ports_watch_begin(struct vg_ports *ports, struct vg_stats_page *page, uint32_t n_workers);
/* Looks at all ports; also sets VG_C_RX_MISSED and VG_C_RX_NOMBUF of the page, n_missed_more (full rings of a
 * dispatcher) added. */
void vg_ports_watch(struct vg_ports *ports, struct vg_stats_page *page, uint64_t n_missed_more);
