/* The tags stay in the packet: a case names them also where they are no part of the key. */
#include "dataplane/decode/tenant.h"

void vg_tenant_apply(const struct vg_port_rule *rule, struct vg_packet *pkt)
{
	struct vg_flow_key *key = &pkt->key;

	pkt->vlan[0] = key->vlan[0];
	pkt->vlan[1] = key->vlan[1];
	if (rule->direction_vlans[1] && key->vlan[0] == rule->direction_vlans[1])
		key->vlan[0] = rule->direction_vlans[0];
	if (rule->tenant_key == VG_TENANT_VNI || rule->tenant_key == VG_TENANT_NONE)
		key->vlan[0] = key->vlan[1] = VG_VLAN_NONE;
	if (rule->tenant_key == VG_TENANT_VLAN || rule->tenant_key == VG_TENANT_NONE) {
		key->tenant[0] = key->tenant[1] = 0;
		key->net &= 15;
	}
}
