/* Files in the sender's data (rsync's match.c and token.c): flags, sum head, tokens, 0, a checksum of any length. */
#include <arpa/inet.h>

#include "dataplane/proto/rsync/rsync_priv.h"

#define FLAG_TRANSFER   0x80u /* ITEM_TRANSFER, in the high byte of the flags */
#define MAX_BLOCKS      (1u << 26)
#define MAX_BLOCK       (1u << 29)
#define MAX_SUM         64u
/* Tokens of a compressed session: 14 bits of length and so many bytes, or a block of the older copy, or 0. */
#define TOKEN_DATA      0x40u
#define TOKEN_DATA_MASK 0xc0u

static uint16_t add(char *out, uint16_t n, uint16_t cap, const void *text, size_t n_text)
{
	n_text = n_text < (size_t)(cap - n) ? n_text : (size_t)(cap - n);
	memcpy(out + n, text, n_text);
	return (uint16_t)(n + n_text);
}

/* zlib begins anew with every file; one zstd stream runs over all files, which are then parts of a multipart that the
 * decoder makes, of a boundary nobody can guess. */
static void coding_fill(struct vg_proto *p, const struct vg_rsync_flow *flow, unsigned dir)
{
	struct vg_attribution *c = &p->card;
	uint8_t way = (uint8_t)dir;
	struct vg_span texts[2] = { { (const uint8_t *)&flow->base.ident.flow_id, 8 }, { &way, 1 } };
	uint64_t name = vg_card_resource(p, &flow->base.ident, texts, 2);

	c->codings = VG_CODING_DEFLATE;
	if (flow->codec != VG_RSYNC_ZSTD)
		return;
	c->codings = VG_CODING_ZSTD_MESSAGES;
	c->n_filename = 0;
	for (unsigned i = 0; i < 16; i++)
		c->boundary[i] = "0123456789abcdef"[name >> (4 * i) & 15];
	c->n_boundary = 16;
}

static void body_open(struct vg_proto *p, struct vg_rsync_flow *flow, unsigned dir)
{
	struct vg_rsync_dir *d = &flow->dir[dir];
	const struct vg_flow_ident *ident = &flow->base.ident;
	unsigned client = flow->client_1 - 1u;
	struct vg_attribution *c = &p->card;
	const char *last = flow->path, *end = flow->path + flow->n_path;
	char address[64] = "";

	vg_card_begin(p, &flow->base, dir, VG_PROTO_RSYNC, dir == client ? VG_UPLOAD : VG_DOWNLOAD);
	(void)inet_ntop(ident->ip_version == 6 ? AF_INET6 : AF_INET, ident->ip[!client], address, sizeof(address));
	c->n_url = add(c->url, 0, sizeof(c->url), "rsync://", 8);
	c->n_url = add(c->url, c->n_url, sizeof(c->url), "[", ident->ip_version == 6);
	c->n_url = add(c->url, c->n_url, sizeof(c->url), address, strlen(address));
	c->n_url = add(c->url, c->n_url, sizeof(c->url), "]", ident->ip_version == 6);
	c->n_url = add(c->url, c->n_url, sizeof(c->url), "/", 1);
	c->n_url = add(c->url, c->n_url, sizeof(c->url), flow->path, flow->n_path);
	for (const char *at = flow->path; at < end; at++)
		if (*at == '/')
			last = at + 1;
	c->n_filename = add(c->filename, 0, sizeof(c->filename), last, (size_t)(end - last));
	c->flags |= d->has_conflict ? VG_ATTR_CONFLICT : 0u;
	if (flow->codec != VG_RSYNC_PLAIN)
		coding_fill(p, flow, dir);
	d->body = p->sink.open(p->sink.ctx, c);
}

static void body_give(struct vg_proto *p, struct vg_rsync_dir *d, const uint8_t *bytes, uint32_t n, int64_t wall_ns)
{
	if (n && d->body && p->sink.data(p->sink.ctx, d->body, bytes, n, wall_ns) != VG_MORE)
		d->body = NULL;
}

