/* The header is gathered and read; what is behind it is recognised as if it were the beginning of the flow. */
#include "dataplane/proto/proxy/proxy.h"

#include <arpa/inet.h>

#include "dataplane/proto/proxy/proxy_priv.h"

#define V2_BYTES 16u /* signature, version and command, family, length */
static const uint8_t signature[12] = { 13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10 };

static struct vg_proxy_flow *flow_of(struct vg_proto_flow *flow)
{
	return (struct vg_proxy_flow *)(void *)flow;
}

static int agrees(const uint8_t *bytes, uint32_t n_bytes, const void *with, uint32_t n_with)
{
	return !memcmp(bytes, with, n_bytes < n_with ? n_bytes : n_with);
}

enum vg_app vg_proxy_first(const uint8_t *bytes, uint32_t n_bytes)
{
	if (agrees(bytes, n_bytes, "PROXY ", 6))
		return n_bytes < 6 ? VG_APP_NONE : VG_APP_PROXY;
	if (agrees(bytes, n_bytes, signature, sizeof(signature)))
		return n_bytes < sizeof(signature) ? VG_APP_NONE : VG_APP_PROXY;
	return VG_APP_UNKNOWN;
}

/* "PROXY TCP4 SOURCE DESTINATION PORT PORT\r\n"; 0: it breaks its format. */
static int line_take(struct vg_proxy_flow *flow)
{
	struct vg_flow_ident *ident = &flow->base.ident;
	char *text = (char *)flow->head + 6, *end;
	int family = !strncmp(text, "TCP4 ", 5) ? AF_INET : !strncmp(text, "TCP6 ", 5) ? AF_INET6 : 0;

	if (!family)
		return !strncmp(text, "UNKNOWN", 7);
	text += 5;
	end = strchr(text, ' ');
	if (!end)
		return 0;
	*end = 0;
	if (inet_pton(family, text, ident->claimed_ip) != 1)
		return 0;
	ident->claimed_version = family == AF_INET ? 4 : 6;
	return 1;
}

/* The fixed part and the addresses; 0: it breaks its format. */
static int block_take(struct vg_proxy_flow *flow)
{
	struct vg_flow_ident *ident = &flow->base.ident;
	uint32_t n_address = flow->head[13] >> 4 == 1 ? 4 : flow->head[13] >> 4 == 2 ? 16 : 0;

	if (flow->head[12] >> 4 != 2)
		return 0;
	if ((flow->head[12] & 15) != 1 || !n_address) /* LOCAL, or no address of IP */
		return 1;
	if (flow->n_head < V2_BYTES + n_address)
		return 0;
	memcpy(ident->claimed_ip, flow->head + V2_BYTES, n_address);
	ident->claimed_version = n_address == 4 ? 4 : 6;
	return 1;
}

static enum vg_step behind_feed(struct vg_proto *p, struct vg_proxy_flow *flow, unsigned dir, const uint8_t *bytes,
				uint32_t n_bytes)
{
	enum vg_app app = n_bytes ? vg_again_bytes(p, &flow->again, dir, bytes, n_bytes) : VG_APP_NONE;

	if (app == VG_APP_NONE)
		return VG_MORE;
	if (!VG_APP_IS_PARSED(app))
		return VG_SKIP;
	flow->base.next_app = (uint8_t)app;
	flow->base.n_rest = n_bytes;
	flow->base.again = &flow->again;
	return VG_DONE;
}

/* The header is at its end; the present bytes behind it. */
static enum vg_step leave(struct vg_proto *p, struct vg_proxy_flow *flow, int is_good, unsigned dir,
			  const uint8_t *bytes, uint32_t n_bytes)
{
	const struct vg_flow_ident *ident = &flow->base.ident;

	vg_count(p->stats, is_good ? VG_C_PROXY_HEADERS : VG_C_PROXY_BAD, 1);
	flow->is_read = 1;
	flow->base.ident.is_client = ident->claimed_version &&
				     vg_trust_has(&p->trust, ident->ip_version, ident->ip[flow->dir]);
	flow->again.client = flow->dir;
	return behind_feed(p, flow, dir, bytes, n_bytes);
}

/* Bytes of a version 2 header that are wanted: all up to the addresses. */
static uint32_t n_wanted(const struct vg_proxy_flow *flow)
{
	uint32_t n;

	if (flow->n_head < V2_BYTES)
		return V2_BYTES;
	n = V2_BYTES + vg_be16(flow->head + 14);
	return n < V2_BYTES + 36 ? n : V2_BYTES + 36;
}

enum vg_step vg_proxy_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_proxy_flow *flow = flow_of(base);
	uint32_t at = 0;

	(void)wall_ns;
	if (flow->is_read)
		return behind_feed(p, flow, dir, bytes, n_bytes);
	if (flow->is_begun && dir != flow->dir)
		return leave(p, flow, 0, dir, bytes, n_bytes); /* nobody answers half a header */
	flow->is_begun = 1;
	flow->dir = (uint8_t)dir;
	while (at < n_bytes) {
		if (flow->left) { /* what version 2 carries besides addresses */
			uint32_t n = n_bytes - at < flow->left ? n_bytes - at : flow->left;
			at += n;
			flow->left -= n;
			if (!flow->left)
				return leave(p, flow, block_take(flow), dir, bytes + at, n_bytes - at);
			continue;
		}
		flow->head[flow->n_head++] = bytes[at++];
		if (flow->head[0] == 'P') {
			flow->head[flow->n_head] = 0;
			if (flow->head[flow->n_head - 1] == '\n')
				return leave(p, flow, line_take(flow), dir, bytes + at, n_bytes - at);
			if (flow->n_head == VG_PROXY_LINE_BYTES)
				return leave(p, flow, 0, dir, bytes + at, n_bytes - at);
		} else if (flow->n_head >= V2_BYTES && flow->n_head == n_wanted(flow)) {
			flow->left = V2_BYTES + vg_be16(flow->head + 14) - flow->n_head;
			if (!flow->left)
				return leave(p, flow, block_take(flow), dir, bytes + at, n_bytes - at);
		}
	}
	return VG_MORE;
}

enum vg_step vg_proxy_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns)
{
	struct vg_proxy_flow *flow = flow_of(base);

	(void)p, (void)wall_ns;
	if (!flow->is_read && (!flow->is_begun || dir == flow->dir))
		return VG_SKIP; /* a header with a hole: what comes next is not known */
	vg_again_gap(&flow->again, dir, n_missing);
	return VG_MORE;
}

void vg_proxy_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	(void)p;
	flow_of(base)->again.conflict[dir] = 1;
}

void vg_proxy_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	(void)p, (void)wall_ns;
	flow_of(base)->again.ended[dir] = (uint8_t)(1 + how);
}

void vg_proxy_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_proxy_flow *flow = flow_of(base);

	(void)p, (void)from;
	flow->left = 0;
	flow->is_begun = flow->is_read = flow->dir = flow->n_head = 0;
	vg_again_begin(&flow->again, 0);
	memset(flow->head, 0, sizeof(flow->head));
}

void vg_proxy_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	(void)p, (void)base;
}
