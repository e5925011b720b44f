/* What is held is told in order, once; see stream.c for what packets do to it. */
#include <string.h>

#include "dataplane/stream/stream_priv.h"

/* n_conflicts times held bytes differed from later ones. */
void vg_stream_tell_conflicts(const struct place *p, uint32_t n_conflicts)
{
	if (!n_conflicts)
		return;
	vg_count(p->all->stats, VG_C_STREAM_CONFLICT, n_conflicts);
	p->all->sink.conflict(p->all->sink.owner, p->idx, p->dir);
}

/* ---- deadlines ---- */

void vg_stream_set_deadline(const struct place *p, uint64_t deadline_ns)
{
	uint32_t wheel_node = p->idx * 2 + p->dir;
	const struct vg_stream_dir *other = &p->stream->dirs[!p->dir];

	p->d->deadline_ns = deadline_ns;
	p->stream->deadline_ns = deadline_ns < other->deadline_ns ? deadline_ns : other->deadline_ns;
	if (deadline_ns != UINT64_MAX && !vg_wheel_is_armed(p->all->wheel, wheel_node)) {
		if (!p->all->wheel->n_armed)
			vg_wheel_reset(p->all->wheel, p->clock_ns);
		vg_wheel_arm(p->all->wheel, wheel_node, deadline_ns);
	}
}

/* There was progress: whoever still waits, waits anew. */
void vg_stream_wait_anew(const struct place *p)
{
	const struct vg_stream_node *first = p->d->first_node == NONE ? NULL : vg_hole_node(p->all, p->d->first_node);
	uint64_t wait_ns = p->all->hole_timeout_ns;

	if (first && first->kind == VG_NODE_TAKEN && first->seq == p->d->next_seq && wait_ns > VG_STREAM_TAKEN_NS)
		wait_ns = VG_STREAM_TAKEN_NS;
	vg_stream_set_deadline(p, is_waiting(p->d) ? p->clock_ns + wait_ns : UINT64_MAX);
}

/* Its sender goes on sending: the RST was someone else's. */
void vg_stream_forget_rst(const struct place *p)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		struct place q = at(p->all, p->idx, dir, p->clock_ns, p->wall_ns);
		q.d->flags &= (uint8_t) ~(RST_SEEN | OWN_RST);
		if (!is_waiting(q.d))
			vg_stream_set_deadline(&q, UINT64_MAX);
	}
}

/* The direction begins at seq; an end that lies before it was none. */
void vg_stream_set_known(struct vg_stream_dir *d, uint32_t seq)
{
	d->next_seq = seq;
	d->flags |= KNOWN;
	if ((d->flags & END_SEEN) && !is_near(vg_seq_distance(seq, d->end_seq)))
		d->flags &= (uint8_t)~END_SEEN;
}

/* ---- delivery ---- */

static enum vg_step tell_gap(const struct place *p, uint32_t n_missing)
{
	enum vg_step step;

	if (!n_missing)
		return VG_MORE;
	p->d->next_seq += n_missing;
	vg_count(p->all->stats, VG_C_STREAM_GAPS, 1);
	vg_count(p->all->stats, VG_C_STREAM_GAP_BYTES, n_missing);
	step = p->all->sink.gap(p->all->sink.owner, p->idx, p->dir, n_missing, p->wall_ns);
	return step == VG_DONE ? VG_MORE : step;
}

enum vg_step vg_stream_tell_end(const struct place *p, enum vg_stream_end how)
{
	while (p->d->first_node != NONE)
		vg_holes_drop_first(p->all, p->d);
	p->d->flags |= ENDED;
	vg_stream_set_deadline(p, UINT64_MAX);
	p->all->sink.end(p->all->sink.owner, p->idx, p->dir, how, p->wall_ns);
	return p->stream->dirs[!p->dir].flags & ENDED ? VG_DONE : VG_MORE;
}

