/* The fast path is the first lines of vg_stream_segment(): next in order and nothing held. Everything else goes
 * through a list of nodes per direction, sorted by sequence number and never overlapping: who came first keeps his
 * place. Sequence numbers are compared by their signed distance; all of a list lie within VG_STREAM_MAX_AHEAD of
 * next_seq. */
#include <string.h>

#include "dataplane/stream/stream_priv.h"

uint32_t vg_streams_take(struct vg_streams *streams)
{
	uint32_t idx = VG_STREAM_NONE;
	struct vg_stream *stream;

	if (!streams->n_used) { /* also the first time */
		streams->free_stream = streams->free_node = VG_STREAM_NONE;
		streams->n_fresh_streams = streams->n_fresh_nodes = 0;
	}
	if (streams->free_stream != VG_STREAM_NONE) {
		idx = streams->free_stream;
		streams->free_stream = streams->streams[idx].next_free;
	} else if (streams->n_fresh_streams < streams->n_streams) {
		idx = streams->n_fresh_streams++;
	}
	if (idx == VG_STREAM_NONE) {
		vg_count(streams->stats, VG_C_STREAM_NO_STATE, 1);
		return idx;
	}
	stream = &streams->streams[idx];
	memset(stream, 0, sizeof(*stream));
	for (unsigned dir = 0; dir < 2; dir++) {
		struct vg_stream_dir *d = &stream->dirs[dir];
		d->first_node = d->last_node = d->hint_node = NONE;
		d->deadline_ns = UINT64_MAX;
	}
	stream->deadline_ns = UINT64_MAX;
	stream->in_use = 1;
	streams->n_used++;
	return idx;
}

void vg_streams_give(struct vg_streams *streams, uint32_t *idx)
{
	struct vg_stream *stream = &streams->streams[*idx];

	VG_INVARIANT_HOT(stream->in_use);
	for (unsigned dir = 0; dir < 2; dir++) {
		while (stream->dirs[dir].first_node != NONE)
			vg_holes_drop_first(streams, &stream->dirs[dir]);
		vg_wheel_disarm(streams->wheel, *idx * 2 + dir);
	}
	stream->in_use = 0;
	stream->next_free = streams->free_stream;
	streams->free_stream = *idx;
	streams->n_used--;
	*idx = VG_STREAM_NONE;
}

enum vg_step vg_stream_begin(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq, int by_syn,
			     uint64_t clock_ns, int64_t wall_ns)
{
	struct place p = at(streams, idx, dir, clock_ns, wall_ns);
	enum vg_step step;

	p.stream->wall_ns = wall_ns;
	if (p.d->flags & (KNOWN | ENDED))
		return VG_MORE;
	while (p.d->first_node != NONE) {
		uint32_t first_seq = vg_hole_node(streams, p.d->first_node)->seq;
		if (is_near(vg_seq_distance(seq, first_seq)))
			break;
		if (by_syn || !is_near(vg_seq_distance(first_seq, seq))) {
			vg_holes_drop_first(streams, p.d);
			continue;
		}
		step = vg_stream_give_up(&p, 1); /* from the first held byte on */
		if (step == VG_MORE && !(p.d->flags & ENDED))
			vg_stream_wait_anew(&p);
		return step;
	}
	vg_stream_set_known(p.d, seq);
	step = vg_stream_run(&p);
	if (step == VG_MORE && !(p.d->flags & ENDED))
		vg_stream_wait_anew(&p);
	return step;
}

/* How many bytes at the front of a segment are old (all of them where it is not ours at all). */
static uint32_t n_old_bytes(const struct vg_stream_dir *d, uint32_t seq, uint32_t n_bytes)
{
	int32_t ahead = vg_seq_distance(d->next_seq, seq);
	uint32_t n_behind = d->next_seq - seq;

	if (d->flags & ENDED)
		return n_bytes;
	if (!(d->flags & KNOWN)) /* next_seq is that of the first segment that was held */
		return d->first_node == NONE || (ahead >= -HELD_WINDOW && ahead <= HELD_WINDOW) ? 0 : n_bytes;
	if (ahead < 0)
		return n_behind < n_bytes ? n_behind : n_bytes;
	if (!is_near(ahead) || ((d->flags & END_SEEN) && vg_seq_distance(d->end_seq, seq) >= 0))
		return n_bytes;
	return 0;
}

