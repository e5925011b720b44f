/* Attribution: who, where and what was claimed, from one head and, for a response, from its request. */
#include "dataplane/proto/http1/http1_priv.h"
#include "dataplane/proto/http1/http1_text.h"

void vg_http1_ask_fill(struct vg_http1_ask *ask, const struct vg_http1_head *head)
{
	struct vg_span authority = vg_http1_authority(head->target);
	ask->cut = 0;
	ask->n_method = vg_http1_copy(head->method, ask->method, sizeof(ask->method), &ask->cut);
	ask->n_host = vg_http1_copy(authority.n_bytes ? authority : head->host, ask->host, sizeof(ask->host),
				    &ask->cut);
	ask->n_url = vg_http1_copy(head->target, ask->url, sizeof(ask->url), &ask->cut);
	ask->n_filename = vg_http1_segment(head->target, ask->filename, sizeof(ask->filename), &ask->cut);
	ask->n_agent = vg_http1_copy(head->agent, ask->agent, sizeof(ask->agent), &ask->cut);
	ask->n_forwarded = 0;
	if (head->forwarded_for.n_bytes)
		ask->n_forwarded = vg_http1_forwarded_for(head->forwarded_for, ask->forwarded, sizeof(ask->forwarded),
							  &ask->cut);
	else if (head->forwarded.n_bytes)
		ask->n_forwarded = vg_http1_forwarded(head->forwarded, ask->forwarded, sizeof(ask->forwarded),
						      &ask->cut);
}

void vg_http1_card_ask(struct vg_proto *p, const struct vg_http1_ask *ask)
{
	struct vg_attribution *c = &p->card;
	memset(c, 0, sizeof(*c));
	if (!ask)
		return;
#define VG_TAKE(field)                                        \
	do {                                                  \
		memcpy(c->field, ask->field, ask->n_##field); \
		c->n_##field = ask->n_##field;                \
	} while (0)
	memcpy(c->method, ask->method, ask->n_method);
	c->n_method = (uint8_t)ask->n_method;
	VG_TAKE(host);
	VG_TAKE(url);
	VG_TAKE(filename);
	VG_TAKE(agent);
	VG_TAKE(forwarded);
#undef VG_TAKE
	c->flags = ask->cut ? VG_ATTR_HEAD_CUT : 0;
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
	c->flags |= cut ? VG_ATTR_HEAD_CUT : 0u;
	c->flags |= flow->dir[dir].has_conflict ? VG_ATTR_CONFLICT : 0u;
	c->flags |= flow->is_ambiguous ? VG_ATTR_AMBIGUOUS : 0u;
}

void vg_http1_card_upload(struct vg_proto *p, const struct vg_http1_flow *flow, unsigned dir,
			  const struct vg_http1_head *head)
{
	struct vg_http1_ask ask;
	vg_http1_ask_fill(&ask, head);
	vg_http1_card_ask(p, &ask);
	card_head(p, flow, dir, head);
	p->card.direction = VG_UPLOAD;
}

void vg_http1_card_download(struct vg_proto *p, const struct vg_http1_flow *flow, unsigned dir,
			    const struct vg_http1_head *head, const struct vg_http1_ask *ask)
{
	vg_http1_card_ask(p, ask);
	card_head(p, flow, dir, head);
	p->card.direction = VG_DOWNLOAD;
	p->card.http_status = head->status;
}
