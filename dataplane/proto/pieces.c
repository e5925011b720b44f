/* Names of resources are made of what both ends would call it by. */
#include "dataplane/proto/pieces.h"

#include <string.h>
#include <strings.h>

static size_t number_take(struct vg_span *rest, uint64_t *number)
{
	size_t n = 0;
	*number = 0;
	for (; n < rest->n_bytes && rest->at[n] >= '0' && rest->at[n] <= '9'; n++)
		*number = *number > (UINT64_MAX - 9) / 10 ? UINT64_MAX : *number * 10 + (uint64_t)(rest->at[n] - '0');
	*rest = (struct vg_span){ rest->at + n, rest->n_bytes - n };
	return n;
}

static int char_take(struct vg_span *rest, uint8_t c)
{
	int is_there = rest->n_bytes && rest->at[0] == c;
	if (is_there)
		*rest = (struct vg_span){ rest->at + 1, rest->n_bytes - 1 };
	return is_there;
}

void vg_range_take(struct vg_span value, struct vg_range *r)
{
	if (value.n_bytes < 6 || strncasecmp((const char *)value.at, "bytes", 5))
		return;
	value = (struct vg_span){ value.at + 5, value.n_bytes - 5 };
	while (char_take(&value, ' ') || char_take(&value, '\t'))
		;
	if (!number_take(&value, &r->off) || !char_take(&value, '-') || !number_take(&value, &r->last) ||
	    !char_take(&value, '/') || r->last < r->off)
		return;
	if (!number_take(&value, &r->total))
		r->total = UINT64_MAX;
	r->is_there = r->total > r->last;
}

static struct vg_span text_of(const char *text, uint16_t n_bytes)
{
	return (struct vg_span){ (const uint8_t *)text, n_bytes };
}

/* The value of parameter `name` ("x=") in the query of a URL; empty where it is not there. */
static struct vg_span query_param(struct vg_span url, const char *name)
{
	size_t n_name = strlen(name);
	const uint8_t *at = url.n_bytes ? memchr(url.at, '?', url.n_bytes) : NULL, *end = url.at + url.n_bytes, *amp;
	for (; at; at = amp) {
		at++;
		amp = memchr(at, '&', (size_t)(end - at));
		if ((size_t)(end - at) >= n_name && !memcmp(at, name, n_name))
			return (struct vg_span){ at + n_name, (size_t)((amp ? amp : end) - at) - n_name };
	}
	return (struct vg_span){ NULL, 0 };
}

static uint32_t number_of(struct vg_span digits)
{
	uint32_t n = 0;
	for (size_t i = 0; i < digits.n_bytes; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9' || n > 100000000u)
			return 0;
		n = n * 10 + (digits.at[i] - '0');
	}
	return n;
}

/* Ranges (RFC 9110 14): the same version of the same URL; where it has an entity tag, whatever the server was called. A
 * range of all of it is no piece. */
static void card_range(struct vg_proto *p, const struct vg_flow_ident *who, const struct vg_version *v)
{
	struct vg_attribution *c = &p->card;
	int is_multipart = v->status == 206 && c->n_boundary && !v->range.is_there, is_piece;
	struct vg_span none = { NULL, 0 }, url = text_of(c->url, c->n_url), host = text_of(c->host, c->n_host);
	struct vg_span texts[5] = {
		url, v->etag, v->etag.at ? none : v->modified, v->etag.at ? none : host, { &c->direction, 1 }
	};

	if (c->codings || (!c->n_url && !v->etag.at) || (c->direction == VG_DOWNLOAD && v->status / 100 != 2))
		return;
	is_piece = v->range.is_there && (v->range.off || v->range.last != v->range.total - 1);
	if (!is_piece && !is_multipart && (c->direction == VG_UPLOAD || c->size_hint == UINT64_MAX))
		return;
	c->resource = vg_card_resource(p, who, texts, 5);
	c->flags |= is_piece || is_multipart ? VG_ATTR_PIECE : 0u;
	c->range_off = is_multipart ? UINT64_MAX : is_piece ? v->range.off : 0;
	c->range_total = is_multipart ? UINT64_MAX : v->range.is_there ? v->range.total : c->size_hint;
}

/* Uploads in parts (S3 UploadPart, CompleteMultipartUpload). True where it is one. */
static int card_part(struct vg_proto *p, const struct vg_flow_ident *who)
{
	struct vg_attribution *c = &p->card;
	struct vg_span url = text_of(c->url, c->n_url), id = query_param(url, "uploadId="),
		       no = query_param(url, "partNumber="), path = url;
	const uint8_t *mark = url.n_bytes ? memchr(url.at, '?', url.n_bytes) : NULL;

	if (!id.n_bytes)
		return 0;
	path.n_bytes = (size_t)(mark - url.at);
	struct vg_span texts[3] = { text_of(c->host, c->n_host), path, id };
	c->part_no = number_of(no);
	if (no.n_bytes && !c->part_no)
		return 0;
	c->resource = vg_card_resource(p, who, texts, 3);
	c->range_off = c->range_total = UINT64_MAX;
	c->flags |= c->part_no ? VG_ATTR_PIECE : VG_ATTR_ALL_PARTS;
	return 1;
}

void vg_pieces_card(struct vg_proto *p, const struct vg_flow_ident *who, const struct vg_version *version)
{
	if (p->card.direction == VG_DOWNLOAD || !card_part(p, who))
		card_range(p, who, version);
}