/* Keeps a segment that is early, or of a direction whose beginning is unknown; returns how many bytes at its end
 * found no room. */
static uint32_t keep(const struct place *p, uint32_t seq, const uint8_t *bytes, uint32_t n_bytes,
		     enum vg_node_kind kind)
{
	struct vg_stream_dir *d = p->d;
	uint32_t n_conflicts = 0, n_left;

	vg_count(p->all->stats, VG_C_STREAM_OOO, 1);
	if (!(d->flags & KNOWN) && d->first_node == NONE)
		d->next_seq = seq;
	n_left = vg_holes_hold(p->all, d, seq, bytes, n_bytes, kind, p->wall_ns, &n_conflicts);
	vg_stream_tell_conflicts(p, n_conflicts);
	if (vg_node_is_weak(kind))
		d->flags |= DOUBTS;
	if (d->deadline_ns == UINT64_MAX)
		vg_stream_wait_anew(p);
	return n_left;
}

/* Nothing that is held begins before seq. */
static int is_before_held(const struct place *p, uint32_t seq)
{
	return p->d->first_node == NONE || vg_seq_distance(seq, vg_hole_node(p->all, p->d->first_node)->seq) > 0;
}

/* There is no room to wait in: doubted bytes are believed, an urgent one is passed over. */
static enum vg_step in_order_at_once(const struct place *p, const uint8_t *bytes, uint32_t n_bytes,
				     enum vg_node_kind kind)
{
	if (kind == VG_NODE_URGENT) {
		p->d->next_seq++;
		return vg_stream_run(p);
	}
	p->d->flags |= BELIEVED;
	vg_stream_tell_conflicts(p, 1);
	return vg_stream_in_order(p, bytes, n_bytes);
}

/* Everything but the fast path. */
static enum vg_step segment(const struct place *p, uint32_t seq, const uint8_t *bytes, uint32_t n_bytes,
			    enum vg_node_kind kind)
{
	struct vg_stream_dir *d = p->d;

	while (n_bytes) {
		uint32_t n_done = n_old_bytes(d, seq, n_bytes);
		enum vg_step step;

		if (n_done) {
			vg_count(p->all->stats, VG_C_STREAM_RETRANSMITTED, n_done);
		} else {
			if (kind == VG_NODE_PLAIN && (d->flags & OWN_RST) && vg_seq_distance(d->end_seq, seq) >= 0)
				vg_stream_forget_rst(p);
			n_bytes = before_end(d, seq, n_bytes);
			if (kind == VG_NODE_PLAIN && (d->flags & KNOWN) && seq == d->next_seq)
				return vg_stream_in_order(p, bytes, n_bytes);
			n_done = n_bytes - keep(p, seq, bytes, n_bytes, kind);
			if (kind == VG_NODE_BROKEN)
				return VG_MORE;
		}
		seq += n_done;
		bytes += n_done;
		n_bytes -= n_done;
		if (!n_bytes && ((d->flags & KNOWN) || d->n_nodes * VG_STREAM_NODE_BYTES < VG_STREAM_HELD_BYTES))
			return VG_MORE;
		if (n_bytes && n_done && (d->flags & KNOWN) && seq == d->next_seq)
			continue;
		if (n_bytes && kind != VG_NODE_PLAIN && (d->flags & KNOWN) && seq == d->next_seq)
			return in_order_at_once(p, bytes, n_bytes, kind);
		step = n_bytes && is_before_held(p, seq) ? vg_stream_skip_to(p, seq) : vg_stream_give_up(p, 1);
		if (step != VG_MORE)
			return step;
		if (!(d->flags & ENDED))
			vg_stream_wait_anew(p);
	}
	return VG_MORE;
}

