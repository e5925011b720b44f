#pragma once
/* target: what scope and lists say of a request, by its host and path, at the moment its head is complete: the one
 * question that all versions of HTTP ask. Hot; without patterns and lists it is nothing, else one pass over the target
 * where the host has entries. The answer goes into the card of every body of the request and of its response. */
#include <vigil/bytes.h>

#include "dataplane/proto/parser.h"

/* For a flow of that profile: VG_ATTR_OUT, or of VG_ATTR_LISTED and VG_ATTR_STOP; 0: nothing. Counted. What is out of
 * scope is not looked up. */
uint32_t vg_target_marks(struct vg_proto *proto, const struct vg_flow_ident *who, struct vg_span host,
			 struct vg_span target);
/* Of a response whose request was not seen: nobody can say that it is in scope, where hosts and paths decide. */
static inline uint32_t vg_target_unknown(const struct vg_proto *proto, const struct vg_flow_ident *who)
{
	return proto->profiles[who->profile].sites ? VG_ATTR_OUT : 0;
}
/* A host or authority without its user name: what attribution records have. */
struct vg_span vg_target_host(struct vg_span authority);
/* What an attribution record has of a listed target that is longer than its field: as much of its normal form as there
 * is room for, which the look-up finds again; *cut is set. Returns how many bytes of text. */
uint16_t vg_target_normal(struct vg_span target, char text[VG_ATTR_URL], int *cut);

/* A request for a listed URL whose response has no body, or was not seen: the filled card alone goes out, as an empty
 * body. wall_ns: of the request. */
void vg_target_sight(struct vg_proto *proto, int64_t wall_ns);
