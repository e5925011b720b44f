/* Which replies have lines behind them depends on the command; commands may be sent ahead (RFC 2449 6.6), so they stand
 * in line. Without the client's side, a reply whose next line looks like a header line has a message. */
#include "dataplane/proto/mail/mail_priv.h"
#include "dataplane/proto/mail/smtp.h"

enum { ONE_LINE, LINES, MESSAGE };                        /* what a command's reply has */
enum { REPLIES, SKIP_LINES, IN_MESSAGE, MAY_BE_MESSAGE }; /* the server's direction */

static void on_command(struct vg_mail_flow *flow, const struct vg_mail_line *line)
{
	const char *blank = memchr(line->text, ' ', line->n);
	uint8_t kind = ONE_LINE;

	if (vg_mail_line_is(line, "RETR") || vg_mail_line_is(line, "TOP"))
		kind = MESSAGE;
	else if (vg_mail_line_is(line, "CAPA") ||
		 (!blank && (vg_mail_line_is(line, "LIST") || vg_mail_line_is(line, "UIDL"))))
		kind = LINES;
	if (kind == MESSAGE) {
		flow->n_command = (uint16_t)(line->n < sizeof(flow->command) ? line->n : sizeof(flow->command));
		memcpy(flow->command, line->text, flow->n_command);
	}
	if (flow->n_waiting == VG_MAIL_WAITING) /* nobody does that: begin again */
		flow->n_waiting = 0;
	flow->waiting[(flow->begin_waiting + flow->n_waiting++) % VG_MAIL_WAITING] = kind;
}

static void feed_client(struct vg_mail_flow *flow, unsigned dir, const uint8_t *bytes, uint32_t n_bytes)
{
	struct vg_mail_dir *d = &flow->dir[dir];

	while (n_bytes) {
		uint32_t n = vg_mail_line_add(&d->line, bytes, n_bytes);
		if (d->line.has_lf) {
			on_command(flow, &d->line);
			vg_mail_line_drop(&d->line);
		}
		bytes += n;
		n_bytes -= n;
	}
}

static void on_reply(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir)
{
	struct vg_mail_dir *d = &flow->dir[dir];
	int is_ok = vg_mail_line_is(&d->line, "+OK");
	uint8_t kind = ONE_LINE;

	if (!is_ok && !vg_mail_line_is(&d->line, "-ERR") && !vg_mail_line_is(&d->line, "+"))
		return;
	if (!d->is_lost && d->state == REPLIES && !flow->in_message) { /* the greeting answers nothing */
		flow->in_message = 1;
		return;
	}
	if (flow->n_waiting) {
		kind = flow->waiting[flow->begin_waiting];
		flow->begin_waiting = (uint8_t)((flow->begin_waiting + 1) % VG_MAIL_WAITING);
		flow->n_waiting--;
	} else if (is_ok) {
		d->state = MAY_BE_MESSAGE;
		return;
	}
	if (!is_ok)
		return;
	d->dots = VG_DOTS_BOL;
	d->state = kind == MESSAGE ? IN_MESSAGE : kind == LINES ? SKIP_LINES : REPLIES;
	if (kind == MESSAGE)
		vg_mail_body_open(p, flow, dir, VG_PROTO_POP3, "RETR", UINT64_MAX);
}

/* Does a header line begin here: a name, a colon (RFC 5322 2.2)? */
static int is_header(const uint8_t *bytes, uint32_t n_bytes)
{
	uint32_t n = 0;

	while (n < n_bytes && bytes[n] > ' ' && bytes[n] < 127 && bytes[n] != ':')
		n++;
	return n > 1 && n < n_bytes && bytes[n] == ':';
}

static void feed_server(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir, const uint8_t *bytes,
			uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_mail_dir *d = &flow->dir[dir];
	int is_end;

	while (n_bytes) {
		uint32_t n;
		if (d->state == MAY_BE_MESSAGE) {
			d->state = is_header(bytes, n_bytes) ? IN_MESSAGE : REPLIES;
			if (d->state == IN_MESSAGE)
				vg_mail_body_open(p, flow, dir, VG_PROTO_POP3, "RETR", UINT64_MAX);
		}
		if (d->state == IN_MESSAGE || d->state == SKIP_LINES) {
			n = vg_mail_dots_feed(p, d, bytes, n_bytes, &is_end, wall_ns);
			if (is_end) {
				vg_mail_body_close(p, d, VG_STATE_COMPLETE, wall_ns);
				d->state = REPLIES;
			}
		} else {
			n = vg_mail_line_add(&d->line, bytes, n_bytes);
			if (d->line.has_lf) {
				on_reply(p, flow, dir);
				vg_mail_line_drop(&d->line);
			}
		}
		bytes += n;
		n_bytes -= n;
	}
}

enum vg_app vg_pop3_first(const uint8_t *bytes, uint32_t n_bytes)
{
	static const char word[] = "+OK";

	for (uint32_t i = 0; i < 3; i++) {
		if (i == n_bytes)
			return VG_APP_NONE;
		if (bytes[i] != (uint8_t)word[i])
			return VG_APP_UNKNOWN;
	}
	return n_bytes == 3 ? VG_APP_NONE : bytes[3] == ' ' || bytes[3] == '\r' ? VG_APP_POP3 : VG_APP_UNKNOWN;
}

enum vg_step vg_pop3_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			  uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_mail_flow *flow = vg_mail_flow_of(base);
	struct vg_mail_dir *d = &flow->dir[dir];

	if (!n_bytes || d->has_ended)
		return VG_MORE;
	if (!flow->has_client) {
		flow->client = (uint8_t)(bytes[0] == '+' || bytes[0] == '-' ? !dir : dir);
		flow->has_client = 1;
	}
	if (!d->line.n && !d->state && vg_mail_is_tls(bytes, n_bytes))
		return VG_SKIP;
	if (dir == flow->client)
		feed_client(flow, dir, bytes, n_bytes);
	else
		feed_server(p, flow, dir, bytes, n_bytes, wall_ns);
	return VG_MORE;
}

enum vg_step vg_pop3_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			 int64_t wall_ns)
{
	struct vg_mail_flow *flow = vg_mail_flow_of(base);
	struct vg_mail_dir *d = &flow->dir[dir];

	vg_mail_line_drop(&d->line);
	flow->n_waiting = 0;
	d->is_lost = 1;
	if (d->state == IN_MESSAGE || d->state == SKIP_LINES)
		(void)vg_mail_body_gap(p, d, n_missing, 0, wall_ns);
	return VG_MORE;
}
