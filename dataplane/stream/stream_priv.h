#pragma once
/* stream_priv: what stream.c (what packets mean) and stream_deliver.c (what is told, and when) share. */
#include "dataplane/stream/holes_priv.h"

#define KNOWN       1u /* next_seq is valid; vg_stream_is_known() knows this bit */
#define END_SEEN    2u /* a FIN at end_seq */
#define RST_SEEN    4u /* a RST; own RSTs are at end_seq */
#define OWN_RST     8u
#define ENDED       16u
#define DOUBTS      32u /* doubted or broken bytes are held */
#define BELIEVED    64u /* doubted bytes were told; vg_stream_believed() knows this bit */
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

static inline int is_waiting(const struct vg_stream_dir *d)
{
	return !(d->flags & ENDED) && (d->first_node != NONE || (d->flags & (END_SEEN | RST_SEEN)));
}

static inline enum vg_step tell_bytes(const struct place *p, const uint8_t *bytes, uint32_t n_bytes, int64_t wall_ns)
{
	enum vg_step step;

	p->d->next_seq += n_bytes;
	step = p->all->sink.bytes(p->all->sink.owner, p->idx, p->dir, bytes, n_bytes, wall_ns);
	return step == VG_DONE ? VG_MORE : step;
}

/* Cuts a piece at seq (not beyond the end) to what lies before a FIN. */
static inline uint32_t before_end(const struct vg_stream_dir *d, uint32_t seq, uint32_t n_bytes)
{
	if ((d->flags & (END_SEEN | KNOWN)) == (END_SEEN | KNOWN) && d->end_seq - seq < n_bytes)
		return d->end_seq - seq;
	return n_bytes;
}

/* n_conflicts times held bytes differed from later ones, or doubtful ones were believed. */
void vg_stream_tell_conflicts(const struct place *p, uint32_t n_conflicts);
void vg_stream_set_deadline(const struct place *p, uint64_t deadline_ns);
/* There was progress: whoever still waits, waits anew. */
void vg_stream_wait_anew(const struct place *p);
/* Its sender goes on sending: the RST was someone else's. */
void vg_stream_forget_rst(const struct place *p);
/* The direction begins at seq; an end that lies before it was none. */
void vg_stream_set_known(struct vg_stream_dir *d, uint32_t seq);
enum vg_step vg_stream_tell_end(const struct place *p, enum vg_stream_end how);
/* Delivers held nodes as long as they are in order, then the FIN if it is reached. */
enum vg_step vg_stream_run(const struct place *p);
/* A segment that begins at next_seq, where other pieces are held or a FIN is known. */
enum vg_step vg_stream_in_order(const struct place *p, const uint8_t *bytes, uint32_t n_bytes);
/* Goes on at seq: after a gap, or, where the beginning is unknown, in the middle of the stream. */
enum vg_step vg_stream_skip_to(const struct place *p, uint32_t seq);
/* Believes what is doubted before `to`; is_acknowledged: what is broken there is taken. How many nodes that were. */
uint32_t vg_stream_believe(const struct place *p, uint32_t to, int is_acknowledged);
/* Gives up what the direction waits for first: its unknown beginning, a hole, what is missing before a FIN, silence
 * after a RST, a better copy of doubtful bytes (only by force, where the other side can be seen). */
enum vg_step vg_stream_give_up(const struct place *p, int by_force);
