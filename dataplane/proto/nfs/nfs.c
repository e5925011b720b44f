/* One direction as a state machine: MARK (of a fragment), HEAD (gathered and taken), DATA, SKIP, MARK and so on; HUNT
 * where the place is lost. A message is what its fragments carry, one behind the other (RFC 5531 11). */
#include "dataplane/proto/nfs/nfs_priv.h"

#define LAST_FRAGMENT 0x80000000u
#define MIN_MESSAGE   12u

static void settle(struct vg_proto *p, struct vg_nfs_flow *flow, int64_t wall_ns, int only_late);

static struct vg_nfs_message message_of(struct vg_proto *p, struct vg_nfs_flow *flow, unsigned dir, int64_t wall_ns)
{
	return (struct vg_nfs_message){ p, flow, &flow->dir[dir], dir, wall_ns };
}

static void message_begin(struct vg_nfs_dir *d)
{
	d->state = VG_NFS_MARK;
	d->after_mark = VG_NFS_HEAD;
	d->in_message = d->is_last = 0;
	d->n_mark = d->fragment_left = d->n_eaten = d->n_got = 0;
	d->data = (struct vg_nfs_data){ .n_bytes = 0 };
}

static void hunt_begin(struct vg_nfs_dir *d)
{
	message_begin(d);
	d->state = VG_NFS_HUNT;
}

void vg_nfs_datagram_begin(struct vg_nfs_flow *flow, unsigned dir)
{
	if (flow->dir[dir].state == VG_NFS_HUNT)
		message_begin(&flow->dir[dir]);
}

static void framing_broke(struct vg_proto *p, struct vg_nfs_dir *d)
{
	vg_count(p->stats, VG_C_NFS_BAD, 1);
	hunt_begin(d);
}

static struct vg_file *data_file(const struct vg_nfs_message *m)
{
	return (struct vg_file *)vg_keyed_deref(&vg_nfs_of(m->proto)->files.files, m->d->data.file);
}

/* Bytes of the message, from `at` on, of which some are its data; NULL: they are missing. */
static void data_give(const struct vg_nfs_message *m, uint32_t at, const uint8_t *bytes, uint32_t n_bytes)
{
	struct vg_nfs_data *data = &m->d->data;
	struct vg_file_ctx ctx = vg_nfs_file_ctx(m);
	struct vg_file *file = data->n_bytes ? data_file(m) : NULL;
	uint64_t begin = at < data->at ? data->at : at, end = (uint64_t)at + n_bytes;
	uint64_t data_end = (uint64_t)data->at + data->n_bytes;

	end = end < data_end ? end : data_end;
	if (!file || begin >= end)
		return;
	if (bytes)
		vg_file_bytes(&ctx, file, (enum vg_file_way)data->way, data->off + (begin - data->at),
			      bytes + (begin - at), (uint32_t)(end - begin));
	else
		vg_file_lost(&ctx, file, (enum vg_file_way)data->way, data->off + (begin - data->at), end - begin);
}

/* The head is there: all of it, or as much as is looked at. */
static void head_take(struct vg_proto *p, struct vg_nfs_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_nfs_message m = message_of(p, flow, dir, wall_ns);
	struct vg_nfs_dir *d = m.d;
	struct vg_file_ctx ctx = vg_nfs_file_ctx(&m);
	struct vg_file *file;

	if (!d->no_wait && vg_nfs_rpc_waits(&m)) {
		d->state = VG_NFS_WAIT;
		d->wait_ns = wall_ns;
		return;
	}
	vg_nfs_files_age(&m);
	if (vg_nfs_rpc_take(&m)) {
		framing_broke(p, d);
		return;
	}
	d->is_seen = 1;
	d->state = VG_NFS_SKIP;
	file = d->data.n_bytes ? data_file(&m) : NULL;
	if (!file)
		return;
	d->state = VG_NFS_DATA;
	vg_file_run(&ctx, file, (enum vg_file_way)d->data.way, dir, d->data.off, d->data.n_bytes);
	if (d->has_conflict)
		vg_file_conflict(&ctx, file, (enum vg_file_way)d->data.way);
	d->has_conflict = 0;
	data_give(&m, 0, d->got, d->n_got);
}

