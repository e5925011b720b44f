#pragma once
/* exact: where in a sorted section of digests a value can stand: the first record of each of 2^n_bits ranges of leading
 * bits, some four records each, so that a look-up touches two or three cache lines. About one byte a record. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/index_format.h>

struct vg_exact {
	uint32_t *first; /* 2^n_bits + 1 of them; NULL: nothing is known, all records are searched */
	uint32_t n_bits;
};

/* Reads a checked, sorted section through (not hot). Where memory is short first stays NULL: the same is found, only
 * slower. */
void vg_exact_init(struct vg_exact *exact, const struct vg_index_view *view, enum vg_algo algo);
void vg_exact_fini(struct vg_exact *exact);

/* As vg_index_find(), in the section it was made of. Hot. */
uint32_t vg_exact_find(const struct vg_exact *exact, const struct vg_index_view *view, enum vg_algo algo,
		       const uint8_t *value, uint32_t *entry_idx, uint32_t max_hits);

/* Range of a value; n_bits 1 .. 32. */
static inline uint32_t vg_exact_range(const uint8_t *value, uint32_t n_bits)
{
	uint32_t word;
	memcpy(&word, value, sizeof(word));
	return __builtin_bswap32(word) >> (32 - n_bits);
}
