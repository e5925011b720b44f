#pragma once
/* scope: is a flow to be looked at at all? Asked once per flow, before it costs anything. Immutable after create; any
 * thread. What is out of scope is not reassembled. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/scope.h>

struct vg_scope;

/* Checks the rules and makes the table. NULL: out of memory, or a rule that cannot be. Cold. */
void vg_scope_destroy(struct vg_scope *scope);
struct vg_scope *vg_scope_create(const struct vg_scope_conf *conf) VG_DEALLOC(vg_scope_destroy);
/* The same of one profile; of its customers, who need no VLAN. */
struct vg_scope *vg_scope_create_profile(const struct vg_scope_conf *conf, uint32_t profile)
	VG_DEALLOC(vg_scope_destroy);
struct vg_scope *vg_scope_create_customers(const struct vg_scope_conf *conf, uint32_t profile)
	VG_DEALLOC(vg_scope_destroy);

/* ip: the two addresses of a flow, IPv4 in the first 4 bytes; vlan: outer and inner tag, 0xffff = none. In scope where
 * no address is excluded; where there are prefixes, one of the addresses lies in one; where there are VLANs, one of the
 * tags is among them. The longest prefix of an address decides. */
int vg_scope_has(const struct vg_scope *scope, unsigned ip_version, const uint8_t ip[2][16], const uint16_t vlan[2]);
