/* Leaving a flow to another protocol. The request that asked for it goes along: it names what comes. */
#include "dataplane/proto/http1/http1_upgrade.h"

#include "dataplane/proto/http1/http1.h"
#include "dataplane/proto/http1/http1_priv.h"

/* The first token of an Upgrade that begins with word (a version may follow). */
static int names(struct vg_span upgrade, const char *word)
{
	size_t n = strlen(word);

	if (upgrade.n_bytes < n || strncasecmp((const char *)upgrade.at, word, n))
		return 0;
	return upgrade.n_bytes == n || upgrade.at[n] == ',' || upgrade.at[n] == ' ' || upgrade.at[n] == '/';
}

static int has(struct vg_span s, const char *word)
{
	size_t n = strlen(word);

	for (size_t at = 0; at + n <= s.n_bytes; at++)
		if (!strncasecmp((const char *)s.at + at, word, n))
			return 1;
	return 0;
}

/* What the server chose is one offer, so words suffice. */
int vg_http1_upgrade_deflate(struct vg_span extensions)
{
	if (!has(extensions, "permessage-deflate"))
		return 0;
	return VG_UPGRADE_DEFLATE | (has(extensions, "server_no_context_takeover") ? VG_UPGRADE_SERVER_RESETS : 0) |
	       (has(extensions, "client_no_context_takeover") ? VG_UPGRADE_CLIENT_RESETS : 0);
}

int vg_http1_upgrade_take(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir,
			  const struct vg_http1_head *head, int64_t wall_ns)
{
	enum vg_app app = !head || names(head->upgrade, "h2c") ? VG_APP_HTTP2
			  : names(head->upgrade, "websocket")  ? VG_APP_WEBSOCKET
							       : VG_APP_NONE;
	uint32_t marks;

	if (app == VG_APP_NONE || !p->parsers[app])
		return 0;
	flow->base.next_app = (uint8_t)app;
	flow->client_dir = (uint8_t)(head ? !dir : dir);
	flow->has_preface = !head;
	if (head) {
		(void)vg_http1_pair_response(p, flow, dir, head, wall_ns, &flow->left_ask, &marks);
		vg_http1_card_sight(p, flow, dir, head, flow->left_ask, marks);
		flow->deflate = (uint8_t)vg_http1_upgrade_deflate(head->extensions);
	} else if (flow->n_waiting) {
		struct vg_http1_head none = { .status = 101 };
		(void)vg_http1_pair_response(p, flow, !dir, &none, wall_ns, &flow->left_ask, &marks);
	}
	return 1;
}

int vg_http1_upgrade_tunnel(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir,
			    const struct vg_http1_ask *ask)
{
	struct vg_flow_ident *ident = &flow->base.ident;
	struct vg_flow_claim *claim;
	size_t n_host = ask ? ask->n_host : 0;

	if (!p->parsers[VG_APP_TUNNEL])
		return 0;
	flow->base.next_app = VG_APP_TUNNEL;
	flow->client_dir = (uint8_t)!dir;
	claim = n_host && !ident->claim ? vg_pool_take(&p->claims) : NULL;
	if (!claim)
		return 1;
	claim->n_host = (uint16_t)(n_host < sizeof(claim->host) ? n_host : sizeof(claim->host));
	memcpy(claim->host, ask->texts + ask->n_method, claim->n_host);
	ident->claim = claim;
	return 1;
}

/* The packed texts of a request, each to its place. */
static void unpack(const struct vg_http1_ask *from, struct vg_ask *to)
{
	const char *at = from->texts;

#define VG_UNPACK(field)                                \
	do {                                            \
		to->n_##field = from->n_##field;        \
		memcpy(to->field, at, from->n_##field); \
		at += from->n_##field;                  \
	} while (0)
	VG_UNPACK(method);
	VG_UNPACK(host);
	VG_UNPACK(url);
	VG_UNPACK(filename);
	VG_UNPACK(agent);
	VG_UNPACK(forwarded);
#undef VG_UNPACK
	to->cut = from->cut;
	to->is_client = from->is_client;
	to->marks = from->marks;
	to->wall_ns = from->wall_ns;
}

int vg_http1_upgrade_of(const struct vg_proto_flow *from, struct vg_http1_upgrade *upgrade)
{
	const struct vg_http1_flow *flow = (const struct vg_http1_flow *)from;

	memset(upgrade, 0, sizeof(*upgrade));
	if (!from || from->parser != &vg_http1_parser)
		return 0;
	upgrade->has_ask = flow->left_ask != NULL;
	if (flow->left_ask)
		unpack(flow->left_ask, &upgrade->ask);
	upgrade->deflate = flow->deflate;
	upgrade->client_dir = flow->client_dir;
	upgrade->has_preface = flow->has_preface;
	return 1;
}
