/* A row is a block of eight streams. Its schedule is made while the rounds of the row before are done, so that vectors
 * and extensions have something to do at the same time: sha256rnds2 takes one of four pipes and waits four cycles for
 * itself. 256 bits, since beside it 512 cost as much as two; words in pairs, as it takes them. */
#ifndef __clang__ /* in the order of the text: vectors and rounds in turn; what waits is added last */
#pragma GCC optimize("no-tree-reassoc", "no-schedule-insns2")
#endif
#include "hashing/digest/wide_sha256.h"

#include <immintrin.h>

#include <vigil/base.h>
#include <vigil/isa.h>

#define V           __m256i
#define LANES       VG_WIDE_ROW_LANES
#define MAX_ROWS    (VG_WIDE_MAX_LANES / LANES)
#define AHEAD_BYTES 128u /* is sent for where it is copied: a row takes about 360 cycles */
#define INLINE      static inline __attribute__((always_inline))

/* Words of a row's schedule, constants added: of words 2 * i and 2 * i + 1 of streams 0 1 4 5, and of 2 3 6 7. */
struct row {
	V pairs[32][2];
};
/* Chaining values of a row's streams, words a b e f and c d g h. */
struct chain {
	__m128i a[LANES], b[LANES];
};

/* Half of a block of eight streams becomes vectors of one word of all. */
INLINE void gather(V w[8], const uint8_t *const *from, uint8_t *const *to, size_t off)
{
	const V order = _mm256_broadcastsi128_si256(_mm_set_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203));
	V r[8], t[8];

	VG_UNROLL
	for (int i = 0; i < 8; i++) {
		r[i] = _mm256_loadu_si256((const V *)(const void *)(from[i] + off));
		if (to)
			_mm256_storeu_si256((V *)(void *)(to[i] + off), r[i]);
	}
	VG_UNROLL
	for (int i = 0; i < 4; i++) {
		t[2 * i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
		t[2 * i + 1] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
	}
	VG_UNROLL
	for (int i = 0; i < 2; i++) {
		r[4 * i] = _mm256_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
		r[4 * i + 1] = _mm256_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
		r[4 * i + 2] = _mm256_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
		r[4 * i + 3] = _mm256_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
	}
	VG_UNROLL
	for (int i = 0; i < 4; i++) {
		w[i] = _mm256_shuffle_epi8(_mm256_permute2x128_si256(r[i], r[4 + i], 0x20), order);
		w[4 + i] = _mm256_shuffle_epi8(_mm256_permute2x128_si256(r[i], r[4 + i], 0x31), order);
	}
}

INLINE void put_pair(V at[2], V even, V odd, const uint32_t *k)
{
	even = _mm256_add_epi32(even, _mm256_set1_epi32((int)k[0]));
	odd = _mm256_add_epi32(odd, _mm256_set1_epi32((int)k[1]));
	at[0] = _mm256_unpacklo_epi32(even, odd);
	at[1] = _mm256_unpackhi_epi32(even, odd);
}

/* Word i of the next sixteen. */
INLINE void next(V w[16], int i)
{
	V a = w[(i + 1) & 15], b = w[(i + 14) & 15];
	V s0 = _mm256_ternarylogic_epi32(_mm256_ror_epi32(a, 7), _mm256_ror_epi32(a, 18), _mm256_srli_epi32(a, 3),
					 0x96);
	V s1 = _mm256_ternarylogic_epi32(_mm256_ror_epi32(b, 17), _mm256_ror_epi32(b, 19), _mm256_srli_epi32(b, 10),
					 0x96);

	w[i] = _mm256_add_epi32(_mm256_add_epi32(_mm256_add_epi32(w[i], w[(i + 9) & 15]), s0), s1);
}

/* Rounds 2 * i % 64 and the next of streams 0 .. 3 (i < 32) or 4 .. 7. */
INLINE void rounds(struct chain *chain, const struct row *row, __m128i a[4], __m128i b[4], int i)
{
	const int begin = i / 32 * 4, pair = i % 32;

	VG_UNROLL
	for (int s = 0; s < 4; s++) {
		const uint8_t *at = (const uint8_t *)row->pairs[pair] + s / 2 * 32 + begin * 4 + s % 2 * 8;
		__m128i wk = _mm_loadl_epi64((const __m128i *)(const void *)at);
		if (pair == 0) {
			a[s] = chain->a[begin + s];
			b[s] = chain->b[begin + s];
		}
		if (pair % 2)
			a[s] = _mm_sha256rnds2_epu32(a[s], b[s], wk);
		else
			b[s] = _mm_sha256rnds2_epu32(b[s], a[s], wk);
		if (pair == 31) {
			chain->a[begin + s] = _mm_add_epi32(a[s], chain->a[begin + s]);
			chain->b[begin + s] = _mm_add_epi32(b[s], chain->b[begin + s]);
		}
	}
}

/* Makes a row of the blocks at `off`, and does the rounds of the row before, if there is one. */
INLINE void make_row(struct row *row, const uint8_t *const *from, uint8_t *const *to, size_t off, const uint32_t *k,
		     struct chain *chain, const struct row *before)
{
	V w[16];
	__m128i a[4], b[4];

