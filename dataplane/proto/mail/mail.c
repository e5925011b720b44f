/* What SMTP, POP3 and IMAP have in common. */
#include "dataplane/proto/mail/mail_priv.h"

uint32_t vg_mail_line_add(struct vg_mail_line *line, const uint8_t *bytes, uint32_t n_bytes)
{
	const uint8_t *lf = memchr(bytes, '\n', n_bytes);
	uint32_t n = lf ? (uint32_t)(lf - bytes) : n_bytes, room = VG_MAIL_LINE - line->n;

	if (n > room) {
		memcpy(line->text + line->n, bytes, room);
		line->n = VG_MAIL_LINE;
		line->is_cut = 1;
	} else {
		memcpy(line->text + line->n, bytes, n);
		line->n += n;
	}
	if (!lf)
		return n_bytes;
	line->has_lf = 1;
	if (line->n && line->text[line->n - 1] == '\r')
		line->n--;
	return n + 1;
}

void vg_mail_line_drop(struct vg_mail_line *line)
{
	line->n = 0;
	line->is_cut = line->has_lf = 0;
}

static int upper(char c)
{
	return c >= 'a' && c <= 'z' ? c & ~0x20 : c;
}

int vg_mail_line_is(const struct vg_mail_line *line, const char *word)
{
	uint32_t i = 0;

	for (; word[i]; i++)
		if (i >= line->n || upper(line->text[i]) != word[i])
			return 0;
	return i == line->n || line->text[i] == ' ' || line->text[i] == '\t';
}

void vg_mail_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_mail_flow *flow = vg_mail_flow_of(base);

	(void)p;
	(void)from;
	for (unsigned dir = 0; dir < 2; dir++) {
		struct vg_mail_dir *d = &flow->dir[dir];
		vg_mail_line_drop(&d->line);
		d->body = NULL;
		d->left = 0;
		d->state = d->dots = d->has_gap = d->has_conflict = d->has_ended = 0;
		d->is_lost = base->ident.midstream;
	}
	flow->client = flow->has_client = flow->reply_seen = flow->reply_ok = flow->in_message = flow->n_peek = 0;
	flow->begin_waiting = flow->n_waiting = 0;
	flow->n_host = flow->n_from = flow->n_to = flow->n_command = 0;
}

void vg_mail_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	struct vg_mail_flow *flow = vg_mail_flow_of(base);

	for (unsigned dir = 0; dir < 2; dir++)
		vg_mail_body_close(p, &flow->dir[dir], VG_STATE_TRUNCATED, 0);
}

void vg_mail_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	struct vg_mail_dir *d = &vg_mail_flow_of(base)->dir[dir];

	d->has_conflict = 1;
	if (!d->body)
		return;
	memset(&p->card, 0, sizeof(p->card));
	p->card.flags = VG_ATTR_CONFLICT;
	p->sink.amend(p->sink.ctx, d->body, &p->card);
}

/* Appends to the card's url. */
static void url_add(struct vg_attribution *c, const char *text, uint32_t n)
{
	uint32_t room = VG_ATTR_URL - c->n_url;

	if (n > room)
		c->flags |= VG_ATTR_HEAD_CUT;
	n = n < room ? n : room;
	memcpy(c->url + c->n_url, text, n);
	c->n_url = (uint16_t)(c->n_url + n);
}

void vg_mail_body_open(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir, unsigned proto_id,
		       const char *method, uint64_t size)
{
	struct vg_mail_dir *d = &flow->dir[dir];
	struct vg_attribution *c = &p->card;

	vg_mail_body_close(p, d, VG_STATE_ABORTED, 0); /* one that was not ended before the next began */
	vg_card_begin(p, &flow->base, dir, proto_id, dir == flow->client ? VG_UPLOAD : VG_DOWNLOAD);
	c->size_hint = size;
	c->n_method = (uint16_t)strlen(method);
	memcpy(c->method, method, c->n_method);
	if (flow->n_host) {
		memcpy(c->host, flow->host, flow->n_host);
		c->n_host = flow->n_host;
	}
	if (proto_id == VG_PROTO_SMTP && (flow->n_from || flow->n_to)) {
		url_add(c, "mailto:", 7);
		url_add(c, flow->to, flow->n_to);
		url_add(c, "?from=", 6);
		url_add(c, flow->from, flow->n_from);
	} else {
		url_add(c, flow->command, flow->n_command);
	}
	c->flags |= d->has_conflict ? VG_ATTR_CONFLICT : 0u;
	d->has_conflict = d->has_gap = 0;
	d->dots = VG_DOTS_BOL;
	d->body = p->sink.open(p->sink.ctx, c);
}

