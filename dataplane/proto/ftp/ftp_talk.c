/* Commands and replies in the order they were seen. Replies name what they answer by their codes where that is
 * possible (RFC 959 4.2.2), so that a lost or unseen half does no harm; the line of waiting commands tells the rest. */
#include "dataplane/proto/ftp/ftp_priv.h"

static uint16_t keep(char *out, uint16_t cap, struct vg_span text)
{
	uint16_t n = text.n_bytes < cap ? (uint16_t)text.n_bytes : cap;

	memcpy(out, text.at, n);
	return n;
}

static unsigned client_of(const struct vg_ftp_flow *flow)
{
	return flow->client_1 - 1u;
}

/* Done with it: a word, or SILENT. */
static void finish(struct vg_proto *p, struct vg_ftp_transfer **slot, enum vg_ftp_word word, int64_t wall_ns)
{
	struct vg_ftp_transfer *t = *slot;

	if (!t)
		return;
	*slot = NULL;
	vg_ftp_transfer_word(p, t, word, wall_ns);
	t->control = NULL;
	vg_ftp_transfer_leave(p, t);
}

void vg_ftp_talk_end(struct vg_proto *p, struct vg_ftp_flow *flow, int64_t wall_ns)
{
	finish(p, &flow->now, VG_FTP_SILENT, wall_ns);
	finish(p, &flow->next, VG_FTP_SILENT, wall_ns);
}

/* An endpoint of the sender `dir` of the line: as it was said, and, because of NAT, also at the sender's own
 * address. */
static void announce(struct vg_proto *p, struct vg_ftp_flow *flow, unsigned dir, const struct vg_ftp_announced *said,
		     int64_t wall_ns)
{
	struct vg_ftp_announced own = { .port = said->port };
	struct vg_endpoint at;

	finish(p, &flow->next, VG_FTP_SILENT, wall_ns);
	flow->next = vg_ftp_transfer_take(p, flow);
	if (!flow->next)
		return;
	flow->next->is_passive = dir != client_of(flow);
	at = vg_ftp_endpoint(&flow->base.ident, dir, said);
	vg_ftp_transfer_expect(p, flow->next, &at, wall_ns);
	if (!said->ip_version)
		return;
	at = vg_ftp_endpoint(&flow->base.ident, dir, &own);
	vg_ftp_transfer_expect(p, flow->next, &at, wall_ns);
}

/* ---- commands ---- */

/* The transfer that a command begins: what was announced for it; without that the client listens at its own port
 * (RFC 959 3.2). */
static struct vg_ftp_transfer *begin(struct vg_proto *p, struct vg_ftp_flow *flow, int64_t wall_ns)
{
	struct vg_endpoint at;

	finish(p, &flow->now, VG_FTP_SILENT, wall_ns);
	flow->now = flow->next;
	flow->next = NULL;
	if (flow->now)
		return flow->now;
	flow->now = vg_ftp_transfer_take(p, flow);
	if (!flow->now)
		return NULL;
	at = vg_ftp_endpoint(&flow->base.ident, client_of(flow), NULL);
	vg_ftp_transfer_expect(p, flow->now, &at, wall_ns);
	return flow->now;
}

static void transfer_take(struct vg_proto *p, struct vg_ftp_flow *flow, enum vg_ftp_verb verb, struct vg_span path,
			  int64_t wall_ns)
{
	struct vg_ftp_transfer *t = begin(p, flow, wall_ns);
	int is_appended = verb == VG_FTP_APPE;

	vg_count(p->stats, VG_C_FTP_TRANSFERS, 1);
	if (!t)
		return;
	t->verb = (uint8_t)verb;
	t->is_ascii = flow->is_ascii;
	t->is_deflated = flow->is_deflated;
	vg_ftp_name(p, flow, t, path);
	if (verb == VG_FTP_STOU) /* whatever the client says, the server finds another name */
		t->resource = 0;
	t->size = t->resource && t->resource == flow->size_of ? flow->size : UINT64_MAX;
	t->is_lines_size = flow->is_lines_size;
	if (t->is_lines_size && !t->is_ascii)
		t->size = UINT64_MAX;
	t->is_piece = flow->has_rest || is_appended;
	t->rest = is_appended ? t->size : flow->rest; /* servers append at the end, whatever REST said */
	if (!t->resource)
		t->is_piece = 0;
	flow->has_rest = 0;
	flow->size_of = 0;
	if (t->data)
		vg_ftp_data_named(p, t->data);
}