	__asm__("" : "+r"(k)); /* from memory: wide_body.inc */
	gather(w, from, to, off);
	gather(w + 8, from, to, off + 32);
	if (to)
		for (unsigned i = 0; i < LANES; i++)
			__builtin_prefetch(from[i] + off + AHEAD_BYTES);
	VG_UNROLL
	for (int g = 0; g < 16; g++) {
		put_pair(row->pairs[2 * g], w[4 * g & 15], w[(4 * g + 1) & 15], k + 4 * g);
		put_pair(row->pairs[2 * g + 1], w[(4 * g + 2) & 15], w[(4 * g + 3) & 15], k + 4 * g + 2);
		VG_UNROLL
		for (int i = 4 * g; i < 4 * g + 4; i++) {
			if (i < 48)
				next(w, i & 15);
			if (before)
				rounds(chain, before, a, b, i);
		}
	}
}

static void begin_chains(struct chain *chains, uint32_t h[][VG_WIDE_MAX_LANES], unsigned n_lanes)
{
	for (unsigned i = 0; i < n_lanes; i++) {
		struct chain *c = &chains[i / LANES];
		c->a[i % LANES] = _mm_set_epi32((int)h[0][i], (int)h[1][i], (int)h[4][i], (int)h[5][i]);
		c->b[i % LANES] = _mm_set_epi32((int)h[2][i], (int)h[3][i], (int)h[6][i], (int)h[7][i]);
	}
}

static void end_chains(const struct chain *chains, uint32_t h[][VG_WIDE_MAX_LANES], unsigned n_lanes)
{
	for (unsigned i = 0; i < n_lanes; i++) {
		__m128i a = chains[i / LANES].a[i % LANES], b = chains[i / LANES].b[i % LANES];
		h[0][i] = (uint32_t)_mm_extract_epi32(a, 3), h[1][i] = (uint32_t)_mm_extract_epi32(a, 2);
		h[4][i] = (uint32_t)_mm_extract_epi32(a, 1), h[5][i] = (uint32_t)_mm_extract_epi32(a, 0);
		h[2][i] = (uint32_t)_mm_extract_epi32(b, 3), h[3][i] = (uint32_t)_mm_extract_epi32(b, 2);
		h[6][i] = (uint32_t)_mm_extract_epi32(b, 1), h[7][i] = (uint32_t)_mm_extract_epi32(b, 0);
	}
}

static __attribute__((noinline)) void last_rounds(struct chain *chain, const struct row *row)
{
	__m128i a[4], b[4];

	VG_UNROLL
	for (int g = 0; g < 16; g++) {
		VG_UNROLL
		for (int i = 4 * g; i < 4 * g + 4; i++)
			rounds(chain, row, a, b, i);
	}
}

/* All but the last rounds, of the row at rows[*at]; the chain they belong to. */
INLINE struct chain *make_rows(struct row rows[2], unsigned *at, struct chain *chains, const uint8_t *const *from,
			       uint8_t *const *copies, size_t n_blocks, unsigned n_rows, const uint32_t *k)
{
	struct chain *before = chains;

	make_row(&rows[0], from, copies, 0, k, NULL, NULL);
	for (size_t i = 1; i < n_rows * n_blocks; i++, *at ^= 1) {
		size_t idx = i / n_blocks * LANES, off = i % n_blocks * VG_WIDE_BLOCK_BYTES;
		make_row(&rows[*at ^ 1], from + idx, copies ? copies + idx : NULL, off, k, before, &rows[*at]);
		before = chains + i / n_blocks;
	}
	return before;
}

/* Apart, so that each has the registers. */
static __attribute__((noinline)) struct chain *make_and_copy(struct row rows[2], unsigned *at, struct chain *chains,
							     const uint8_t *const *from, uint8_t *const *copies,
							     size_t n_blocks, unsigned n_rows, const uint32_t *k)
{
	return make_rows(rows, at, chains, from, copies, n_blocks, n_rows, k);
}

static __attribute__((noinline)) struct chain *make_only(struct row rows[2], unsigned *at, struct chain *chains,
							 const uint8_t *const *from, size_t n_blocks, unsigned n_rows,
							 const uint32_t *k)
{
	return make_rows(rows, at, chains, from, NULL, n_blocks, n_rows, k);
}

void vg_wide_sha256_rows(uint32_t h[][VG_WIDE_MAX_LANES], const uint8_t *const *from, uint8_t *const *copies,
			 size_t n_blocks, unsigned n_rows, const uint32_t *k)
{
	struct row rows[2];
	struct chain chains[MAX_ROWS], *last;
	unsigned at = 0;

	begin_chains(chains, h, n_rows * LANES);
	if (copies)
		last = make_and_copy(rows, &at, chains, from, copies, n_blocks, n_rows, k);
	else
		last = make_only(rows, &at, chains, from, n_blocks, n_rows, k);
	last_rounds(last, &rows[at]);
	end_chains(chains, h, n_rows * LANES);
}
