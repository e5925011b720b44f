/* Only what is kept of each text is copied, both ways. */
#include "dataplane/proto/ask.h"

#include "dataplane/proto/target.h"

void vg_ask_card(struct vg_proto *proto, const struct vg_flow_ident *who, const struct vg_ask *ask)
{
	struct vg_attribution *c = &proto->card;

	memset(c, 0, sizeof(*c));
	if (!ask) {
		c->flags = vg_target_unknown(proto, who);
		return;
	}
#define VG_TAKE(field)                                        \
	do {                                                  \
		memcpy(c->field, ask->field, ask->n_##field); \
		c->n_##field = ask->n_##field;                \
	} while (0)
	memcpy(c->method, ask->method, ask->n_method);
	c->n_method = ask->n_method;
	VG_TAKE(host);
	VG_TAKE(url);
	VG_TAKE(filename);
	VG_TAKE(agent);
	VG_TAKE(forwarded);
#undef VG_TAKE
	c->flags = ask->marks | (ask->cut ? VG_ATTR_HEAD_CUT : 0u) | (ask->is_client ? VG_ATTR_CLIENT : 0u);
}
