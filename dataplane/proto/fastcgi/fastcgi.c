/* A direction is records (FastCGI 3.3): a head of 8 bytes, content, padding. Which one is the client's shows in the
 * first record whose type only one side sends. */
#include "dataplane/proto/fastcgi/fastcgi_priv.h"

#define BEGIN_BYTES  16u  /* a BEGIN_REQUEST: head and body */
#define MAX_ROLE     3u   /* RESPONDER, AUTHORIZER, FILTER */
#define MANAGEMENT   9u   /* GET_VALUES, of request 0 */
#define MAX_FIRST_ID 256u /* of an answer whose question was not seen */

static struct vg_fcgi_flow *flow_of(struct vg_proto_flow *base)
{
	return (struct vg_fcgi_flow *)(void *)base;
}
static struct vg_fcgi_ctx ctx_of(struct vg_proto *p, struct vg_fcgi_flow *flow, unsigned dir, int64_t wall_ns)
{
	return (struct vg_fcgi_ctx){ p, flow, wall_ns, dir };
}

/* What is there of b agrees with a BEGIN_REQUEST (5.1). */
static int may_be_begin(const uint8_t *b, uint32_t n_bytes)
{
	return b[0] == 1 && (n_bytes < 2 || b[1] == VG_FCGI_BEGIN) && (n_bytes < 4 || vg_be16(b + 2)) &&
	       (n_bytes < 6 || vg_be16(b + 4) == 8) && (n_bytes < 8 || !b[7]) && (n_bytes < 9 || !b[8]) &&
	       (n_bytes < 10 || (b[9] && b[9] <= MAX_ROLE)) && (n_bytes < 11 || b[10] <= 1) &&
	       (n_bytes < BEGIN_BYTES || !(vg_be32(b + 11) | b[15]));
}

/* The same with an answer: STDOUT that begins with a CGI head. VG_APP_NONE: not enough is there. */
static enum vg_app may_be_answer(const uint8_t *b, uint32_t n_bytes)
{
	if (b[0] != 1 || (n_bytes > 1 && b[1] != VG_FCGI_STDOUT) || (n_bytes > 7 && b[7]))
		return VG_APP_UNKNOWN;
	if (n_bytes > 5 && (!vg_be16(b + 2) || vg_be16(b + 2) > MAX_FIRST_ID || !vg_be16(b + 4)))
		return VG_APP_UNKNOWN;
	for (uint32_t i = VG_FCGI_HEAD_BYTES; i < n_bytes && i < VG_DETECT_HELD_BYTES; i++) {
		if (b[i] == ':' && i > VG_FCGI_HEAD_BYTES)
			return VG_APP_FASTCGI;
		if (b[i] != '-' && !(b[i] >= '0' && b[i] <= '9') && !((b[i] | 32) >= 'a' && (b[i] | 32) <= 'z'))
			return VG_APP_UNKNOWN;
	}
	return n_bytes < VG_DETECT_HELD_BYTES ? VG_APP_NONE : VG_APP_UNKNOWN;
}

enum vg_app vg_fastcgi_first(const uint8_t *bytes, uint32_t n_bytes)
{
	if (may_be_begin(bytes, n_bytes))
		return n_bytes < BEGIN_BYTES ? VG_APP_NONE : VG_APP_FASTCGI;
	return may_be_answer(bytes, n_bytes);
}

int vg_fastcgi_begins(const uint8_t *bytes, uint32_t n_bytes)
{
	return n_bytes >= BEGIN_BYTES && may_be_begin(bytes, n_bytes);
}

static int is_clients(unsigned type)
{
	return type == VG_FCGI_BEGIN || type == VG_FCGI_ABORT || type == VG_FCGI_PARAMS || type == VG_FCGI_STDIN ||
	       type == VG_FCGI_DATA || type == MANAGEMENT;
}

static void head_begin(struct vg_fcgi_dir *d)
{
	d->state = VG_FCGI_IN_HEAD;
	d->n_got = 0;
}

