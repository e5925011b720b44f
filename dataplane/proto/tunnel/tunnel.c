/* There is no handshake to read here: all bytes are those of what is to be recognised. */
#include "dataplane/proto/http1/http1_upgrade.h"
#include "dataplane/proto/http2/http2_tunnel.h"
#include "dataplane/proto/tunnel/tunnel_priv.h"

static struct vg_tunnel_flow *flow_of(struct vg_proto_flow *base)
{
	return (struct vg_tunnel_flow *)(void *)base;
}

enum vg_step vg_tunnel_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			    uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_again *again = &flow_of(base)->again;
	uint32_t n_held = again->n_held[dir];
	enum vg_app app = n_bytes ? vg_again_bytes(p, again, dir, bytes, n_bytes) : VG_APP_NONE;

	(void)wall_ns;
	if (app == VG_APP_NONE)
		return VG_MORE;
	vg_count(p->stats,
		 app == VG_APP_OPAQUE    ? VG_C_TUNNELS_OPAQUE
		 : app == VG_APP_UNKNOWN ? VG_C_TUNNELS_UNKNOWN
					 : VG_C_TUNNELS_KNOWN,
		 1);
	if (app == VG_APP_UNKNOWN && p->parsers[VG_APP_RAW])
		app = VG_APP_RAW;
	if (!VG_APP_IS_PARSED(app))
		return VG_SKIP;
	base->next_app = (uint8_t)app;
	base->n_rest = n_bytes - (again->n_held[dir] - n_held); /* it may hold some of them */
	base->again = again;
	return VG_DONE;
}

enum vg_step vg_tunnel_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			   int64_t wall_ns)
{
	(void)p, (void)wall_ns;
	vg_again_gap(&flow_of(base)->again, dir, n_missing);
	return VG_MORE;
}

void vg_tunnel_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	(void)p;
	flow_of(base)->again.conflict[dir] = 1;
}

void vg_tunnel_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how,
		   int64_t wall_ns)
{
	(void)p, (void)wall_ns;
	flow_of(base)->again.ended[dir] = (uint8_t)(1 + how);
}

void vg_tunnel_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_http1_upgrade upgrade;

	(void)p;
	if (!vg_http1_upgrade_of(from, &upgrade) && !vg_http2_tunnel_of(from, &upgrade))
		upgrade.client_dir = 0;
	vg_again_begin(&flow_of(base)->again, upgrade.client_dir);
}

void vg_tunnel_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	(void)p, (void)base;
}