void vg_mail_body_data(struct vg_proto *p, struct vg_mail_dir *d, const uint8_t *bytes, uint32_t n_bytes,
		       int64_t wall_ns)
{
	if (d->body && n_bytes && p->sink.data(p->sink.ctx, d->body, bytes, n_bytes, wall_ns) != VG_MORE)
		d->body = NULL;
}

void vg_mail_body_close(struct vg_proto *p, struct vg_mail_dir *d, enum vg_state state, int64_t wall_ns)
{
	if (d->body)
		p->sink.close(p->sink.ctx, d->body, d->has_gap ? VG_STATE_GAP : state, wall_ns);
	d->body = NULL;
	d->has_gap = 0;
}

int vg_mail_body_gap(struct vg_proto *p, struct vg_mail_dir *d, uint64_t n_missing, int is_counted, int64_t wall_ns)
{
	int is_known = !is_counted || (n_missing && n_missing <= d->left);

	if (is_counted && is_known)
		d->left -= n_missing;
	d->has_gap = 1;
	d->dots = VG_DOTS_TEXT;
	if (d->body && p->sink.gap(p->sink.ctx, d->body, n_missing) != VG_MORE)
		d->body = NULL;
	if (!is_known)
		vg_mail_body_close(p, d, VG_STATE_GAP, wall_ns);
	return is_known;
}

/* One byte where a line may end or the dot may stand. Bytes that were held back and turned out to be text go out. */
static int dots_byte(struct vg_proto *p, struct vg_mail_dir *d, uint8_t c, int64_t wall_ns)
{
	switch (d->dots) {
	case VG_DOTS_DOT: /* the dot itself is not given: the end, or doubled */
		if (c == '\r') {
			d->dots = VG_DOTS_DOT_CR;
			return 0;
		}
		if (c == '\n')
			return 1;
		break;
	case VG_DOTS_DOT_CR:
		if (c == '\n')
			return 1;
		vg_mail_body_data(p, d, (const uint8_t *)"\r", 1, wall_ns);
		break;
	default:
		if (d->dots == VG_DOTS_BOL && c == '.') {
			d->dots = VG_DOTS_DOT;
			return 0;
		}
		break;
	}
	vg_mail_body_data(p, d, &c, 1, wall_ns);
	d->dots = c == '\n' ? VG_DOTS_BOL : VG_DOTS_TEXT;
	return 0;
}

uint32_t vg_mail_dots_feed(struct vg_proto *p, struct vg_mail_dir *d, const uint8_t *bytes, uint32_t n_bytes,
			   int *is_end, int64_t wall_ns)
{
	uint32_t at = 0, from = 0;

	*is_end = 0;
	while (at < n_bytes) {
		const uint8_t *lf;
		if (d->dots != VG_DOTS_TEXT && (d->dots != VG_DOTS_BOL || bytes[at] == '.')) {
			vg_mail_body_data(p, d, bytes + from, at - from, wall_ns);
			if (dots_byte(p, d, bytes[at], wall_ns)) {
				*is_end = 1;
				return at + 1;
			}
			from = ++at;
			continue;
		}
		lf = memchr(bytes + at, '\n', n_bytes - at);
		d->dots = lf ? VG_DOTS_BOL : VG_DOTS_TEXT;
		at = lf ? (uint32_t)(lf - bytes) + 1 : n_bytes;
	}
	vg_mail_body_data(p, d, bytes + from, at - from, wall_ns);
	return n_bytes;
}

uint32_t vg_mail_count_feed(struct vg_proto *p, struct vg_mail_dir *d, const uint8_t *bytes, uint32_t n_bytes,
			    int64_t wall_ns)
{
	uint32_t n = d->left < n_bytes ? (uint32_t)d->left : n_bytes;

	vg_mail_body_data(p, d, bytes, n, wall_ns);
	d->left -= n;
	return n;
}

void vg_mail_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct vg_mail_dir *d = &vg_mail_flow_of(base)->dir[dir];

	if (d->has_ended)
		return;
	d->has_ended = 1;
	vg_mail_body_close(p, d, how == VG_END_RST ? VG_STATE_ABORTED : VG_STATE_TRUNCATED, wall_ns);
}
