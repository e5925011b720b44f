/* One direction as a state machine: RECORD, MESSAGE (its beginning is gathered and taken), DATA, SKIP, RECORD …; HUNT
 * where the place is lost. What messages mean: smb1.c and smb2.c. */
#include "dataplane/proto/smb/smb_priv.h"

/* NetBIOS session packets (RFC 1002 4.3.1): only messages carry something. */
#define NETBIOS_MESSAGE    0x00u
#define NETBIOS_FIRST      0x81u /* session request, … */
#define NETBIOS_KEEP_ALIVE 0x85u

static struct vg_smb_message message_of(struct vg_proto *p, struct vg_smb_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_smb_dir *d = &flow->dir[dir];

	return (struct vg_smb_message){ p, flow, d, d->got, d->n_got, d->n_message, dir, wall_ns };
}

static void hunt_begin(struct vg_smb_dir *d)
{
	d->state = VG_SMB_HUNT;
	d->n_got = 0;
	d->record_left = d->n_message = d->n_eaten = 0;
	d->chain_file = (struct vg_keyed_ref){ 0, 0 };
}

static void record_begin(struct vg_smb_dir *d)
{
	d->state = VG_SMB_RECORD;
	d->n_got = d->n_parts = 0;
	d->chain_file = (struct vg_keyed_ref){ 0, 0 };
}

static void framing_broke(struct vg_proto *p, struct vg_smb_dir *d)
{
	vg_count(p->stats, VG_C_SMB_BAD, 1);
	hunt_begin(d);
}

static void message_begin(struct vg_smb_dir *d)
{
	d->state = VG_SMB_MESSAGE;
	d->n_message = d->record_left;
	d->n_eaten = d->n_got = 0;
	d->n_need = 4;
	d->data = (struct vg_smb_data){ .n_bytes = 0 };
}

/* The message is eaten: the next of the record, or the next record. */
static void message_end(struct vg_proto *p, struct vg_smb_dir *d)
{
	if (!d->record_left) {
		record_begin(d);
	} else if (++d->n_parts >= VG_SMB_MAX_PARTS) {
		vg_count(p->stats, VG_C_SMB_SHED_PARTS, 1);
		d->n_message = d->record_left;
		d->n_eaten = 0;
		d->state = VG_SMB_SKIP;
	} else {
		message_begin(d);
	}
}

/* The four bytes of a record are there. */
static void record_take(struct vg_proto *p, struct vg_smb_dir *d)
{
	uint32_t n = vg_be24(d->got + 1);
	uint8_t type = d->got[0];

	if (type == NETBIOS_MESSAGE && n >= VG_SMB_MIN_MESSAGE && n <= VG_SMB_MAX_RECORD) {
		d->record_left = n;
		message_begin(d);
	} else if ((type >= NETBIOS_FIRST && type <= NETBIOS_KEEP_ALIVE && n <= 1024) || !(type | n)) {
		d->record_left = d->n_message = n;
		d->n_eaten = 0;
		d->state = VG_SMB_SKIP;
		if (!n)
			record_begin(d);
	} else {
		framing_broke(p, d);
	}
}

static void encrypted_take(struct vg_proto *p, struct vg_smb_flow *flow)
{
	vg_count(p->stats, VG_C_SMB_ENCRYPTED, 1);
	flow->n_encrypted += flow->n_encrypted < VG_SMB_MAX_ENCRYPTED;
}

/* So much of a message is there that its kind, or its whole beginning, can be told. 0: more of it is needed, or of
 * the other direction. */
