/* pdq: every tier of the table against generic, generic against a plain computation in double, the eight variants
 * against the definition, edge cases. Published hashes: tests/conformance/20_pdq_published.sh. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/pdq/pdq_priv.h"
#include "tests/lib/picture.h"

struct fixture {
	struct vg_pdq *pdq;
	uint64_t seed;
	_Alignas(64) float plane[VG_LUMA_SIDE * VG_LUMA_STRIDE];
};

/* Fills the whole plane, also what lies beside the picture. */
static struct vg_luma random_plane(struct fixture *f, uint32_t n_rows, uint32_t n_cols, int smooth)
{
	float slope = (float)(vg_random(&f->seed) % 100) / 300;
	for (uint32_t r = 0; r < VG_LUMA_SIDE; r++)
		for (uint32_t c = 0; c < VG_LUMA_STRIDE; c++) {
			float noise = (float)(vg_random(&f->seed) % 256),
			      wave = 128 + 100 * sinf((float)(r + 2 * c) * slope / 4);
			f->plane[r * VG_LUMA_STRIDE + c] = smooth ? 0.9f * wave + 0.1f * noise : noise;
		}
	return (struct vg_luma){ .at = f->plane, .n_rows = n_rows, .n_cols = n_cols };
}
static struct vg_pdq_result hash(struct fixture *f, const struct vg_luma *luma)
{
	struct vg_pdq_result result;
	vg_pdq_hash(f->pdq, luma, &result);
	return result;
}

static void every_tier_gives_the_bits_of_generic(void **state)
{
	struct fixture *f = *state;
	unsigned n_tiers, n_run = 0;
	const struct vg_pdq_tier *const *tiers = vg_pdq_tiers(&n_tiers);
	print_message("seed %llu\n", (unsigned long long)f->seed);
	assert_int_equal(tiers[n_tiers - 1]->isa, VG_ISA_GENERIC);
	for (unsigned round = 0; round < 60; round++) {
		uint32_t sides[2] = { 512, 512 };
		for (unsigned i = 0; i < 2 && round > 2; i++)
			sides[i] = 5 + (uint32_t)(vg_random(&f->seed) % 508);
		struct vg_luma luma = random_plane(f, sides[0], sides[1], round & 1);
		f->pdq->tier = tiers[n_tiers - 1];
		struct vg_pdq_result expected = hash(f, &luma);
		struct vg_pdq_work work = f->pdq->work;
		for (unsigned t = 0; t + 1 < n_tiers; t++) {
			if (!vg_isa_runs_here(tiers[t]->isa))
				continue;
			f->pdq->tier = tiers[t];
			struct vg_pdq_result result = hash(f, &luma);
			assert_memory_equal(&result, &expected, sizeof(result));
			assert_memory_equal(f->pdq->work.small, work.small, 4 * VG_PDQ_SMALL * VG_PDQ_SMALL);
			assert_memory_equal(f->pdq->work.dct, work.dct, sizeof(work.dct));
			n_run++;
		}
	}
	if (!n_run)
		print_message("only generic runs here\n");
}

/* The cache of operators is full and its oldest is that of the rows: making that of the columns must not change it. */
static void a_full_cache_of_operators_changes_no_hash(void **state)
{
	struct fixture *f = *state;
	for (uint32_t n = 0; n < VG_PDQ_N_OPERATORS; n++) {
		memset(&f->pdq->operators, 0, sizeof(f->pdq->operators));
		struct vg_luma luma = random_plane(f, 100 + n, 400, 0);
		struct vg_pdq_result expected = hash(f, &luma);
		memset(&f->pdq->operators, 0, sizeof(f->pdq->operators));
		for (uint32_t k = 0; k < VG_PDQ_N_OPERATORS; k++)
			(void)vg_pdq_operator_get(&f->pdq->operators, &(struct vg_luma_axis){ .n_samples = 100 + k });
		struct vg_pdq_result result = hash(f, &luma);
		assert_memory_equal(&result, &expected, sizeof(result));
	}
}