/* The path of CWD or CDUP holds once it is answered. */
static void change_dir(struct vg_ftp_flow *flow, struct vg_span path)
{
	struct vg_span cwd = { (const uint8_t *)flow->cwd, flow->n_cwd };

	flow->n_next_cwd = vg_ftp_join(cwd, path, flow->next_cwd, sizeof(flow->next_cwd));
	if (flow->has_replies)
		return;
	memcpy(flow->cwd, flow->next_cwd, flow->n_next_cwd);
	flow->n_cwd = flow->n_next_cwd;
}

static void wait_for_reply(struct vg_ftp_flow *flow, enum vg_ftp_verb verb)
{
	if (flow->n_waiting == VG_FTP_MAX_WAITING)
		flow->n_waiting = 0;
	flow->waiting[flow->n_waiting++] = (uint8_t)verb;
}

enum vg_step vg_ftp_command_take(struct vg_proto *p, struct vg_ftp_flow *flow, struct vg_span line, int64_t wall_ns)
{
	static const struct vg_span parent = { (const uint8_t *)"..", 2 };
	struct vg_ftp_announced said;
	struct vg_span args;
	enum vg_ftp_verb verb = vg_ftp_command(line, &args);

	if (verb == VG_FTP_NO_COMMAND)
		return ++flow->n_strange > VG_FTP_MAX_STRANGE ? VG_SKIP : VG_MORE;
	if (verb == VG_FTP_MAIL)
		return VG_DONE;
	wait_for_reply(flow, verb);
	if (VG_FTP_IS_TRANSFER(verb)) {
		transfer_take(p, flow, verb, args, wall_ns);
		return VG_MORE;
	}
	switch (verb) {
	case VG_FTP_USER:
		flow->n_user = keep(flow->user, sizeof(flow->user), args);
		break;
	case VG_FTP_HOST:
		flow->n_host = keep(flow->host, sizeof(flow->host), args);
		break;
	case VG_FTP_CLNT:
		flow->n_agent = keep(flow->agent, sizeof(flow->agent), args);
		break;
	case VG_FTP_CWD:
	case VG_FTP_CDUP:
		change_dir(flow, verb == VG_FTP_CWD ? args : parent);
		break;
	case VG_FTP_TYPE:
		flow->is_ascii = args.n_bytes && (args.at[0] | 32) == 'a';
		break;
	case VG_FTP_MODE:
		flow->is_deflated = args.n_bytes && (args.at[0] | 32) == 'z';
		break;
	case VG_FTP_REST:
		flow->rest = vg_ftp_number(args);
		flow->has_rest = flow->rest && flow->rest != UINT64_MAX;
		break;
	case VG_FTP_SIZE:
		flow->size_of = vg_ftp_resource(p, flow, args);
		flow->size = UINT64_MAX;
		flow->is_lines_size = flow->is_ascii;
		break;
	case VG_FTP_PORT:
		if (vg_ftp_announces(line, &said))
			announce(p, flow, client_of(flow), &said, wall_ns);
		break;
	case VG_FTP_REIN:
		flow->n_user = flow->n_cwd = 0;
		break;
	default:
		break;
	}
	return VG_MORE;
}

/* ---- replies ---- */

/* The command that a final reply answers; OTHER: not known. */
static enum vg_ftp_verb answered(struct vg_ftp_flow *flow, unsigned code)
{
	enum vg_ftp_verb verb = VG_FTP_OTHER;
	unsigned n = 0;