static int message_take(struct vg_proto *p, struct vg_smb_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_smb_dir *d = &flow->dir[dir];
	struct vg_smb_message m;
	uint32_t n_part;
	int is_2 = d->got[0] == VG_SMB_MARK_2;

	d->state = VG_SMB_SKIP;
	if (memcmp(d->got + 1, "SMB", 3) || d->got[0] < VG_SMB_MARK_COMPRESSED) {
		framing_broke(p, d);
		return 1;
	}
	if (d->got[0] < VG_SMB_MARK_2) {
		if (d->got[0] == VG_SMB_MARK_ENCRYPTED)
			encrypted_take(p, flow);
		else
			vg_count(p->stats, VG_C_SMB_COMPRESSED, 1);
		return 1;
	}
	if (is_2 && d->n_got >= 64) {
		n_part = vg_smb2_length(d->got);
		if (n_part >= 64 && n_part < d->n_message)
			d->n_message = n_part;
	}
	d->n_need = is_2 ? vg_smb2_need(d->got, d->n_got, d->n_message) : vg_smb1_need(d->got, d->n_got, d->n_message);
	if (d->n_need > d->n_message || d->n_need > VG_SMB_HEAD_BYTES) {
		vg_count(p->stats, VG_C_SMB_BAD, 1);
		return 1;
	}
	if (d->n_need > d->n_got) {
		d->state = VG_SMB_MESSAGE;
		return 0;
	}
	m = message_of(p, flow, dir, wall_ns);
	if (!d->no_wait && vg_smb_waits(&m)) {
		d->state = VG_SMB_WAIT;
		d->wait_ns = wall_ns;
		return 0;
	}
	vg_count(p->stats, VG_C_SMB_MESSAGES, 1);
	flow->n_encrypted = 0;
	d->is_seen = 1;
	(is_2 ? vg_smb2_take : vg_smb1_take)(&m);
	return 1;
}

static struct vg_file *data_file(const struct vg_smb_message *m)
{
	return (struct vg_file *)vg_keyed_deref(&vg_smb_of(m->proto)->files.files, m->d->data.file);
}

/* Bytes of the message, from `at` on, of which some are its data. */
static void data_give(const struct vg_smb_message *m, uint32_t at, const uint8_t *bytes, uint32_t n_bytes)
{
	struct vg_smb_data *data = &m->d->data;
	struct vg_file_ctx ctx = vg_smb_file_ctx(m);
	struct vg_file *file = data->n_bytes ? data_file(m) : NULL;
	uint32_t begin = at < data->at ? data->at : at, end = at + n_bytes, data_end = data->at + data->n_bytes;

	end = end < data_end ? end : data_end;
	if (!file || begin >= end)
		return;
	if (bytes)
		vg_file_bytes(&ctx, file, (enum vg_file_way)data->way, data->off + (begin - data->at),
			      bytes + (begin - at), end - begin);
	else
		vg_file_lost(&ctx, file, (enum vg_file_way)data->way, data->off + (begin - data->at), end - begin);
}

/* The beginning was taken: what is there of its data is given. */
static void data_begin(const struct vg_smb_message *m)
{
	struct vg_smb_dir *d = m->d;
	struct vg_file_ctx ctx = vg_smb_file_ctx(m);
	struct vg_file *file;

	if (d->data.off >= VG_FILE_MAX_OFF) {
		vg_count(m->proto->stats, VG_C_SMB_BAD, 1);
		d->data.n_bytes = 0;
	}
	file = d->data.n_bytes ? data_file(m) : NULL;
	if (!file)
		return;
	d->state = VG_SMB_DATA;
	vg_file_run(&ctx, file, (enum vg_file_way)d->data.way, m->dir, d->data.off, d->data.n_bytes);
	if (d->has_conflict)
		vg_file_conflict(&ctx, file, (enum vg_file_way)d->data.way);
	d->has_conflict = 0;
	data_give(m, 0, d->got, d->n_got);
}

static void data_end(const struct vg_smb_message *m)
{
	struct vg_file *file = m->d->data.closes ? data_file(m) : NULL;

	if (file)
		vg_smb_file_close(m, file);
}

static void settle(struct vg_proto *p, struct vg_smb_flow *flow, int64_t wall_ns, int only_late);

/* As many bytes of the message as were needed are there. */
static void message_go(struct vg_proto *p, struct vg_smb_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_smb_dir *d = &flow->dir[dir];
	struct vg_smb_message m;

	if (d->n_got == d->n_need && message_take(p, flow, dir, wall_ns)) {
		if (d->state == VG_SMB_HUNT)
			return;
		m = message_of(p, flow, dir, wall_ns);
		data_begin(&m);
	}
}