static void hunt_begin(struct vg_fcgi_dir *d)
{
	d->state = VG_FCGI_IN_HUNT;
	d->n_got = 0;
}

/* A head that can stand in this direction; while hunting also one of a request that is known. */
static int is_head(const struct vg_fcgi_ctx *ctx, const uint8_t *b, int is_hunting)
{
	const struct vg_fcgi_flow *flow = ctx->flow;
	uint16_t id = vg_be16(b + 2);

	if (b[0] != 1 || !b[1] || b[1] >= VG_FCGI_TYPES || b[7])
		return 0;
	if (flow->is_known && is_clients(b[1]) != (ctx->dir == flow->client))
		return 0;
	if (!is_hunting)
		return 1;
	return (b[1] == VG_FCGI_BEGIN && vg_be16(b + 4) == 8) ||
	       (b[1] < MANAGEMENT && vg_fcgi_request_find(ctx, id) && (b[1] != VG_FCGI_END || vg_be16(b + 4) == 8));
}

static void content_check_end(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_dir *d)
{
	if (d->state == VG_FCGI_IN_CONTENT && !d->left) {
		vg_fcgi_record_end(ctx, d->id, d->type);
		d->state = VG_FCGI_IN_PADDING;
		d->left = d->n_padding;
	}
	if (d->state == VG_FCGI_IN_PADDING && !d->left)
		head_begin(d);
}

static void head_take(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_dir *d)
{
	struct vg_fcgi_flow *flow = ctx->flow;

	d->type = d->got[1];
	d->id = vg_be16(d->got + 2);
	d->left = vg_be16(d->got + 4);
	d->n_padding = d->got[6];
	if (!flow->is_known) {
		flow->is_known = 1;
		flow->client = (uint8_t)(is_clients(d->type) ? ctx->dir : !ctx->dir);
	}
	vg_count(ctx->proto->stats, VG_C_FASTCGI_RECORDS, 1);
	d->state = VG_FCGI_IN_CONTENT;
	d->n_strange = 0;
	vg_fcgi_record_begin(ctx, d->id, d->type, d->left);
	if (d->has_conflict)
		d->has_conflict = !vg_fcgi_requests_conflict(ctx);
	content_check_end(ctx, d);
}

static uint32_t head_feed(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_dir *d, const uint8_t *bytes, uint32_t n_bytes)
{
	uint32_t n = VG_FCGI_HEAD_BYTES - d->n_got < n_bytes ? VG_FCGI_HEAD_BYTES - d->n_got : n_bytes;

	memcpy(d->got + d->n_got, bytes, n);
	d->n_got = (uint8_t)(d->n_got + n);
	if (d->n_got < VG_FCGI_HEAD_BYTES)
		return n;
	if (is_head(ctx, d->got, 0)) {
		head_take(ctx, d);
		return n;
	}
	vg_count(ctx->proto->stats, VG_C_FASTCGI_BAD, 1);
	vg_fcgi_requests_gap(ctx);
	d->state = VG_FCGI_IN_HUNT; /* from these 8 bytes on */
	return n;
}

/* Byte by byte: the last 8 are in got. */
static uint32_t hunt_feed(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_dir *d, const uint8_t *bytes, uint32_t n_bytes)
{
	for (uint32_t at = 0; at < n_bytes; at++) {
		if (d->n_got == VG_FCGI_HEAD_BYTES)
			memmove(d->got, d->got + 1, --d->n_got);
		d->got[d->n_got++] = bytes[at];
		if (d->n_got < VG_FCGI_HEAD_BYTES || !is_head(ctx, d->got, 1))
			continue;
		vg_count(ctx->proto->stats, VG_C_FASTCGI_RESYNC, 1);
		head_take(ctx, d);
		return at + 1;
	}
	d->n_strange += n_bytes;
	if (d->n_strange > VG_FCGI_MAX_STRANGE_BYTES)
		d->state = VG_FCGI_OFF;
	return n_bytes;
}