void vg_rsync_files_end(struct vg_proto *p, struct vg_rsync_dir *d, enum vg_state state, int64_t wall_ns)
{
	if (d->is_stream && !d->is_file && !d->had_gap && state != VG_STATE_GAP)
		state = VG_STATE_COMPLETE; /* between two files */
	d->is_stream = 0;
	if (d->body)
		p->sink.close(p->sink.ctx, d->body, d->had_gap ? VG_STATE_GAP : state, wall_ns);
	if (d->is_file && d->had_gap)
		vg_count(p->stats, VG_C_RSYNC_PARTIAL, 1);
	d->body = NULL;
	d->is_file = d->n_window = d->n_token = 0;
	d->n_literal = 0;
}

/* A block of another copy stands here. */
static void block_take(struct vg_proto *p, struct vg_rsync_dir *d, uint32_t block)
{
	uint64_t n = block + 1 == d->n_blocks && d->last_bytes ? d->last_bytes : d->block_bytes;

	d->had_gap = 1;
	if (d->body && p->sink.gap(p->sink.ctx, d->body, n) != VG_MORE)
		d->body = NULL;
}

static void token_take(struct vg_proto *p, struct vg_rsync_dir *d, uint32_t token, int64_t wall_ns)
{
	d->n_token = 0;
	if (!token)
		vg_rsync_files_end(p, d, VG_STATE_COMPLETE, wall_ns);
	else if (token <= VG_RSYNC_MAX_TOKEN)
		d->n_literal = token;
	else if (~token < d->n_blocks)
		block_take(p, d, ~token);
	else
		vg_rsync_files_end(p, d, VG_STATE_TRUNCATED, wall_ns);
}

/* ---- compressed tokens ---- */

/* A record of VG_CODING_ZSTD_MESSAGES. */
static void record_begin(struct vg_proto *p, struct vg_rsync_dir *d, uint32_t flags, uint32_t n, int64_t wall_ns)
{
	uint8_t record[VG_MESSAGES_RECORD_BYTES] = { 0 };

	vg_put_be32(record, flags | (d->has_data ? 0 : VG_MESSAGES_FIRST));
	vg_put_be32(record + 8, n);
	d->has_data = 1;
	body_give(p, d, record, sizeof(record), wall_ns);
}

/* The end of a file: what zlib leaves off a flush, and an empty last block. */
static void coded_end(struct vg_proto *p, const struct vg_rsync_flow *flow, struct vg_rsync_dir *d, int64_t wall_ns)
{
	static const uint8_t tail[] = { 0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff };

	if (flow->codec == VG_RSYNC_ZSTD) {
		record_begin(p, d, VG_MESSAGES_LAST, 0, wall_ns);
		d->is_file = d->n_window = 0;
		return;
	}
	body_give(p, d, tail, sizeof(tail), wall_ns);
	vg_rsync_files_end(p, d, VG_STATE_COMPLETE, wall_ns);
}

/* One byte of a token's head. */
static void coded_take(struct vg_proto *p, const struct vg_rsync_flow *flow, struct vg_rsync_dir *d, uint8_t byte,
		       int64_t wall_ns)
{
	d->token[d->n_token++] = byte;
	if (!d->token[0]) {
		d->n_token = 0;
		coded_end(p, flow, d, wall_ns);
	} else if ((d->token[0] & TOKEN_DATA_MASK) !=
		   TOKEN_DATA) { /* a block of another copy: of the rest we know nothing */
		d->had_gap = 1;
		vg_rsync_files_end(p, d, VG_STATE_GAP, wall_ns);
		if (flow->codec == VG_RSYNC_ZSTD)
			d->stage = VG_RSYNC_OFF;
	} else if (d->n_token == 2) {
		d->n_token = 0;
		d->n_literal = (uint32_t)(d->token[0] & ~TOKEN_DATA_MASK) << 8 | d->token[1];
		if (flow->codec == VG_RSYNC_ZSTD)
			record_begin(p, d, 0, d->n_literal, wall_ns);
		d->has_data = 1;
	}
}

