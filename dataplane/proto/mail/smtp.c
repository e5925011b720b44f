/* The client's commands tell all but one thing: whether the server wants the message after DATA. Where its answer is
 * not there (one side captured, or skew), what the client sends next tells. */
#include "dataplane/proto/mail/smtp.h"
#include "dataplane/proto/mail/mail_priv.h"

enum { COMMANDS, WAIT_DATA, DATA, BDAT };

/* The address of "MAIL FROM:<a@b> …", without brackets. */
static uint16_t take_address(const struct vg_mail_line *line, char *to, size_t cap)
{
	const char *colon = memchr(line->text, ':', line->n), *end = line->text + line->n, *at;
	uint16_t n = 0;

	if (!colon)
		return 0;
	for (at = colon + 1; at < end && (*at == ' ' || *at == '<'); at++)
		;
	for (; at < end && *at != '>' && *at != ' ' && n < cap; at++)
		to[n++] = *at;
	return n;
}

static uint64_t take_number(const struct vg_mail_line *line, uint32_t at, int *has)
{
	uint64_t n = 0;

	*has = 0;
	while (at < line->n && line->text[at] == ' ')
		at++;
	for (; at < line->n && line->text[at] >= '0' && line->text[at] <= '9'; at++) {
		n = n > UINT64_MAX / 16 ? UINT64_MAX / 16 : n * 10 + (uint64_t)(line->text[at] - '0');
		*has = 1;
	}
	return n;
}

static void forget_message(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir, int64_t wall_ns)
{
	vg_mail_body_close(p, &flow->dir[dir], VG_STATE_ABORTED, wall_ns);
	flow->n_from = flow->n_to = flow->in_message = 0;
}

static void on_bdat(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_mail_dir *d = &flow->dir[dir];
	const char *text = d->line.text;
	uint32_t n = d->line.n;
	int has, is_last = n >= 4 && (text[n - 4] | 0x20) == 'l' && (text[n - 3] | 0x20) == 'a' &&
			   (text[n - 2] | 0x20) == 's' && (text[n - 1] | 0x20) == 't';

	d->left = take_number(&d->line, 4, &has);
	if (!has)
		return;
	if (!flow->in_message)
		vg_mail_body_open(p, flow, dir, VG_PROTO_SMTP, "BDAT", is_last ? d->left : UINT64_MAX);
	flow->in_message = is_last ? 2 : 1;
	d->state = BDAT;
	(void)wall_ns;
}

/* A chunk of BDAT has come; the last one ends the message. */
static void chunk_end(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_mail_dir *d = &flow->dir[dir];

	d->state = COMMANDS;
	if (flow->in_message != 2)
		return;
	vg_mail_body_close(p, d, VG_STATE_COMPLETE, wall_ns);
	flow->in_message = 0;
}

static void on_command(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_mail_dir *d = &flow->dir[dir];
	const struct vg_mail_line *line = &d->line;
	const char *blank = memchr(line->text, ' ', line->n);

	if (vg_mail_line_is(line, "EHLO") || vg_mail_line_is(line, "HELO") || vg_mail_line_is(line, "LHLO")) {
		uint32_t n = blank ? line->n - (uint32_t)(blank + 1 - line->text) : 0;
		flow->n_host = (uint16_t)(n < sizeof(flow->host) ? n : sizeof(flow->host));
		memcpy(flow->host, line->text + line->n - n, flow->n_host);
		forget_message(p, flow, dir, wall_ns);
	} else if (vg_mail_line_is(line, "MAIL")) {
		forget_message(p, flow, dir, wall_ns);
		flow->n_from = take_address(line, flow->from, sizeof(flow->from));
	} else if (vg_mail_line_is(line, "RCPT") && !flow->n_to) {
		flow->n_to = take_address(line, flow->to, sizeof(flow->to));
	} else if (vg_mail_line_is(line, "RSET")) {
		forget_message(p, flow, dir, wall_ns);
	} else if (vg_mail_line_is(line, "BDAT")) {
		on_bdat(p, flow, dir, wall_ns);
	} else if (vg_mail_line_is(line, "DATA")) {
		d->state = WAIT_DATA;
		flow->reply_seen = 0;
	}
}

/* Words that begin a command, where a message would begin with a header line. */
static int is_command(const uint8_t peek[VG_MAIL_PEEK])
{
	static const char words[][VG_MAIL_PEEK + 1] = {
		"RSET\r\n", "QUIT\r\n", "NOOP\r\n", "MAIL F", "RCPT T", "EHLO x"
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		uint32_t k = 0;
		while (k < 5 && (peek[k] >= 'a' && peek[k] <= 'z' ? peek[k] & ~0x20 : peek[k]) == words[i][k])
			k++;
		if (k == 5)
			return 1;
	}
	return 0;
}

static uint32_t feed_data(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir, const uint8_t *bytes,
			  uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_mail_dir *d = &flow->dir[dir];
	int is_end;
	uint32_t n = vg_mail_dots_feed(p, d, bytes, n_bytes, &is_end, wall_ns);

	if (is_end) {
		vg_mail_body_close(p, d, VG_STATE_COMPLETE, wall_ns);
		d->state = COMMANDS;
	}
	return n;
}

static void on_line(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir, int64_t wall_ns)
{
	if (flow->dir[dir].line.has_lf) {
		on_command(p, flow, dir, wall_ns);
		vg_mail_line_drop(&flow->dir[dir].line);
	}
}