enum vg_step vg_fcgi_feed(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, const uint8_t *bytes,
			  uint32_t n_bytes, int64_t wall_ns)
{
	struct vg_fcgi_flow *flow = flow_of(base);
	struct vg_fcgi_ctx ctx = ctx_of(p, flow, dir, wall_ns);
	struct vg_fcgi_dir *d = &flow->dir[dir];
	uint32_t n;

	for (uint32_t at = 0; at < n_bytes && d->state != VG_FCGI_OFF; at += n) {
		if (d->state == VG_FCGI_IN_HEAD) {
			n = head_feed(&ctx, d, bytes + at, n_bytes - at);
		} else if (d->state == VG_FCGI_IN_HUNT) {
			n = hunt_feed(&ctx, d, bytes + at, n_bytes - at);
		} else {
			n = d->left < n_bytes - at ? d->left : n_bytes - at;
			if (d->state == VG_FCGI_IN_CONTENT)
				vg_fcgi_record_bytes(&ctx, d->id, d->type, bytes + at, n);
			d->left -= n;
			content_check_end(&ctx, d);
		}
	}
	return flow->dir[0].state == VG_FCGI_OFF && flow->dir[1].state == VG_FCGI_OFF ? VG_SKIP : VG_MORE;
}

enum vg_step vg_fcgi_gap(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, uint64_t n_missing,
			 int64_t wall_ns)
{
	struct vg_fcgi_flow *flow = flow_of(base);
	struct vg_fcgi_ctx ctx = ctx_of(p, flow, dir, wall_ns);
	struct vg_fcgi_dir *d = &flow->dir[dir];
	int is_inside = d->state == VG_FCGI_IN_CONTENT || d->state == VG_FCGI_IN_PADDING;

	if (d->state == VG_FCGI_OFF)
		return VG_MORE;
	if (is_inside && n_missing && n_missing <= d->left) {
		if (d->state == VG_FCGI_IN_CONTENT)
			vg_fcgi_record_gap(&ctx, d->id, d->type, n_missing);
		d->left -= (uint32_t)n_missing;
		content_check_end(&ctx, d);
		return VG_MORE;
	}
	vg_fcgi_requests_gap(&ctx);
	hunt_begin(d);
	return VG_MORE;
}

void vg_fcgi_conflict(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir)
{
	struct vg_fcgi_flow *flow = flow_of(base);
	struct vg_fcgi_ctx ctx = ctx_of(p, flow, dir, 0);

	if (!flow->is_known || !vg_fcgi_requests_conflict(&ctx))
		flow->dir[dir].has_conflict = 1;
}

void vg_fcgi_end(struct vg_proto *p, struct vg_proto_flow *base, unsigned dir, enum vg_stream_end how, int64_t wall_ns)
{
	struct vg_fcgi_flow *flow = flow_of(base);
	struct vg_fcgi_ctx ctx = ctx_of(p, flow, dir, wall_ns);

	if (flow->dir[dir].has_ended)
		return;
	flow->dir[dir].has_ended = 1;
	flow->dir[dir].state = VG_FCGI_OFF;
	vg_fcgi_requests_end(&ctx, how);
}

void vg_fcgi_init(struct vg_proto *p, struct vg_proto_flow *base, struct vg_proto_flow *from)
{
	struct vg_fcgi_flow *flow = flow_of(base);

	(void)p, (void)from;
	flow->client = flow->is_known = 0;
	memset(flow->dir, 0, sizeof(flow->dir));
	memset(&flow->requests, 0, sizeof(flow->requests));
	for (unsigned dir = 0; dir < 2 && base->ident.midstream; dir++)
		hunt_begin(&flow->dir[dir]);
}

void vg_fcgi_fini(struct vg_proto *p, struct vg_proto_flow *base)
{
	struct vg_fcgi_ctx ctx = ctx_of(p, flow_of(base), 0, 0);

	vg_fcgi_requests_drop(&ctx);
}
