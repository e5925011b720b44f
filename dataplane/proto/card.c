/* Who and where of a body: the same for all protocols. */
#include <arpa/inet.h>

#include "dataplane/proto/parser.h"

/* Whom a proxy says it speaks for. */
static void claim(struct vg_attribution *c, const struct vg_flow_ident *who)
{
	if (!who->claimed_version || c->n_forwarded)
		return;
	if (inet_ntop(who->claimed_version == 4 ? AF_INET : AF_INET6, who->claimed_ip, c->forwarded,
		      sizeof(c->forwarded)))
		c->n_forwarded = (uint16_t)strlen(c->forwarded);
	c->flags |= who->is_client ? VG_ATTR_CLIENT : 0u;
}

void vg_card_who(struct vg_attribution *c, const struct vg_flow_ident *who, unsigned dir)
{
	c->flow_id = who->flow_id;
	c->capture_idx = who->capture_idx;
	c->profile = who->profile_id;
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
	c->flags |= (who->midstream ? VG_ATTR_MIDSTREAM : 0u) | (who->is_inner ? VG_ATTR_INNER : 0u);
	claim(c, who);
	if (who->claim && !c->n_host) {
		memcpy(c->host, who->claim->host, who->claim->n_host);
		c->n_host = who->claim->n_host;
	}
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

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static uint64_t mix_bytes(uint64_t h, const uint8_t *bytes, size_t n_bytes)
{
	uint64_t word;

	h = mix(h, n_bytes);
	for (; n_bytes >= 8; bytes += 8, n_bytes -= 8) {
		memcpy(&word, bytes, 8);
		h = mix(h, word);
	}
	for (word = 0; n_bytes; n_bytes--)
		word = word << 8 | bytes[n_bytes - 1];
	return mix(h, word);
}

uint64_t vg_card_resource(const struct vg_proto *proto, const struct vg_flow_ident *who, const struct vg_span *texts,
			  uint32_t n_texts)
{
	/* the two hosts in either order: what one sends may go on over a connection that the other opened */
	uint64_t h = mix_bytes(proto->seed, who->ip[0], sizeof(who->ip[0])) ^
		     mix_bytes(proto->seed, who->ip[1], sizeof(who->ip[1]));

	h = mix(h, (uint64_t)who->vlan[0] << 16 | who->vlan[1]);
	for (uint32_t i = 0; i < n_texts; i++)
		h = mix_bytes(h, texts[i].at, texts[i].n_bytes);
	h = mix(h, proto->seed);
	return h ? h : 1;
}
