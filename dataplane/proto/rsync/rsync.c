/* Greeting lines, the client's arguments, the exchange of flags and names of checksums, then frames (rsync's
 * clientserver.c, compat.c, io.c). */
#include "dataplane/proto/rsync/rsync_priv.h"

#define MUX_BASE       7u   /* of a frame's tag: data */
#define COMPAT_STRINGS 128u /* CF_VARINT_FLIST_FLAGS: checksums are negotiated by name */

static struct vg_rsync_flow *flow_of(struct vg_proto_flow *base)
{
	return (struct vg_rsync_flow *)base;
}

void vg_rsync_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_rsync_flow *flow = flow_of(base);

	(void)p;
	(void)from;
	memset((uint8_t *)flow + sizeof(flow->base), 0, sizeof(*flow) - sizeof(flow->base));
	flow->version = UINT16_MAX;
}

void vg_rsync_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	for (unsigned dir = 0; dir < 2; dir++)
		vg_rsync_files_end(p, &flow_of(base)->dir[dir], VG_STATE_TRUNCATED, 0);
}

static int begins(const struct vg_rsync_dir *d, const char *text)
{
	return d->n_text >= strlen(text) && !memcmp(d->text, text, strlen(text));
}

/* "@RSYNCD: 31.0 sha512 md5": the lower version of the two counts. */
static void greeting_take(struct vg_rsync_flow *flow, const struct vg_rsync_dir *d)
{
	uint32_t version = 0;

	for (uint32_t i = 9; i < d->n_text && d->text[i] >= '0' && d->text[i] <= '9' && version < 1000; i++)
		version = version * 10 + (uint32_t)(d->text[i] - '0');
	if (version && version < flow->version)
		flow->version = (uint16_t)version;
}

static enum vg_rsync_codec codec_named(struct vg_span name)
{
	static const struct {
		const char *name;
		enum vg_rsync_codec codec;
	} rows[] = { { "zstd", VG_RSYNC_ZSTD },
		     { "zlibx", VG_RSYNC_ZLIB },
		     { "zlib", VG_RSYNC_ZLIB },
		     { "none", VG_RSYNC_PLAIN },
		     { "auto", VG_RSYNC_AUTO } };

	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++)
		if (name.n_bytes == strlen(rows[i].name) && !memcmp(name.at, rows[i].name, name.n_bytes))
			return rows[i].codec;
	return VG_RSYNC_OTHER;
}

/* The next word of a list; empty: there is none. */
static struct vg_span word_next(struct vg_span *list)
{
	struct vg_span word;

	while (list->n_bytes && list->at[0] == ' ')
		*list = (struct vg_span){ list->at + 1, list->n_bytes - 1 };
	word = (struct vg_span){ list->at, 0 };
	while (word.n_bytes < list->n_bytes && word.at[word.n_bytes] != ' ')
		word.n_bytes++;
	*list = (struct vg_span){ list->at + word.n_bytes, list->n_bytes - word.n_bytes };
	return word;
}

enum vg_rsync_codec vg_rsync_codec_of(const struct vg_rsync_flow *flow)
{
	const struct vg_rsync_dir *client = &flow->dir[flow->client_1 - 1u], *server = &flow->dir[2u - flow->client_1];
	struct vg_span wanted = { client->text, client->n_text }, word;

	if (!flow->negotiates)
		return VG_RSYNC_ZLIB;
	while ((word = word_next(&wanted)).n_bytes) {
		struct vg_span had = { server->text, server->n_text }, other;
		while ((other = word_next(&had)).n_bytes)
			if (other.n_bytes == word.n_bytes && !memcmp(other.at, word.at, word.n_bytes))
				return codec_named(word);
	}
	return VG_RSYNC_OTHER;
}

/* --compress-choice=NAME, --new-compress (zlibx), --old-compress (zlib). */
static void codec_take(struct vg_rsync_flow *flow, const struct vg_rsync_dir *d)
{
	static const char choice[] = "--compress-choice=";
	size_t n = sizeof(choice) - 1;

	if (begins(d, choice))
		flow->codec = (uint8_t)codec_named((struct vg_span){ d->text + n, d->n_text - n });
	else if (begins(d, "--new-compress") || begins(d, "--old-compress"))
		flow->codec = VG_RSYNC_ZLIB;
	else if (flow->codec == VG_RSYNC_PLAIN)
		flow->codec = VG_RSYNC_AUTO;
}

