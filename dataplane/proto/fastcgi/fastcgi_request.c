/* A request is there from the first record of its id to its END_REQUEST and the end of its STDIN, whichever is heard
 * last. What was never heard of its client leaves texts empty; what is heard late is told to the open body. */
#include "dataplane/proto/fastcgi/fastcgi_priv.h"
#include "dataplane/proto/http1/http1_head.h"
#include "dataplane/proto/http1/http1_text.h"

static const char status_line[] = "HTTP/1.0 200 OK\r\n"; /* of the head that a CGI head is read as */

static struct vg_fcgi_request *at(const struct vg_fcgi_ctx *ctx, uint32_t idx_1)
{
	return (struct vg_fcgi_request *)vg_keyed_at(&vg_fcgi_of(ctx->proto)->requests, idx_1);
}
static struct vg_fcgi_body *body_of(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_request *r)
{
	return ctx->dir == ctx->flow->client ? &r->up : &r->down;
}

static uint64_t number_of(struct vg_span digits)
{
	uint64_t n = 0;

	for (size_t i = 0; i < digits.n_bytes; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9' || n > UINT64_MAX / 20)
			return UINT64_MAX;
		n = n * 10 + (digits.at[i] - '0');
	}
	return digits.n_bytes ? n : UINT64_MAX;
}

/* ---- cards ---- */

/* A list that is full may go on to its right, where the nearest proxy stands: nothing of it counts. */
static struct vg_span list_of(const struct vg_fcgi_request *r, enum vg_fcgi_field field)
{
	struct vg_span list = vg_fcgi_text(&r->texts, field);

	list.n_bytes = list.n_bytes < VG_FCGI_LIST_BYTES ? list.n_bytes : 0;
	return list;
}

/* The client: whom the web server names, or whom it was named by trusted proxies. */
static void card_client(const struct vg_fcgi_ctx *ctx, struct vg_attribution *c, const struct vg_fcgi_request *r)
{
	const struct vg_trust_hops hops = {
		.who = &ctx->flow->base.ident,
		.dir = ctx->flow->client,
		.remote = vg_fcgi_text(&r->texts, VG_FCGI_ADDRESS),
		.lists = { list_of(r, VG_FCGI_FORWARDED_FOR), list_of(r, VG_FCGI_FORWARDED) },
		.is_partial = { r->texts.n[VG_FCGI_FORWARDED_FOR] == VG_FCGI_LIST_BYTES,
				r->texts.n[VG_FCGI_FORWARDED] == VG_FCGI_LIST_BYTES },
	};
	int cut = 0;

	c->n_forwarded = vg_trust_client(&ctx->proto->trust, &hops, c->forwarded);
	c->flags |= c->n_forwarded ? VG_ATTR_CLIENT : 0u;
	if (!c->n_forwarded)
		c->n_forwarded = vg_http1_copy(hops.remote, c->forwarded, sizeof(c->forwarded), &cut);
}

/* The request's texts, and nothing else. */
static void card_texts(const struct vg_fcgi_ctx *ctx, const struct vg_fcgi_request *r)
{
	struct vg_attribution *c = &ctx->proto->card;
	struct vg_span host = vg_fcgi_text(&r->texts, VG_FCGI_HOST);
	int cut = r->texts.is_cut;

	if (!host.n_bytes)
		host = vg_fcgi_text(&r->texts, VG_FCGI_SERVER);
	memset(c, 0, sizeof(*c));
	c->n_method = vg_http1_copy(vg_fcgi_text(&r->texts, VG_FCGI_METHOD), c->method, sizeof(c->method), &cut);
	c->n_host = vg_http1_copy(host, c->host, sizeof(c->host), &cut);
	c->n_url = vg_http1_copy(vg_fcgi_text(&r->texts, VG_FCGI_URI), c->url, sizeof(c->url), &cut);
	c->n_filename = vg_http1_segment(vg_fcgi_text(&r->texts, VG_FCGI_URI), c->filename, sizeof(c->filename), &cut);
	c->n_agent = vg_http1_copy(vg_fcgi_text(&r->texts, VG_FCGI_AGENT), c->agent, sizeof(c->agent), &cut);
	c->flags = cut ? VG_ATTR_HEAD_CUT : 0u;
	card_client(ctx, c, r);
}

static void body_open(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_body *b, unsigned direction)
{
	struct vg_attribution *c = &ctx->proto->card;

	vg_card_who(c, &ctx->flow->base.ident, ctx->dir);
	c->proto = VG_PROTO_FASTCGI;
	c->direction = (uint8_t)direction;
	c->size_hint = b->length;
	c->flags |= b->has_conflict ? VG_ATTR_CONFLICT : 0u;
	b->is_begun = 1;
	b->body = ctx->proto->sink.open(ctx->proto->sink.ctx, c);
}

