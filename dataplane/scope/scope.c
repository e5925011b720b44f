/* Nested prefixes were flattened into segments that do not overlap, so one binary search answers. */
#include <string.h>

#include "dataplane/scope/scope_priv.h"

static unsigned word_of(const struct vg_scope *scope, unsigned ip_version, const uint8_t ip[16])
{
	uint8_t mapped[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	uint32_t low = 0, high = scope->n_segments;

	if (ip_version == 4)
		memcpy(mapped + 12, ip, 4);
	else
		memcpy(mapped, ip, 16);
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (memcmp(scope->segments[middle].begin, mapped, 16) <= 0)
			low = middle;
		else
			high = middle;
	}
	return scope->segments[low].word;
}

static int vlan_is_in(const struct vg_scope *scope, uint16_t vlan)
{
	for (uint32_t i = 0; i < scope->n_vlans; i++)
		if (vlan >= scope->vlans[i][0] && vlan <= scope->vlans[i][1])
			return 1;
	return 0;
}

int vg_scope_has(const struct vg_scope *scope, unsigned ip_version, const uint8_t ip[2][16], const uint16_t vlan[2])
{
	unsigned a, b;

	if (scope->n_vlans && !vlan_is_in(scope, vlan[0]) && !vlan_is_in(scope, vlan[1]))
		return 0;
	if (scope->n_segments == 1 && scope->segments[0].word == VG_SCOPE_NOTHING)
		return 1;
	a = word_of(scope, ip_version, ip[0]);
	b = word_of(scope, ip_version, ip[1]);
	if (a == VG_SCOPE_OUT || b == VG_SCOPE_OUT)
		return 0;
	return !scope->has_prefixes || a == VG_SCOPE_IN || b == VG_SCOPE_IN;
}
