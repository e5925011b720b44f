#pragma once
/* holes: what one direction holds beyond a hole: nodes sorted by sequence number that never overlap: who came first
 * keeps his place. The nodes of all directions of a core come from one pool. Used by stream only. */
#include "dataplane/stream/stream.h"

/* PLAIN: what the receiver has. DOUBTED: waits for a better copy or for its receiver's word. URGENT: takes its place in
 * the stream, but is no part of it. BROKEN: of a segment with a wrong checksum: nothing, unless its receiver
 * acknowledges it; TAKEN: that it did, and a better copy may only be late. */
enum vg_node_kind { VG_NODE_PLAIN, VG_NODE_DOUBTED, VG_NODE_URGENT, VG_NODE_BROKEN, VG_NODE_TAKEN };
/* What a plain copy takes the place of. */
static inline int vg_node_is_weak(unsigned kind)
{
	return kind == VG_NODE_DOUBTED || kind >= VG_NODE_BROKEN;
}

struct vg_stream_node {
	uint32_t next, prev; /* in sequence order, VG_STREAM_NONE at the ends; next also chains free nodes */
	uint32_t seq;
	uint16_t n_bytes;
	uint8_t kind;    /* enum vg_node_kind */
	int64_t wall_ns; /* when its first byte arrived */
	uint8_t bytes[VG_STREAM_NODE_BYTES];
};
_Static_assert(sizeof(struct vg_stream_node) == 2048, "a node is half a page");

/* From one sequence number to another, modulo 2^32 (RFC 9293 3.4). */
static inline int32_t vg_seq_distance(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}
static inline struct vg_stream_node *vg_hole_node(const struct vg_streams *streams, uint32_t node)
{
	return &streams->nodes[node];
}

/* Keeps what is new of a segment of that kind, and what is better: plain bytes take the place of weak ones. All of a
 * direction must lie within 2^31 of each other. *n_conflicts grows for each piece that differs from what is held.
 * Returns how many bytes at the segment's end found no room: the budget of the direction (max_dir_nodes) or of the core
 * is used up. Walks at most max_dir_nodes nodes. */
uint32_t vg_holes_hold(struct vg_streams *streams, struct vg_stream_dir *d, uint32_t seq, const uint8_t *bytes,
		       uint32_t n_bytes, enum vg_node_kind kind, int64_t wall_ns, uint32_t *n_conflicts);
/* Gives the first node (there is one) back to the pool. */
void vg_holes_drop_first(struct vg_streams *streams, struct vg_stream_dir *d);