static void message_check_end(struct vg_proto *p, struct vg_smb_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_smb_dir *d = &flow->dir[dir];
	struct vg_smb_message m = message_of(p, flow, dir, wall_ns);

	if (d->state == VG_SMB_WAIT || d->state == VG_SMB_HUNT || d->n_eaten != d->n_message)
		return;
	data_end(&m);
	message_end(p, d);
	settle(p, flow, wall_ns, 0); /* here, so that cuts change nothing */
}

/* Eats bytes of the record's current message; how many. */
static uint32_t message_feed(struct vg_proto *p, struct vg_smb_flow *flow, unsigned dir, const uint8_t *bytes,
			     uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_smb_dir *d = &flow->dir[dir];
	struct vg_smb_message m = message_of(p, flow, dir, wall_ns);
	uint32_t n = d->n_message - d->n_eaten < n_bytes ? d->n_message - d->n_eaten : n_bytes;
	int is_gathering = d->state == VG_SMB_MESSAGE;

	if (is_gathering) {
		n = d->n_need - d->n_got < n ? d->n_need - d->n_got : n;
		memcpy(d->got + d->n_got, bytes, n);
		d->n_got += n;
	} else if (d->state == VG_SMB_DATA) {
		data_give(&m, d->n_eaten, bytes, n);
	}
	d->n_eaten += n;
	d->record_left -= n;
	if (is_gathering)
		message_go(p, flow, dir, wall_ns);
	message_check_end(p, flow, dir, wall_ns);
	return n;
}

static uint32_t run(struct vg_proto *p, struct vg_smb_flow *flow, unsigned dir, const uint8_t *bytes, uint32_t n_bytes,
		    int64_t wall_ns);

/* Eats bytes while hunting; how many. */
static uint32_t hunt_feed(struct vg_proto *p, struct vg_smb_flow *flow, unsigned dir, const uint8_t *bytes,
			  uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_smb_dir *d = &flow->dir[dir];
	uint8_t kept[VG_SMB_HUNT_BYTES];
	uint32_t n_eaten, n_kept;

	if (!vg_smb_hunt(d, bytes, n_bytes, &n_eaten)) {
		d->n_strange += n_eaten;
		if (d->n_strange > VG_SMB_MAX_STRANGE_BYTES)
			d->state = VG_SMB_OFF;
		return n_eaten;
	}
	if (d->is_seen)
		vg_count(p->stats, VG_C_SMB_RESYNC, 1);
	d->n_strange = 0;
	n_kept = d->n_got;
	memcpy(kept, d->got, n_kept);
	record_begin(d);
	(void)run(p, flow, dir, kept, n_kept, wall_ns); /* shorter than what was hunted for, and than any message */
	return n_eaten;
}

/* How many bytes were eaten: all, or up to where the direction has to wait. */
static uint32_t run(struct vg_proto *p, struct vg_smb_flow *flow, unsigned dir, const uint8_t *bytes, uint32_t n_bytes,
		    int64_t wall_ns)
{
	struct vg_smb_dir *d = &flow->dir[dir];
	uint32_t at = 0, n;

	while (at < n_bytes && d->state != VG_SMB_OFF && d->state != VG_SMB_WAIT) {
		if (d->state == VG_SMB_HUNT) {
			n = hunt_feed(p, flow, dir, bytes + at, n_bytes - at, wall_ns);
		} else if (d->state == VG_SMB_RECORD) {
			n = 4 - d->n_got < n_bytes - at ? 4 - d->n_got : n_bytes - at;
			memcpy(d->got + d->n_got, bytes + at, n);
			d->n_got += n;
			if (d->n_got == 4)
				record_take(p, d);
		} else {
			n = message_feed(p, flow, dir, bytes + at, n_bytes - at, wall_ns);
		}
		at += n;
	}
	return d->state == VG_SMB_OFF ? n_bytes : at;
}

