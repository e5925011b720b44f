/* A lane's stream is kept in the columns of the state while it is there; when its pieces come to an end it moves out
 * and the next one that waits moves in, or else the last lane does, so that the busy lanes are always the first. All
 * lanes take as many blocks at a time as the one with the fewest has in one place. */
#include "hashing/digest/batch.h"

#include <string.h>

#include "hashing/digest/batch_priv.h"

/* At most so many blocks at a time, so that what several algorithms read one after the other stays in a cache. */
#define MAX_BLOCKS 256u

const char *vg_batch_tier(const struct vg_batch *batch)
{
	return vg_isa_str(batch->tier->isa);
}

unsigned vg_batch_lanes(const struct vg_batch *batch)
{
	return batch->n_lanes;
}

uint32_t vg_batch_streams(const struct vg_batch *batch)
{
	return batch->n_streams;
}

uint64_t vg_batch_bytes(const struct vg_batch *batch)
{
	return batch->n_bytes;
}

bool vg_batch_waits(const struct vg_digests *d)
{
	return d->in_batch;
}

static void link_newest(struct vg_batch *b, struct vg_digests *d)
{
	d->older = b->newest;
	d->newer = NULL;
	if (b->newest)
		b->newest->newer = d;
	else
		b->oldest = d;
	b->newest = d;
}

static void link_oldest(struct vg_batch *b, struct vg_digests *d)
{
	d->newer = b->oldest;
	d->older = NULL;
	if (b->oldest)
		b->oldest->older = d;
	else
		b->newest = d;
	b->oldest = d;
}

static void unlink_stream(struct vg_batch *b, struct vg_digests *d)
{
	if (d->older)
		d->older->newer = d->newer;
	else
		b->oldest = d->newer;
	if (d->newer)
		d->newer->older = d->older;
	else
		b->newest = d->older;
	d->older = d->newer = NULL;
}

static void drop_first_piece(struct vg_batch *b, struct vg_digests *d)
{
	uint32_t idx = d->first_piece;

	d->first_piece = b->pieces[idx].next_idx;
	if (d->first_piece == VG_BATCH_NONE)
		d->last_piece = VG_BATCH_NONE;
	b->pieces[idx].next_idx = b->first_free;
	b->first_free = idx;
}

void vg_batch_lend(struct vg_batch *batch, struct vg_digests *d, const uint8_t *bytes, size_t n_bytes)
{
	uint32_t idx;

	if (!n_bytes || !d->mask) {
		d->n_bytes += n_bytes;
		return;
	}
	if (batch->first_free == VG_BATCH_NONE)
		vg_batch_run_all(batch);
	idx = batch->first_free;
	batch->first_free = batch->pieces[idx].next_idx;
	batch->pieces[idx] = (struct vg_batch_piece){ bytes, n_bytes, VG_BATCH_NONE };
	if (d->last_piece == VG_BATCH_NONE)
		d->first_piece = idx;
	else
		batch->pieces[d->last_piece].next_idx = idx;
	d->last_piece = idx;
	d->n_bytes += n_bytes;
	batch->n_bytes += n_bytes;
	if (d->in_batch)
		return;
	d->in_batch = true;
	link_newest(batch, d);
	batch->n_streams++;
}

void vg_batch_forget(struct vg_batch *batch, struct vg_digests *d)
{
	if (!d->in_batch)
		return;
	while (d->first_piece != VG_BATCH_NONE) {
		batch->n_bytes -= batch->pieces[d->first_piece].n_bytes;
		drop_first_piece(batch, d);
	}
	unlink_stream(batch, d);
	batch->n_streams--;
	d->in_batch = false;
}

/* Takes the first n bytes of a stream's first piece away. */
static void consume(struct vg_batch *b, struct vg_digests *d, size_t n)
{
	struct vg_batch_piece *piece = &b->pieces[d->first_piece];

	piece->at += n;
	piece->n_bytes -= n;
	b->n_bytes -= n;
	if (!piece->n_bytes)
		drop_first_piece(b, d);
}

/* Finds the next whole blocks of a lane's stream; what fills none goes to its tail. False: there are none. */
static bool next_blocks(struct vg_batch *b, unsigned idx)
{
	struct vg_batch_lane *lane = &b->lanes[idx];
	struct vg_digests *d = lane->d;

	while (d->first_piece != VG_BATCH_NONE) {
		struct vg_batch_piece *piece = &b->pieces[d->first_piece];
		size_t room = VG_WIDE_BLOCK_BYTES - d->n_tail, n = piece->n_bytes < room ? piece->n_bytes : room;
		if (!d->n_tail && piece->n_bytes >= VG_WIDE_BLOCK_BYTES) {
			b->from[idx] = piece->at;
			lane->n_blocks = piece->n_bytes / VG_WIDE_BLOCK_BYTES;
			lane->is_tail = false;
			return true;
		}
		memcpy(d->tail + d->n_tail, piece->at, n);
		d->n_tail += (uint32_t)n;
		consume(b, d, n);
		if (d->n_tail == VG_WIDE_BLOCK_BYTES) {
			b->from[idx] = d->tail;
			lane->n_blocks = 1;
			lane->is_tail = true;
			return true;
		}
	}
	return false;
}

static void move_in(struct vg_batch *b, unsigned idx)
{
	const struct vg_digests *d = b->lanes[idx].d;

	for (unsigned i = 0; i < 4; i++)
		b->state.md5[i][idx] = d->md5[i];
	for (unsigned i = 0; i < 5; i++)
		b->state.sha1[i][idx] = d->sha1[i];
	for (unsigned i = 0; i < 8; i++)
		b->state.sha256[i][idx] = d->sha256[i];
}

