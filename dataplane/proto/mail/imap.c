/* A literal stands at the end of a line, in either direction: {123} or {123+} (RFC 9051 4.3, RFC 7888). The line before
 * it tells what it is; whatever is large enough is a body, its first bytes decide. */
#include "dataplane/proto/mail/mail_priv.h"
#include "dataplane/proto/mail/smtp.h"

enum { LINES, LITERAL };

/* The size at the end of a line, UINT64_MAX: none. */
static uint64_t literal_of(const struct vg_mail_line *line)
{
	uint32_t at = line->n;
	uint64_t n = 0, unit = 1;

	if (line->is_cut || at < 3 || line->text[--at] != '}')
		return UINT64_MAX;
	if (line->text[at - 1] == '+')
		at--;
	while (at && line->text[at - 1] >= '0' && line->text[at - 1] <= '9') {
		n += (uint64_t)(line->text[--at] - '0') * unit;
		unit *= 10;
		if (n > UINT32_MAX)
			return UINT64_MAX;
	}
	return unit > 1 && at && line->text[at - 1] == '{' ? n : UINT64_MAX;
}

/* The line begins with a tag and then LOGIN or AUTHENTICATE: its literals are secrets, not files. */
static int is_secret(const struct vg_mail_line *line)
{
	const char *blank = memchr(line->text, ' ', line->n);
	uint32_t n = blank ? line->n - (uint32_t)(blank + 1 - line->text) : 0;

	return n >= 5 && (!strncasecmp(blank + 1, "LOGIN", 5) || !strncasecmp(blank + 1, "AUTHE", 5));
}

static void line_end(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir)
{
	struct vg_mail_dir *d = &flow->dir[dir];
	uint64_t n = literal_of(&d->line);

	if (n == UINT64_MAX || !n)
		return;
	d->state = LITERAL;
	d->left = n;
	if (n < VG_MAIL_MIN_BYTES || is_secret(&d->line))
		return;
	flow->n_command = (uint16_t)(d->line.n < sizeof(flow->command) ? d->line.n : sizeof(flow->command));
	memcpy(flow->command, d->line.text, flow->n_command);
	vg_mail_body_open(p, flow, dir, VG_PROTO_IMAP, dir == flow->client ? "APPEND" : "FETCH", n);
}

enum vg_app vg_imap_first(const uint8_t *bytes, uint32_t n_bytes)
{
	static const char *const words[] = { "* OK", "* PREAUTH" };

	for (size_t i = 0; i < 2; i++)
		for (uint32_t k = 0;; k++) {
			if (!words[i][k])
				return VG_APP_IMAP;
			if (k == n_bytes)
				return VG_APP_NONE;
			if (bytes[k] != (uint8_t)words[i][k])
				break;
		}
	return VG_APP_UNKNOWN;
}

enum vg_step vg_imap_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			  uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_mail_flow *flow = vg_mail_flow_of(base);
	struct vg_mail_dir *d = &flow->dir[dir];

	if (!n_bytes || d->has_ended)
		return VG_MORE;
	if (!flow->has_client) {
		flow->client = (uint8_t)(bytes[0] == '*' ? !dir : dir);
		flow->has_client = 1;
	}
	while (n_bytes) {
		uint32_t n;
		if (d->state == LITERAL) {
			n = vg_mail_count_feed(p, d, bytes, n_bytes, wall_ns);
			if (!d->left) {
				vg_mail_body_close(p, d, VG_STATE_COMPLETE, wall_ns);
				d->state = LINES;
			}
		} else {
			if (!d->line.n && vg_mail_is_tls(bytes, n_bytes))
				return VG_SKIP;
			n = vg_mail_line_add(&d->line, bytes, n_bytes);
			if (d->line.has_lf) {
				line_end(p, flow, dir);
				vg_mail_line_drop(&d->line);
			}
		}
		bytes += n;
		n_bytes -= n;
	}
	return VG_MORE;
}

enum vg_step vg_imap_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			 int64_t wall_ns)
{
	struct vg_mail_flow *flow = vg_mail_flow_of(base);
	struct vg_mail_dir *d = &flow->dir[dir];

	vg_mail_line_drop(&d->line);
	if (d->state == LITERAL && !vg_mail_body_gap(p, d, n_missing, 1, wall_ns))
		d->state = LINES;
	if (d->state == LITERAL && !d->left) {
		vg_mail_body_close(p, d, VG_STATE_COMPLETE, wall_ns);
		d->state = LINES;
	}
	return VG_MORE;
}