/* Goes on after waiting; to the end of all that is stashed where it must not wait again. */
static void resume(struct vg_proto *p, struct vg_smb_flow *flow, unsigned dir, int64_t wall_ns, int is_forced)
{
	struct vg_smb_dir *d = &flow->dir[dir];
	struct vg_file_pool *pool = &vg_smb_of(p)->files;
	const uint8_t *bytes;
	uint32_t n;

	d->state = VG_SMB_MESSAGE;
	d->no_wait = 1;
	message_go(p, flow, dir, wall_ns);
	message_check_end(p, flow, dir, wall_ns);
	d->no_wait = (uint8_t)is_forced;
	while (d->state != VG_SMB_WAIT && (bytes = vg_stash_peek(pool, &d->stash, &n)))
		vg_stash_eat(pool, &d->stash, run(p, flow, dir, bytes, n, wall_ns));
	d->no_wait = 0;
}

/* What came may be what the other direction waits for; or it waited too long. */
static void settle(struct vg_proto *p, struct vg_smb_flow *flow, int64_t wall_ns, int only_late)
{
	for (unsigned i = 0, n_idle = 0; n_idle < 2; i ^= 1) {
		struct vg_smb_dir *d = &flow->dir[i];
		struct vg_smb_message m = message_of(p, flow, i, wall_ns);
		int is_late = wall_ns - d->wait_ns > VG_SMB_WAIT_NS;
		n_idle++;
		if (d->state != VG_SMB_WAIT || (!is_late && (only_late || vg_smb_waits(&m))))
			continue;
		flow->n_late = is_late ? flow->n_late + 1 : 0;
		resume(p, flow, i, wall_ns, 0);
		n_idle = 0;
	}
}

static void bytes_take(struct vg_proto *p, struct vg_smb_flow *flow, unsigned dir, const uint8_t *bytes,
		       uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_smb_dir *d = &flow->dir[dir];
	uint32_t n;

	for (uint32_t at = 0; at < n_bytes; at += n) {
		if (d->state != VG_SMB_WAIT) {
			n = run(p, flow, dir, bytes + at, n_bytes - at, wall_ns);
			continue;
		}
		n = vg_stash_put(&vg_smb_of(p)->files, &d->stash, bytes + at, n_bytes - at);
		if (n < n_bytes - at) {
			vg_count(p->stats, VG_C_SMB_SHED_WAITING, 1);
			resume(p, flow, dir, wall_ns, 1);
		}
	}
}

/* Nothing will be found any more. */
static int is_over(const struct vg_proto *p, const struct vg_smb_flow *flow)
{
	if (flow->dir[0].state == VG_SMB_OFF && flow->dir[1].state == VG_SMB_OFF)
		return 1;
	if (flow->n_encrypted < VG_SMB_MAX_ENCRYPTED || flow->files.n_items)
		return 0;
	if (!flow->is_encrypted && (flow->dir[0].is_seen || flow->dir[1].is_seen))
		return 0;
	vg_count(p->stats, VG_C_SMB_ENCRYPTED_FLOWS, 1);
	return 1;
}

enum vg_step vg_smb_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			 uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_smb_flow *flow = vg_smb_flow_of(base);

	settle(p, flow, wall_ns, 1);
	bytes_take(p, flow, dir, bytes, n_bytes, wall_ns);
	return is_over(p, flow) ? VG_SKIP : VG_MORE;
}

/* The rest of the record tells nothing any more. */
static void record_skip(struct vg_smb_dir *d)
{
	d->data.n_bytes = d->data.closes = 0;
	d->n_message = d->record_left;
	d->n_eaten = 0;
	d->state = VG_SMB_SKIP;
	if (!d->record_left)
		record_begin(d);
}

enum vg_step vg_smb_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			int64_t wall_ns)
{
	struct vg_smb_flow *flow = vg_smb_flow_of(base);
	struct vg_smb_dir *d = &flow->dir[dir];
	struct vg_smb_message m;
	int is_inside;
	uint32_t n_left, n;

