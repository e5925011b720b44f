/* Multipart bodies, also nested: first byte is the length of the boundary, second the size of pieces, third where a
 * hole lies; then the boundary and the body. Every part begins and ends once, in order, inside the body; members of
 * the whole walk (hashing/body) stay inside what was fed. */
#include <stdlib.h>

#include "hashing/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct watch {
	uint64_t begin_off, n_bytes, last_end_off;
	bool open;
};

static void on_begin(void *ctx, const struct vg_part_head *head, uint64_t begin_off)
{
	struct watch *w = ctx;

	if (w->open || begin_off < w->last_end_off || head->n_filename > VG_PART_NAME_BYTES ||
	    head->n_boundary > VG_PART_BOUNDARY)
		abort();
	*w = (struct watch){ .begin_off = begin_off, .open = true };
}
static void on_bytes(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	struct watch *w = ctx;
	volatile uint8_t last = bytes[n_bytes - 1];

	(void)last;
	if (!w->open)
		abort();
	w->n_bytes += n_bytes;
}
static void on_end(void *ctx, uint64_t end_off, enum vg_part_end how)
{
	struct watch *w = ctx;

	(void)how;
	if (!w->open || end_off - w->begin_off != w->n_bytes)
		abort();
	w->open = false;
	w->last_end_off = end_off;
}

static void on_member(void *ctx, const struct vg_body_member *m)
{
	const size_t *n_body = ctx;

	if (m->n_bytes > *n_body || m->bytes.n_bytes > m->n_bytes || m->n_name > VG_PART_NAME_BYTES)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vg_body_setup setup = { .keep_bytes = 4096,
						    .member_keep_bytes = 256,
						    .max_unpacked_bytes = 1 << 20,
						    .max_members = 50,
						    .max_spans = 16 };
	struct watch watch = { 0, 0, 0, false };
	struct vg_multipart_sink sink = { &watch, on_begin, on_bytes, on_end };
	struct vg_multipart *m;
	struct vg_body *b;
	struct vg_body_end end;
	size_t n_boundary, n_piece, n_hole, n;
	const char *boundary;
	const uint8_t *body;

	if (size < 4 || size < 3u + data[0] % 80)
		return 0;
	n_boundary = data[0] % 80;
	n_piece = data[1] + 1u;
	n_hole = data[2];
	boundary = (const char *)data + 3;
	body = data + 3 + n_boundary;
	n = size - 3 - n_boundary;
	m = malloc(sizeof(*m));
	b = vg_body_create(&setup);
	if (!m || !b)
		abort();
	if (vg_multipart_init(m, boundary, n_boundary, &sink) == VG_OK) {
		for (size_t at = 0; at < n; at += n_piece) {
			if (n_hole && at / n_piece == n_hole)
				vg_multipart_gap(m);
			(void)vg_multipart_feed(m, body + at, n - at < n_piece ? n - at : n_piece);
		}
		vg_multipart_end(m);
		if (watch.open)
			abort();
	}
	vg_body_begin(
		b, &(struct vg_body_begin){ .digests = VG_DIGEST_ALL,
					    .boundary = boundary,
					    .n_boundary = n_boundary > VG_PART_BOUNDARY ? VG_PART_BOUNDARY : n_boundary,
					    .on_member = on_member,
					    .ctx = &n });
	for (size_t at = 0; at < n; at += n_piece)
		vg_body_feed(b, body + at, n - at < n_piece ? n - at : n_piece);
	vg_body_end(b, &end);
	vg_body_destroy(b);
	free(m);
	return 0;
}
