#include "control/cases/carriers.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <vigil/attribution.h>
#include <vigil/base.h>

static const struct {
	const char *said, *id;
} kinds[VG_TUNNEL_N] = {
	[VG_TUNNEL_NONE] = { "nothing", "id" },       [VG_TUNNEL_MPLS] = { "MPLS", "label" },
	[VG_TUNNEL_PPPOE] = { "PPPoE", "session" },   [VG_TUNNEL_GRE] = { "GRE", "key" },
	[VG_TUNNEL_ERSPAN] = { "ERSPAN", "session" }, [VG_TUNNEL_VXLAN] = { "VXLAN", "vni" },
	[VG_TUNNEL_GENEVE] = { "GENEVE", "vni" },     [VG_TUNNEL_IP] = { "IP in IP", "id" },
};

const char *vg_carriers_id(unsigned kind)
{
	return kind < VG_TUNNEL_N ? kinds[kind].id : "id";
}

void vg_carriers_write(const struct vg_case_origin *origin, char *text, size_t n_text)
{
	size_t n = 0;
	text[0] = 0;
	for (unsigned i = 0; i < origin->n_tunnels && i < VG_CASE_TUNNELS; i++) {
		const struct vg_case_tunnel *t = &origin->tunnels[i];
		int more = snprintf(text + n, n_text - n, "%s %u %.45s %.45s;", vg_tunnel_str(t->kind), t->id,
				    t->src_ip[0] ? t->src_ip : "-", t->dst_ip[0] ? t->dst_ip : "-");
		if (more < 0 || (size_t)more >= n_text - n) {
			text[n] = 0;
			return;
		}
		n += (size_t)more;
	}
}

static unsigned kind_of(const char *word)
{
	for (unsigned kind = VG_TUNNEL_NONE + 1; kind < VG_TUNNEL_N; kind++)
		if (!strcmp(vg_tunnel_str(kind), word))
			return kind;
	return VG_TUNNEL_NONE;
}

void vg_carriers_read(const char *text, struct vg_case_origin *origin)
{
	origin->n_tunnels = 0;
	while (origin->n_tunnels < VG_CASE_TUNNELS) {
		struct vg_case_tunnel t = { 0 };
		char word[16];
		int n = 0;
		if (sscanf(text, "%15s %u %45s %45[^;];%n", word, &t.id, t.src_ip, t.dst_ip, &n) != 4 || !n)
			return;
		t.kind = kind_of(word);
		if (t.kind == VG_TUNNEL_NONE)
			return;
		if (!strcmp(t.src_ip, "-"))
			memset(t.src_ip, 0, sizeof(t.src_ip));
		if (!strcmp(t.dst_ip, "-"))
			memset(t.dst_ip, 0, sizeof(t.dst_ip));
		origin->tunnels[origin->n_tunnels++] = t;
		text += n;
	}
}

const char *vg_carriers_say(const struct vg_case_tunnel *tunnel, char *to, size_t n_to)
{
	unsigned kind = tunnel->kind < VG_TUNNEL_N ? tunnel->kind : VG_TUNNEL_NONE;
	char id[40] = "", ends[120] = "";
	if (tunnel->id || (kind != VG_TUNNEL_GRE && kind != VG_TUNNEL_IP))
		snprintf(id, sizeof(id), " %s %u", kinds[kind].id, tunnel->id);
	if (tunnel->src_ip[0])
		snprintf(ends, sizeof(ends), " from %s to %s", tunnel->src_ip, tunnel->dst_ip);
	snprintf(to, n_to, "%s%s%s", kinds[kind].said, id, ends);
	return to;
}

static int is_private(const char *ip)
{
	uint8_t a[16];
	if (inet_pton(AF_INET, ip, a) == 1)
		return a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168) ||
		       (a[0] == 100 && (a[1] & 0xc0) == 64) || (a[0] == 169 && a[1] == 254);
	return inet_pton(AF_INET6, ip, a) == 1 && ((a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80));
}

const char *vg_carriers_tenant(const struct vg_case_origin *origin, const char *ip, char *to, size_t n_to)
{
	char network[40] = "";
	to[0] = 0;
	if (!is_private(ip))
		return to;
	for (unsigned i = 0; i < origin->n_tunnels && i < VG_CASE_TUNNELS; i++) {
		const struct vg_case_tunnel *t = &origin->tunnels[i];
		if (t->kind == VG_TUNNEL_VXLAN || t->kind == VG_TUNNEL_GENEVE || t->kind == VG_TUNNEL_PPPOE ||
		    (t->kind == VG_TUNNEL_GRE && t->id))
			snprintf(network, sizeof(network), " %s %u", vg_tunnel_str(t->kind), t->id);
	}
	if (origin->vlan_outer >= 0 || network[0])
		snprintf(to, n_to, " vlan %d %d%s", origin->vlan_outer, origin->vlan_inner, network);
	return to;
}