/* The fragment is eaten: what follows is another of the message, or the next message. */
static void fragment_check_end(struct vg_proto *p, struct vg_nfs_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_nfs_dir *d = &flow->dir[dir];

	if (d->fragment_left || d->state == VG_NFS_WAIT || d->state == VG_NFS_HUNT || d->state == VG_NFS_MARK)
		return;
	if (!d->is_last) {
		d->after_mark = d->state;
		d->state = VG_NFS_MARK;
		d->in_message = 1;
		d->n_mark = 0;
		return;
	}
	message_begin(d);
	settle(p, flow, wall_ns, 0); /* here, so that cuts change nothing */
}

/* HEAD: looks whether it is there. */
static void head_check(struct vg_proto *p, struct vg_nfs_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_nfs_dir *d = &flow->dir[dir];

	if (d->state == VG_NFS_HEAD && (d->n_got == VG_NFS_HEAD_BYTES || (!d->fragment_left && d->is_last)))
		head_take(p, flow, dir, wall_ns);
}

static void mark_take(struct vg_proto *p, struct vg_nfs_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_nfs_dir *d = &flow->dir[dir];
	uint32_t mark = vg_be32(d->mark), n = mark & ~LAST_FRAGMENT;

	d->fragment_left = n;
	d->is_last = !!(mark & LAST_FRAGMENT);
	if (n > VG_NFS_MAX_RECORD - d->n_eaten || (!d->in_message && n < MIN_MESSAGE)) {
		framing_broke(p, d);
		return;
	}
	d->state = d->in_message ? d->after_mark : VG_NFS_HEAD;
	head_check(p, flow, dir, wall_ns); /* an empty last fragment */
	fragment_check_end(p, flow, dir, wall_ns);
}

static uint32_t fragment_feed(struct vg_proto *p, struct vg_nfs_flow *flow, unsigned dir, const uint8_t *bytes,
			      uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_nfs_dir *d = &flow->dir[dir];
	struct vg_nfs_message m = message_of(p, flow, dir, wall_ns);
	uint32_t n = d->fragment_left < n_bytes ? d->fragment_left : n_bytes;

	if (d->state == VG_NFS_HEAD) {
		n = VG_NFS_HEAD_BYTES - d->n_got < n ? VG_NFS_HEAD_BYTES - d->n_got : n;
		memcpy(d->got + d->n_got, bytes, n);
		d->n_got += n;
	} else if (d->state == VG_NFS_DATA) {
		data_give(&m, d->n_eaten, bytes, n);
	}
	d->n_eaten += n;
	d->fragment_left -= n;
	head_check(p, flow, dir, wall_ns);
	fragment_check_end(p, flow, dir, wall_ns);
	return n;
}

static uint32_t run(struct vg_proto *p, struct vg_nfs_flow *flow, unsigned dir, const uint8_t *bytes, uint32_t n_bytes,
		    int64_t wall_ns);

/* Eats bytes while hunting; how many. */
static uint32_t hunt_feed(struct vg_proto *p, struct vg_nfs_flow *flow, unsigned dir, const uint8_t *bytes,
			  uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_nfs_message m = message_of(p, flow, dir, wall_ns);
	struct vg_nfs_dir *d = m.d;
	uint8_t kept[VG_NFS_HUNT_BYTES];
	uint32_t n_eaten, n_kept;

	if (!vg_nfs_hunt(&m, bytes, n_bytes, &n_eaten)) {
		d->n_strange += n_eaten;
		if (d->n_strange > VG_NFS_MAX_STRANGE_BYTES)
			d->state = VG_NFS_OFF;
		return n_eaten;
	}
	if (d->is_seen)
		vg_count(p->stats, VG_C_NFS_RESYNC, 1);
	d->n_strange = 0;
	n_kept = d->n_got;
	memcpy(kept, d->got, n_kept);
	message_begin(d);
	(void)run(p, flow, dir, kept, n_kept, wall_ns); /* shorter than any message */
	return n_eaten;
}

