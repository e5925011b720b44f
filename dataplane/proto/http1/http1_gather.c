/* A head that lies whole in one span is parsed there. One that does not is gathered: first in a small buffer, then,
 * while the pool lasts, in one of the greatest size a head may have. */
#include "dataplane/proto/http1/http1_priv.h"

/* Bytes appended at a time, so that little of a body behind the head is copied. */
#define STEP_BYTES 1024u

void vg_http1_gather_drop(struct vg_proto *p, struct vg_http1_dir *d)
{
	if (d->gather)
		vg_pool_give(d->gather_cap == VG_GATHER_SMALL ? &vg_http1_of(p)->small : &vg_http1_of(p)->large,
			     d->gather);
	d->gather = NULL;
	d->n_gather = 0;
}

enum vg_step vg_http1_gather_put(struct vg_proto *p, struct vg_http1_dir *d, const uint8_t *bytes, size_t n_bytes)
{
	if (!d->gather) {
		d->gather = vg_pool_take(&vg_http1_of(p)->small);
		d->gather_cap = VG_GATHER_SMALL;
		d->n_gather = 0;
		if (!d->gather)
			return VG_SKIP;
	}
	if (d->n_gather + n_bytes > d->gather_cap) {
		uint8_t *larger = d->gather_cap == VG_GATHER_SMALL ? vg_pool_take(&vg_http1_of(p)->large) : NULL;
		if (!larger)
			return VG_SKIP;
		memcpy(larger, d->gather, d->n_gather);
		vg_pool_give(&vg_http1_of(p)->small, d->gather);
		d->gather = larger;
		d->gather_cap = VG_GATHER_LARGE;
	}
	memcpy(d->gather + d->n_gather, bytes, n_bytes);
	d->n_gather += (uint32_t)n_bytes;
	return VG_MORE;
}

/* A candidate of hunt: its start line must be text and parse, or the hunt goes on. VG_BAD: it does not, and the hunt
 * is to go on behind the first *n_seen bytes. Else the line is fine so far. */
static enum vg_step line_check(struct vg_http1_dir *d, size_t n_before, size_t *n_seen)
{
	struct vg_http1_head head;
	const uint8_t *lf = memchr(d->gather + n_before, '\n', d->n_gather - n_before);
	size_t n_line = lf ? (size_t)(lf - d->gather) : d->n_gather;
	for (size_t i = n_before; i < n_line; i++) {
		uint8_t c = d->gather[i];
		*n_seen = i;
		if (i >= VG_HTTP1_MAX_START_BYTES || c == 0x7f || (c < ' ' && c != '\r' && c != '\t'))
			return VG_BAD;
	}
	*n_seen = n_line + 1;
	if (!lf)
		return VG_MORE;
	d->has_line = 1;
	return vg_http1_start_line(d->gather, n_line, &head);
}

enum vg_step vg_http1_gather_feed(struct vg_proto *p, struct vg_http1_dir *d, const uint8_t *bytes, size_t n_bytes,
				  size_t *n_eaten, struct vg_http1_head *head)
{
	size_t end = 0, n, n_before = d->n_gather;
	*n_eaten = 0;
	if (!d->gather) {
		end = vg_http1_head_end(bytes, n_bytes, 0);
		if (end > VG_HTTP1_MAX_HEAD_BYTES || (!end && n_bytes >= VG_HTTP1_MAX_HEAD_BYTES)) {
			*n_eaten = VG_HTTP1_MAX_HEAD_BYTES;
			return VG_BAD;
		}
		if (end) {
			*n_eaten = end;
			return vg_http1_head_parse(bytes, end, head);
		}
	}
	n = n_bytes < STEP_BYTES ? n_bytes : STEP_BYTES;
	if (n > VG_HTTP1_MAX_HEAD_BYTES - n_before)
		n = VG_HTTP1_MAX_HEAD_BYTES - n_before;
	if (!n)
		return VG_BAD;
	if (vg_http1_gather_put(p, d, bytes, n) == VG_SKIP)
		return VG_SKIP;
	*n_eaten = n;
	if (d->is_tentative && !d->has_line && line_check(d, n_before, &end) == VG_BAD) {
		*n_eaten = end - n_before;
		return VG_BAD;
	}
	end = vg_http1_head_end(d->gather, d->n_gather, n_before);
	if (!end)
		return VG_MORE;
	*n_eaten = end - n_before;
	return vg_http1_head_parse(d->gather, end, head);
}