static void upload_open(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_request *r)
{
	struct vg_attribution *c = &ctx->proto->card;
	struct vg_span type = vg_fcgi_text(&r->texts, VG_FCGI_TYPE);
	int cut = 0;

	card_texts(ctx, r);
	c->n_type = vg_http1_copy(type, c->type, sizeof(c->type), &cut);
	c->n_boundary = vg_http1_boundary(type, c->boundary, sizeof(c->boundary), &cut);
	c->codings = vg_http1_codings(vg_fcgi_text(&r->texts, VG_FCGI_CODING), 0, NULL);
	c->flags |= cut ? VG_ATTR_HEAD_CUT : 0u;
	r->up.length = number_of(vg_fcgi_text(&r->texts, VG_FCGI_LENGTH));
	body_open(ctx, &r->up, VG_UPLOAD);
}

/* RFC 3875 6.3.3 */
static uint16_t status_of(const uint8_t *head, size_t n)
{
	for (size_t i = 0; i + 11 < n; i++) {
		size_t k = i + 8;
		if (head[i] != '\n' || strncasecmp((const char *)head + i + 1, "status:", 7))
			continue;
		while (k < n && head[k] == ' ')
			k++;
		if (k + 3 <= n && head[k] >= '1' && head[k] <= '5' && head[k + 1] >= '0' && head[k + 1] <= '9' &&
		    head[k + 2] >= '0' && head[k + 2] <= '9')
			return (uint16_t)((head[k] - '0') * 100 + (head[k + 1] - '0') * 10 + (head[k + 2] - '0'));
	}
	return 200;
}

/* Fills the card of what comes behind the head (n bytes of r->head). */
static int download_card(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_request *r, size_t n)
{
	struct vg_attribution *c = &ctx->proto->card;
	struct vg_http1_head head;
	char filename[VG_ATTR_FILENAME];
	uint16_t n_filename;
	int cut = 0;

	if (vg_http1_head_parse(r->head, n, &head) != VG_DONE || (!head.n_headers && !r->has_client))
		return 0;
	card_texts(ctx, r);
	c->n_type = vg_http1_copy(head.type, c->type, sizeof(c->type), &cut);
	c->n_boundary = vg_http1_boundary(head.type, c->boundary, sizeof(c->boundary), &cut);
	n_filename = vg_http1_disposition(head.disposition, filename, sizeof(filename), &cut);
	if (n_filename) {
		memcpy(c->filename, filename, n_filename);
		c->n_filename = n_filename;
	}
	c->http_status = status_of(r->head, n);
	c->codings = head.codings;
	c->flags |= cut ? VG_ATTR_HEAD_CUT : 0u;
	r->down.length = head.has_length ? head.length : UINT64_MAX;
	return 1;
}

/* ---- bodies ---- */

static void body_data(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_body *b, const uint8_t *bytes, uint32_t n_bytes)
{
	struct vg_body_sink *sink = &ctx->proto->sink;

	b->n_bytes += n_bytes;
	if (b->body && sink->data(sink->ctx, b->body, bytes, n_bytes, ctx->wall_ns) != VG_MORE)
		b->body = NULL;
}

static void body_gap(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_body *b, uint64_t n_missing)
{
	struct vg_body_sink *sink = &ctx->proto->sink;

	b->had_gap = 1;
	b->n_bytes += n_missing;
	if (b->body && sink->gap(sink->ctx, b->body, n_missing) != VG_MORE)
		b->body = NULL;
}

/* short_state: of one that has not come to its announced length, or to no end of its own. */
static void body_close(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_body *b, int is_ended, enum vg_state short_state)
{
	int is_whole = b->length == UINT64_MAX ? is_ended : b->n_bytes >= b->length;

	if (b->body)
		ctx->proto->sink.close(ctx->proto->sink.ctx, b->body,
				       b->had_gap ? VG_STATE_GAP
				       : is_whole ? VG_STATE_COMPLETE
						  : short_state,
				       ctx->wall_ns);
	b->body = NULL;
	b->is_ended = 1;
}

/* ---- requests ---- */

struct vg_fcgi_request *vg_fcgi_request_find(const struct vg_fcgi_ctx *ctx, uint16_t id)
{
	struct vg_keyed_pool *pool = &vg_fcgi_of(ctx->proto)->requests;
	struct vg_keyed *item = vg_keyed_find(&ctx->flow->requests, pool, vg_keyed_mix(id));

	while (item && ((struct vg_fcgi_request *)item)->id != id)
		item = vg_keyed_next(pool, item);
	return (struct vg_fcgi_request *)item;
}

