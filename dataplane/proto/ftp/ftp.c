/* The control connection as lines. Who is the client is told by the first line, or by the first bytes of a greeting. */
#include "dataplane/proto/ftp/ftp_priv.h"

/* A packet of a control connection that announces something is no longer than this. */
#define MAX_ANNOUNCING 1024u

static struct vg_ftp_flow *flow_of(struct vg_proto_flow *base)
{
	return (struct vg_ftp_flow *)base;
}

static struct vg_span span(const void *at, size_t n_bytes)
{
	return (struct vg_span){ at, n_bytes };
}

static int is_digits(const uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (bytes[i] < '0' || bytes[i] > '9')
			return 0;
	return 1;
}

/* "USER name" and nothing behind it, which IRC would have; AUTH TLS or SSL; the commands that announce. */
static enum vg_app first_command(struct vg_span text)
{
	struct vg_ftp_announced said;
	struct vg_span line, args;
	enum vg_ftp_verb verb;

	if (!vg_ftp_line(&text, &line))
		return text.n_bytes < VG_DETECT_HELD_BYTES ? VG_APP_NONE : VG_APP_UNKNOWN;
	verb = vg_ftp_command(line, &args);
	if (verb == VG_FTP_USER && args.n_bytes && !memchr(args.at, ' ', args.n_bytes))
		return VG_APP_FTP;
	if (verb == VG_FTP_AUTH && args.n_bytes >= 3 &&
	    (!strncasecmp((const char *)args.at, "TLS", 3) || !strncasecmp((const char *)args.at, "SSL", 3)))
		return VG_APP_FTP;
	return verb == VG_FTP_PORT && vg_ftp_announces(line, &said) ? VG_APP_FTP : VG_APP_UNKNOWN;
}

enum vg_app vg_ftp_first(const uint8_t *bytes, uint32_t n_bytes)
{
	static const char words[][6] = { "USER ", "AUTH ", "PORT ", "EPRT " };
	uint32_t n = n_bytes < 4 ? n_bytes : 4;

	if (!memcmp(bytes, "220 ", n) || !memcmp(bytes, "220-", n) || !memcmp(bytes, "120 ", n))
		return n_bytes < 4 ? VG_APP_NONE : VG_APP_FTP;
	for (unsigned i = 0; i < VG_ARRAY_LEN(words); i++)
		if (!strncasecmp((const char *)bytes, words[i], n_bytes < 5 ? n_bytes : 5))
			return n_bytes < 5 ? VG_APP_NONE : first_command(span(bytes, n_bytes));
	return VG_APP_UNKNOWN;
}

int vg_ftp_begins(const uint8_t *bytes, uint32_t n_bytes)
{
	struct vg_span rest = span(bytes, n_bytes < MAX_ANNOUNCING ? n_bytes : MAX_ANNOUNCING), line;
	struct vg_ftp_announced said;

	if (n_bytes < 8 || (bytes[0] != '2' && (bytes[0] | 32) != 'p' && (bytes[0] | 32) != 'e'))
		return 0;
	return vg_ftp_line(&rest, &line) && vg_ftp_announces(line, &said);
}

void vg_ftp_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_ftp_flow *flow = flow_of(base);

	(void)p;
	(void)from;
	memset((uint8_t *)flow + sizeof(flow->base), 0, offsetof(struct vg_ftp_flow, user) - sizeof(flow->base));
	flow->lines[0].n = flow->lines[1].n = 0;
	flow->lines[0].is_cut = flow->lines[1].is_cut = 0;
	flow->is_ascii = !base->ident.midstream; /* RFC 959 3.1.1.1: the default */
}

void vg_ftp_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	vg_ftp_talk_end(p, flow_of(base), 0);
}

/* A line of dir without its end. */
static enum vg_step line_take(struct vg_proto *p, struct vg_ftp_flow *flow, unsigned dir, struct vg_span line,
			      int64_t wall_ns)
{
	if (!line.n_bytes)
		return VG_MORE;
	if (!flow->client_1) {
		int is_reply = line.n_bytes >= 3 && is_digits(line.at, 3);
		flow->client_1 = (uint8_t)(1 + (is_reply ? !dir : dir));
	}
	return dir == flow->client_1 - 1u ? vg_ftp_command_take(p, flow, line, wall_ns)
					  : vg_ftp_reply_take(p, flow, line, wall_ns);
}

