/* A data connection: one body per direction that carries bytes; seldom more than one does. */
#include "dataplane/detect/magic.h"
#include "dataplane/proto/ftp/ftp_priv.h"

#define LINES_FILE UINT64_C(0x9e3779b97f4a7c15) /* name of a file as it crosses in TYPE A */
#define TEXT_FILE  UINT64_C(0xc2b2ae3d27d4eb4f) /* and with its own line ends */

static struct vg_ftp_data *data_of(struct vg_proto_flow *base)
{
	return (struct vg_ftp_data *)base;
}

void vg_ftp_data_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_ftp_data *data = data_of(base);

	(void)p;
	(void)from;
	data->transfer = NULL;
	memset(data->dir, 0, sizeof(data->dir));
	data->is_looked_up = 0;
}

/* Whose data this is; a connection that nobody announced leaves a note for whoever does it later. */
static void look_up(struct vg_proto *p, struct vg_ftp_data *data, int64_t wall_ns)
{
	uint64_t note = (uint64_t)(uint32_t)data->base.ident.flow_id << 32 |
			vg_pool_idx(&p->flows[VG_APP_FTP_DATA], data);

	data->is_looked_up = 1;
	if (data->transfer) /* it was announced before its first byte came */
		return;
	data->transfer = vg_ftp_transfer_find(p, &data->base.ident, wall_ns);
	if (data->transfer) {
		data->transfer->data = data;
		return;
	}
	vg_count(p->stats, VG_C_FTP_CARVED, 1);
	for (unsigned dir = 0; dir < 2; dir++) {
		struct vg_endpoint at = vg_ftp_endpoint(&data->base.ident, dir, NULL);
		vg_expect_put(&p->expect, &at, VG_APP_NONE, note, wall_ns);
	}
}

/* The side that listens is the server's in passive transfers, the client's in active ones. Which side listens is told
 * by where it was announced; here by what the command says. */
static unsigned direction_of(const struct vg_ftp_data *data, unsigned dir)
{
	const struct vg_ftp_transfer *t = data->transfer;
	const struct vg_flow_ident *own = &data->base.ident, *control;
	unsigned client;

	if (!t)
		return own->port[dir] < own->port[!dir] ? VG_DOWNLOAD : VG_UPLOAD;
	if (VG_FTP_IS_TRANSFER(t->verb))
		return VG_FTP_IS_UPLOAD(t->verb) ? VG_UPLOAD : VG_DOWNLOAD;
	if (!t->control || !t->control->client_1)
		return VG_DOWNLOAD;
	control = &t->control->base.ident;
	client = t->control->client_1 - 1u;
	return memcmp(own->ip[dir], control->ip[client], sizeof(own->ip[dir])) ? VG_DOWNLOAD : VG_UPLOAD;
}

/* What is uploaded is another file than what lies there, until it has come. In TYPE A it crosses with other line ends
 * than it has; RFC 3659 5.1 (and BSD's servers) count offsets in what crosses, vsftpd in what lies there. So each of
 * the two bodies is a file of its own, with offsets of its own sort: that in which they are not has holes or cannot be.
 * An upload with its own line ends is the file that TYPE I would bring. */
static uint64_t file_of(const struct vg_ftp_transfer *t, int is_text)
{
	uint64_t file = VG_FTP_IS_UPLOAD(t->verb) ? ~t->resource : t->resource;

	if (!t->resource)
		return 0;
	if (t->is_ascii && !(is_text && VG_FTP_IS_UPLOAD(t->verb)))
		file = (file << 1 | file >> 63) ^ (is_text ? TEXT_FILE : LINES_FILE);
	return file ? file : 1;
}

static uint64_t offset_of(const struct vg_ftp_transfer *t, int is_text)
{
	int is_sizes = t->is_lines_size == !is_text; /* the offset is a size, and one of this sort */

	return t->is_ascii && t->verb == VG_FTP_APPE && !is_sizes ? UINT64_MAX : t->rest;
}

/* Which piece of its file it is. */
static void card_place(struct vg_attribution *c, const struct vg_ftp_transfer *t, uint64_t size, int is_text)
{
	int grows = VG_FTP_IS_UPLOAD(t->verb) || t->is_ascii; /* nobody says how large it will be */

	c->resource = file_of(t, is_text);
	c->flags |= t->is_piece ? VG_ATTR_PIECE : 0u;
	c->range_off = t->is_piece ? offset_of(t, is_text) : 0;
	c->range_total = grows ? UINT64_MAX : size;
	if (!c->resource || !grows)
		return;
	c->flags |= VG_ATTR_GROWS | (t->verb == VG_FTP_APPE ? VG_ATTR_APPENDED : t->is_piece ? 0u : VG_ATTR_ANEW);
}

/* Does `dir` go the other way than the command says? proftpd answers an upload in MODE Z with an empty stream of its
 * own. Told by the addresses; where they do not, the first direction is the right one. */
