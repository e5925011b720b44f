/* One transfer at a time per client's port: a request, then blocks until a short one. */
#include <arpa/inet.h>

#include "dataplane/proto/tftp/tftp_priv.h"

enum opcode { OP_READ = 1, OP_WRITE, OP_DATA, OP_ACK, OP_ERROR, OP_OACK };

static struct vg_tftp_flow *flow_of(struct vg_proto_flow *base)
{
	return (struct vg_tftp_flow *)base;
}

int vg_tftp_opens(const uint8_t *bytes, uint32_t n_bytes)
{
	struct vg_tftp_request request;

	return vg_tftp_request_read((struct vg_span){ bytes, n_bytes }, &request);
}

void vg_tftp_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_tftp_flow *t = flow_of(base);

	(void)p;
	(void)from;
	memset((uint8_t *)t + sizeof(t->base), 0, sizeof(*t) - sizeof(t->base));
}

static void drop_first(struct vg_proto *p, struct vg_tftp_flow *t)
{
	struct vg_tftp_held *first = t->held;

	t->held = first->next;
	t->n_held--;
	vg_pool_give(&vg_tftp_of(p)->held, first);
}

static void finish(struct vg_proto *p, struct vg_tftp_flow *t, enum vg_state state, int64_t wall_ns)
{
	while (t->held)
		drop_first(p, t);
	if (t->body)
		p->sink.close(p->sink.ctx, t->body, t->had_gap ? VG_STATE_GAP : state, wall_ns);
	t->body = NULL;
	t->is_active = 0;
}

static uint16_t add(char *out, uint16_t n, uint16_t cap, const void *text, size_t n_text)
{
	n_text = n_text < (size_t)(cap - n) ? n_text : (size_t)(cap - n);
	memcpy(out + n, text, n_text);
	return (uint16_t)(n + n_text);
}

/* tftp://SERVER/NAME (RFC 3617), and the last part of the name. */
static void keep_names(struct vg_tftp_flow *t, struct vg_span name)
{
	const struct vg_flow_ident *ident = &t->base.ident;
	const uint8_t *last = name.at, *end = name.at + name.n_bytes;
	char address[64] = "";
	uint16_t n;

	(void)inet_ntop(ident->ip_version == 6 ? AF_INET6 : AF_INET, ident->ip[!t->client], address, sizeof(address));
	n = add(t->url, 0, sizeof(t->url), "tftp://", 7);
	n = add(t->url, n, sizeof(t->url), "[", ident->ip_version == 6);
	n = add(t->url, n, sizeof(t->url), address, strlen(address));
	n = add(t->url, n, sizeof(t->url), "]", ident->ip_version == 6);
	n = add(t->url, n, sizeof(t->url), "/", name.at[0] != '/');
	t->n_url = add(t->url, n, sizeof(t->url), name.at, name.n_bytes);
	for (const uint8_t *at = name.at; at < end; at++)
		if (*at == '/' || *at == '\\')
			last = at + 1;
	t->n_name = add(t->name, 0, sizeof(t->name), last, (size_t)(end - last));
}

static void request_take(struct vg_proto *p, struct vg_tftp_flow *t, unsigned dir, struct vg_span datagram,
			 int64_t wall_ns)
{
	struct vg_tftp_request request;

	if (!vg_tftp_request_read(datagram, &request))
		return;
	if (t->is_active && t->next_no == 1 && !t->n_held && dir == t->client && request.is_write == t->is_write)
		return; /* it was sent again */
	finish(p, t, VG_STATE_TRUNCATED, wall_ns);
	t->client = (uint8_t)dir;
	t->is_active = 1;
	t->is_write = (uint8_t)request.is_write;
	t->is_text = (uint8_t)request.is_text;
	t->next_no = 1;
	t->blksize = 0;
	t->asked_blksize = request.options.blksize == VG_TFTP_NONE ? 512 : request.options.blksize;
	t->windowsize = request.options.windowsize == VG_TFTP_NONE ? 1 : request.options.windowsize;
	t->tsize = request.is_write ? request.options.tsize : UINT64_MAX;
	t->goes_to_1 = t->is_begun = t->had_gap = t->has_oack = 0;
	keep_names(t, request.name);
}

