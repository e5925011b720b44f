/* Segments mostly come after the last one that is held or right after the one before: both are remembered, so that a
 * long run behind one hole is appended without a walk, and packed. */
#include <string.h>

#include "dataplane/stream/holes_priv.h"

#define NONE VG_STREAM_NONE

static uint32_t take_node(struct vg_streams *streams)
{
	uint32_t node = streams->free_node;

	if (node != NONE)
		streams->free_node = vg_hole_node(streams, node)->next;
	else if (streams->n_fresh_nodes < streams->n_nodes)
		node = streams->n_fresh_nodes++;
	return node;
}

static void drop_node(struct vg_streams *streams, struct vg_stream_dir *d, uint32_t node)
{
	struct vg_stream_node *n = vg_hole_node(streams, node);

	if (n->prev == NONE)
		d->first_node = n->next;
	else
		vg_hole_node(streams, n->prev)->next = n->next;
	if (n->next == NONE)
		d->last_node = n->prev;
	else
		vg_hole_node(streams, n->next)->prev = n->prev;
	if (d->hint_node == node)
		d->hint_node = n->prev != NONE ? n->prev : n->next;
	d->n_nodes--;
	n->next = streams->free_node;
	streams->free_node = node;
}

void vg_holes_drop_first(struct vg_streams *streams, struct vg_stream_dir *d)
{
	drop_node(streams, d, d->first_node);
}

/* Joins a node with its neighbour where they touch and fit into one: a trickle of tiny segments must not eat nodes. */
static void join_next(struct vg_streams *streams, struct vg_stream_dir *d, uint32_t node)
{
	struct vg_stream_node *b = vg_hole_node(streams, node);
	const struct vg_stream_node *next = b->next == NONE ? NULL : vg_hole_node(streams, b->next);

	if (!next || b->kind != next->kind || b->kind == VG_NODE_URGENT || b->seq + b->n_bytes != next->seq ||
	    b->n_bytes + next->n_bytes > VG_STREAM_NODE_BYTES)
		return;
	memcpy(b->bytes + b->n_bytes, next->bytes, next->n_bytes);
	b->n_bytes = (uint16_t)(b->n_bytes + next->n_bytes);
	drop_node(streams, d, b->next);
}

/* The last node that begins at or before seq, or NONE. */
static uint32_t node_before(const struct vg_streams *streams, const struct vg_stream_dir *d, uint32_t seq)
{
	uint32_t node = d->last_node;

	if (node == NONE || vg_seq_distance(vg_hole_node(streams, node)->seq, seq) >= 0)
		return node;
	node = d->hint_node;
	while (node != NONE && vg_seq_distance(vg_hole_node(streams, node)->seq, seq) < 0)
		node = vg_hole_node(streams, node)->prev;
	while (node != NONE) {
		uint32_t next = vg_hole_node(streams, node)->next;
		if (next == NONE || vg_seq_distance(vg_hole_node(streams, next)->seq, seq) < 0)
			break;
		node = next;
	}
	return node;
}

/* A fresh node after prev (NONE: first), or NONE where no node may be had. */
static uint32_t insert_node(struct vg_streams *streams, struct vg_stream_dir *d, uint32_t prev, uint32_t seq,
			    enum vg_node_kind kind, int64_t wall_ns)
{
	uint32_t node = d->n_nodes < streams->max_dir_nodes ? take_node(streams) : NONE;
	struct vg_stream_node *n;

	if (node == NONE)
		return NONE;
	n = vg_hole_node(streams, node);
	n->seq = seq;
	n->n_bytes = 0;
	n->kind = (uint8_t)kind;
	n->wall_ns = wall_ns;
	n->prev = prev;
	n->next = prev == NONE ? d->first_node : vg_hole_node(streams, prev)->next;
	if (prev == NONE)
		d->first_node = node;
	else
		vg_hole_node(streams, prev)->next = node;
	if (n->next == NONE)
		d->last_node = node;
	else
		vg_hole_node(streams, n->next)->prev = node;
	d->n_nodes++;
	return node;
}

