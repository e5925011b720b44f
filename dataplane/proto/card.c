/* Who and where of a body: the same for all protocols. */
#include "dataplane/proto/parser.h"

void vg_card_who(struct vg_attribution *c, const struct vg_flow_ident *who, unsigned dir)
{
	c->flow_id = who->flow_id;
	c->capture_idx = who->capture_idx;
	c->ip_version = who->ip_version;
	memcpy(c->src_ip, who->ip[dir & 1], sizeof(c->src_ip));
	memcpy(c->dst_ip, who->ip[!(dir & 1)], sizeof(c->dst_ip));
	c->src_port = who->port[dir & 1];
	c->dst_port = who->port[!(dir & 1)];
	c->vlan[0] = who->vlan[0];
	c->vlan[1] = who->vlan[1];
	c->n_tunnels = who->n_tunnels;
	if (who->n_tunnels)
		memcpy(c->tunnels, who->tunnels, who->n_tunnels * sizeof(c->tunnels[0]));
	c->flags |= who->midstream ? VG_ATTR_MIDSTREAM : 0u;
}

void vg_card_begin(struct vg_proto *proto, const struct vg_proto_flow *flow, unsigned dir, unsigned proto_id,
		   unsigned direction)
{
	struct vg_attribution *c = &proto->card;

	memset(c, 0, sizeof(*c));
	vg_card_who(c, &flow->ident, dir);
	c->proto = (uint8_t)proto_id;
	c->direction = (uint8_t)direction;
	c->size_hint = UINT64_MAX;
}
