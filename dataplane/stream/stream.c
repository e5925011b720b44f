/* The fast path is the first lines of vg_stream_segment(): next in order and nothing held. Everything else goes
 * through a list of nodes per direction, sorted by sequence number and never overlapping: who came first keeps his
 * place. Sequence numbers are compared by their signed distance; all of a list lie within VG_STREAM_MAX_AHEAD of
 * next_seq. */
#include <string.h>

#include "dataplane/stream/holes_priv.h"

#define KNOWN       1u /* next_seq is valid; vg_stream_is_known() knows this bit */
#define END_SEEN    2u /* a FIN at end_seq */
#define RST_SEEN    4u /* a RST; own RSTs are at end_seq */
#define OWN_RST     8u
#define ENDED       16u
#define NONE        VG_STREAM_NONE
/* While the beginning is unknown nothing further from the first held byte than this is kept. */
#define HELD_WINDOW (1 << 28)

struct place {
	struct vg_streams *all;
	struct vg_stream *stream;
	struct vg_stream_dir *d;
	uint32_t idx;
	unsigned dir;
	uint64_t clock_ns;
	int64_t wall_ns;
};

/* Between 0 and the largest window ahead. */
static inline int is_near(int32_t ahead)
{
	return ahead >= 0 && ahead <= (int32_t)VG_STREAM_MAX_AHEAD;
}

static inline struct place at(struct vg_streams *all, uint32_t idx, unsigned dir, uint64_t clock_ns, int64_t wall_ns)
{
	struct vg_stream *stream = &all->streams[idx];

	return (struct place){ all, stream, &stream->dirs[dir], idx, dir, clock_ns, wall_ns };
}

/* n_conflicts times held bytes differed from later ones. */
static void tell_conflicts(const struct place *p, uint32_t n_conflicts)
{
	if (!n_conflicts)
		return;
	vg_count(p->all->stats, VG_C_STREAM_CONFLICT, n_conflicts);
	p->all->sink.conflict(p->all->sink.owner, p->idx, p->dir);
}

/* ---- deadlines ---- */

static inline int is_waiting(const struct vg_stream_dir *d)
{
	return !(d->flags & ENDED) && (d->first_node != NONE || (d->flags & (END_SEEN | RST_SEEN)));
}

static void set_deadline(const struct place *p, uint64_t deadline_ns)
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
static inline void wait_anew(const struct place *p)
{
	set_deadline(p, is_waiting(p->d) ? p->clock_ns + p->all->hole_timeout_ns : UINT64_MAX);
}

/* Its sender goes on sending: the RST was someone else's. */
static void forget_rst(const struct place *p)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		struct place q = at(p->all, p->idx, dir, p->clock_ns, p->wall_ns);
		q.d->flags &= (uint8_t) ~(RST_SEEN | OWN_RST);
		if (!is_waiting(q.d))
			set_deadline(&q, UINT64_MAX);
	}
}

/* The direction begins at seq; an end that lies before it was none. */
static void set_known(struct vg_stream_dir *d, uint32_t seq)
{
	d->next_seq = seq;
	d->flags |= KNOWN;
	if ((d->flags & END_SEEN) && !is_near(vg_seq_distance(seq, d->end_seq)))
		d->flags &= (uint8_t)~END_SEEN;
}

/* ---- delivery ---- */

static inline enum vg_step tell_bytes(const struct place *p, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	enum vg_step step;

	p->d->next_seq += n_bytes;
	step = p->all->sink.bytes(p->all->sink.owner, p->idx, p->dir, bytes, n_bytes, wall_ns);
	return step == VG_DONE ? VG_MORE : step;
}

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

static enum vg_step tell_end(const struct place *p, enum vg_stream_end how)
{
	while (p->d->first_node != NONE)
		vg_holes_drop_first(p->all, p->d);
	p->d->flags |= ENDED;
	set_deadline(p, UINT64_MAX);
	p->all->sink.end(p->all->sink.owner, p->idx, p->dir, how, p->wall_ns);
	return p->stream->dirs[!p->dir].flags & ENDED ? VG_DONE : VG_MORE;
}

/* Cuts a piece at seq (not beyond the end) to what lies before a FIN. */
static inline uint32_t before_end(const struct vg_stream_dir *d, uint32_t seq, uint32_t n_bytes)
{
	if ((d->flags & (END_SEEN | KNOWN)) == (END_SEEN | KNOWN) && d->end_seq - seq < n_bytes)
		return d->end_seq - seq;
	return n_bytes;
}

