#pragma once
/* decoy: packets that an attacker lets only the observer see. The receiver drops a wrong TCP checksum; a capture point
 * has them also from honest hosts whose cards fill them in later (offload). */
#include <vigil/config_snapshot.h>

#include "dataplane/flow/flow_table.h"

/* Whether the packet (of flow) is one, by the policy of its port (enum vg_checksum_policy): VERIFY asks whether its
 * sender is known to send right checksums in this direction of this flow; DROP takes none that is wrong or unfinished.
 * Counted. What cannot be summed (not all was captured) is none. Looks at packets that carry something only. */
int vg_decoy_is_one(struct vg_flow_table *table, struct vg_flow *flow, const struct vg_packet *pkt, unsigned policy);