static void the_median_is_what_sorting_finds_in_every_tier(void **state)
{
	struct fixture *f = *state;
	unsigned n_tiers;
	const struct vg_pdq_tier *const *tiers = vg_pdq_tiers(&n_tiers);
	for (unsigned round = 0; round < 200; round++) {
		_Alignas(64) float values[VG_PDQ_N_BITS];
		float sorted[VG_PDQ_N_BITS];
		unsigned n_distinct = round % 3 ? 1000000 : 1 + round / 3 % 9;
		for (unsigned i = 0; i < VG_PDQ_N_BITS; i++) {
			values[i] = ((float)(vg_random(&f->seed) % n_distinct) - (float)n_distinct / 2) / 7;
			unsigned at = i;
			for (; at > 0 && sorted[at - 1] > values[i]; at--)
				sorted[at] = sorted[at - 1];
			sorted[at] = values[i];
		}
		for (unsigned t = 0; t < n_tiers; t++)
			if (vg_isa_runs_here(tiers[t]->isa))
				assert_true(tiers[t]->median(values) == sorted[VG_PDQ_N_BITS / 2 - 1]);
	}
}

/* Straight from the definition, in double: D * S * D^T of the small plane that the tier made. */
static void the_transform_is_the_dct_of_the_small_plane(void **state)
{
	struct fixture *f = *state;
	struct vg_luma luma = random_plane(f, 300, 400, 1);
	hash(f, &luma);
	for (unsigned v = 0; v < 16; v++)
		for (unsigned h = 0; h < 16; h++) {
			double sum = 0;
			for (unsigned r = 0; r < 64; r++)
				for (unsigned c = 0; c < 64; c++)
					sum += f->pdq->work.small[c * 64 + r] *
					       cos(M_PI / 128 * (v + 1) * (2 * r + 1)) *
					       cos(M_PI / 128 * (h + 1) * (2 * c + 1)) / 32;
			assert_true(fabs(f->pdq->work.dct[h * 16 + v] - sum) < 0.02);
		}
}

static void quality_sums_truncated_gradients(void **state)
{
	struct fixture *f = *state;
	struct vg_luma luma = { .at = f->plane, .n_rows = 64, .n_cols = 64 };
	/* Columns alternate between 0 and 3 (3*100/255 = 1.17 counts 1): 63 * 64 = 4032 / 90 = 44. */
	for (unsigned i = 0; i < 64 * VG_LUMA_STRIDE; i++)
		f->plane[i] = i & 1 ? 3 : 0;
	assert_int_equal(hash(f, &luma).quality, 44);
	/* 6*100/255 = 2.35 counts 2: 8064 / 90 = 89.6. */
	for (unsigned i = 0; i < 64 * VG_LUMA_STRIDE; i++)
		f->plane[i] = i & 1 ? 0 : 6;
	assert_int_equal(hash(f, &luma).quality, 89);
	/* 2*100/255 = 0.78 counts 0. */
	for (unsigned i = 0; i < 64 * VG_LUMA_STRIDE; i++)
		f->plane[i] = i & 1 ? 2 : 0;
	assert_int_equal(hash(f, &luma).quality, 0);
	for (unsigned i = 0; i < 64 * VG_LUMA_STRIDE; i++)
		f->plane[i] = i & 1 ? 255 : 0;
	assert_int_equal(hash(f, &luma).quality, 100);
}

static unsigned bit(const uint8_t *hash, unsigned k)
{
	return hash[31 - k / 8] >> (k % 8) & 1;
}

/* A 64 x 64 plane is taken as it is, so turning the plane must turn the hash exactly. */
static void variants_are_the_hashes_of_turned_planes(void **state)
{
	struct fixture *f = *state;
	static float turned[64][64], source[64][64];
	struct vg_luma luma = random_plane(f, 64, 64, 1);
	for (unsigned r = 0; r < 64; r++)
		memcpy(source[r], f->plane + r * VG_LUMA_STRIDE, sizeof(source[r]));
	struct vg_pdq_result original = hash(f, &luma);
	for (unsigned v = 0; v < VG_PDQ_N_VARIANTS; v++) {
		unsigned distance = 0;
		for (unsigned r = 0; r < 64; r++)
			for (unsigned c = 0; c < 64; c++) {
				const unsigned from[VG_PDQ_N_VARIANTS][2] = { { r, c },           { c, 63 - r },
									      { 63 - r, 63 - c }, { 63 - c, r },
									      { 63 - r, c },      { r, 63 - c },
									      { c, r },           { 63 - c, 63 - r } };
				turned[r][c] = source[from[v][0]][from[v][1]];
			}
		for (unsigned r = 0; r < 64; r++)
			memcpy(f->plane + r * VG_LUMA_STRIDE, turned[r], sizeof(turned[r]));
		struct vg_pdq_result result = hash(f, &luma);
		for (unsigned k = 0; k < 256; k++)
			distance += bit(result.hash, k) != bit(original.variants[v], k);
		assert_in_range(distance, 0, 2); /* other order of sums: a value beside the median may cross it */
	}
}