/* What was peeked at is the beginning of a message, or commands. */
static void decide(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_mail_dir *d = &flow->dir[dir];
	int is_refused = flow->reply_seen ? !flow->reply_ok : flow->n_peek == VG_MAIL_PEEK && is_command(flow->peek);
	uint32_t n = 0;

	d->state = is_refused ? COMMANDS : DATA;
	flow->in_message = 0;
	if (!is_refused)
		vg_mail_body_open(p, flow, dir, VG_PROTO_SMTP, "DATA", UINT64_MAX);
	while (n < flow->n_peek) {
		if (d->state == DATA) {
			n += feed_data(p, flow, dir, flow->peek + n, flow->n_peek - n, wall_ns);
		} else {
			n += vg_mail_line_add(&d->line, flow->peek + n, flow->n_peek - n);
			on_line(p, flow, dir, wall_ns);
		}
	}
	flow->n_peek = 0;
}

/* The first bytes behind DATA: where the answer is not known, a few of them are needed. */
static uint32_t peek(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir, const uint8_t *bytes,
		     uint32_t n_bytes, int64_t wall_ns)
{
	uint32_t n = flow->reply_seen ? 0 : VG_MAIL_PEEK - flow->n_peek;

	n = n < n_bytes ? n : n_bytes;
	memcpy(flow->peek + flow->n_peek, bytes, n);
	flow->n_peek = (uint8_t)(flow->n_peek + n);
	if (flow->reply_seen || flow->n_peek == VG_MAIL_PEEK || memchr(flow->peek, '\n', flow->n_peek))
		decide(p, flow, dir, wall_ns);
	return n;
}

static enum vg_step feed_client(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir, const uint8_t *bytes,
				uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_mail_dir *d = &flow->dir[dir];

	while (n_bytes) {
		uint32_t n;
		if (d->state == WAIT_DATA) {
			n = peek(p, flow, dir, bytes, n_bytes, wall_ns);
		} else if (d->state == DATA) {
			n = feed_data(p, flow, dir, bytes, n_bytes, wall_ns);
		} else if (d->state == BDAT) {
			n = vg_mail_count_feed(p, d, bytes, n_bytes, wall_ns);
		} else {
			if (!d->line.n && vg_mail_is_tls(bytes, n_bytes))
				return VG_SKIP;
			n = vg_mail_line_add(&d->line, bytes, n_bytes);
			on_line(p, flow, dir, wall_ns);
		}
		if (d->state == BDAT && !d->left)
			chunk_end(p, flow, dir, wall_ns);
		bytes += n;
		n_bytes -= n;
	}
	return VG_MORE;
}

/* Replies: only the one to DATA counts. */
static void feed_server(struct vg_mail_flow *flow, unsigned dir, const uint8_t *bytes, uint32_t n_bytes)
{
	struct vg_mail_dir *d = &flow->dir[dir];

	while (n_bytes) {
		uint32_t n = vg_mail_line_add(&d->line, bytes, n_bytes);
		bytes += n;
		n_bytes -= n;
		if (!d->line.has_lf)
			return;
		/* replies to what was sent before DATA in one go come first; 354 answers nothing else */
		if (d->line.n >= 3 && (d->line.n == 3 || d->line.text[3] != '-')) {
			int is_go = !memcmp(d->line.text, "354", 3);
			flow->reply_seen = is_go || flow->reply_seen || d->line.text[0] >= '4';
			flow->reply_ok = is_go;
		}
		vg_mail_line_drop(&d->line);
	}
}

enum vg_app vg_smtp_first(const uint8_t *bytes, uint32_t n_bytes)
{
	static const char *const words[] = { "EHLO ", "HELO ", "LHLO " };

	for (size_t i = 0; i < 3; i++)
		for (uint32_t k = 0;; k++) {
			if (k == 5)
				return VG_APP_SMTP;
			if (k == n_bytes)
				return VG_APP_NONE;
			if ((k < 4 ? bytes[k] & ~0x20 : bytes[k]) != words[i][k])
				break;
		}
	return VG_APP_UNKNOWN;
}

enum vg_step vg_smtp_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			  uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_mail_flow *flow = vg_mail_flow_of(base);

	if (!n_bytes || flow->dir[dir].has_ended)
		return VG_MORE;
	if (!flow->has_client) { /* who sends digits is the server */
		flow->client = (uint8_t)(bytes[0] >= '0' && bytes[0] <= '9' ? !dir : dir);
		flow->has_client = 1;
	}
	if (dir == flow->client)
		return feed_client(p, flow, dir, bytes, n_bytes, wall_ns);
	feed_server(flow, dir, bytes, n_bytes);
	return VG_MORE;
}

enum vg_step vg_smtp_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			 int64_t wall_ns)
{
	struct vg_mail_flow *flow = vg_mail_flow_of(base);
	struct vg_mail_dir *d = &flow->dir[dir];

	vg_mail_line_drop(&d->line);
	if (!flow->has_client || dir != flow->client)
		return VG_MORE;
	if (d->state == WAIT_DATA)
		decide(p, flow, dir, wall_ns);
	if (d->state == DATA)
		(void)vg_mail_body_gap(p, d, n_missing, 0, wall_ns);
	else if (d->state == BDAT && !vg_mail_body_gap(p, d, n_missing, 1, wall_ns))
		flow->in_message = d->state = COMMANDS;
	if (d->state == BDAT && !d->left)
		chunk_end(p, flow, dir, wall_ns);
	return VG_MORE;
}

void vg_smtp_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct vg_mail_flow *flow = vg_mail_flow_of(base);

	if (flow->has_client && dir == flow->client && flow->dir[dir].state == WAIT_DATA && flow->n_peek)
		decide(p, flow, dir, wall_ns);
	vg_mail_end(p, base, dir, how, wall_ns);
}
