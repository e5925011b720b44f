/* Files in the sender's data (rsync's match.c and token.c): flags, sum head, tokens, 0, a checksum of any length. */
#include <arpa/inet.h>

#include "dataplane/proto/rsync/rsync_priv.h"

#define FLAG_TRANSFER 0x80u /* ITEM_TRANSFER, in the high byte of the flags */
#define MAX_BLOCKS    (1u << 26)
#define MAX_BLOCK     (1u << 29)
#define MAX_SUM       64u

static uint16_t add(char *out, uint16_t n, uint16_t cap, const void *text, size_t n_text)
{
	n_text = n_text < (size_t)(cap - n) ? n_text : (size_t)(cap - n);
	memcpy(out + n, text, n_text);
	return (uint16_t)(n + n_text);
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
	d->body = p->sink.open(p->sink.ctx, c);
	d->is_file = 1;
	d->had_gap = 0;
}

void vg_rsync_files_end(struct vg_proto *p, struct vg_rsync_dir *d, enum vg_state state, int64_t wall_ns)
{
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

/* Whether the window is the head of a file. */
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
	if (d->n_window < VG_RSYNC_HEAD_BYTES || !is_head(d))
		return;
	d->n_blocks = vg_le32(d->window + 2);
	d->block_bytes = vg_le32(d->window + 6);
	d->last_bytes = vg_le32(d->window + 14);
	body_open(p, flow, dir);
	token_take(p, d, vg_le32(d->window + 18), wall_ns);
	d->n_window = 0;
}

void vg_rsync_files_feed(struct vg_proto *p, struct vg_rsync_flow *flow, unsigned dir, const uint8_t *bytes,
			 uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_rsync_dir *d = &flow->dir[dir];

	for (uint32_t at = 0, n; at < n_bytes; at += n) {
		n = 1;
		if (!d->is_file) {
			hunt(p, flow, dir, bytes[at], wall_ns);
		} else if (d->n_literal) {
			n = n_bytes - at < d->n_literal ? n_bytes - at : d->n_literal;
			d->n_literal -= n;
			if (d->body && p->sink.data(p->sink.ctx, d->body, bytes + at, n, wall_ns) != VG_MORE)
				d->body = NULL;
		} else {
			d->token[d->n_token++] = bytes[at];
			if (d->n_token == 4)
				token_take(p, d, vg_le32(d->token), wall_ns);
		}
	}
}
