#pragma once
/* xdr: reads XDR (RFC 4506) out of a bounded span. Past its end everything reads as 0 and `is_short` is set: the caller
 * looks once, at its end. Pure, any thread. */
#include <vigil/bytes.h>

struct vg_xdr {
	const uint8_t *at;
	uint32_t n_bytes, pos;
	int is_short;
};

static inline const uint8_t *vg_xdr_take(struct vg_xdr *x, uint64_t n_bytes)
{
	const uint8_t *at = x->at + x->pos;

	if (x->is_short || n_bytes > x->n_bytes - x->pos) {
		x->is_short = 1;
		return NULL;
	}
	x->pos += (uint32_t)n_bytes;
	return at;
}
static inline uint32_t vg_xdr_u32(struct vg_xdr *x)
{
	const uint8_t *at = vg_xdr_take(x, 4);

	return at ? vg_be32(at) : 0;
}
static inline uint64_t vg_xdr_u64(struct vg_xdr *x)
{
	const uint8_t *at = vg_xdr_take(x, 8);

	return at ? vg_be64(at) : 0;
}
/* Variable-length opaque data, string: with its padding. More than most bytes: as if it were not there. */
static inline struct vg_span vg_xdr_opaque(struct vg_xdr *x, uint32_t most)
{
	uint32_t n = vg_xdr_u32(x);
	const uint8_t *at;

	if (n > most)
		x->is_short = 1;
	at = vg_xdr_take(x, ((uint64_t)n + 3) & ~3ull);
	return at ? (struct vg_span){ at, n } : (struct vg_span){ x->at, 0 };
}