static void request_give(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_request *r)
{
	body_close(ctx, &r->up, 0, VG_STATE_TRUNCATED);
	body_close(ctx, &r->down, 0, VG_STATE_TRUNCATED);
	vg_keyed_give(&ctx->flow->requests, &vg_fcgi_of(ctx->proto)->requests, &r->link);
}

static struct vg_fcgi_request *request_new(const struct vg_fcgi_ctx *ctx, uint16_t id)
{
	struct vg_keyed_pool *pool = &vg_fcgi_of(ctx->proto)->requests;
	struct vg_keyed_set *set = &ctx->flow->requests;
	struct vg_fcgi_request *r = set->n_items < VG_FCGI_MAX_REQUESTS ? vg_pool_take(&pool->items) : NULL;

	if (!r) {
		vg_count(ctx->proto->stats, VG_C_FASTCGI_SHED_REQUESTS, 1);
		if (!set->oldest)
			return NULL;
		request_give(ctx, at(ctx, set->oldest));
		r = vg_pool_take(&pool->items);
		if (!r)
			return NULL;
	}
	memset(r, 0, offsetof(struct vg_fcgi_request, texts));
	memset(&r->texts, 0, offsetof(struct vg_fcgi_texts, text));
	r->id = id;
	r->up.length = r->down.length = UINT64_MAX;
	r->n_head = sizeof(status_line) - 1;
	memcpy(r->head, status_line, r->n_head);
	vg_keyed_put(set, pool, &r->link, vg_keyed_mix(id));
	return r;
}

static void request_check_done(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_request *r)
{
	if (r->has_ended && r->has_client && r->up.is_ended)
		request_give(ctx, r);
}

static void begin_take(const struct vg_fcgi_ctx *ctx, uint16_t id)
{
	struct vg_fcgi_request *r = vg_fcgi_request_find(ctx, id);

	/* its end was not seen, or its beginning will not be */
	if (r && (r->has_client || r->is_foreign || (r->has_ended && ctx->wall_ns - r->ended_ns > VG_FCGI_SKEW_NS))) {
		request_give(ctx, r);
		r = NULL;
	}
	r = r ? r : request_new(ctx, id);
	if (r)
		r->has_client = 1;
}

static void params_done(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_request *r)
{
	r->has_params = 1;
	if (!r->down.body) /* or the answer was heard first */
		return;
	card_texts(ctx, r);
	ctx->proto->sink.amend(ctx->proto->sink.ctx, r->down.body, &ctx->proto->card);
}

void vg_fcgi_record_begin(const struct vg_fcgi_ctx *ctx, uint16_t id, unsigned type, uint32_t n_content)
{
	struct vg_fcgi_request *r;

	if (type == VG_FCGI_BEGIN) {
		begin_take(ctx, id);
		return;
	}
	r = vg_fcgi_request_find(ctx, id);
	if (type == VG_FCGI_STDOUT && r && r->has_ended) { /* its client was never heard */
		request_give(ctx, r);
		r = NULL;
	}
	if (type == VG_FCGI_STDOUT && !r && n_content)
		r = request_new(ctx, id);
	if (!r)
		return;
	if (type == VG_FCGI_PARAMS && !n_content && !r->has_params) {
		params_done(ctx, r);
	} else if ((type == VG_FCGI_STDIN && !n_content) || type == VG_FCGI_ABORT) {
		body_close(ctx, &r->up, type == VG_FCGI_STDIN,
			   type == VG_FCGI_STDIN ? VG_STATE_TRUNCATED : VG_STATE_ABORTED);
		request_check_done(ctx, r);
	} else if (type == VG_FCGI_STDOUT && !n_content) {
		body_close(ctx, &r->down, 1, VG_STATE_TRUNCATED);
	}
}

/* STDOUT: its head is gathered first. */
static void output_take(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_request *r, const uint8_t *bytes,
			uint32_t n_bytes)
{
	uint32_t n = VG_FCGI_MAX_HEAD_BYTES - r->n_head, n_before = r->n_head;
	size_t end;

	if (r->is_foreign || r->down.is_ended)
		return;
	if (!r->has_head) {
		n = n_bytes < n ? n_bytes : n;
		memcpy(r->head + n_before, bytes, n);
		r->n_head = (uint16_t)(n_before + n);
		end = vg_http1_head_end(r->head, r->n_head, n_before);
		if (!end && r->n_head < VG_FCGI_MAX_HEAD_BYTES)
			return;
		r->has_head = 1;
		r->is_foreign = !end || !download_card(ctx, r, end);
		if (r->is_foreign) {
			vg_count(ctx->proto->stats, VG_C_FASTCGI_NO_HEAD, 1);
			return;
		}
		n = (uint32_t)(end - n_before);
		r->n_head = (uint16_t)end;
		bytes += n;
		n_bytes -= n;
	}
	if (!n_bytes)
		return;
	if (!r->down.is_begun) {
		(void)download_card(ctx, r, r->n_head);
		body_open(ctx, &r->down, VG_DOWNLOAD);
	}
	body_data(ctx, &r->down, bytes, n_bytes);
}