static void oack_take(struct vg_tftp_flow *t, unsigned dir, struct vg_span text)
{
	struct vg_tftp_options options;

	if (dir == t->client || !t->is_active || t->is_begun)
		return;
	vg_tftp_options_read(text, &options);
	t->has_oack = 1;
	t->asked_blksize = options.blksize == VG_TFTP_NONE ? 512 : options.blksize;
	t->windowsize = options.windowsize == VG_TFTP_NONE ? 1 : options.windowsize;
	if (!t->is_write && options.tsize != UINT64_MAX)
		t->tsize = options.tsize;
}

/* The first block: its size tells what was agreed where that was not seen. */
static void body_begin(struct vg_proto *p, struct vg_tftp_flow *t, unsigned dir, uint32_t n_bytes)
{
	struct vg_attribution *c = &p->card;

	t->is_begun = 1;
	t->blksize = t->asked_blksize;
	if (!t->has_oack && n_bytes != t->asked_blksize)
		t->blksize = n_bytes > 512 && n_bytes > t->asked_blksize ? n_bytes
			     : n_bytes > 512                             ? t->asked_blksize
									 : 512;
	vg_card_begin(p, &t->base, dir, VG_PROTO_TFTP, t->is_write ? VG_UPLOAD : VG_DOWNLOAD);
	c->n_method = 3;
	memcpy(c->method, t->is_write ? "WRQ" : "RRQ", 3);
	memcpy(c->url, t->url, t->n_url);
	memcpy(c->filename, t->name, t->n_name);
	c->n_url = t->n_url;
	c->n_filename = t->n_name;
	c->flags |= t->is_text ? VG_ATTR_AMBIGUOUS : 0u;
	if (!t->is_text && t->tsize)
		c->size_hint = t->tsize;
	t->body = p->sink.open(p->sink.ctx, c);
}

/* The next block in order; a short one ends the transfer. */
static void block_take(struct vg_proto *p, struct vg_tftp_flow *t, const uint8_t *bytes, uint32_t n_bytes,
		       int64_t wall_ns)
{
	if (n_bytes && t->body && p->sink.data(p->sink.ctx, t->body, bytes, n_bytes, wall_ns) != VG_MORE)
		t->body = NULL;
	t->next_no++;
	if (n_bytes < t->blksize)
		finish(p, t, VG_STATE_COMPLETE, wall_ns);
}

static void run_held(struct vg_proto *p, struct vg_tftp_flow *t, int64_t wall_ns)
{
	while (t->is_active && t->held && t->held->block_no <= t->next_no) {
		struct vg_tftp_held *first = t->held;

		t->held = first->next;
		t->n_held--;
		if (first->block_no == t->next_no)
			block_take(p, t, first->bytes, first->n_bytes, wall_ns);
		vg_pool_give(&vg_tftp_of(p)->held, first);
	}
}

/* What lies before the first held block will never come. */
static void give_up_hole(struct vg_proto *p, struct vg_tftp_flow *t, int64_t wall_ns)
{
	uint64_t n_missing = (t->held->block_no - t->next_no) * t->blksize;

	t->had_gap = 1;
	if (t->body && p->sink.gap(p->sink.ctx, t->body, n_missing) != VG_MORE)
		t->body = NULL;
	t->next_no = t->held->block_no;
	run_held(p, t, wall_ns);
}