enum vg_step vg_stream_segment(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq,
			       const uint8_t *bytes, uint32_t n_bytes, uint64_t clock_ns, int64_t wall_ns)
{
	struct place p = at(streams, idx, dir, clock_ns, wall_ns);

	p.stream->wall_ns = wall_ns;
	if (p.d->flags == KNOWN && seq == p.d->next_seq && p.d->first_node == NONE)
		return tell_bytes(&p, bytes, n_bytes, wall_ns);
	return segment(&p, seq, bytes, n_bytes, VG_NODE_PLAIN);
}

enum vg_step vg_stream_doubt(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq, const uint8_t *bytes,
			     uint32_t n_bytes, uint64_t clock_ns, int64_t wall_ns)
{
	struct place p = at(streams, idx, dir, clock_ns, wall_ns);

	p.stream->wall_ns = wall_ns;
	vg_count(streams->stats, VG_C_STREAM_DOUBTED, 1);
	return segment(&p, seq, bytes, n_bytes, VG_NODE_DOUBTED);
}

enum vg_step vg_stream_broken(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq,
			      const uint8_t *bytes, uint32_t n_bytes, uint64_t clock_ns, int64_t wall_ns)
{
	struct place p = at(streams, idx, dir, clock_ns, wall_ns);

	return p.d->flags & KNOWN ? segment(&p, seq, bytes, n_bytes, VG_NODE_BROKEN) : VG_MORE;
}

/* Held like a segment of one byte; then what is in order goes on. */
enum vg_step vg_stream_urgent(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq, const uint8_t *byte,
			      uint64_t clock_ns, int64_t wall_ns)
{
	struct place p = at(streams, idx, dir, clock_ns, wall_ns);
	enum vg_step step;

	p.stream->wall_ns = wall_ns;
	if (p.d->flags & ENDED)
		return VG_MORE;
	vg_count(streams->stats, VG_C_STREAM_URGENT, 1);
	vg_stream_tell_conflicts(&p, 1);
	step = segment(&p, seq, byte, 1, VG_NODE_URGENT);
	if (step != VG_MORE || !(p.d->flags & KNOWN) || (p.d->flags & ENDED))
		return step;
	step = vg_stream_run(&p);
	if (!(p.d->flags & ENDED))
		vg_stream_wait_anew(&p);
	return step;
}

enum vg_step vg_stream_confirm(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t ack, uint64_t clock_ns,
			       int64_t wall_ns)
{
	struct place p = at(streams, idx, dir, clock_ns, wall_ns);
	uint64_t deadline_ns = p.d->deadline_ns;
	uint32_t next_seq = p.d->next_seq;
	enum vg_step step;

	if (!vg_stream_believe(&p, ack, 1) || !(p.d->flags & KNOWN))
		return VG_MORE;
	step = vg_stream_run(&p);
	if (p.d->flags & ENDED)
		return step;
	vg_stream_wait_anew(&p);
	if (p.d->next_seq == next_seq && p.d->deadline_ns > deadline_ns) /* no progress */
		vg_stream_set_deadline(&p, deadline_ns);
	return step;
}

/* A FIN lies within a window from what we have: further ahead no receiver takes one. */
static int is_signal(int32_t ahead)
{
	return ahead >= 0 && ahead <= (int32_t)VG_STREAM_RST_WINDOW;
}

enum vg_step vg_stream_fin(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t end_seq, uint64_t clock_ns,
			   int64_t wall_ns)
{
	struct place p = at(streams, idx, dir, clock_ns, wall_ns);
	enum vg_step step;

	p.stream->wall_ns = wall_ns;
	if (p.d->flags & ENDED)
		return VG_MORE;
	if ((p.d->flags & KNOWN) && !is_signal(vg_seq_distance(p.d->next_seq, end_seq))) {
		vg_count(streams->stats, VG_C_STREAM_SIGNALS, 1);
		return VG_MORE;
	}
	/* of two the nearer one is reached first */
	if ((p.d->flags & END_SEEN) && (!(p.d->flags & KNOWN) || vg_seq_distance(p.d->end_seq, end_seq) >= 0))
		return VG_MORE;
	p.d->flags = (uint8_t)((p.d->flags | END_SEEN) & ~OWN_RST);
	p.d->end_seq = end_seq;
	step = p.d->flags & KNOWN ? vg_stream_run(&p) : VG_MORE;
	if (step == VG_MORE && p.d->deadline_ns == UINT64_MAX)
		vg_stream_wait_anew(&p);
	return step;
}