/* How many bytes were eaten: all, or up to where the direction has to wait. */
static uint32_t run(struct vg_proto *p, struct vg_nfs_flow *flow, unsigned dir, const uint8_t *bytes, uint32_t n_bytes,
		    int64_t wall_ns)
{
	struct vg_nfs_dir *d = &flow->dir[dir];
	uint32_t at = 0, n;

	while (at < n_bytes && d->state != VG_NFS_OFF && d->state != VG_NFS_WAIT) {
		if (d->state == VG_NFS_HUNT) {
			n = hunt_feed(p, flow, dir, bytes + at, n_bytes - at, wall_ns);
		} else if (d->state == VG_NFS_MARK) {
			n = 4 - d->n_mark < n_bytes - at ? 4 - d->n_mark : n_bytes - at;
			memcpy(d->mark + d->n_mark, bytes + at, n);
			d->n_mark += n;
			if (d->n_mark == 4)
				mark_take(p, flow, dir, wall_ns);
		} else {
			n = fragment_feed(p, flow, dir, bytes + at, n_bytes - at, wall_ns);
		}
		at += n;
	}
	return d->state == VG_NFS_OFF ? n_bytes : at;
}

/* Goes on after waiting; to the end of all that is stashed where it must not wait again. */
static void resume(struct vg_proto *p, struct vg_nfs_flow *flow, unsigned dir, int64_t wall_ns, int is_forced)
{
	struct vg_nfs_dir *d = &flow->dir[dir];
	struct vg_file_pool *pool = &vg_nfs_of(p)->files;
	const uint8_t *bytes;
	uint32_t n;

	d->state = VG_NFS_HEAD;
	d->no_wait = 1;
	head_take(p, flow, dir, wall_ns);
	fragment_check_end(p, flow, dir, wall_ns);
	d->no_wait = (uint8_t)is_forced;
	while (d->state != VG_NFS_WAIT && (bytes = vg_stash_peek(pool, &d->stash, &n)))
		vg_stash_eat(pool, &d->stash, run(p, flow, dir, bytes, n, wall_ns));
	d->no_wait = 0;
}

/* What came may be what the other direction waits for; or it waited too long. */
static void settle(struct vg_proto *p, struct vg_nfs_flow *flow, int64_t wall_ns, int only_late)
{
	for (unsigned i = 0, n_idle = 0; n_idle < 2; i ^= 1) {
		struct vg_nfs_dir *d = &flow->dir[i];
		struct vg_nfs_message m = message_of(p, flow, i, wall_ns);
		int is_late = wall_ns - d->wait_ns > VG_NFS_WAIT_NS;
		n_idle++;
		if (d->state != VG_NFS_WAIT || (!is_late && (only_late || vg_nfs_rpc_waits(&m))))
			continue;
		flow->n_late = is_late ? flow->n_late + 1 : 0;
		resume(p, flow, i, wall_ns, 0);
		n_idle = 0;
	}
}

enum vg_step vg_nfs_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			 uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_nfs_flow *flow = vg_nfs_flow_of(base);
	struct vg_nfs_dir *d = &flow->dir[dir];
	uint32_t n;

	settle(p, flow, wall_ns, 1);
	for (uint32_t at = 0; at < n_bytes; at += n) {
		if (d->state != VG_NFS_WAIT) {
			n = run(p, flow, dir, bytes + at, n_bytes - at, wall_ns);
			continue;
		}
		n = vg_stash_put(&vg_nfs_of(p)->files, &d->stash, bytes + at, n_bytes - at);
		if (n < n_bytes - at) {
			vg_count(p->stats, VG_C_NFS_SHED_WAITING, 1);
			resume(p, flow, dir, wall_ns, 1);
		}
	}
	return flow->dir[0].state == VG_NFS_OFF && flow->dir[1].state == VG_NFS_OFF ? VG_SKIP : VG_MORE;
}

enum vg_step vg_nfs_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			int64_t wall_ns)
{
	struct vg_nfs_flow *flow = vg_nfs_flow_of(base);
	struct vg_nfs_message m = message_of(p, flow, dir, wall_ns);
	struct vg_nfs_dir *d = m.d;
	uint32_t n;

