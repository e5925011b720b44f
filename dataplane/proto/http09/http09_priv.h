#pragma once
/* http09_priv: the state of one flow. */
#include "dataplane/proto/again.h"
#include "dataplane/proto/ask.h"
#include "dataplane/proto/http09/http09.h"

struct vg_http09_flow {
	struct vg_proto_flow base;
	struct vg_body *body; /* NULL: not wanted, or not begun */
	uint8_t client, is_begun, had_gap, has_conflict, has_ended;
	uint8_t n_start; /* bytes of the answer that a status line would begin with */
	struct vg_ask ask;
	struct vg_again again;
};

/* http09.c: as struct vg_parser says. */
void vg_http09_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_http09_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_http09_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			    uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_http09_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			   int64_t wall_ns);
void vg_http09_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);
void vg_http09_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		   int64_t wall_ns);