/* An argument of the client; an empty one is the last. */
static void argument_take(struct vg_rsync_flow *flow, struct vg_rsync_dir *d)
{
	const uint8_t *dot;
	size_t n = d->n_text;

	if (flow->is_after_dot) {
		memcpy(flow->path, d->text, n);
		flow->n_path = (uint16_t)n;
	} else if (n == 1 && d->text[0] == '.') {
		flow->is_after_dot = 1;
	} else if (n == 8 && begins(d, "--sender")) {
		flow->server_sends = 1;
	} else if (begins(d, "--compress") || begins(d, "--new-compress") || begins(d, "--old-compress")) {
		codec_take(flow, d);
	} else if (n > 1 && d->text[0] == '-' && d->text[1] != '-') {
		dot = memchr(d->text, '.', n); /* behind "e.": what the client is capable of */
		flow->can_negotiate |= dot && memchr(dot, 'v', n - (size_t)(dot - d->text));
		if (flow->codec == VG_RSYNC_PLAIN && memchr(d->text, 'z', dot ? (size_t)(dot - d->text) : n))
			flow->codec = VG_RSYNC_AUTO;
	}
}

/* Names of checksums, and of codecs where the client left them open. */
static uint8_t n_lists(const struct vg_rsync_flow *flow)
{
	return flow->codec == VG_RSYNC_AUTO ? 2 : 1;
}

static void setup_begin(const struct vg_rsync_flow *flow, struct vg_rsync_dir *d, int is_server)
{
	d->stage = VG_RSYNC_SETUP;
	d->n_text = 0;
	d->n_flags = is_server && flow->version >= 30;
	d->n_strings = !is_server && (flow->negotiates || (flow->can_negotiate && !flow->compat)) ? n_lists(flow) : 0;
	d->n_skip = is_server ? 4 : 0; /* the checksum seed */
	if (!is_server && flow->version < 30)
		d->stage = VG_RSYNC_OFF;
	else if (!is_server && !d->n_strings)
		d->stage = VG_RSYNC_MUX;
}

/* A line, or an argument of the client, is whole. */
static enum vg_step text_take(struct vg_proto *p, struct vg_rsync_flow *flow, unsigned dir, int is_line)
{
	struct vg_rsync_dir *d = &flow->dir[dir];
	unsigned client = flow->client_1 - 1u;

	if (++d->n_texts > VG_RSYNC_MAX_TEXTS)
		return VG_SKIP;
	if (begins(d, "@RSYNCD: ") && d->n_text > 9 && d->text[9] >= '0' && d->text[9] <= '9') {
		greeting_take(flow, d);
	} else if (begins(d, "@RSYNCD: OK")) { /* who the server is was a guess before this */
		flow->client_1 = (uint8_t)(1 + !dir);
		flow->has_module = 1;
		setup_begin(flow, d, 1);
	} else if (dir != client && (begins(d, "@ERROR") || begins(d, "@RSYNCD: EXIT"))) {
		return VG_SKIP;
	} else if (dir == client && is_line && !flow->has_module) {
		flow->has_module = 1;
	} else if (dir == client && d->n_text) {
		argument_take(flow, d);
	} else if (dir == client) {
		if (flow->codec == VG_RSYNC_OTHER) {
			vg_count(p->stats, VG_C_RSYNC_COMPRESSED, 1);
			return VG_SKIP;
		}
		setup_begin(flow, d, 0);
	}
	d->n_text = 0;
	return VG_MORE;
}

/* One byte of the exchange after the arguments: flags (a varint: as many bytes follow as the first has leading ones),
 * names with their length in one or two bytes, the seed. */
static void setup_take(struct vg_rsync_flow *flow, struct vg_rsync_dir *d, uint8_t byte)
{
	if (d->n_flags) {
		if (!d->has_varint) {
			d->has_varint = 1;
			for (uint8_t bit = 0x80; byte & bit; bit >>= 1)
				d->n_varint++;
			flow->compat = (uint16_t)(0x8000 | (d->n_varint ? 0 : byte));
		} else if (d->n_varint-- && flow->compat == 0x8000) {
			flow->compat = (uint16_t)(0x8000 | byte);
		}
		if (d->n_varint)
			return;
		d->n_flags = 0;
		flow->negotiates = (flow->compat & COMPAT_STRINGS) != 0;
		d->n_strings = flow->negotiates ? n_lists(flow) : 0;
	} else if (d->n_strings && !d->n_string && !d->is_long) {
		if (byte & 0x80) {
			d->is_long = 1;
			d->n_string = (uint16_t)((byte & 0x7f) << 8);
		} else {
			d->n_string = byte;
			d->n_strings -= !byte;
		}
	} else if (d->n_strings && d->is_long) {
		d->is_long = 0;
		d->n_string = (uint16_t)(d->n_string | byte);
		d->n_strings -= !d->n_string;
	} else if (d->n_strings) {
		if (d->n_strings == 1 && flow->codec == VG_RSYNC_AUTO && d->n_text < VG_RSYNC_TEXT_BYTES)
			d->text[d->n_text++] = byte;
		d->n_strings -= !--d->n_string;
	} else if (d->n_skip) {
		d->n_skip--;
	}
	if (!d->n_strings && !d->n_skip)
		d->stage = VG_RSYNC_MUX;
}