static void hold(struct vg_proto *p, struct vg_tftp_flow *t, uint64_t block_no, const uint8_t *bytes, uint32_t n_bytes,
		 int64_t wall_ns)
{
	uint32_t max_held = t->windowsize + VG_TFTP_EARLY < VG_TFTP_MAX_HELD ? t->windowsize + VG_TFTP_EARLY
									     : VG_TFTP_MAX_HELD;
	struct vg_tftp_held **at = &t->held, *held;

	while (*at && (*at)->block_no < block_no)
		at = &(*at)->next;
	if (*at && (*at)->block_no == block_no)
		return;
	held = t->n_held < max_held ? vg_pool_take(&vg_tftp_of(p)->held) : NULL;
	if (held) {
		held->next = *at;
		held->block_no = block_no;
		held->n_bytes = n_bytes;
		memcpy(held->bytes, bytes, n_bytes);
		*at = held;
		t->n_held++;
		return;
	}
	vg_count(p->stats, VG_C_TFTP_HOLES, 1);
	if (t->held && t->held->block_no < block_no) {
		give_up_hole(p, t, wall_ns);
		if (t->is_active && block_no > t->next_no)
			hold(p, t, block_no, bytes, n_bytes, wall_ns);
		else if (t->is_active && block_no == t->next_no)
			block_take(p, t, bytes, n_bytes, wall_ns);
		return;
	}
	t->had_gap = 1;
	if (t->body && p->sink.gap(p->sink.ctx, t->body, (block_no - t->next_no) * t->blksize) != VG_MORE)
		t->body = NULL;
	t->next_no = block_no;
	block_take(p, t, bytes, n_bytes, wall_ns);
	run_held(p, t, wall_ns);
}

/* How far the block lies ahead of the next one; behind: negative. */
static int32_t ahead_of(struct vg_tftp_flow *t, uint16_t block)
{
	int32_t ahead;

	if (!t->goes_to_1 && t->next_no == 65536 && block == 1)
		t->goes_to_1 = 1;
	if (!t->goes_to_1)
		return (int16_t)(block - (uint16_t)t->next_no);
	ahead = (int32_t)block - 1 - (int32_t)((t->next_no - 1) % 65535);
	return ahead > 32767 ? ahead - 65535 : ahead < -32767 ? ahead + 65535 : ahead;
}

static void data_take(struct vg_proto *p, struct vg_tftp_flow *t, unsigned dir, uint16_t block, const uint8_t *bytes,
		      uint32_t n_bytes, int64_t wall_ns)
{
	int32_t ahead;

	if (!t->is_active || (dir == t->client) != t->is_write || n_bytes > VG_TFTP_BLOCK_BYTES)
		return;
	ahead = ahead_of(t, block);
	if (ahead < 0)
		return;
	if (!t->is_begun)
		body_begin(p, t, dir, n_bytes);
	if (ahead) {
		hold(p, t, t->next_no + (uint64_t)ahead, bytes, n_bytes, wall_ns);
		return;
	}
	block_take(p, t, bytes, n_bytes, wall_ns);
	run_held(p, t, wall_ns);
}

enum vg_step vg_tftp_datagram(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			      uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_tftp_flow *t = flow_of(base);

	if (n_bytes < 4)
		return VG_MORE;
	switch (vg_be16(bytes)) {
	case OP_READ:
	case OP_WRITE:
		request_take(p, t, dir, (struct vg_span){ bytes, n_bytes }, wall_ns);
		break;
	case OP_DATA:
		data_take(p, t, dir, vg_be16(bytes + 2), bytes + 4, n_bytes - 4, wall_ns);
		break;
	case OP_OACK:
		oack_take(t, dir, (struct vg_span){ bytes + 2, n_bytes - 2 });
		break;
	case OP_ERROR:
		if (t->is_active)
			finish(p, t, VG_STATE_ABORTED, wall_ns);
		break;
	default:
		break;
	}
	return VG_MORE;
}

void vg_tftp_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct vg_tftp_flow *t = flow_of(base);

	(void)dir;
	(void)how;
	while (t->is_active && t->held)
		give_up_hole(p, t, wall_ns);
	finish(p, t, VG_STATE_TRUNCATED, wall_ns);
}

void vg_tftp_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	vg_tftp_end(p, base, 0, VG_END_EVICTED, 0);
}
