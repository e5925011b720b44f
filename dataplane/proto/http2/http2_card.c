/* Attribution: who, where and what was claimed, from one head and, for a response, from its request. */
#include "dataplane/proto/http2/http2_priv.h"

/* Which resource it is a piece of. */
static void pieces(struct vg_proto *p, const struct vg_http2_flow *flow, const struct vg_http2_head *head)
{
	struct vg_version version = { .status = head->status, .range = head->range };

	if (head->n_etag)
		version.etag = (struct vg_span){ (const uint8_t *)head->etag, head->n_etag };
	if (head->n_modified)
		version.modified = (struct vg_span){ (const uint8_t *)head->modified, head->n_modified };
	vg_pieces_card(p, &flow->base.ident, &version);
}

void vg_http2_card(struct vg_proto *p, const struct vg_http2_flow *flow, unsigned dir, const struct vg_http2_head *head,
		   const struct vg_ask *ask)
{
	struct vg_attribution *c = &p->card;
	int is_upload = head && head->is_request ? 1 : flow->role_known && dir == flow->client_dir;

	vg_ask_card(p, &flow->base.ident, ask);
	vg_card_who(c, &flow->base.ident, dir);
	c->proto = VG_PROTO_HTTP2;
	c->direction = is_upload ? VG_UPLOAD : VG_DOWNLOAD;
	c->size_hint = UINT64_MAX;
	c->flags |= flow->dir[dir].has_conflict ? VG_ATTR_CONFLICT : 0u;
	if (!head)
		return;
	c->http_status = head->status;
	c->codings = head->is_grpc ? 0 : head->codings;
	if (head->has_length && !head->is_grpc)
		c->size_hint = head->length;
	c->flags |= head->ask.cut ? VG_ATTR_HEAD_CUT : 0u;
	memcpy(c->type, head->type, head->n_type);
	c->n_type = head->n_type;
	memcpy(c->boundary, head->boundary, head->n_boundary);
	c->n_boundary = head->n_boundary;
	if (head->n_disposition) {
		memcpy(c->filename, head->disposition, head->n_disposition);
		c->n_filename = head->n_disposition;
	}
	if (!head->is_grpc)
		pieces(p, flow, head);
}