static void half_of_the_bits_are_set(void **state)
{
	struct fixture *f = *state;
	struct vg_luma luma = random_plane(f, 512, 512, 0);
	struct vg_pdq_result result = hash(f, &luma);
	for (unsigned v = 0; v < VG_PDQ_N_VARIANTS; v++) {
		unsigned n_set = 0;
		for (unsigned k = 0; k < 256; k++)
			n_set += bit(result.variants[v], k);
		assert_int_equal(n_set, 128);
	}
	assert_memory_equal(result.hash, result.variants[0], 32);
}

static void a_side_below_five_gives_zero(void **state)
{
	static const struct vg_pdq_result none;
	struct fixture *f = *state;
	const uint32_t sides[][2] = { { 4, 100 }, { 100, 4 }, { 1, 1 }, { 0, 0 } };
	for (unsigned i = 0; i < VG_ARRAY_LEN(sides); i++) {
		struct vg_luma luma = random_plane(f, sides[i][0], sides[i][1], 0);
		struct vg_pdq_result result = hash(f, &luma);
		assert_memory_equal(&result, &none, sizeof(none));
	}
	struct vg_luma luma = random_plane(f, 5, 5, 0);
	assert_memory_not_equal(hash(f, &luma).hash, none.hash, 32);
}

static void what_lies_beside_the_picture_does_not_count(void **state)
{
	struct fixture *f = *state;
	struct vg_luma luma = random_plane(f, 201, 133, 1);
	struct vg_pdq_result before = hash(f, &luma);
	for (uint32_t r = 0; r < VG_LUMA_SIDE; r++)
		for (uint32_t c = r < 201 ? 133 : 0; c < VG_LUMA_STRIDE; c++)
			f->plane[r * VG_LUMA_STRIDE + c] = NAN;
	struct vg_pdq_result after = hash(f, &luma);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void the_environment_chooses_the_tier(void **state)
{
	unsigned n_tiers;
	const struct vg_pdq_tier *const *tiers = vg_pdq_tiers(&n_tiers);
	(void)state;
	for (unsigned t = 0; t < n_tiers; t++) {
		setenv("VIGIL_FORCE_ISA", vg_isa_str(tiers[t]->isa), 1);
		assert_int_equal(vg_pdq_select()->isa,
				 vg_isa_runs_here(tiers[t]->isa) ? tiers[t]->isa : VG_ISA_GENERIC);
	}
	setenv("VIGIL_FORCE_ISA", "no such thing", 1);
	assert_int_equal(vg_pdq_select()->isa, VG_ISA_GENERIC);
	unsetenv("VIGIL_FORCE_ISA");
	assert_true(vg_isa_runs_here(vg_pdq_select()->isa));
}

static int make(void **state)
{
	struct fixture *f = aligned_alloc(64, sizeof(*f));
	if (!f)
		return -1;
	f->pdq = vg_pdq_create();
	const char *again = getenv("VIGIL_SEED");
	f->seed = again ? strtoull(again, NULL, 10) : (uint64_t)time(NULL);
	*state = f;
	return f->pdq ? 0 : -1;
}
static int unmake(void **state)
{
	struct fixture *f = *state;
	vg_pdq_destroy(f->pdq);
	free(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tier_gives_the_bits_of_generic),
		cmocka_unit_test(a_full_cache_of_operators_changes_no_hash),
		cmocka_unit_test(the_median_is_what_sorting_finds_in_every_tier),
		cmocka_unit_test(the_transform_is_the_dct_of_the_small_plane),
		cmocka_unit_test(quality_sums_truncated_gradients),
		cmocka_unit_test(variants_are_the_hashes_of_turned_planes),
		cmocka_unit_test(half_of_the_bits_are_set),
		cmocka_unit_test(a_side_below_five_gives_zero),
		cmocka_unit_test(what_lies_beside_the_picture_does_not_count),
		cmocka_unit_test(the_environment_chooses_the_tier),
	};
	return cmocka_run_group_tests(tests, make, unmake);
}