static int is_answer(const struct vg_ftp_data *data, unsigned dir)
{
	const struct vg_ftp_transfer *t = data->transfer;
	const uint8_t *own = data->base.ident.ip[dir];
	const struct vg_flow_ident *control;
	unsigned sender;

	if (!t || !VG_FTP_IS_TRANSFER(t->verb))
		return 0;
	if (t->control && t->control->client_1) {
		control = &t->control->base.ident;
		sender = VG_FTP_IS_UPLOAD(t->verb) ? t->control->client_1 - 1u : !(t->control->client_1 - 1u);
		if (memcmp(control->ip[0], control->ip[1], sizeof(control->ip[0])) &&
		    (!memcmp(own, control->ip[0], sizeof(control->ip[0])) ||
		     !memcmp(own, control->ip[1], sizeof(control->ip[0]))))
			return !!memcmp(own, control->ip[sender], sizeof(control->ip[0]));
	}
	return data->dir[!dir].is_decided;
}

static void open_bodies(struct vg_proto *p, struct vg_ftp_data *data, unsigned dir)
{
	struct vg_ftp_data_dir *d = &data->dir[dir];
	const struct vg_ftp_transfer *t = data->transfer;
	struct vg_attribution *c = &p->card;

	d->is_answer = is_answer(data, dir) != 0;
	vg_card_begin(p, &data->base, dir, t ? VG_PROTO_FTP : VG_PROTO_RAW,
		      d->is_answer == (direction_of(data, dir) == VG_UPLOAD) ? VG_DOWNLOAD : VG_UPLOAD);
	c->flags |= d->has_conflict ? VG_ATTR_CONFLICT : 0u;
	if (t) {
		uint64_t size = t->size != UINT64_MAX ? t->size : t->is_piece ? UINT64_MAX : t->opening;

		vg_ftp_transfer_card(p, t);
		if (!d->is_answer)
			card_place(c, t, size, 0);
		if (!d->is_answer && !t->is_ascii && !t->is_deflated && t->verb == VG_FTP_RETR && size != UINT64_MAX &&
		    (!t->is_piece || t->rest <= size))
			c->size_hint = t->is_piece ? size - t->rest : size;
		c->codings = t->is_deflated ? VG_CODING_DEFLATE : VG_CODING_NONE;
		c->flags |= t->is_ascii ? VG_ATTR_AMBIGUOUS : 0u;
	}
	d->body[0] = p->sink.open(p->sink.ctx, c);
	d->body[1] = NULL;
	if (!t || !t->is_ascii || t->is_deflated || d->is_answer)
		return;
	card_place(c, t, UINT64_MAX, 1);
	d->body[1] = p->sink.open(p->sink.ctx, c);
}

/* Gives bytes to a body that may have become unwanted. */
static void give(struct vg_proto *p, struct vg_body **body, const uint8_t *bytes, size_t n, int64_t wall_ns)
{
	if (n && *body && p->sink.data(p->sink.ctx, *body, bytes, (uint32_t)n, wall_ns) != VG_MORE)
		*body = NULL;
}

/* CR LF becomes LF (RFC 959 3.1.1.1). A LF without CR: it was sent as it is, there is no other reading. */
static void give_text(struct vg_proto *p, struct vg_ftp_data_dir *d, const uint8_t *bytes, size_t n, int64_t wall_ns)
{
	static const uint8_t cr = '\r';
	size_t begin = 0;

	for (size_t at = 0; at < n && d->body[1]; at++) {
		if (bytes[at] == '\n' && !(at ? bytes[at - 1] == '\r' : d->has_cr)) {
			give(p, &d->body[1], bytes + begin, at - begin, wall_ns);
			if (d->body[1])
				p->sink.close(p->sink.ctx, d->body[1], VG_STATE_ABORTED, wall_ns);
			d->body[1] = NULL;
			d->has_cr = 0;
			return;
		}
		if (!at && d->has_cr && bytes[at] != '\n')
			give(p, &d->body[1], &cr, 1, wall_ns);
		if (bytes[at] == '\n' && at) {
			give(p, &d->body[1], bytes + begin, at - 1 - begin, wall_ns);
			begin = at;
		}
	}
	d->has_cr = bytes[n - 1] == '\r';
	give(p, &d->body[1], bytes + begin, n - begin - d->has_cr, wall_ns);
}

static void pass_on(struct vg_proto *p, struct vg_ftp_data_dir *d, const uint8_t *bytes, size_t n, int64_t wall_ns)
{
	if (!n)
		return;
	d->n_bytes += n;
	give(p, &d->body[0], bytes, n, wall_ns);
	if (d->body[1])
		give_text(p, d, bytes, n, wall_ns);
}

/* Whether the first bytes of a direction begin a file, where nobody announced one. VG_MORE: not known yet. */
static enum vg_step carve(struct vg_proto *p, struct vg_ftp_data *data, unsigned dir, const uint8_t **bytes,
			  uint32_t *n_bytes, int64_t wall_ns)
{
	struct vg_ftp_data_dir *d = &data->dir[dir];
	uint32_t n = sizeof(d->first) - d->n_first < *n_bytes ? (uint32_t)sizeof(d->first) - d->n_first : *n_bytes;
	enum vg_app app;

	memcpy(d->first + d->n_first, *bytes, n);
	d->n_first = (uint8_t)(d->n_first + n);
	*bytes += n;
	*n_bytes -= n;
	app = vg_magic_first(d->first, d->n_first);
	if (app == VG_APP_NONE && d->n_first < sizeof(d->first))
		return VG_MORE;
	d->is_decided = 1;
	if (app != VG_APP_FTP_DATA)
		return VG_SKIP;
	open_bodies(p, data, dir);
	pass_on(p, d, d->first, d->n_first, wall_ns);
	return VG_DONE;
}

