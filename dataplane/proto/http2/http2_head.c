/* Header fields to what attribution needs of them: the same fields as HTTP/1's, and the pseudo-fields of RFC 9113
 * 8.3. Names are told apart by their length first. */
#include "dataplane/proto/http1/http1_head.h"
#include "dataplane/proto/http1/http1_text.h"
#include "dataplane/proto/http2/http2_priv.h"
#include "dataplane/proto/target.h"

static int is(struct vg_span s, const char *word)
{
	return !memcmp(s.at, word, s.n_bytes);
}

static void pseudo_take(struct vg_http2_head *h, struct vg_span name, struct vg_span value)
{
	if (name.n_bytes == 7 && is(name, ":method")) {
		h->is_request = 1;
		h->is_connect = value.n_bytes == 7 && is(value, "CONNECT");
		h->ask.n_method = vg_http1_copy(value, h->ask.method, sizeof(h->ask.method), &h->ask.cut);
	} else if (name.n_bytes == 5 && is(name, ":path")) {
		h->is_request = 1;
		h->ask.n_url = vg_http1_copy(value, h->ask.url, sizeof(h->ask.url), &h->ask.cut);
		h->n_long = value.n_bytes > sizeof(h->ask.url) ? vg_target_normal(value, h->long_url, &h->ask.cut) : 0;
		h->ask.n_filename = vg_http1_segment(value, h->ask.filename, sizeof(h->ask.filename), &h->ask.cut);
	} else if (name.n_bytes == 9 && is(name, ":protocol")) { /* RFC 8441 4 */
		h->is_websocket = value.n_bytes == 9 && is(value, "websocket");
	} else if (name.n_bytes == 10 && is(name, ":authority")) {
		h->is_request = 1;
		h->ask.n_host = vg_http1_copy(vg_target_host(value), h->ask.host, sizeof(h->ask.host), &h->ask.cut);
	} else if (name.n_bytes == 7 && is(name, ":status")) {
		h->status = 0;
		for (size_t i = 0; i < value.n_bytes && i < 3; i++)
			h->status = (uint16_t)(h->status * 10 + (value.at[i] - '0') % 10);
	}
}

static void length_take(struct vg_http2_head *h, struct vg_span value)
{
	uint64_t length = 0;

	if (h->has_length || !value.n_bytes || value.n_bytes > 18)
		return;
	for (size_t i = 0; i < value.n_bytes; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return;
		length = length * 10 + (value.at[i] - '0');
	}
	h->has_length = 1;
	h->length = length;
}

static void type_take(struct vg_http2_head *h, struct vg_span value)
{
	if (h->n_type)
		return;
	h->n_type = vg_http1_copy(value, h->type, sizeof(h->type), &h->ask.cut);
	h->n_boundary = vg_http1_boundary(value, h->boundary, sizeof(h->boundary), &h->ask.cut);
	h->is_grpc = value.n_bytes >= 16 && !memcmp(value.at, "application/grpc", 16) &&
		     (value.n_bytes == 16 || value.at[16] == '+' || value.at[16] == ';');
}

/* The end of it: the proxy that is nearest stands there. */
static void list_take(struct vg_http2_head *h, enum vg_trust_header header, struct vg_span value)
{
	size_t n = value.n_bytes;
	const uint8_t *comma;

	h->is_list_partial[header] |= h->n_list[header] || n > VG_HTTP2_LIST_BYTES;
	if (n > VG_HTTP2_LIST_BYTES) { /* whole elements only */
		comma = memchr(value.at + n - VG_HTTP2_LIST_BYTES, ',', VG_HTTP2_LIST_BYTES);
		n = comma ? (size_t)(value.at + n - comma) - 1 : 0;
	}
	memcpy(h->list[header], value.at + value.n_bytes - n, n);
	h->n_list[header] = (uint16_t)n;
}

static uint16_t version_take(struct vg_span value, char *to)
{
	size_t n = value.n_bytes < VG_HTTP2_VERSION_BYTES ? value.n_bytes : VG_HTTP2_VERSION_BYTES;

	memcpy(to, value.at, n);
	return (uint16_t)n;
}

static void forwarded_take(struct vg_http2_head *h, struct vg_span value)
{
	struct vg_ask *ask = &h->ask;

	list_take(h, VG_TRUST_FORWARDED, value);
	if (!ask->n_forwarded)
		ask->n_forwarded = vg_http1_forwarded(value, ask->forwarded, sizeof(ask->forwarded), &ask->cut);
}

static void forwarded_for_take(struct vg_http2_head *h, struct vg_span value)
{
	struct vg_ask *ask = &h->ask;

	list_take(h, VG_TRUST_X_FORWARDED_FOR, value);
	ask->n_forwarded = vg_http1_forwarded_for(value, ask->forwarded, sizeof(ask->forwarded), &ask->cut);
}

void vg_http2_head_take(struct vg_http2_head *h, struct vg_span name, struct vg_span value)
{
	struct vg_ask *ask = &h->ask;

	if (name.n_bytes && name.at[0] == ':') {
		pseudo_take(h, name, value);
		return;
	}
	switch (name.n_bytes) {
	case 4:
		if (is(name, "host") && !ask->n_host)
			ask->n_host = vg_http1_copy(vg_target_host(value), ask->host, sizeof(ask->host), &ask->cut);
		else if (is(name, "etag"))
			h->n_etag = version_take(value, h->etag);
		return;
	case 9:
		if (is(name, "forwarded"))
			forwarded_take(h, value);
		return;
	case 10:
		if (is(name, "user-agent"))
			ask->n_agent = vg_http1_copy(value, ask->agent, sizeof(ask->agent), &ask->cut);
		return;
	case 12:
		if (is(name, "content-type"))
			type_take(h, value);
		return;
	case 13:
		if (is(name, "grpc-encoding"))
			h->grpc_codings = vg_http1_codings(value, h->grpc_codings, NULL);
		else if (is(name, "content-range"))
			vg_range_take(value, &h->range);
		else if (is(name, "last-modified"))
			h->n_modified = version_take(value, h->modified);
		return;
	case 14:
		if (is(name, "content-length"))
			length_take(h, value);
		return;
	case 15:
		if (is(name, "x-forwarded-for"))
			forwarded_for_take(h, value);
		return;
	case 16:
		if (is(name, "content-encoding"))
			h->codings = vg_http1_codings(value, h->codings, NULL);
		return;
	case 19:
		if (is(name, "content-disposition") && !h->n_disposition)
			h->n_disposition = vg_http1_disposition(value, h->disposition, sizeof(h->disposition),
								&ask->cut);
		return;
	case 24:
		if (is(name, "sec-websocket-extensions"))
			h->deflate |= (uint8_t)vg_http1_upgrade_deflate(value);
		return;
	default:
		return;
	}
}
