/* Attribution: who, where and what was claimed, from one head and, for a response, from its request. */
#include "dataplane/proto/http1/http1_priv.h"
#include "dataplane/proto/http1/http1_text.h"
#include "dataplane/proto/target.h"

uint32_t vg_http1_ask_fill(struct vg_http1_ask *ask, const struct vg_http1_head *head)
{
	struct vg_span authority = vg_http1_authority(head->target);
	char *at = ask->texts;
	int cut = 0;

	ask->is_long = ask->is_client = 0;
	ask->marks = 0;
	ask->wall_ns = 0;
	authority = vg_target_host(authority.n_bytes && !head->by_host ? authority : head->host);
	at += ask->n_method = vg_http1_copy(head->method, at, VG_ATTR_METHOD, &cut);
	at += ask->n_host = vg_http1_copy(authority, at, VG_ATTR_HOST, &cut);
	at += ask->n_url = head->by_normal ? vg_target_normal(head->target, at, &cut)
					   : vg_http1_copy(head->target, at, VG_ATTR_URL, &cut);
	at += ask->n_filename = vg_http1_segment(head->target, at, VG_ATTR_FILENAME, &cut);
	at += ask->n_agent = vg_http1_copy(head->agent, at, VG_ATTR_AGENT, &cut);
	ask->n_forwarded = 0;
	if (head->forwarded_for.n_bytes)
		ask->n_forwarded = vg_http1_forwarded_for(head->forwarded_for, at, VG_ATTR_FORWARDED, &cut);
	else if (head->forwarded.n_bytes)
		ask->n_forwarded = vg_http1_forwarded(head->forwarded, at, VG_ATTR_FORWARDED, &cut);
	ask->cut = (uint8_t)(cut != 0);
	return (uint32_t)(at + ask->n_forwarded - (char *)ask);
}

uint32_t vg_http1_ask_make(const struct vg_proto *p, const struct vg_http1_flow *flow, unsigned dir,
			   struct vg_http1_ask *ask, const struct vg_http1_head *head)
{
	uint32_t n_bytes = vg_http1_ask_fill(ask, head);
	const struct vg_trust_hops hops = {
		.who = &flow->base.ident,
		.dir = dir,
		.lists = { head->last_forwarded_for, head->last_forwarded },
		.is_partial = { head->last_forwarded_for.at != head->forwarded_for.at,
				head->last_forwarded.at != head->forwarded.at },
	};
	char client[VG_ATTR_FORWARDED];
	uint16_t n_client = vg_trust_client(&p->trust, &hops, client);

	if (!n_client)
		return n_bytes;
	n_bytes -= ask->n_forwarded; /* the last of the texts */
	memcpy((char *)ask + n_bytes, client, n_client);
	ask->n_forwarded = n_client;
	ask->is_client = 1;
	return n_bytes + n_client;
}

