#pragma once
/* exact: where in a sorted section of digests a value stands, by one cache line for each range of the first 32 bits.
 * A line has the number of its first record and one byte of each of its records, in their order: a byte that no record
 * of the range has says "not there" (nine times of ten), one that some have says which. So a miss touches one cache
 * line, a hit one more for the record. 24 records a line: 2.7 bytes a record, of each hasher's own. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/index_format.h>

#define VG_EXACT_MEAN 24u /* records of a line: 60 and more are a case of 1 in 10^9 where values are even */
#define VG_EXACT_TAGS 59u
#define VG_EXACT_TAG  8u /* the byte of a value that lines have; it has no part in the choice of the line */
#define VG_EXACT_MANY 255u

struct vg_exact_line {
	uint32_t first; /* number of the first record of this range or behind it */
	uint8_t n;      /* records, at most VG_EXACT_TAGS; VG_EXACT_MANY: more, no tags, they are searched */
	uint8_t tags[VG_EXACT_TAGS];
};
_Static_assert(sizeof(struct vg_exact_line) == 64, "a miss touches one cache line");

struct vg_exact {
	struct vg_exact_line *lines; /* n_lines, and one whose first is the number of records; NULL: all are searched */
	uint32_t n_lines;
};

/* Reads a checked, sorted section through (not hot). Where memory is short lines stays NULL: the same is found, only
 * slower. */
void vg_exact_init(struct vg_exact *exact, const struct vg_index_view *view, enum vg_algo algo);
void vg_exact_fini(struct vg_exact *exact);

/* As vg_index_find(), in the section it was made of. Hot. */
uint32_t vg_exact_find(const struct vg_exact *exact, const struct vg_index_view *view, enum vg_algo algo,
		       const uint8_t *value, uint32_t *entry_idx, uint32_t max_hits);

/* Line of a value: its first 32 bits in proportion, so that lines are in the order of records. */
static inline uint32_t vg_exact_line_of(const uint8_t *value, uint32_t n_lines)
{
	uint32_t word;
	memcpy(&word, value, sizeof(word));
	return (uint32_t)(((uint64_t)__builtin_bswap32(word) * n_lines) >> 32);
}