void vg_fcgi_record_bytes(const struct vg_fcgi_ctx *ctx, uint16_t id, unsigned type, const uint8_t *bytes,
			  uint32_t n_bytes)
{
	struct vg_fcgi_request *r = vg_fcgi_request_find(ctx, id);

	if (!r || !n_bytes)
		return;
	if (type == VG_FCGI_PARAMS && !r->has_params) {
		if (vg_fcgi_params_feed(&r->params, &r->texts, bytes, n_bytes) == VG_BAD) {
			vg_count(ctx->proto->stats, VG_C_FASTCGI_SHED_PARAMS, 1);
			params_done(ctx, r);
		}
	} else if (type == VG_FCGI_STDIN && !r->up.is_ended) {
		if (!r->up.is_begun)
			upload_open(ctx, r);
		body_data(ctx, &r->up, bytes, n_bytes);
	} else if (type == VG_FCGI_STDOUT) {
		output_take(ctx, r, bytes, n_bytes);
	}
}

void vg_fcgi_record_end(const struct vg_fcgi_ctx *ctx, uint16_t id, unsigned type)
{
	struct vg_fcgi_request *r = type == VG_FCGI_END ? vg_fcgi_request_find(ctx, id) : NULL;

	if (!r)
		return;
	body_close(ctx, &r->down, 1, VG_STATE_TRUNCATED);
	r->has_ended = 1;
	r->ended_ns = ctx->wall_ns;
	request_check_done(ctx, r);
}

/* A hole in what ctx->dir sends of r; type 0: whatever was under way. */
static void request_gap(const struct vg_fcgi_ctx *ctx, struct vg_fcgi_request *r, unsigned type, uint64_t n_missing)
{
	int is_client = ctx->dir == ctx->flow->client;

	if (is_client && (type == VG_FCGI_PARAMS || (!type && !r->has_params)))
		params_done(ctx, r); /* where the next pair begins is not known */
	if (is_client && !r->up.is_ended && (type == VG_FCGI_STDIN || (!type && r->up.is_begun))) {
		if (!r->up.is_begun)
			upload_open(ctx, r);
		body_gap(ctx, &r->up, n_missing);
	}
	if (is_client || r->is_foreign || r->down.is_ended || (type && type != VG_FCGI_STDOUT))
		return;
	if (!r->has_head) {
		r->is_foreign = 1;
		vg_count(ctx->proto->stats, VG_C_FASTCGI_NO_HEAD, 1);
	} else {
		body_gap(ctx, &r->down, n_missing);
	}
}

void vg_fcgi_record_gap(const struct vg_fcgi_ctx *ctx, uint16_t id, unsigned type, uint64_t n_missing)
{
	struct vg_fcgi_request *r = vg_fcgi_request_find(ctx, id);

	if (r)
		request_gap(ctx, r, type, n_missing);
}

void vg_fcgi_requests_gap(const struct vg_fcgi_ctx *ctx)
{
	for (struct vg_fcgi_request *r = at(ctx, ctx->flow->requests.oldest); r; r = at(ctx, r->link.newer))
		request_gap(ctx, r, 0, 0);
}

int vg_fcgi_requests_conflict(const struct vg_fcgi_ctx *ctx)
{
	struct vg_attribution *card = &ctx->proto->card;
	int n = 0;

	for (struct vg_fcgi_request *r = at(ctx, ctx->flow->requests.oldest); r; r = at(ctx, r->link.newer)) {
		struct vg_fcgi_body *b = body_of(ctx, r);
		if (b->is_ended)
			continue;
		b->has_conflict = 1;
		n++;
		if (!b->body)
			continue;
		memset(card, 0, sizeof(*card));
		card->flags = VG_ATTR_CONFLICT;
		ctx->proto->sink.amend(ctx->proto->sink.ctx, b->body, card);
	}
	return n > 0;
}

void vg_fcgi_requests_end(const struct vg_fcgi_ctx *ctx, enum vg_stream_end how)
{
	for (struct vg_fcgi_request *r = at(ctx, ctx->flow->requests.oldest); r; r = at(ctx, r->link.newer))
		body_close(ctx, body_of(ctx, r), 0, how == VG_END_RST ? VG_STATE_ABORTED : VG_STATE_TRUNCATED);
}

void vg_fcgi_requests_drop(const struct vg_fcgi_ctx *ctx)
{
	while (ctx->flow->requests.oldest)
		request_give(ctx, at(ctx, ctx->flow->requests.oldest));
}
