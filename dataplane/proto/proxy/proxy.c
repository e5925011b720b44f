/* The header is gathered, read, and the flow handed over with the first byte behind it. */
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

static enum vg_step leave(struct vg_proto *p, struct vg_proxy_flow *flow, int is_good, uint32_t n_rest)
{
	vg_count(p->stats, is_good ? VG_C_PROXY_HEADERS : VG_C_PROXY_BAD, 1);
	flow->base.next_app = VG_APP_HTTP1;
	flow->base.n_rest = n_rest;
	return VG_DONE;
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
	if (flow->is_begun && dir != flow->dir)
		return leave(p, flow, 0, n_bytes); /* nobody answers half a header */
	flow->is_begun = 1;
	flow->dir = (uint8_t)dir;
	while (at < n_bytes) {
		if (flow->left) { /* what version 2 carries besides addresses */
			uint32_t n = n_bytes - at < flow->left ? n_bytes - at : flow->left;
			at += n;
			flow->left -= n;
			if (!flow->left)
				return leave(p, flow, block_take(flow), n_bytes - at);
			continue;
		}
		flow->head[flow->n_head++] = bytes[at++];
		if (flow->head[0] == 'P') {
			flow->head[flow->n_head] = 0;
			if (flow->head[flow->n_head - 1] == '\n')
				return leave(p, flow, line_take(flow), n_bytes - at);
			if (flow->n_head == VG_PROXY_LINE_BYTES)
				return leave(p, flow, 0, n_bytes - at);
		} else if (flow->n_head >= V2_BYTES && flow->n_head == n_wanted(flow)) {
			flow->left = V2_BYTES + vg_be16(flow->head + 14) - flow->n_head;
			if (!flow->left)
				return leave(p, flow, block_take(flow), n_bytes - at);
		}
	}
	return VG_MORE;
}

enum vg_step vg_proxy_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns)
{
	(void)p, (void)base, (void)dir, (void)n_missing, (void)wall_ns;
	return VG_SKIP; /* a header with a hole: what comes next is not known */
}

void vg_proxy_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	(void)p, (void)base, (void)dir;
}

void vg_proxy_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	(void)p, (void)base, (void)dir, (void)how, (void)wall_ns;
}

void vg_proxy_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_proxy_flow *flow = flow_of(base);

	(void)p, (void)from;
	flow->left = 0;
	flow->is_begun = flow->dir = flow->n_head = 0;
	memset(flow->head, 0, sizeof(flow->head));
}

void vg_proxy_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	(void)p, (void)base;
}
