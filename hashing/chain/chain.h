#pragma once
/* chain: the bytes of one file as a list of borrowed spans in order, so that a file spread over arena chunks is read,
 * digested and decoded without a copy. Pure, any thread, no heap. The spans and their bytes belong to whoever made the
 * chain and live as long as it says; no span is empty; n_bytes is the sum of them all. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/bytes.h>
#include <vigil/err.h>

struct vg_chain {
	const struct vg_span *spans;
	uint32_t n_spans;
	uint64_t n_bytes;
};

/* A place in a chain. Caller's storage; borrowed chain; copy it to come back to a place. */
struct vg_chain_reader {
	const struct vg_chain *chain;
	uint32_t span_idx; /* the span the next byte lies in; n_spans at the end */
	size_t span_off;   /* and where in it */
	uint64_t off;      /* the same place as an offset from the chain's first byte */
};

/* Puts a reader at the first byte. */
static inline void vg_chain_reader_init(struct vg_chain_reader *r, const struct vg_chain *chain)
{
	*r = (struct vg_chain_reader){ .chain = chain };
}
/* How many bytes lie between the reader and the end. */
static inline uint64_t vg_chain_left(const struct vg_chain_reader *r)
{
	return r->chain->n_bytes - r->off;
}
/* The next contiguous piece, at most max_bytes of it; the reader moves behind it. Borrowed from the chain. At the end
 * of the chain n_bytes is 0. */
static inline struct vg_span vg_chain_next(struct vg_chain_reader *r, size_t max_bytes)
{
	struct vg_span piece = { NULL, 0 };
	if (r->span_idx >= r->chain->n_spans || !max_bytes)
		return piece;
	const struct vg_span *s = &r->chain->spans[r->span_idx];
	piece.at = s->at + r->span_off;
	piece.n_bytes = s->n_bytes - r->span_off < max_bytes ? s->n_bytes - r->span_off : max_bytes;
	r->off += piece.n_bytes;
	r->span_off += piece.n_bytes;
	if (r->span_off == s->n_bytes) {
		r->span_idx++;
		r->span_off = 0;
	}
	return piece;
}

/* Copies the next n_bytes to `to`; returns how many there were (fewer only at the end). */
size_t vg_chain_read(struct vg_chain_reader *r, void *to, size_t n_bytes);

/* Moves the reader n_bytes on; returns how many there were (fewer only at the end). */
uint64_t vg_chain_skip(struct vg_chain_reader *r, uint64_t n_bytes);

/* Copies up to n_bytes from offset `off` of the chain to `to`; returns how many there were. */
size_t vg_chain_copy(const struct vg_chain *chain, uint64_t off, void *to, size_t n_bytes);

/* The part off .. off+n_bytes of a chain as a chain of its own over the caller's `spans` (room for max_spans; the bytes
 * stay borrowed). VG_OK; VG_ERANGE: not wholly inside; VG_EFULL: it has more spans. */
enum vg_err vg_chain_sub(const struct vg_chain *chain, uint64_t off, uint64_t n_bytes, struct vg_span *spans,
			 uint32_t max_spans, struct vg_chain *part);