/* Frames: 3 bytes of length, a tag; returns how many bytes were eaten. */
static uint32_t mux_take(struct vg_proto *p, struct vg_rsync_flow *flow, unsigned dir, const uint8_t *bytes, uint32_t n,
			 int64_t wall_ns)
{
	struct vg_rsync_dir *d = &flow->dir[dir];
	int sends = (dir == flow->client_1 - 1u) != flow->server_sends;

	if (!d->n_left) {
		d->head[d->n_head++] = bytes[0];
		if (d->n_head < 4)
			return 1;
		d->n_head = 0;
		d->n_left = vg_le32(d->head) & 0xffffff;
		d->is_data = d->head[3] == MUX_BASE;
		if (d->head[3] < MUX_BASE) {
			vg_count(p->stats, VG_C_RSYNC_BAD, 1);
			vg_rsync_files_end(p, d, VG_STATE_TRUNCATED, wall_ns);
			d->stage = VG_RSYNC_OFF;
		}
		return 1;
	}
	n = n < d->n_left ? n : d->n_left;
	d->n_left -= n;
	if (d->is_data && sends)
		vg_rsync_files_feed(p, flow, dir, bytes, n, wall_ns);
	return n;
}

enum vg_step vg_rsync_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_rsync_flow *flow = flow_of(base);
	struct vg_rsync_dir *d = &flow->dir[dir];

	for (uint32_t at = 0, n; at < n_bytes && !d->has_ended; at += n) {
		uint8_t byte = bytes[at];
		int is_line, ends;

		n = 1;
		if (d->stage == VG_RSYNC_OFF)
			return flow->dir[!dir].stage == VG_RSYNC_OFF ? VG_SKIP : VG_MORE;
		if (d->stage == VG_RSYNC_MUX) {
			n = mux_take(p, flow, dir, bytes + at, n_bytes - at, wall_ns);
			continue;
		}
		if (d->stage == VG_RSYNC_SETUP) {
			setup_take(flow, d, byte);
			continue;
		}
		/* until the server says OK there are lines; then the client's arguments end with a NUL */
		is_line = byte == '\n';
		ends = is_line || (!byte && flow->has_module);
		if (!ends && d->n_text < VG_RSYNC_TEXT_BYTES)
			d->text[d->n_text++] = byte;
		if (!ends)
			continue;
		if (!flow->client_1 && flow->base.ident.port[dir] != flow->base.ident.port[!dir])
			flow->client_1 = (uint8_t)(1 + (flow->base.ident.port[0] < flow->base.ident.port[1]));
		if (text_take(p, flow, dir, is_line) != VG_MORE)
			return VG_SKIP;
	}
	return VG_MORE;
}

enum vg_step vg_rsync_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns)
{
	struct vg_rsync_flow *flow = flow_of(base);
	struct vg_rsync_dir *d = &flow->dir[dir];

	if (d->stage == VG_RSYNC_MUX && d->is_file && flow->codec == VG_RSYNC_PLAIN && n_missing &&
	    n_missing <= d->n_literal && n_missing <= d->n_left) {
		d->had_gap = 1;
		d->n_literal -= (uint32_t)n_missing;
		d->n_left -= (uint32_t)n_missing;
		if (d->body && p->sink.gap(p->sink.ctx, d->body, n_missing) != VG_MORE)
			d->body = NULL;
		return VG_MORE;
	}
	vg_rsync_files_end(p, d, VG_STATE_GAP, wall_ns);
	d->stage = VG_RSYNC_OFF;
	return VG_MORE;
}

void vg_rsync_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	struct vg_rsync_dir *d = &flow_of(base)->dir[dir];

	d->has_conflict = 1;
	if (!d->body)
		return;
	memset(&p->card, 0, sizeof(p->card));
	p->card.flags = VG_ATTR_CONFLICT;
	p->sink.amend(p->sink.ctx, d->body, &p->card);
}

void vg_rsync_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct vg_rsync_dir *d = &flow_of(base)->dir[dir];

	vg_rsync_files_end(p, d, how == VG_END_RST ? VG_STATE_ABORTED : VG_STATE_TRUNCATED, wall_ns);
	d->has_ended = 1;
}
