/* A simple request (RFC 1945 4.1): "GET /target" and a line end, as the first line of a connection. It may lie in what
 * was gathered and in what just came. */
#include "dataplane/proto/http1/http1_priv.h"
#include "dataplane/proto/http1/http1_text.h"

static uint8_t at(const struct vg_http1_dir *d, const uint8_t *bytes, size_t i)
{
	return i < d->n_gather ? d->gather[i] : bytes[i - d->n_gather];
}

/* A line of n bytes, without its end. */
static int is_simple(const struct vg_http1_dir *d, const uint8_t *bytes, size_t n)
{
	static const uint8_t begin[5] = { 'G', 'E', 'T', ' ', '/' };

	while (n && (at(d, bytes, n - 1) == '\r' || at(d, bytes, n - 1) == ' '))
		n--;
	if (n < sizeof(begin) || n > VG_HTTP1_MAX_START_BYTES)
		return 0;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = at(d, bytes, i);
		if (i < sizeof(begin) ? c != begin[i] : c <= ' ' || c == 0x7f)
			return 0;
	}
	return 1;
}

/* The request stands at text: its words go along to the protocol that takes the flow. */
static void leave(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, const uint8_t *text, size_t n)
{
	struct vg_http1_head head = { .method = { text, 3 }, .target = { text + 4, n - 4 } }, none = { .status = 200 };
	uint32_t marks;

	while (head.target.n_bytes && head.target.at[head.target.n_bytes - 1] <= ' ')
		head.target.n_bytes--;
	vg_count(p->stats, VG_C_HTTP_SIMPLE, 1);
	vg_http1_pair_request(p, flow, dir, &head, 0);
	(void)vg_http1_pair_response(p, flow, !dir, &none, 0, &flow->left_ask, &marks);
	flow->client_dir = (uint8_t)dir;
	flow->base.next_app = VG_APP_HTTP09;
}

int vg_http1_simple_take(struct vg_proto *p, struct vg_http1_flow *flow, unsigned dir, const uint8_t *bytes, size_t n,
			 size_t *n_eaten)
{
	struct vg_http1_dir *d = &flow->dir[dir];
	const uint8_t *lf;

	if (d->has_line || d->is_tentative || d->role != VG_ROLE_UNKNOWN || flow->dir[!dir].role != VG_ROLE_UNKNOWN ||
	    flow->base.ident.midstream || !p->parsers[VG_APP_HTTP09])
		return 0;
	lf = memchr(bytes, '\n', n);
	if (!lf)
		return 0;
	d->has_line = 1;
	*n_eaten = (size_t)(lf - bytes) + 1;
	if (!is_simple(d, bytes, d->n_gather + *n_eaten - 1))
		return 0;
	if (d->n_gather && vg_http1_gather_put(p, d, bytes, *n_eaten) != VG_MORE)
		return 0;
	leave(p, flow, dir, d->n_gather ? d->gather : bytes, d->n_gather ? d->n_gather : *n_eaten);
	vg_http1_gather_drop(p, d);
	return 1;
}