void vg_http1_card_ask(struct vg_proto *p, const struct vg_http1_ask *ask)
{
	struct vg_attribution *c = &p->card;
	const char *at;

	memset(c, 0, sizeof(*c));
	if (!ask)
		return;
	c->flags = ask->marks | (ask->cut ? VG_ATTR_HEAD_CUT : 0u) | (ask->is_client ? VG_ATTR_CLIENT : 0u);
	at = ask->texts;
	memcpy(c->method, at, ask->n_method);
	c->n_method = ask->n_method;
	at += ask->n_method;
#define VG_TAKE(field)                                \
	do {                                          \
		memcpy(c->field, at, ask->n_##field); \
		c->n_##field = ask->n_##field;        \
		at += ask->n_##field;                 \
	} while (0)
	VG_TAKE(host);
	VG_TAKE(url);
	VG_TAKE(filename);
	VG_TAKE(agent);
	VG_TAKE(forwarded);
#undef VG_TAKE
}

/* A server may go by either (RFC 9112 3.2.2 says by the target's): where both are there and differ both are looked up,
 * and it is said that the head can be read in two ways. */
uint32_t vg_http1_card_marks(struct vg_proto *p, struct vg_http1_flow *flow, struct vg_http1_head *head)
{
	struct vg_span authority = vg_http1_authority(head->target);
	uint32_t marks = vg_target_marks(p, &flow->base.ident, authority.n_bytes ? authority : head->host,
					 head->target),
		 other;

	head->by_normal = head->target.n_bytes > VG_ATTR_URL && marks & VG_ATTR_LISTED;
	if (!authority.n_bytes || !head->host.n_bytes || marks ||
	    (authority.n_bytes == head->host.n_bytes && !memcmp(authority.at, head->host.at, authority.n_bytes)))
		return marks;
	other = vg_target_marks(p, &flow->base.ident, head->host, head->target);
	if (!other)
		return 0;
	head->by_host = 1;
	head->by_normal = head->target.n_bytes > VG_ATTR_URL;
	flow->is_ambiguous = 1;
	return other;
}

static void card_head(struct vg_proto *p, const struct vg_http1_flow *flow, unsigned dir,
		      const struct vg_http1_head *head)
{
	struct vg_attribution *c = &p->card;
	char filename[VG_ATTR_FILENAME];
	int cut = 0;

	vg_card_who(c, &flow->base.ident, dir);
	c->proto = VG_PROTO_HTTP;
	c->codings = head->codings;
	c->size_hint = head->has_length && !head->has_transfer ? head->length : UINT64_MAX;
	c->n_type = vg_http1_copy(head->type, c->type, sizeof(c->type), &cut);
	c->n_boundary = vg_http1_boundary(head->type, c->boundary, sizeof(c->boundary), &cut);
	uint16_t n_filename = vg_http1_disposition(head->disposition, filename, sizeof(filename), &cut);
	if (n_filename) {
		memcpy(c->filename, filename, n_filename);
		c->n_filename = n_filename;
	}
	c->flags |= (cut ? VG_ATTR_HEAD_CUT : 0u) | (head->is_chunked && !head->may_be_chunked ? VG_ATTR_CHUNKED : 0u);
	c->flags |= flow->dir[dir].has_conflict ? VG_ATTR_CONFLICT : 0u;
	c->flags |= flow->is_ambiguous ? VG_ATTR_AMBIGUOUS : 0u;
}

/* Which resource it is a piece of. */
static void card_pieces(struct vg_proto *p, const struct vg_http1_flow *flow, const struct vg_http1_head *head)
{
	struct vg_version version = {
		.status = head->status, .range = head->range, .etag = head->etag, .modified = head->modified
	};

	vg_pieces_card(p, &flow->base.ident, &version);
}

void vg_http1_card_upload(struct vg_proto *p, const struct vg_http1_flow *flow, unsigned dir,
			  const struct vg_http1_head *head)
{
	struct vg_http1_ask ask;
	(void)vg_http1_ask_make(p, flow, dir, &ask, head);
	vg_http1_card_ask(p, &ask);
	card_head(p, flow, dir, head);
	p->card.direction = VG_UPLOAD;
	p->card.flags |= flow->dir[dir].marks;
	card_pieces(p, flow, head);
}

void vg_http1_card_download(struct vg_proto *p, const struct vg_http1_flow *flow, unsigned dir,
			    const struct vg_http1_head *head, const struct vg_http1_ask *ask, uint32_t marks)
{
	vg_http1_card_ask(p, ask);
	card_head(p, flow, dir, head);
	p->card.flags |= marks;
	p->card.direction = VG_DOWNLOAD;
	p->card.http_status = head->status;
	card_pieces(p, flow, head);
}

void vg_http1_card_sight(struct vg_proto *p, const struct vg_http1_flow *flow, unsigned dir,
			 const struct vg_http1_head *head, const struct vg_http1_ask *ask, uint32_t marks)
{
	static const struct vg_http1_head none;

	if (!(marks & VG_ATTR_LISTED) || !ask)
		return;
	vg_http1_card_download(p, flow, dir, head ? head : &none, ask, marks);
	vg_target_sight(p, ask->wall_ns);
}