enum vg_step vg_ftp_data_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			      uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_ftp_data *data = data_of(base);
	struct vg_ftp_data_dir *d = &data->dir[dir];

	if (d->has_ended || !n_bytes)
		return VG_MORE;
	if (!data->is_looked_up)
		look_up(p, data, wall_ns);
	if (data->transfer && data->transfer->verb == VG_FTP_LIST && !d->is_decided)
		return VG_SKIP;
	if (!d->is_decided && data->transfer) {
		d->is_decided = 1;
		open_bodies(p, data, dir);
		pass_on(p, d, d->first, d->n_first, wall_ns);
	}
	if (!d->is_decided && carve(p, data, dir, &bytes, &n_bytes, wall_ns) != VG_DONE)
		return VG_MORE;
	pass_on(p, d, bytes, n_bytes, wall_ns);
	return VG_MORE;
}

void vg_ftp_data_named(struct vg_proto *p, struct vg_ftp_data *data)
{
	for (unsigned i = 0; i < 4; i++) {
		struct vg_body *body = data->dir[i / 2].body[i % 2];

		if (!body)
			continue;
		memset(&p->card, 0, sizeof(p->card));
		vg_ftp_transfer_card(p, data->transfer);
		p->sink.amend(p->sink.ctx, body, &p->card);
	}
}

/* The end of a direction's bodies: now, or by the server's word. */
static void close_bodies(struct vg_proto *p, struct vg_ftp_data *data, unsigned dir, enum vg_stream_end how,
			 int64_t wall_ns)
{
	struct vg_ftp_data_dir *d = &data->dir[dir];
	struct vg_ftp_transfer *t = data->transfer;
	enum vg_state state = d->had_gap ? VG_STATE_GAP : vg_ftp_transfer_state(t, d->n_bytes, how);
	int waits = t && t->control && t->control->has_replies && t->word == VG_FTP_SILENT && !d->had_gap &&
		    !d->is_answer && how <= VG_END_RST && !t->waiting[0] && !t->waiting[1];
	static const uint8_t cr = '\r';

	if (d->has_cr)
		give(p, &d->body[1], &cr, 1, wall_ns);
	d->has_cr = 0;
	for (unsigned i = 0; i < 2; i++) {
		if (!d->body[i])
			continue;
		if (waits)
			t->waiting[i] = d->body[i];
		else
			p->sink.close(p->sink.ctx, d->body[i], state, wall_ns);
		d->body[i] = NULL;
	}
	if (waits)
		t->end_state = (uint8_t)state;
}

enum vg_step vg_ftp_data_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			     int64_t wall_ns)
{
	struct vg_ftp_data *data = data_of(base);
	struct vg_ftp_data_dir *d = &data->dir[dir];

	if (d->has_ended)
		return VG_MORE;
	if (!data->is_looked_up)
		look_up(p, data, wall_ns);
	if (!d->is_decided && data->transfer && data->transfer->verb != VG_FTP_LIST) {
		d->is_decided = 1;
		open_bodies(p, data, dir);
		pass_on(p, d, d->first, d->n_first, wall_ns);
	}
	if (!d->is_decided) { /* what follows is not its beginning */
		d->is_decided = 1;
		return VG_MORE;
	}
	d->had_gap = 1;
	for (unsigned i = 0; i < 2; i++)
		if (d->body[i] && p->sink.gap(p->sink.ctx, d->body[i], n_missing) != VG_MORE)
			d->body[i] = NULL;
	return VG_MORE;
}

void vg_ftp_data_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	struct vg_ftp_data_dir *d = &data_of(base)->dir[dir];

	d->has_conflict = 1;
	for (unsigned i = 0; i < 2; i++) {
		if (!d->body[i])
			continue;
		memset(&p->card, 0, sizeof(p->card));
		p->card.flags = VG_ATTR_CONFLICT;
		p->sink.amend(p->sink.ctx, d->body[i], &p->card);
	}
}

void vg_ftp_data_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how,
		     int64_t wall_ns)
{
	struct vg_ftp_data *data = data_of(base);

	if (data->dir[dir].has_ended)
		return;
	data->dir[dir].has_ended = 1;
	close_bodies(p, data, dir, how, wall_ns);
}

void vg_ftp_data_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	struct vg_ftp_data *data = data_of(base);

	for (unsigned dir = 0; dir < 2; dir++)
		close_bodies(p, data, dir, VG_END_EVICTED, 0);
	base->ident.flow_id = 0; /* notes of it mean nothing any more */
	if (!data->transfer)
		return;
	data->transfer->data = NULL;
	vg_ftp_transfer_leave(p, data->transfer);
	data->transfer = NULL;
}