static enum vg_step tell_node(const struct place *p, const struct vg_stream_node *node, uint32_t n_bytes)
{
	if (node->kind != VG_NODE_URGENT)
		return tell_bytes(p, node->bytes, n_bytes, node->wall_ns);
	p->d->next_seq += n_bytes;
	return VG_MORE;
}

/* The first node, which begins at next_seq, comes again as n_bytes that are in order; returns what that tells, *n the
 * bytes of the segment that are done with. */
static enum vg_step tell_again(const struct place *p, const uint8_t *bytes, uint32_t n_bytes, uint32_t *n)
{
	struct vg_stream_node *node = vg_hole_node(p->all, p->d->first_node);
	enum vg_step step;

	*n = node->n_bytes < n_bytes ? node->n_bytes : n_bytes;
	vg_count(p->all->stats, VG_C_STREAM_RETRANSMITTED, *n);
	if (vg_node_is_weak(node->kind)) {
		if (memcmp(node->bytes, bytes, *n))
			vg_count(p->all->stats, VG_C_STREAM_DECOY_BYTES, *n);
		node->seq += *n;
		node->n_bytes = (uint16_t)(node->n_bytes - *n);
		memmove(node->bytes, node->bytes + *n, node->n_bytes);
		if (!node->n_bytes)
			vg_holes_drop_first(p->all, p->d);
		return tell_bytes(p, bytes, *n, p->wall_ns);
	}
	if (node->kind == VG_NODE_PLAIN)
		vg_stream_tell_conflicts(p, memcmp(node->bytes, bytes, *n) != 0);
	step = tell_node(p, node, before_end(p->d, node->seq, node->n_bytes));
	vg_holes_drop_first(p->all, p->d);
	return step;
}

/* Delivers held nodes as long as they are in order, then the FIN if it is reached. */
enum vg_step vg_stream_run(const struct place *p)
{
	enum vg_step step;

	while (p->d->first_node != NONE) {
		const struct vg_stream_node *node = vg_hole_node(p->all, p->d->first_node);
		uint32_t n_bytes = before_end(p->d, node->seq, node->n_bytes);

		if (node->seq != p->d->next_seq || !n_bytes || vg_node_is_weak(node->kind))
			break;
		step = tell_node(p, node, n_bytes);
		vg_holes_drop_first(p->all, p->d);
		if (step != VG_MORE)
			return step;
	}
	if (p->d->first_node == NONE)
		p->d->flags &= (uint8_t)~DOUBTS;
	if ((p->d->flags & END_SEEN) && p->d->next_seq == p->d->end_seq)
		return vg_stream_tell_end(p, VG_END_FIN);
	return VG_MORE;
}

/* A segment that begins at next_seq, where other pieces are held or a FIN is known. */
enum vg_step vg_stream_in_order(const struct place *p, const uint8_t *bytes, uint32_t n_bytes)
{
	enum vg_step step = VG_MORE;

	while (n_bytes) {
		const struct vg_stream_node *node = p->d->first_node == NONE ? NULL
									     : vg_hole_node(p->all, p->d->first_node);
		uint32_t n = node && node->seq - p->d->next_seq < n_bytes ? node->seq - p->d->next_seq : n_bytes;

		step = n ? tell_bytes(p, bytes, n, p->wall_ns) : tell_again(p, bytes, n_bytes, &n);
		if (step != VG_MORE)
			return step;
		bytes += n;
		n_bytes -= n;
	}
	step = vg_stream_run(p);
	if (!(p->d->flags & ENDED))
		vg_stream_wait_anew(p);
	return step;
}

/* Goes on at seq: after a gap, or, where the beginning is unknown, in the middle of the stream. */
enum vg_step vg_stream_skip_to(const struct place *p, uint32_t seq)
{
	enum vg_step step;

	if (p->d->flags & KNOWN)
		return tell_gap(p, seq - p->d->next_seq);
	vg_stream_set_known(p->d, seq);
	step = p->all->sink.gap(p->all->sink.owner, p->idx, p->dir, 0, p->wall_ns);
	return step == VG_DONE ? VG_MORE : step;
}