/* The client speaks SMTP: from the n_rest bytes on that were not eaten. */
static enum vg_step leave_to_smtp(struct vg_proto *p, struct vg_ftp_flow *flow, uint32_t n_rest)
{
	if (!p->parsers[VG_APP_SMTP])
		return VG_SKIP;
	flow->base.next_app = VG_APP_SMTP;
	flow->base.n_rest = n_rest;
	return VG_DONE;
}

struct vg_span vg_ftp_begun(const struct vg_proto_flow *base, unsigned dir)
{
	const struct vg_ftp_flow *flow = (const struct vg_ftp_flow *)base;

	return span(flow->lines[dir & 1].text, flow->lines[dir & 1].n);
}

enum vg_step vg_ftp_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			 uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_ftp_flow *flow = flow_of(base);
	struct vg_ftp_lines *lines = &flow->lines[dir];
	struct vg_span rest = span(bytes, n_bytes), line;

	if (flow->has_ended[dir])
		return VG_MORE;
	for (;;) {
		struct vg_span before = rest;
		enum vg_step step = VG_MORE;
		int is_whole = vg_ftp_line(&rest, &line);
		size_t n = is_whole ? line.n_bytes : rest.n_bytes, n_begun = lines->n;

		if (!is_whole || n_begun) {
			lines->is_cut |= n > VG_FTP_LINE_BYTES - n_begun;
			n = n < VG_FTP_LINE_BYTES - n_begun ? n : VG_FTP_LINE_BYTES - n_begun;
			memcpy(lines->text + n_begun, is_whole ? line.at : rest.at, n);
			lines->n = (uint16_t)(n_begun + n);
			line = span(lines->text, lines->n);
		}
		if (!is_whole)
			return VG_MORE;
		/* the CR of a line end may be the last byte of what came before */
		if (before.at[0] == '\n' && !lines->is_cut && line.n_bytes && line.at[line.n_bytes - 1] == '\r')
			line.n_bytes--;
		line.n_bytes = line.n_bytes < VG_FTP_LINE_BYTES ? line.n_bytes : VG_FTP_LINE_BYTES;
		if (!lines->is_lost)
			step = line_take(p, flow, dir, line, wall_ns);
		lines->is_lost = lines->is_cut = 0;
		lines->n = 0;
		if (step == VG_DONE) {
			lines->n = (uint16_t)n_begun;
			return leave_to_smtp(p, flow, (uint32_t)before.n_bytes);
		}
		if (step != VG_MORE)
			return step;
	}
}

enum vg_step vg_ftp_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			int64_t wall_ns)
{
	struct vg_ftp_flow *flow = flow_of(base);

	(void)p;
	(void)n_missing;
	(void)wall_ns;
	flow->lines[dir].n = 0;
	flow->lines[dir].is_cut = 0;
	flow->lines[dir].is_lost = 1;
	flow->n_waiting = 0;
	if (dir != flow->client_1 - 1u)
		flow->in_reply = 0;
	return VG_MORE;
}

void vg_ftp_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	(void)p;
	(void)base;
	(void)dir;
}

void vg_ftp_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct vg_ftp_flow *flow = flow_of(base);

	(void)how;
	flow->has_ended[dir] = 1;
	if (flow->client_1 && dir != flow->client_1 - 1u)
		vg_ftp_talk_end(p, flow, wall_ns);
}

uint32_t vg_ftp_endpoints(const struct vg_flow_key *key, unsigned dir, const uint8_t *bytes, uint32_t n_bytes,
			  struct vg_endpoint endpoints[2], int *is_control)
{
	struct vg_span rest = span(bytes, n_bytes), line, args;
	struct vg_ftp_announced said;

	*is_control = 0;
	if (n_bytes < 8 || n_bytes > MAX_ANNOUNCING || bytes[n_bytes - 1] != '\n' || bytes[0] < '1' ||
	    (bytes[3] != ' ' && bytes[3] != '-' && bytes[4] != ' '))
		return 0;
	while (vg_ftp_line(&rest, &line)) {
		if (vg_ftp_command(line, &args) == VG_FTP_USER && args.n_bytes && !memchr(args.at, ' ', args.n_bytes))
			*is_control = 1;
		if (!vg_ftp_announces(line, &said))
			continue;
		*is_control = 1;
		endpoints[0] = endpoints[1] = vg_endpoint_of(key, dir);
		endpoints[0].port = endpoints[1].port = said.port;
		if (!said.ip_version)
			return 1;
		memset(endpoints[1].ip, 0, sizeof(endpoints[1].ip));
		memcpy(endpoints[1].ip, said.ip, said.ip_version == 4 ? 4 : 16);
		vg_endpoint_set_version(&endpoints[1], said.ip_version);
		return 2;
	}
	return 0;
}
