/* Whose scope a flow has: asked once, when its reassembly begins. */
#include "dataplane/inspect_priv.h"

unsigned vg_inspect_profile(const struct vg_inspect *inspect, const struct vg_flow *flow)
{
	static const uint16_t no_vlan[2] = { 0xffff, 0xffff };
	unsigned profile = flow->key.capture_idx < VG_SNAPSHOT_MAX_PORTS ? inspect->rules[flow->key.capture_idx].profile
									 : 0;

	for (unsigned i = 1; !profile && inspect->n_customers && i < VG_SCOPE_PROFILES; i++)
		if (inspect->customers[i] && vg_scope_has(inspect->customers[i], vg_flow_key_ip_version(&flow->key),
							  (const uint8_t(*)[16])flow->key.ip, no_vlan))
			profile = i;
	return profile;
}