	/* these name what they answer: what waits before it was answered unseen */
	if (code == 227 || code == 229 || code == 226 || code == 425 || code == 426)
		for (unsigned i = 0; i < flow->n_waiting && !n; i++)
			n = code == 227 || code == 229             ? (flow->waiting[i] == VG_FTP_PASV ? i : 0)
			    : VG_FTP_IS_TRANSFER(flow->waiting[i]) ? i
								   : 0;
	if (n >= flow->n_waiting)
		return verb;
	verb = (enum vg_ftp_verb)flow->waiting[n];
	flow->n_waiting = (uint8_t)(flow->n_waiting - n - 1);
	memmove(flow->waiting, flow->waiting + n + 1, flow->n_waiting);
	return verb;
}

/* 125 and 150: data crosses from here on. */
static void opening(struct vg_proto *p, struct vg_ftp_flow *flow, struct vg_span text, int64_t wall_ns)
{
	struct vg_span name;
	struct vg_ftp_transfer *t = flow->now;
	uint64_t n_bytes = vg_ftp_opening(text, &name);

	if (!t || t->has_begun) { /* the client is not seen */
		t = begin(p, flow, wall_ns);
		if (!t)
			return;
		if (name.n_bytes)
			vg_ftp_name(p, flow, t, name);
		t->resource = 0;
	} else if (t->verb == VG_FTP_STOU && name.n_bytes) {
		vg_ftp_name(p, flow, t, name);
	}
	t->has_begun = 1;
	t->opening = n_bytes;
}

static void final_reply(struct vg_proto *p, struct vg_ftp_flow *flow, unsigned code, struct vg_span text,
			int64_t wall_ns)
{
	enum vg_ftp_verb verb = answered(flow, code);
	struct vg_span quoted, root = { NULL, 0 };

	if (code < 300 && (verb == VG_FTP_CWD || verb == VG_FTP_CDUP)) {
		memcpy(flow->cwd, flow->next_cwd, flow->n_next_cwd);
		flow->n_cwd = flow->n_next_cwd;
	} else if (code == 257 && verb == VG_FTP_PWD) {
		quoted = vg_ftp_quoted(text);
		flow->n_cwd = vg_ftp_join(root, quoted, flow->cwd, sizeof(flow->cwd));
	} else if (verb == VG_FTP_SIZE) {
		flow->size = code == 213 ? vg_ftp_number(text) : UINT64_MAX;
	} else if (verb == VG_FTP_REST && code >= 400) {
		flow->has_rest = 0;
	} else if (flow->now && (VG_FTP_IS_TRANSFER(verb) || code == 226 || code == 425 || code == 426 ||
				 (verb == VG_FTP_OTHER && flow->now->has_begun && (code == 250 || code / 10 == 45)))) {
		finish(p, &flow->now, code < 400 ? VG_FTP_SAID_DONE : VG_FTP_SAID_FAILED, wall_ns);
	}
	if (code == 220 || code == 120)
		flow->n_waiting = 0;
}

enum vg_step vg_ftp_reply_take(struct vg_proto *p, struct vg_ftp_flow *flow, struct vg_span line, int64_t wall_ns)
{
	struct vg_ftp_announced said;
	struct vg_span text;
	int is_last = 0;
	unsigned code = vg_ftp_reply(line, &is_last, &text);

	if (flow->in_reply && (code != flow->in_reply || !is_last))
		return VG_MORE;
	if (!code)
		return ++flow->n_strange > VG_FTP_MAX_STRANGE ? VG_SKIP : VG_MORE;
	flow->in_reply = is_last ? 0 : (uint16_t)code;
	if (!is_last)
		return VG_MORE;
	flow->has_replies = 1;
	if ((code == 234 || code == 334) && flow->n_waiting && flow->waiting[0] == VG_FTP_AUTH) {
		vg_count(p->stats, VG_C_FTP_ENCRYPTED, 1);
		return VG_SKIP;
	}
	if ((code == 227 || code == 229) && vg_ftp_announces(line, &said))
		announce(p, flow, !client_of(flow), &said, wall_ns);
	if (code == 125 || code == 150)
		opening(p, flow, text, wall_ns);
	if (code >= 200)
		final_reply(p, flow, code, text, wall_ns);
	return VG_MORE;
}