	if (d->state == VG_NFS_WAIT)
		resume(p, flow, dir, wall_ns, 1);
	if (d->state == VG_NFS_HEAD && d->n_got >= MIN_MESSAGE) { /* what is there may do */
		d->no_wait = 1;
		head_take(p, flow, dir, wall_ns);
		d->no_wait = 0;
	}
	if (d->state == VG_NFS_OFF)
		return VG_MORE;
	n = n_missing && n_missing <= d->fragment_left ? (uint32_t)n_missing : d->fragment_left;
	if (d->state == VG_NFS_DATA)
		data_give(&m, d->n_eaten, NULL, n);
	if (!n_missing || n_missing > d->fragment_left || d->state == VG_NFS_MARK || d->state == VG_NFS_HUNT) {
		hunt_begin(d);
		return VG_MORE;
	}
	if (d->state == VG_NFS_HEAD)
		d->state = VG_NFS_SKIP;
	d->n_eaten += n;
	d->fragment_left -= n;
	fragment_check_end(p, flow, dir, wall_ns);
	return VG_MORE;
}

void vg_nfs_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	struct vg_nfs_message m = message_of(p, vg_nfs_flow_of(base), dir, 0);
	struct vg_file_ctx ctx = vg_nfs_file_ctx(&m);
	struct vg_file *file = m.d->state == VG_NFS_DATA ? data_file(&m) : NULL;

	if (file)
		vg_file_conflict(&ctx, file, (enum vg_file_way)m.d->data.way);
	else if (m.d->state != VG_NFS_OFF)
		m.d->has_conflict = 1;
}

void vg_nfs_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct vg_nfs_flow *flow = vg_nfs_flow_of(base);
	struct vg_nfs_message m = message_of(p, flow, dir, wall_ns);
	struct vg_file_ctx ctx = vg_nfs_file_ctx(&m);
	struct vg_keyed *item;

	if (m.d->has_ended)
		return;
	if (m.d->state == VG_NFS_WAIT)
		resume(p, flow, dir, wall_ns, 1);
	for (item = vg_keyed_at(&ctx.pool->files, flow->files.oldest); item;
	     item = vg_keyed_at(&ctx.pool->files, item->newer))
		vg_file_end(&ctx, (struct vg_file *)item, dir, how);
	m.d->state = VG_NFS_OFF;
	m.d->has_ended = 1;
	settle(p, flow, wall_ns, 0);
}

void vg_nfs_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_nfs_flow *flow = vg_nfs_flow_of(base);

	(void)p;
	(void)from;
	for (unsigned dir = 0; dir < 2; dir++) {
		memset(&flow->dir[dir], 0, offsetof(struct vg_nfs_dir, got));
		message_begin(&flow->dir[dir]);
		if (flow->base.ident.midstream)
			hunt_begin(&flow->dir[dir]);
	}
	memset(&flow->files, 0, sizeof(flow->files));
	memset(&flow->names, 0, sizeof(flow->names));
	memset(&flow->asks, 0, sizeof(flow->asks));
	flow->n_late = flow->heard_next = 0;
	flow->is_udp = 0;
	memset(flow->heard, 0, sizeof(flow->heard));
}

void vg_nfs_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	struct vg_nfs_flow *flow = vg_nfs_flow_of(base);
	struct vg_nfs_message m = message_of(p, flow, 0, 0);
	struct vg_file_ctx ctx = vg_nfs_file_ctx(&m);
	struct vg_nfs *nfs = vg_nfs_of(p);

	for (unsigned dir = 0; dir < 2; dir++)
		if (flow->dir[dir].state == VG_NFS_WAIT)
			resume(p, flow, dir, flow->dir[dir].wait_ns, 1);
	while (flow->asks.oldest)
		vg_nfs_ask_give(&m, (struct vg_nfs_ask *)vg_keyed_at(&nfs->asks, flow->asks.oldest));
	while (flow->files.oldest)
		vg_file_give(&ctx, &flow->files, (struct vg_file *)vg_keyed_at(&nfs->files.files, flow->files.oldest),
			     VG_END_INPUT_END);
	while (flow->names.oldest)
		vg_file_give(&ctx, &flow->names, (struct vg_file *)vg_keyed_at(&nfs->files.files, flow->names.oldest),
			     VG_END_INPUT_END);
}
