/* Header blocks (RFC 9113 4.3) through HPACK. nghttp2 allocates through hooks: out of the heap, within the purse of the
 * direction; where that is empty it fails, and the table begins anew. */
#include "dataplane/proto/http2/http2_priv.h"

static void *purse_take(size_t n_bytes, void *user)
{
	struct vg_http2_purse *purse = user;
	void *block = n_bytes && purse->n_bytes < VG_HTTP2_MAX_HPACK_BYTES ? vg_http2_heap_take(purse->heap, n_bytes)
									   : NULL;

	if (block)
		purse->n_bytes += vg_http2_heap_block_bytes(purse->heap, block);
	return block;
}

static void purse_give(void *block, void *user)
{
	struct vg_http2_purse *purse = user;

	if (!block)
		return;
	purse->n_bytes -= vg_http2_heap_block_bytes(purse->heap, block);
	vg_http2_heap_give(purse->heap, block);
}

static void *purse_take_zero(size_t n, size_t size, void *user)
{
	void *block = n <= SIZE_MAX / (size ? size : 1) ? purse_take(n * size, user) : NULL;

	if (block)
		memset(block, 0, n * size);
	return block;
}

static void *purse_change(void *block, size_t n_bytes, void *user)
{
	struct vg_http2_purse *purse = user;
	size_t n_old = block ? vg_http2_heap_block_bytes(purse->heap, block) : 0;
	void *other;

	if (block && n_bytes <= n_old)
		return block;
	other = purse_take(n_bytes, user);
	if (other && block) {
		memcpy(other, block, n_old);
		purse_give(block, user);
	}
	return other;
}

/* The inflater, made with the first block. False: no memory. */
static int has_inflater(struct vg_proto *p, struct vg_http2_dir *d)
{
	if (d->inflater)
		return 1;
	d->purse = (struct vg_http2_purse){ .mem = { &d->purse, purse_take, purse_give, purse_take_zero, purse_change },
					    .heap = &vg_http2_of(p)->heap };
	if (nghttp2_hd_inflate_new2(&d->inflater, &d->purse.mem)) {
		d->inflater = NULL;
		return 0;
	}
	(void)nghttp2_hd_inflate_change_table_size(d->inflater, VG_HTTP2_MAX_TABLE_BYTES);
	return 1;
}

static void inflater_drop(struct vg_http2_dir *d)
{
	if (d->inflater)
		nghttp2_hd_inflate_del(d->inflater);
	d->inflater = NULL;
}

static struct vg_http2_head *head_take(struct vg_proto *p)
{
	struct vg_http2_head *h = vg_pool_take(&vg_http2_of(p)->heads);

	if (!h) {
		vg_count(p->stats, VG_C_HTTP2_NO_STATE, 1);
		return NULL;
	}
	h->ask.n_method = h->ask.n_host = h->ask.n_url = h->ask.n_filename = h->ask.n_agent = h->ask.n_forwarded = 0;
	h->ask.cut = h->ask.is_client = 0;
	h->ask.marks = h->n_long = 0;
	h->n_list[0] = h->n_list[1] = 0;
	h->is_list_partial[0] = h->is_list_partial[1] = 0;
	h->status = h->n_type = h->n_boundary = h->n_disposition = 0;
	h->is_websocket = h->deflate = 0;
	h->is_request = h->is_connect = h->is_grpc = h->has_length = h->is_bad = 0;
	h->codings = h->grpc_codings = h->n_fields = 0;
	h->length = 0;
	return h;
}

void vg_http2_block_begin(struct vg_proto *p, struct vg_http2_dir *d)
{
	d->in_block = 1;
	d->n_block_bytes = 0;
	if (d->head)
		vg_pool_give(&vg_http2_of(p)->heads, d->head);
	d->head = head_take(p);
	if (!has_inflater(p, d)) {
		vg_count(p->stats, VG_C_HTTP2_NO_STATE, 1);
		if (d->head)
			d->head->is_bad = 1;
	}
}

/* What is broken of a block stays unread. */
void vg_http2_block_lost(struct vg_proto *p, struct vg_http2_dir *d)
{
	if (d->inflater)
		vg_count(p->stats, VG_C_HTTP2_TABLE_LOST, 1);
	inflater_drop(d);
	if (d->head)
		d->head->is_bad = 1;
}

static void inflate(struct vg_proto *p, struct vg_http2_dir *d, const uint8_t *bytes, size_t n_bytes, int is_final)
{
	while (d->inflater) {
		nghttp2_nv nv;
		int flags = 0;
		ssize_t n = nghttp2_hd_inflate_hd2(d->inflater, &nv, &flags, bytes, n_bytes, is_final);
		if (n < 0) {
			vg_http2_block_lost(p, d);
			return;
		}
		bytes += n;
		n_bytes -= (size_t)n;
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) && d->head) {
			if (d->head->n_fields++ < VG_HTTP2_MAX_FIELDS)
				vg_http2_head_take(d->head, (struct vg_span){ nv.name, nv.namelen },
						   (struct vg_span){ nv.value, nv.valuelen });
			else
				d->head->ask.cut = 1;
		}
		if (flags & NGHTTP2_HD_INFLATE_FINAL) {
			(void)nghttp2_hd_inflate_end_headers(d->inflater);
			return;
		}
		if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && !n_bytes)
			return;
	}
}

void vg_http2_block_feed(struct vg_proto *p, struct vg_http2_dir *d, const uint8_t *bytes, size_t n_bytes)
{
	size_t n_room = VG_HTTP2_MAX_BLOCK_BYTES - d->n_block_bytes;

	if (n_bytes > n_room) {
		inflate(p, d, bytes, n_room, 0);
		d->n_block_bytes = VG_HTTP2_MAX_BLOCK_BYTES;
		if (d->inflater)
			vg_http2_block_lost(p, d);
		return;
	}
	d->n_block_bytes += (uint32_t)n_bytes;
	inflate(p, d, bytes, n_bytes, 0);
}

void vg_http2_block_end(struct vg_proto *p, struct vg_http2_dir *d)
{
	static const uint8_t nothing[1];

	inflate(p, d, nothing, 0, 1);
	d->in_block = 0;
}

void vg_http2_block_drop(struct vg_proto *p, struct vg_http2_dir *d)
{
	if (d->head)
		vg_pool_give(&vg_http2_of(p)->heads, d->head);
	d->head = NULL;
	d->in_block = 0;
	inflater_drop(d);
}
