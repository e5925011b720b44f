/* hamming: every tier of the table against a plain loop over bits, with neighbours planted at every distance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/index/hamming.h"
#include "tests/lib/picture.h"

#define N_HASHES 1003u /* no multiple of any group */

struct fixture {
	uint64_t seed;
	uint64_t low[N_HASHES + VG_HAMMING_PAD], high[N_HASHES + VG_HAMMING_PAD];
	struct vg_hamming_query queries[VG_HAMMING_MAX_QUERIES];
};

static uint64_t flip(struct fixture *f, uint64_t word, unsigned n_bits)
{
	for (uint64_t done = 0; n_bits;) {
		uint64_t bit = 1ull << (vg_random(&f->seed) % 64);
		if (done & bit)
			continue;
		done |= bit;
		word ^= bit;
		n_bits--;
	}
	return word;
}
static void fill(struct fixture *f, unsigned plant_every)
{
	for (unsigned q = 0; q < VG_HAMMING_MAX_QUERIES; q++)
		f->queries[q] = (struct vg_hamming_query){ vg_random(&f->seed), vg_random(&f->seed) };
	for (unsigned i = 0; i < N_HASHES; i++) {
		f->low[i] = vg_random(&f->seed);
		f->high[i] = vg_random(&f->seed);
		if (i % plant_every == 0) {
			const struct vg_hamming_query *near = &f->queries[vg_random(&f->seed) % VG_HAMMING_MAX_QUERIES];
			unsigned distance = i / plant_every % 34;
			f->low[i] = flip(f, near->low, distance / 2);
			f->high[i] = flip(f, near->high, distance - distance / 2);
		}
	}
	memset(f->low + N_HASHES, 0, sizeof(*f->low) * VG_HAMMING_PAD);
	memset(f->high + N_HASHES, 0, sizeof(*f->high) * VG_HAMMING_PAD);
}
static unsigned is_near(const struct fixture *f, unsigned i, unsigned n_queries, unsigned limit)
{
	for (unsigned q = 0; q < n_queries; q++) {
		unsigned distance = 0;
		for (unsigned bit = 0; bit < 64; bit++)
			distance += (unsigned)((f->low[i] ^ f->queries[q].low) >> bit & 1) +
				    (unsigned)((f->high[i] ^ f->queries[q].high) >> bit & 1);
		if (distance <= limit)
			return 1;
	}
	return 0;
}
static void compare(const struct fixture *f, const struct vg_hamming_tier *tier, unsigned n_hashes, unsigned n_queries,
		    unsigned limit, uint32_t max_candidates)
{
	uint32_t candidates[VG_HAMMING_PAD + 64];
	uint64_t next = 0;
	unsigned expected = 0;
	while (next < n_hashes) {
		uint32_t n = tier->scan(f->low, f->high, n_hashes, &next, f->queries, n_queries, limit, candidates,
					max_candidates);
		assert_true(n <= max_candidates);
		for (uint32_t i = 0; i < n; i++, expected++) {
			while (expected < n_hashes && !is_near(f, expected, n_queries, limit))
				expected++;
			assert_int_equal(candidates[i], expected);
		}
	}
	while (expected < n_hashes && !is_near(f, expected, n_queries, limit))
		expected++;
	assert_int_equal(expected, n_hashes);
}

static void every_tier_finds_what_a_plain_loop_finds(void **state)
{
	struct fixture *f = *state;
	unsigned n_tiers;
	const struct vg_hamming_tier *const *tiers = vg_hamming_tiers(&n_tiers);
	print_message("seed %llu\n", (unsigned long long)f->seed);
	for (unsigned t = 0; t < n_tiers; t++) {
		if (!vg_isa_runs_here(tiers[t]->isa))
			continue;
		for (unsigned round = 0; round < 12; round++) {
			fill(f, 1 + round);
			unsigned n_hashes = round ? (unsigned)(vg_random(&f->seed) % (N_HASHES + 1)) : N_HASHES;
			compare(f, tiers[t], n_hashes, 8, 31, VG_HAMMING_PAD + (unsigned)(vg_random(&f->seed) % 64));
			compare(f, tiers[t], n_hashes, 1, 31, VG_HAMMING_PAD);
			compare(f, tiers[t], n_hashes, 8, round, 64);
			compare(f, tiers[t], n_hashes, 8, 128, 64);
		}
	}
}

static void padding_is_never_a_candidate(void **state)
{
	struct fixture *f = *state;
	unsigned n_tiers;
	const struct vg_hamming_tier *const *tiers = vg_hamming_tiers(&n_tiers);
	memset(f->low, 0xff, sizeof(f->low));
	memset(f->high, 0xff, sizeof(f->high));
	f->low[5] = f->high[5] = 0; /* padding looks like the query */
	memset(f->queries, 0, sizeof(f->queries));
	for (unsigned t = 0; t < n_tiers; t++) {
		uint32_t candidates[VG_HAMMING_PAD];
		uint64_t next = 0;
		if (!vg_isa_runs_here(tiers[t]->isa))
			continue;
		assert_int_equal(tiers[t]->scan(f->low, f->high, 5, &next, f->queries, 8, 31, candidates, 8), 0);
		assert_true(next >= 5);
	}
}

static void distance_counts_all_256_bits(void **state)
{
	struct fixture *f = *state;
	uint8_t a[33], b[33];
	for (unsigned round = 0; round < 1000; round++) {
		unsigned expected = 0;
		for (unsigned i = 0; i < sizeof(a); i++) {
			a[i] = (uint8_t)vg_random(&f->seed);
			b[i] = (uint8_t)vg_random(&f->seed);
		}
		for (unsigned i = 0; i < 256; i++)
			expected += (a[1 + i / 8] ^ b[1 + i / 8]) >> i % 8 & 1;
		assert_int_equal(vg_hamming_distance(a + 1, b + 1), expected);
	}
}

static void the_environment_chooses_the_tier(void **state)
{
	(void)state;
	setenv("VIGIL_FORCE_ISA", "generic", 1);
	assert_int_equal(vg_hamming_select()->isa, VG_ISA_GENERIC);
	unsetenv("VIGIL_FORCE_ISA");
	assert_true(vg_isa_runs_here(vg_hamming_select()->isa));
}

int main(void)
{
	static struct fixture f;
	void *state = &f;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(every_tier_finds_what_a_plain_loop_finds, state),
		cmocka_unit_test_prestate(padding_is_never_a_candidate, state),
		cmocka_unit_test_prestate(distance_counts_all_256_bits, state),
		cmocka_unit_test(the_environment_chooses_the_tier),
	};
	f.seed = (uint64_t)time(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