static void move_out(struct vg_batch *b, unsigned idx)
{
	struct vg_digests *d = b->lanes[idx].d;

	for (unsigned i = 0; i < 4; i++)
		d->md5[i] = b->state.md5[i][idx];
	for (unsigned i = 0; i < 5; i++)
		d->sha1[i] = b->state.sha1[i][idx];
	for (unsigned i = 0; i < 8; i++)
		d->sha256[i] = b->state.sha256[i][idx];
}

/* Puts the next stream that waits and has whole blocks into a lane. One that has none is through. */
static bool fill(struct vg_batch *b, unsigned idx, unsigned mask)
{
	for (struct vg_digests *d = b->oldest, *next; d; d = next) {
		next = d->newer;
		if (d->mask != mask)
			continue;
		unlink_stream(b, d);
		b->lanes[idx].d = d;
		if (next_blocks(b, idx)) {
			move_in(b, idx);
			return true;
		}
		d->in_batch = false;
		b->n_streams--;
	}
	return false;
}

/* The last busy lane's stream goes on in this one. */
static void close_up(struct vg_batch *b, unsigned idx)
{
	unsigned last = --b->n_busy;

	if (idx == last)
		return;
	move_out(b, last);
	b->lanes[idx] = b->lanes[last];
	b->from[idx] = b->from[last];
	move_in(b, idx);
}

/* The algorithms of mask of which so many lanes are worth what `min` says. */
static unsigned worth(const struct vg_batch *b, const uint8_t min[VG_DIGEST_N], unsigned mask)
{
	for (unsigned i = 0; i < VG_DIGEST_N; i++)
		if (b->n_busy < min[i])
			mask &= ~(1u << i);
	return mask;
}

/* All busy lanes take n blocks: each algorithm side by side where there are lanes enough, else one by one. Chunks of
 * the arena begin at addresses that share their place in the caches: read in step they would throw each other out. So
 * some blocks of each lane are read in one go and laid where they do not. */
static void digest(struct vg_batch *b, size_t n, unsigned mask)
{
	unsigned wide = worth(b, b->tier->min_lanes, mask), in_step = worth(b, b->tier->min_in_step, wide);
	size_t most = in_step ? VG_BATCH_STAGE_BLOCKS : n;

	for (size_t done = 0, k; wide && done < n; done += k) {
		const uint8_t *from[VG_WIDE_MAX_LANES];
		k = n - done < most ? n - done : most;
		for (unsigned i = 0; i < b->n_busy; i++)
			from[i] = b->from[i] + done * VG_WIDE_BLOCK_BYTES;
		b->tier->run(&b->state, from, in_step ? b->staged : NULL, k, b->n_busy, wide);
	}
	if (wide == mask)
		return;
	for (unsigned i = 0; i < b->n_busy; i++) {
		move_out(b, i);
		vg_digests_blocks(b->lanes[i].d, b->from[i], n, mask & ~wide);
		move_in(b, i);
	}
}

/* n blocks of every lane are digested: a lane whose stream has no more gets another. */
static void advance(struct vg_batch *b, size_t n, unsigned mask)
{
	for (unsigned i = 0; i < b->n_busy;) {
		struct vg_batch_lane *lane = &b->lanes[i];
		struct vg_digests *d = lane->d;
		if (lane->is_tail)
			d->n_tail = 0;
		else
			consume(b, d, n * VG_WIDE_BLOCK_BYTES);
		lane->n_blocks -= n;
		b->from[i] += n * VG_WIDE_BLOCK_BYTES;
		if (lane->n_blocks || next_blocks(b, i)) {
			i++;
			continue;
		}
		move_out(b, i);
		d->in_batch = false;
		b->n_streams--;
		if (fill(b, i, mask))
			i++;
		else
			close_up(b, i); /* whose stream was not looked at yet */
	}
}

/* Digests streams of one mask until fewer than min_busy lanes are busy, or the wanted one is through. */
static void run(struct vg_batch *b, unsigned mask, unsigned min_busy)
{
	for (b->n_busy = 0; b->n_busy < b->n_lanes && fill(b, b->n_busy, mask);)
		b->n_busy++;
	while (b->n_busy && b->n_busy >= min_busy && (!b->wanted || b->wanted->in_batch)) {
		size_t n = MAX_BLOCKS;
		for (unsigned i = 0; i < b->n_busy; i++)
			n = b->lanes[i].n_blocks < n ? b->lanes[i].n_blocks : n;
		digest(b, n, mask);
		advance(b, n, mask);
	}
	while (b->n_busy) { /* a full tail is never left behind: it would look like a part of a block */
		struct vg_batch_lane *lane = &b->lanes[--b->n_busy];
		move_out(b, b->n_busy);
		if (lane->is_tail) {
			vg_digests_blocks(lane->d, lane->d->tail, 1, mask);
			lane->d->n_tail = 0;
		}
		link_oldest(b, lane->d);
	}
}

void vg_batch_run(struct vg_batch *batch)
{
	unsigned min_busy = batch->n_lanes > 1 ? batch->n_lanes / 2 : 1;

	if (batch->oldest)
		run(batch, batch->oldest->mask, min_busy);
}

void vg_batch_run_all(struct vg_batch *batch)
{
	while (batch->oldest)
		run(batch, batch->oldest->mask, 1);
}

void vg_batch_drain(struct vg_batch *batch, struct vg_digests *d)
{
	if (!d->in_batch)
		return;
	unlink_stream(batch, d);
	link_oldest(batch, d); /* so that it is in the first lane */
	batch->wanted = d;
	run(batch, d->mask, 1);
	batch->wanted = NULL;
}