/* Believes what is doubted up to `to`: whole nodes only. */
uint32_t vg_stream_believe(const struct place *p, uint32_t to, int is_acknowledged)
{
	uint32_t node = p->d->first_node, n_believed = 0;

	while (node != NONE) {
		struct vg_stream_node *n = vg_hole_node(p->all, node);
		if (vg_seq_distance(n->seq + n->n_bytes, to) < 0)
			break;
		if (n->kind == VG_NODE_DOUBTED) {
			n->kind = VG_NODE_PLAIN;
			n_believed++;
			p->d->flags |= BELIEVED;
		} else if (is_acknowledged && n->kind == VG_NODE_BROKEN) {
			n->kind = VG_NODE_TAKEN;
			n_believed++;
		}
		node = n->next;
	}
	if (node == NONE)
		p->d->flags &= (uint8_t)~DOUBTS;
	return n_believed;
}

static int is_doubted(const struct place *p)
{
	return p->d->first_node != NONE && vg_hole_node(p->all, p->d->first_node)->kind == VG_NODE_DOUBTED;
}

/* A RST that is not exactly where its sender's stream has got to was not taken by its receiver (RFC 5961 3.2). */
static int was_reset(const struct place *p)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		const struct vg_stream_dir *d = &p->stream->dirs[dir];
		if ((d->flags & (OWN_RST | KNOWN)) == OWN_RST || (d->flags & (OWN_RST | ENDED)) == (OWN_RST | ENDED) ||
		    ((d->flags & OWN_RST) && d->end_seq == d->next_seq))
			return 1;
	}
	return 0;
}

/* What is broken and first: believed where its receiver has it, or is not seen and the stream goes on; else it is as if
 * it had not come. Whether nothing is waited for any more. */
static int settle_broken(const struct place *p)
{
	struct vg_stream_dir *d = p->d;
	int is_seen = p->stream->dirs[!p->dir].flags & KNOWN;

	while (d->first_node != NONE) {
		struct vg_stream_node *node = vg_hole_node(p->all, d->first_node);
		if (node->kind < VG_NODE_BROKEN)
			return 0;
		if (node->kind == VG_NODE_TAKEN || (!is_seen && node->next != NONE)) {
			node->kind = VG_NODE_PLAIN;
			vg_count(p->all->stats, VG_C_STREAM_BROKEN_BYTES, node->n_bytes);
			vg_stream_tell_conflicts(p, 1);
			return 0;
		}
		vg_holes_drop_first(p->all, d);
	}
	d->flags &= (uint8_t)~DOUBTS;
	return !(d->flags & (END_SEEN | RST_SEEN));
}

enum vg_step vg_stream_give_up(const struct place *p, int by_force)
{
	struct vg_stream_dir *d = p->d;
	enum vg_step step;
	uint32_t to;

	if (settle_broken(p))
		return VG_MORE;
	if (d->first_node == NONE && !(d->flags & END_SEEN)) {
		if (by_force || was_reset(p))
			return vg_stream_tell_end(p, VG_END_RST);
		vg_count(p->all->stats, VG_C_STREAM_SIGNALS, 1);
		vg_stream_forget_rst(p);
		return VG_MORE;
	}
	to = d->first_node != NONE ? vg_hole_node(p->all, d->first_node)->seq : d->end_seq;
	if (is_doubted(p)) {
		/* who can be seen has not acknowledged them */
		int waits = !by_force && (p->stream->dirs[!p->dir].flags & KNOWN);
		if (waits && (d->flags & KNOWN) && to == d->next_seq)
			return VG_MORE;
		if (!waits && vg_stream_believe(p, to + VG_STREAM_MAX_AHEAD, 0))
			vg_stream_tell_conflicts(p, 1);
	}
	if ((d->flags & (END_SEEN | KNOWN)) == (END_SEEN | KNOWN) && vg_seq_distance(d->end_seq, to) > 0)
		to = d->end_seq;
	step = vg_stream_skip_to(p, to);
	return step == VG_MORE ? vg_stream_run(p) : step;
}
