#pragma once
/* raw_priv: the state of a flow. */
#include "dataplane/proto/raw/raw.h"
#include "dataplane/proto/raw/raw_walk.h"

struct vg_raw_dir {
	struct vg_raw_walk walk;
	struct vg_body *body;       /* NULL: none, or not wanted */
	uint64_t n_idle;            /* bytes since the last body, or since the beginning */
	uint8_t held[VG_RAW_WANTS]; /* n_held (< VG_RAW_WANTS) of a beginning or of a head, not given yet */
	uint8_t n_held, in_body, has_gap, has_conflict, has_ended;
};
struct vg_raw_flow {
	struct vg_proto_flow base;
	struct vg_raw_dir dir[2];
};

/* The functions of struct vg_parser. */
void vg_raw_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_raw_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_raw_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			 uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_raw_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			int64_t wall_ns);
void vg_raw_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);
void vg_raw_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how, int64_t wall_ns);