enum vg_step vg_stream_rst(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq, uint64_t clock_ns,
			   int64_t wall_ns)
{
	struct place p = at(streams, idx, dir, clock_ns, wall_ns);

	p.stream->wall_ns = wall_ns;
	if (p.d->flags & KNOWN) {
		int32_t ahead = vg_seq_distance(p.d->next_seq, seq);
		if (ahead < -(int32_t)VG_STREAM_RST_WINDOW || ahead > (int32_t)VG_STREAM_RST_WINDOW) {
			vg_count(streams->stats, VG_C_STREAM_SIGNALS, 1);
			return VG_MORE;
		}
	}
	if (p.d->flags & (END_SEEN | ENDED)) { /* then it stands at the FIN or right behind it */
		if (seq - p.d->end_seq > 1) {
			vg_count(streams->stats, VG_C_STREAM_SIGNALS, 1);
			return VG_MORE;
		}
	} else {
		p.d->end_seq = seq;
	}
	p.d->flags |= OWN_RST;
	for (unsigned i = 0; i < 2; i++) {
		struct place q = at(streams, idx, i, clock_ns, wall_ns);
		if (q.d->flags & ENDED)
			continue;
		q.d->flags |= RST_SEEN;
		if (q.d->deadline_ns == UINT64_MAX)
			vg_stream_wait_anew(&q);
	}
	return VG_MORE;
}

enum vg_step vg_stream_expire(struct vg_streams *streams, uint32_t idx, uint64_t clock_ns)
{
	struct vg_stream *stream = &streams->streams[idx];
	enum vg_step step = VG_MORE;

	while (step == VG_MORE && stream->deadline_ns <= clock_ns) {
		unsigned dir = stream->dirs[1].deadline_ns < stream->dirs[0].deadline_ns;
		uint64_t deadline_ns = stream->dirs[dir].deadline_ns;
		struct place p = at(streams, idx, dir, deadline_ns, stream->wall_ns);

		if (is_waiting(p.d))
			step = vg_stream_give_up(&p, 0);
		if (step != VG_MORE || (p.d->flags & ENDED))
			continue;
		if (is_waiting(p.d) && (p.d->flags & DOUBTS)) /* perhaps in vain: as often as there was time for */
			p.clock_ns += (clock_ns - deadline_ns) / streams->hole_timeout_ns * streams->hole_timeout_ns;
		vg_stream_wait_anew(&p);
	}
	return step;
}

enum vg_step vg_stream_finish(struct vg_streams *streams, uint32_t idx, enum vg_stream_end how)
{
	enum vg_step step = VG_MORE;

	for (unsigned dir = 0; dir < 2 && step == VG_MORE; dir++) {
		struct place p = at(streams, idx, dir, 0, streams->streams[idx].wall_ns);
		while (step == VG_MORE && is_waiting(p.d))
			step = vg_stream_give_up(&p, 1);
		if (step == VG_MORE && !(p.d->flags & ENDED))
			step = vg_stream_tell_end(&p, how);
	}
	return step;
}

uint32_t vg_streams_due(struct vg_streams *streams, uint64_t clock_ns)
{
	for (;;) {
		uint32_t wheel_node = vg_wheel_fire(streams->wheel, clock_ns);
		uint64_t deadline_ns;

		if (wheel_node == VG_WHEEL_NONE)
			return VG_STREAM_NONE;
		deadline_ns = streams->streams[wheel_node / 2].dirs[wheel_node & 1].deadline_ns;
		if (deadline_ns == UINT64_MAX)
			continue;
		if (deadline_ns <= clock_ns)
			return wheel_node / 2;
		vg_wheel_arm(streams->wheel, wheel_node, deadline_ns);
	}
}

void vg_streams_reset(struct vg_streams *streams, uint64_t clock_ns)
{
	vg_wheel_reset(streams->wheel, clock_ns);
}
