#pragma once
/* ask: the texts of a request that the answer to it inherits: protocols keep one from the request's head until the
 * body that answers it, in pools of their own. Texts are not terminated; cut: one was longer than its field. */
#include <stdint.h>

#include "dataplane/proto/parser.h"

struct vg_ask {
	uint16_t n_method, n_host, n_url, n_filename, n_agent, n_forwarded;
	uint16_t marks;     /* of target.h */
	int64_t wall_ns;    /* when its head was complete */
	int cut, is_client; /* is_client: forwarded is a trusted proxy's word */
	char method[VG_ATTR_METHOD], host[VG_ATTR_HOST], url[VG_ATTR_URL], filename[VG_ATTR_FILENAME],
		agent[VG_ATTR_AGENT], forwarded[VG_ATTR_FORWARDED];
};

/* Fills proto->card with the texts and marks of ask and nothing else; NULL: a request that is not known. For
 * vg_body_sink.amend, and as the beginning of a whole card. Hot. */
void vg_ask_card(struct vg_proto *proto, const struct vg_flow_ident *who, const struct vg_ask *ask);