/* Whether the window is the head of a file. */
static int is_coded_head(const struct vg_rsync_flow *flow, const struct vg_rsync_dir *d)
{
	static const uint8_t none[16];
	unsigned n = (unsigned)(d->window[18] & ~TOKEN_DATA_MASK) << 8 | d->window[19];

	if (!(d->window[1] & FLAG_TRANSFER) || memcmp(d->window + 2, none, sizeof(none)) ||
	    (d->window[18] & TOKEN_DATA_MASK) != TOKEN_DATA || n < 2)
		return 0;
	/* a zstd stream begins with its magic (RFC 8878 3.1.1) */
	return flow->codec != VG_RSYNC_ZSTD || d->is_stream || (d->window[20] == 0x28 && d->window[21] == 0xb5);
}

static void coded_begin(struct vg_proto *p, struct vg_rsync_flow *flow, unsigned dir, int64_t wall_ns)
{
	struct vg_rsync_dir *d = &flow->dir[dir];

	if (!d->is_stream)
		body_open(p, flow, dir);
	d->is_stream = flow->codec == VG_RSYNC_ZSTD;
	d->is_file = 1;
	d->has_data = d->had_gap = d->n_window = 0;
	coded_take(p, flow, d, d->window[18], wall_ns);
	coded_take(p, flow, d, d->window[19], wall_ns);
	d->n_literal -= 2;
	body_give(p, d, d->window + 20, 2, wall_ns);
}

/* ---- what begins a file ---- */

static int is_head(const struct vg_rsync_dir *d)
{
	uint32_t n_blocks = vg_le32(d->window + 2), block = vg_le32(d->window + 6), sum = vg_le32(d->window + 10),
		 last = vg_le32(d->window + 14), token = vg_le32(d->window + 18);

	if (!(d->window[1] & FLAG_TRANSFER) || !token)
		return 0;
	if (!n_blocks)
		return !block && !sum && !last && token <= VG_RSYNC_MAX_TOKEN;
	return n_blocks < MAX_BLOCKS && block && block < MAX_BLOCK && sum >= 2 && sum <= MAX_SUM && last < block &&
	       (token <= VG_RSYNC_MAX_TOKEN || ~token < n_blocks);
}

static void hunt(struct vg_proto *p, struct vg_rsync_flow *flow, unsigned dir, uint8_t byte, int64_t wall_ns)
{
	struct vg_rsync_dir *d = &flow->dir[dir];

	if (d->n_window == VG_RSYNC_HEAD_BYTES)
		memmove(d->window, d->window + 1, --d->n_window);
	d->window[d->n_window++] = byte;
	if (d->n_window < VG_RSYNC_HEAD_BYTES)
		return;
	if (flow->codec != VG_RSYNC_PLAIN) {
		if (is_coded_head(flow, d))
			coded_begin(p, flow, dir, wall_ns);
		return;
	}
	if (!is_head(d))
		return;
	d->n_blocks = vg_le32(d->window + 2);
	d->block_bytes = vg_le32(d->window + 6);
	d->last_bytes = vg_le32(d->window + 14);
	body_open(p, flow, dir);
	d->is_file = 1;
	d->had_gap = 0;
	token_take(p, d, vg_le32(d->window + 18), wall_ns);
	d->n_window = 0;
}

void vg_rsync_files_feed(struct vg_proto *p, struct vg_rsync_flow *flow, unsigned dir, const uint8_t *bytes,
			 uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_rsync_dir *d = &flow->dir[dir];

	if (flow->codec == VG_RSYNC_AUTO)
		flow->codec = (uint8_t)vg_rsync_codec_of(flow);
	if (flow->codec == VG_RSYNC_OTHER) {
		vg_count(p->stats, VG_C_RSYNC_COMPRESSED, 1);
		d->stage = VG_RSYNC_OFF;
	}
	for (uint32_t at = 0, n; at < n_bytes && d->stage != VG_RSYNC_OFF; at += n) {
		n = 1;
		if (!d->is_file) {
			hunt(p, flow, dir, bytes[at], wall_ns);
		} else if (d->n_literal) {
			n = n_bytes - at < d->n_literal ? n_bytes - at : d->n_literal;
			d->n_literal -= n;
			body_give(p, d, bytes + at, n, wall_ns);
		} else if (flow->codec != VG_RSYNC_PLAIN) {
			coded_take(p, flow, d, bytes[at], wall_ns);
		} else {
			d->token[d->n_token++] = bytes[at];
			if (d->n_token == 4)
				token_take(p, d, vg_le32(d->token), wall_ns);
		}
	}
}
