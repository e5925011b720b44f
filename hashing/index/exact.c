/* Lists of digests are as even as digests are; where one is not, a line's records are searched by halves. */
#include "hashing/index/exact.h"

#define BYTES(b)  (0x0101010101010101ull * (b))
#define N_WORDS   (sizeof(struct vg_exact_line) / 8)
#define TAGS_FROM (sizeof(struct vg_exact_line) - VG_EXACT_TAGS)

/* One bit for each byte of a line that is the tag: bit i for byte i. */
static uint64_t bytes_that_are(const struct vg_exact_line *line, uint8_t tag)
{
	uint64_t words[N_WORDS], mask = 0;

	memcpy(words, line, sizeof(words));
	for (unsigned w = 0; w < N_WORDS; w++) {
		uint64_t x = words[w] ^ BYTES(tag);
		/* the top bit of each byte that is zero, then those eight side by side */
		uint64_t zero = ~(((x & BYTES(0x7f)) + BYTES(0x7f)) | x | BYTES(0x7f));

		mask |= ((zero >> 7) * 0x0102040810204080ull) >> 56 << (8 * w);
	}
	return mask;
}

uint32_t vg_exact_find(const struct vg_exact *exact, const struct vg_index_view *view, enum vg_algo algo,
		       const uint8_t *value, uint32_t *entry_idx, uint32_t max_hits)
{
	const struct vg_exact_line *line;
	uint32_t n_found = 0;

	if (!exact->lines)
		return vg_index_find(view, algo, value, entry_idx, max_hits);
	line = &exact->lines[vg_exact_line_of(value, exact->n_lines)];
	if (line->n > VG_EXACT_TAGS)
		return vg_index_find_among(view, algo, value, line->first, line[1].first, entry_idx, max_hits);
	uint64_t mask = bytes_that_are(line, value[VG_EXACT_TAG]) >> TAGS_FROM;

	mask &= (UINT64_C(1) << line->n) - 1;
	for (; mask && !n_found; mask &= mask - 1) {
		uint64_t at = line->first + (uint64_t)__builtin_ctzll(mask);

		n_found = vg_index_find_among(view, algo, value, at, at, entry_idx, max_hits);
	}
	return n_found;
}