	if (d->state == VG_SMB_WAIT)
		resume(p, flow, dir, wall_ns, 1);
	if (d->state == VG_SMB_OFF)
		return VG_MORE;
	m = message_of(p, flow, dir, wall_ns);
	is_inside = n_missing && n_missing <= d->record_left && d->state != VG_SMB_RECORD;
	n_left = d->n_message - d->n_eaten;
	n = is_inside && n_missing < n_left ? (uint32_t)n_missing : n_left;
	if (d->state == VG_SMB_DATA)
		data_give(&m, d->n_eaten, NULL, n);
	if (!is_inside) {
		hunt_begin(d);
		return VG_MORE;
	}
	d->n_eaten += n;
	d->record_left -= n;
	n_missing -= n;
	d->record_left -= (uint32_t)n_missing;
	if (n_missing || d->state == VG_SMB_MESSAGE) {
		record_skip(d);
	} else if (d->n_eaten == d->n_message) {
		data_end(&m);
		message_end(p, d);
	}
	return VG_MORE;
}

void vg_smb_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	struct vg_smb_message m = message_of(p, vg_smb_flow_of(base), dir, 0);
	struct vg_file_ctx ctx = vg_smb_file_ctx(&m);
	struct vg_file *file = m.d->state == VG_SMB_DATA ? data_file(&m) : NULL;

	if (file)
		vg_file_conflict(&ctx, file, (enum vg_file_way)m.d->data.way);
	else if (m.d->state != VG_SMB_OFF)
		m.d->has_conflict = 1;
}

void vg_smb_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct vg_smb_flow *flow = vg_smb_flow_of(base);
	struct vg_smb_message m = message_of(p, flow, dir, wall_ns);
	struct vg_file_ctx ctx = vg_smb_file_ctx(&m);
	struct vg_keyed *item;

	if (m.d->has_ended)
		return;
	if (m.d->state == VG_SMB_WAIT)
		resume(p, flow, dir, wall_ns, 1);
	for (item = vg_keyed_at(&ctx.pool->files, flow->files.oldest); item;
	     item = vg_keyed_at(&ctx.pool->files, item->newer))
		vg_file_end(&ctx, (struct vg_file *)item, dir, how);
	m.d->state = VG_SMB_OFF;
	m.d->has_ended = 1;
	settle(p, flow, wall_ns, 0);
}

void vg_smb_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_smb_flow *flow = vg_smb_flow_of(base);

	(void)p;
	(void)from;
	for (unsigned dir = 0; dir < 2; dir++) {
		memset(&flow->dir[dir], 0, offsetof(struct vg_smb_dir, got));
		if (flow->base.ident.midstream)
			hunt_begin(&flow->dir[dir]);
	}
	memset(&flow->files, 0, sizeof(flow->files));
	memset(&flow->asks, 0, sizeof(flow->asks));
	memset(&flow->trees, 0, sizeof(flow->trees));
	flow->n_encrypted = flow->n_opening = flow->n_late = 0;
	flow->is_encrypted = flow->n_users = 0;
	flow->last_id = 0;
}

void vg_smb_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	struct vg_smb_flow *flow = vg_smb_flow_of(base);
	struct vg_smb_message m = message_of(p, flow, 0, 0);
	struct vg_file_ctx ctx = vg_smb_file_ctx(&m);
	struct vg_smb *smb = vg_smb_of(p);

	for (unsigned dir = 0; dir < 2; dir++)
		if (flow->dir[dir].state == VG_SMB_WAIT)
			resume(p, flow, dir, flow->dir[dir].wait_ns, 1);
	while (flow->files.oldest)
		vg_file_give(&ctx, &flow->files, (struct vg_file *)vg_keyed_at(&smb->files.files, flow->files.oldest),
			     VG_END_INPUT_END);
	while (flow->asks.oldest)
		vg_keyed_give(&flow->asks, &smb->asks, vg_keyed_at(&smb->asks, flow->asks.oldest));
	while (flow->trees.oldest)
		vg_keyed_give(&flow->trees, &smb->trees, vg_keyed_at(&smb->trees, flow->trees.oldest));
}