/* Two nodes of one, the second from off on; 0: there was no node for it. */
static int split(struct vg_streams *streams, struct vg_stream_dir *d, uint32_t node, uint32_t off)
{
	struct vg_stream_node *b = vg_hole_node(streams, node), *rest;
	uint32_t next = insert_node(streams, d, node, b->seq + off, (enum vg_node_kind)b->kind, b->wall_ns);

	if (next == NONE)
		return 0;
	rest = vg_hole_node(streams, next);
	rest->n_bytes = (uint16_t)(b->n_bytes - off);
	memcpy(rest->bytes, b->bytes + off, rest->n_bytes);
	b->n_bytes = (uint16_t)off;
	return 1;
}

/* n bytes come again at off of a node: the first copy stays, unless it was doubted and this one is not. */
static void hold_again(struct vg_streams *streams, struct vg_stream_node *b, uint32_t off, const uint8_t *bytes,
		       uint32_t n, enum vg_node_kind kind, uint32_t *n_conflicts)
{
	vg_count(streams->stats, VG_C_STREAM_RETRANSMITTED, n);
	if (vg_node_is_weak(b->kind) && kind == VG_NODE_PLAIN) {
		if (memcmp(b->bytes + off, bytes, n))
			vg_count(streams->stats, VG_C_STREAM_DECOY_BYTES, n);
		memcpy(b->bytes + off, bytes, n);
		if (n == b->n_bytes)
			b->kind = VG_NODE_PLAIN;
	} else if (b->kind == VG_NODE_PLAIN && kind == VG_NODE_PLAIN) {
		*n_conflicts += memcmp(b->bytes + off, bytes, n) != 0;
	}
}

uint32_t vg_holes_hold(struct vg_streams *streams, struct vg_stream_dir *d, uint32_t seq, const uint8_t *bytes,
		       uint32_t n_bytes, enum vg_node_kind kind, int64_t wall_ns, uint32_t *n_conflicts)
{
	uint32_t prev = node_before(streams, d, seq);

	while (n_bytes) {
		struct vg_stream_node *b = prev == NONE ? NULL : vg_hole_node(streams, prev);
		uint32_t next = b ? b->next : d->first_node;
		uint32_t room = next == NONE ? n_bytes : vg_hole_node(streams, next)->seq - seq;
		uint32_t n = n_bytes < room ? n_bytes : room;

		if (b && vg_seq_distance(seq, b->seq + b->n_bytes) > 0) {
			uint32_t n_over = b->seq + b->n_bytes - seq;
			if (vg_node_is_weak(b->kind) && kind == VG_NODE_PLAIN) { /* only what comes again is plain */
				if (n_bytes < n_over)
					(void)split(streams, d, prev, seq - b->seq + n_bytes);
				if (seq != b->seq && split(streams, d, prev, seq - b->seq)) {
					prev = b->next;
					continue;
				}
			}
			n = n_bytes < n_over ? n_bytes : n_over;
			hold_again(streams, b, seq - b->seq, bytes, n, kind, n_conflicts);
		} else if (!room) {
			prev = next;
			continue;
		} else {
			if (!b || b->seq + b->n_bytes != seq || b->n_bytes == VG_STREAM_NODE_BYTES || b->kind != kind ||
			    kind == VG_NODE_URGENT) {
				prev = insert_node(streams, d, prev, seq, kind, wall_ns);
				if (prev == NONE)
					return n_bytes;
				b = vg_hole_node(streams, prev);
			}
			if (n > VG_STREAM_NODE_BYTES - b->n_bytes)
				n = VG_STREAM_NODE_BYTES - b->n_bytes;
			memcpy(b->bytes + b->n_bytes, bytes, n);
			b->n_bytes = (uint16_t)(b->n_bytes + n);
			d->hint_node = prev;
			join_next(streams, d, prev);
		}
		seq += n;
		bytes += n;
		n_bytes -= n;
	}
	return 0;
}
