/* The rarer codings: zstd, lzma and xz, and the messages of a WebSocket, the files of a compressed rsync. */
#include <stdio.h>

#include "hashing/unpack/coding_priv.h"

/* What one decoder made in l->piece. */
static bool give(struct vg_coding_stack *s, uint32_t layer_idx, const uint8_t *made, size_t n_made)
{
	return !n_made ||
	       (vg_budget_make(s->budget, n_made) && vg_coding_pass_on(s, layer_idx, made, n_made) != VG_BAD);
}

enum vg_step vg_coding_feed_zstd(struct vg_coding_stack *s, uint32_t layer_idx, struct vg_span *in)
{
	struct layer *l = &s->layers[layer_idx];
	ZSTD_inBuffer from = { in->at, in->n_bytes, 0 };

	for (;;) {
		ZSTD_outBuffer to = { l->piece, sizeof(l->piece), 0 };
		size_t left = ZSTD_decompressStream(l->zstd, &to, &from);
		bool failed = ZSTD_isError(left);
		if (!give(s, layer_idx, l->piece, to.pos) || failed)
			return vg_coding_broken(s);
		l->is_ended = !left; /* of a frame; another may follow */
		if (from.pos == from.size && to.pos < to.size)
			break;
	}
	in->n_bytes = 0;
	return VG_MORE;
}

enum vg_step vg_coding_feed_lzma(struct vg_coding_stack *s, uint32_t layer_idx, struct vg_span *in)
{
	struct layer *l = &s->layers[layer_idx];

	l->lzma.next_in = in->at;
	l->lzma.avail_in = in->n_bytes;
	for (;;) {
		l->lzma.next_out = l->piece;
		l->lzma.avail_out = sizeof(l->piece);
		lzma_ret r = lzma_code(&l->lzma, LZMA_RUN);
		if (!give(s, layer_idx, l->piece, sizeof(l->piece) - l->lzma.avail_out))
			return vg_coding_broken(s);
		if (r == LZMA_STREAM_END) {
			l->method = FINISHED;
			return VG_MORE;
		}
		if (r != LZMA_OK && r != LZMA_BUF_ERROR)
			return vg_coding_broken(s);
		if (!l->lzma.avail_in && l->lzma.avail_out)
			break;
	}
	in->n_bytes = 0;
	return VG_MORE;
}

/* Bytes of a message through the inflater that all messages of the layer share. */
static enum vg_step inflate_message(struct vg_coding_stack *s, uint32_t layer_idx, struct vg_span in)
{
	struct layer *l = &s->layers[layer_idx];

	l->z.next_in = (z_const Bytef *)(uintptr_t)in.at;
	l->z.avail_in = (uInt)in.n_bytes;
	for (;;) {
		l->z.next_out = l->piece;
		l->z.avail_out = sizeof(l->piece);
		int r = inflate(&l->z, Z_SYNC_FLUSH);
		if (!give(s, layer_idx, l->piece, sizeof(l->piece) - l->z.avail_out))
			return vg_coding_broken(s);
		if (r == Z_STREAM_END) { /* allowed (RFC 7692 7.2.3.4): the next block begins anew */
			if (inflateReset(&l->z) != Z_OK)
				return vg_coding_broken(s);
			if (!l->z.avail_in)
				return VG_MORE;
			continue;
		}
		if (!l->z.avail_in && (r == Z_BUF_ERROR || (r == Z_OK && l->z.avail_out)))
			return VG_MORE;
		if (r != Z_OK)
			return vg_coding_broken(s);
	}
}

/* The lines between two parts: the end of one, or the head of the next. */
static enum vg_step message_edge(struct vg_coding_stack *s, uint32_t layer_idx, bool is_begin)
{
	struct layer *l = &s->layers[layer_idx];
	char text[192];
	int n = is_begin && l->n_messages++
			? snprintf(text, sizeof(text),
				   "\r\nContent-Disposition: attachment; filename=\"message-%u\"\r\n\r\n",
				   l->n_messages)
		: is_begin ? snprintf(text, sizeof(text),
				      "--%.*s\r\nContent-Disposition: attachment; filename=\"message-1\"\r\n\r\n",
				      (int)s->n_boundary, s->boundary)
			   : snprintf(text, sizeof(text), "\r\n--%.*s", (int)s->n_boundary, s->boundary);

	return give(s, layer_idx, (const uint8_t *)text, (size_t)n) ? VG_MORE : vg_coding_broken(s);
}

enum vg_step vg_coding_feed_messages(struct vg_coding_stack *s, uint32_t layer_idx, struct vg_span *in)
{
	static const uint8_t tail[4] = { 0, 0, 0xff, 0xff }; /* RFC 7692 7.2.2 */
	struct layer *l = &s->layers[layer_idx];
	struct vg_span data;
	enum vg_step step = VG_MORE;

	while (step == VG_MORE) {
		switch (vg_messages_next(&l->messages, in, &data)) {
		case VG_MESSAGES_MORE:
			return VG_MORE;
		case VG_MESSAGES_BEGIN:
			step = message_edge(s, layer_idx, true);
			break;
		case VG_MESSAGES_DATA:
			step = l->zstd ? vg_coding_feed_zstd(s, layer_idx, &data) : inflate_message(s, layer_idx, data);
			break;
		case VG_MESSAGES_END:
			if (!l->zstd)
				step = inflate_message(s, layer_idx, (struct vg_span){ tail, sizeof(tail) });
			if (step == VG_MORE)
				step = message_edge(s, layer_idx, false);
			break;
		}
	}
	return step;
}