/* Delivers held nodes as long as they are in order, then the FIN if it is reached. */
static enum vg_step run(const struct place *p)
{
	enum vg_step step;

	while (p->d->first_node != NONE) {
		const struct vg_stream_node *node = vg_hole_node(p->all, p->d->first_node);
		uint32_t n_bytes = before_end(p->d, node->seq, node->n_bytes);

		if (node->seq != p->d->next_seq || !n_bytes)
			break;
		step = tell_bytes(p, node->bytes, n_bytes, node->wall_ns);
		vg_holes_drop_first(p->all, p->d);
		if (step != VG_MORE)
			return step;
	}
	if ((p->d->flags & END_SEEN) && p->d->next_seq == p->d->end_seq)
		return tell_end(p, VG_END_FIN);
	return VG_MORE;
}

/* A segment that begins at next_seq, where other pieces are held or a FIN is known. */
static enum vg_step in_order(const struct place *p, const uint8_t *bytes, uint32_t n_bytes)
{
	enum vg_step step = VG_MORE;

	while (n_bytes) {
		const struct vg_stream_node *node = p->d->first_node == NONE ? NULL
									     : vg_hole_node(p->all, p->d->first_node);
		uint32_t n = node && node->seq - p->d->next_seq < n_bytes ? node->seq - p->d->next_seq : n_bytes;

		if (n) {
			step = tell_bytes(p, bytes, n, p->wall_ns);
		} else {
			n = node->n_bytes < n_bytes ? node->n_bytes : n_bytes;
			vg_count(p->all->stats, VG_C_STREAM_RETRANSMITTED, n);
			tell_conflicts(p, memcmp(node->bytes, bytes, n) != 0);
			step = tell_bytes(p, node->bytes, before_end(p->d, node->seq, node->n_bytes), node->wall_ns);
			vg_holes_drop_first(p->all, p->d);
		}
		if (step != VG_MORE)
			return step;
		bytes += n;
		n_bytes -= n;
	}
	step = run(p);
	if (!(p->d->flags & ENDED))
		wait_anew(p);
	return step;
}

/* Goes on at seq: after a gap, or, where the beginning is unknown, in the middle of the stream. */
static enum vg_step skip_to(const struct place *p, uint32_t seq)
{
	enum vg_step step;

	if (p->d->flags & KNOWN)
		return tell_gap(p, seq - p->d->next_seq);
	set_known(p->d, seq);
	step = p->all->sink.gap(p->all->sink.owner, p->idx, p->dir, 0, p->wall_ns);
	return step == VG_DONE ? VG_MORE : step;
}

/* Gives up what the direction waits for first: its unknown beginning, a hole, what is missing before a FIN, silence
 * after a RST. */
static enum vg_step give_up(const struct place *p)
{
	struct vg_stream_dir *d = p->d;
	enum vg_step step;
	uint32_t to;

	if (d->first_node == NONE && !(d->flags & END_SEEN))
		return tell_end(p, VG_END_RST);
	to = d->first_node != NONE ? vg_hole_node(p->all, d->first_node)->seq : d->end_seq;
	if ((d->flags & (END_SEEN | KNOWN)) == (END_SEEN | KNOWN) && vg_seq_distance(d->end_seq, to) > 0)
		to = d->end_seq;
	step = skip_to(p, to);
	return step == VG_MORE ? run(p) : step;
}

/* ---- the public half ---- */

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
		step = give_up(&p); /* from the first held byte on */
		if (step == VG_MORE && !(p.d->flags & ENDED))
			wait_anew(&p);
		return step;
	}
	set_known(p.d, seq);
	step = run(&p);
	if (step == VG_MORE && !(p.d->flags & ENDED))
		wait_anew(&p);
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
static uint32_t keep(const struct place *p, uint32_t seq, const uint8_t *bytes, uint32_t n_bytes)
{
	struct vg_stream_dir *d = p->d;
	uint32_t n_conflicts = 0, n_left;

	vg_count(p->all->stats, VG_C_STREAM_OOO, 1);
	if (!(d->flags & KNOWN) && d->first_node == NONE)
		d->next_seq = seq;
	n_left = vg_holes_hold(p->all, d, seq, bytes, n_bytes, p->wall_ns, &n_conflicts);
	tell_conflicts(p, n_conflicts);
	if (d->deadline_ns == UINT64_MAX)
		wait_anew(p);
	return n_left;
}

