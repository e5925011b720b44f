#pragma once
/* decoy: packets that an attacker lets only the observer see. The receiver drops a wrong TCP checksum; a capture point
 * has them also from honest hosts whose cards fill them in later (offload). */
#include <vigil/config_snapshot.h>

#include "dataplane/flow/flow_table.h"

/* NONE: take it. BROKEN: its receiver drops it, unless it got there whole: then it is acknowledged. DROPPED: as if it
 * had not come. */
enum vg_decoy { VG_DECOY_NONE, VG_DECOY_BROKEN, VG_DECOY_DROPPED };

/* What the packet (of flow) is, by the policy of its port (enum vg_checksum_policy): VERIFY asks whether its
 * sender is known to send right checksums in this direction of this flow; DROP takes none that is wrong or unfinished.
 * What is larger than any frame on a wire was merged, or is not cut yet, by a host or its card: it is none. Counted.
 * What cannot be summed (not all was captured) is none. Looks at packets that carry something only. */
enum vg_decoy vg_decoy_judge(struct vg_flow_table *table, struct vg_flow *flow, const struct vg_packet *pkt,
			     unsigned policy);
