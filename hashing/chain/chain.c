/* Everything here walks spans one by one: chains are short (a 4 MB picture in 64 KiB chunks has 64). */
#include "hashing/chain/chain.h"

size_t vg_chain_read(struct vg_chain_reader *r, void *to, size_t n_bytes)
{
	uint8_t *at = to;
	size_t n_done = 0;

	while (n_done < n_bytes) {
		struct vg_span piece = vg_chain_next(r, n_bytes - n_done);
		if (!piece.n_bytes)
			break;
		memcpy(at + n_done, piece.at, piece.n_bytes);
		n_done += piece.n_bytes;
	}
	return n_done;
}

uint64_t vg_chain_skip(struct vg_chain_reader *r, uint64_t n_bytes)
{
	uint64_t n_done = 0;

	while (n_done < n_bytes) {
		struct vg_span piece = vg_chain_next(r, n_bytes - n_done);
		if (!piece.n_bytes)
			break;
		n_done += piece.n_bytes;
	}
	return n_done;
}

size_t vg_chain_copy(const struct vg_chain *chain, uint64_t off, void *to, size_t n_bytes)
{
	struct vg_chain_reader r;

	vg_chain_reader_init(&r, chain);
	if (vg_chain_skip(&r, off) < off)
		return 0;
	return vg_chain_read(&r, to, n_bytes);
}

enum vg_err vg_chain_sub(const struct vg_chain *chain, uint64_t off, uint64_t n_bytes, struct vg_span *spans,
			 uint32_t max_spans, struct vg_chain *part)
{
	struct vg_chain_reader r;
	uint32_t n = 0;
	uint64_t left = n_bytes;

	*part = (struct vg_chain){ .spans = spans };
	if (off > chain->n_bytes || n_bytes > chain->n_bytes - off)
		return VG_ERANGE;
	vg_chain_reader_init(&r, chain);
	(void)vg_chain_skip(&r, off);
	while (left) {
		if (n == max_spans)
			return VG_EFULL;
		spans[n] = vg_chain_next(&r, left);
		if (!spans[n].n_bytes)
			return VG_ERANGE;
		left -= spans[n++].n_bytes;
	}
	part->n_spans = n;
	part->n_bytes = n_bytes;
	return VG_OK;
}