/* Nothing that is held begins before seq. */
static int is_before_held(const struct place *p, uint32_t seq)
{
	return p->d->first_node == NONE || vg_seq_distance(seq, vg_hole_node(p->all, p->d->first_node)->seq) > 0;
}

/* Everything but the fast path. */
static enum vg_step segment(const struct place *p, uint32_t seq, const uint8_t *bytes, uint32_t n_bytes)
{
	struct vg_stream_dir *d = p->d;

	while (n_bytes) {
		uint32_t n_done = n_old_bytes(d, seq, n_bytes);
		enum vg_step step;

		if (n_done) {
			vg_count(p->all->stats, VG_C_STREAM_RETRANSMITTED, n_done);
		} else {
			if ((d->flags & OWN_RST) && vg_seq_distance(d->end_seq, seq) >= 0)
				forget_rst(p);
			n_bytes = before_end(d, seq, n_bytes);
			if ((d->flags & KNOWN) && seq == d->next_seq)
				return in_order(p, bytes, n_bytes);
			n_done = n_bytes - keep(p, seq, bytes, n_bytes);
		}
		seq += n_done;
		bytes += n_done;
		n_bytes -= n_done;
		if (!n_bytes && ((d->flags & KNOWN) || d->n_nodes * VG_STREAM_NODE_BYTES < VG_STREAM_HELD_BYTES))
			return VG_MORE;
		if (n_bytes && n_done && (d->flags & KNOWN) && seq == d->next_seq)
			continue;
		step = n_bytes && is_before_held(p, seq) ? skip_to(p, seq) : give_up(p);
		if (step != VG_MORE)
			return step;
		if (!(d->flags & ENDED))
			wait_anew(p);
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
	return segment(&p, seq, bytes, n_bytes);
}

enum vg_step vg_stream_fin(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t end_seq, uint64_t clock_ns,
			   int64_t wall_ns)
{
	struct place p = at(streams, idx, dir, clock_ns, wall_ns);
	enum vg_step step;

	p.stream->wall_ns = wall_ns;
	if (p.d->flags & (END_SEEN | ENDED))
		return VG_MORE;
	if ((p.d->flags & KNOWN) && !is_near(vg_seq_distance(p.d->next_seq, end_seq)))
		return VG_MORE;
	p.d->flags = (uint8_t)((p.d->flags | END_SEEN) & ~OWN_RST);
	p.d->end_seq = end_seq;
	step = p.d->flags & KNOWN ? run(&p) : VG_MORE;
	if (step == VG_MORE && p.d->deadline_ns == UINT64_MAX)
		wait_anew(&p);
	return step;
}

enum vg_step vg_stream_rst(struct vg_streams *streams, uint32_t idx, unsigned dir, uint32_t seq, uint64_t clock_ns,
			   int64_t wall_ns)
{
	struct place p = at(streams, idx, dir, clock_ns, wall_ns);

	p.stream->wall_ns = wall_ns;
	if (p.d->flags & KNOWN) {
		int32_t ahead = vg_seq_distance(p.d->next_seq, seq);
		if (ahead < -(int32_t)VG_STREAM_RST_WINDOW || ahead > (int32_t)VG_STREAM_RST_WINDOW)
			return VG_MORE;
	}
	if (!(p.d->flags & (END_SEEN | ENDED))) {
		p.d->flags |= OWN_RST;
		p.d->end_seq = seq;
	}
	for (unsigned i = 0; i < 2; i++) {
		struct place q = at(streams, idx, i, clock_ns, wall_ns);
		if (q.d->flags & ENDED)
			continue;
		q.d->flags |= RST_SEEN;
		if (q.d->deadline_ns == UINT64_MAX)
			wait_anew(&q);
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
			step = give_up(&p);
		if (step == VG_MORE && !(p.d->flags & ENDED))
			wait_anew(&p);
	}
	return step;
}

enum vg_step vg_stream_finish(struct vg_streams *streams, uint32_t idx, enum vg_stream_end how)
{
	enum vg_step step = VG_MORE;

	for (unsigned dir = 0; dir < 2 && step == VG_MORE; dir++) {
		struct place p = at(streams, idx, dir, 0, streams->streams[idx].wall_ns);
		while (step == VG_MORE && is_waiting(p.d))
			step = give_up(&p);
		if (step == VG_MORE && !(p.d->flags & ENDED))
			step = tell_end(&p, how);
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
