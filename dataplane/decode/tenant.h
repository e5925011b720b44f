#pragma once
/* tenant: what of VLANs and tunnels makes two customers two, by the rule of the port a packet came from. Pure. */
#include <vigil/config_snapshot.h>

#include "dataplane/decode/packet.h"

/* Keeps pkt's tags in pkt->vlan and leaves in the key what the rule says. With direction_vlans the two outer tags of
 * a mirror are one (the first). For packets that decode has been through, once. */
void vg_tenant_apply(const struct vg_port_rule *rule, struct vg_packet *pkt);
