/* wide: against the reference's filters done one after the other in double at full size, for every tier, for sizes on
 * all sides of the steps of the window; and against the plane of hashing/image where that is not sampled. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hashing/pdq/pdq_priv.h"
#include "tests/lib/guard.h"
#include "tests/lib/picture.h"

static void box_line(const double *in, double *out, int n, int step, int window)
{
	int half = (window + 2) / 2;
	for (int i = 0; i < n; i++) {
		int begin = i - (window - half), end = i + half - 1;
		double sum = 0;
		begin = begin < 0 ? 0 : begin;
		end = end > n - 1 ? n - 1 : end;
		for (int k = begin; k <= end; k++)
			sum += in[k * step];
		out[i * step] = sum / (end - begin + 1);
	}
}

static void small_by_definition(const uint8_t *rgb, int width, int height, double small[64][64])
{
	double *a = malloc(sizeof(*a) * (size_t)width * (size_t)height),
	       *b = malloc(sizeof(*b) * (size_t)width * (size_t)height);
	for (int i = 0; i < width * height; i++)
		a[i] = 0.299 * rgb[3 * i] + 0.587 * rgb[3 * i + 1] + 0.114 * rgb[3 * i + 2];
	for (int pass = 0; pass < 2; pass++) {
		for (int y = 0; y < height; y++)
			box_line(a + y * width, b + y * width, width, 1, (width + 127) / 128);
		for (int x = 0; x < width; x++)
			box_line(b + x, a + x, height, width, (height + 127) / 128);
	}
	for (int i = 0; i < 64; i++)
		for (int j = 0; j < 64; j++)
			small[i][j] = a[(int)((i + 0.5) * height / 64) * width + (int)((j + 0.5) * width / 64)];
	free(a);
	free(b);
}

static void it_is_the_filter_of_the_reference_at_every_size(void **state)
{
	static const int sizes[][2] = { { 5, 5 },     { 64, 64 },   { 63, 65 },    { 128, 129 },  { 320, 240 },
					{ 513, 511 }, { 640, 360 }, { 1001, 701 }, { 1920, 1080 } };
	struct vg_pdq *pdq = vg_pdq_create();
	unsigned n_tiers;
	const struct vg_pdq_tier *const *tiers = vg_pdq_tiers(&n_tiers);
	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(sizes); i++) {
		int width = sizes[i][0], height = sizes[i][1];
		static double small[64][64];
		uint8_t *drawn = vg_picture_draw((uint32_t)width, (uint32_t)height, 3, i + 1);
		uint8_t *rgb = vg_guard_copy(drawn, (size_t)width * (size_t)height * 3);
		struct vg_pdq_wide_picture p = { rgb, (size_t)width * 3, (uint32_t)width, (uint32_t)height,
						 VG_PDQ_RGB };
		struct vg_pdq_result result, first = { .quality = -1 };
		small_by_definition(rgb, width, height, small);
		for (unsigned t = 0; t < n_tiers; t++) {
			if (!vg_isa_runs_here(tiers[t]->isa))
				continue;
			pdq->tier = tiers[t];
			vg_pdq_hash_wide(pdq, &p, &result);
			for (unsigned r = 0; r < 64; r++)
				for (unsigned c = 0; c < 64; c++)
					assert_true(fabs(pdq->work.small[c * 64 + r] - small[r][c]) < 2e-3);
			if (first.quality < 0)
				first = result;
			assert_memory_equal(&result, &first, sizeof(result));
		}
		vg_guard_free(rgb, (size_t)width * (size_t)height * 3);
		free(drawn);
	}
	vg_pdq_destroy(pdq);
}

static void up_to_512_it_is_the_plane_of_a_picture(void **state)
{
	static _Alignas(64) float plane[VG_LUMA_SIDE * VG_LUMA_STRIDE];
	struct vg_pdq *pdq = vg_pdq_create();
	uint64_t seed = (uint64_t)time(NULL);
	print_message("seed %llu\n", (unsigned long long)seed);
	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		uint32_t width = 64 + (uint32_t)(vg_random(&seed) % 449),
			 height = 64 + (uint32_t)(vg_random(&seed) % 449);
		uint8_t *drawn = vg_picture_draw(width, height, 3, round + 1);
		struct vg_pdq_wide_picture p = { drawn, (size_t)width * 3, width, height, VG_PDQ_RGB };
		struct vg_luma luma = { .at = plane, .n_rows = height, .n_cols = width };
		struct vg_pdq_result wide, plain;
		unsigned n = 0;
		for (uint32_t y = 0; y < height; y++)
			for (uint32_t x = 0; x < width; x++) {
				const uint8_t *s = drawn + ((size_t)y * width + x) * 3;
				plane[y * VG_LUMA_STRIDE + x] = 0.299f * s[0] + 0.587f * s[1] + 0.114f * s[2];
			}
		vg_pdq_hash_wide(pdq, &p, &wide);
		vg_pdq_hash(pdq, &luma, &plain);
		for (unsigned i = 0; i < VG_PDQ_BYTES; i++)
			n += (unsigned)__builtin_popcount(wide.hash[i] ^ plain.hash[i]);
		assert_in_range(n, 0, 4); /* other order of sums: values beside the median may cross it */
		assert_in_range(wide.quality + 1, plain.quality, plain.quality + 2);
		free(drawn);
	}
	vg_pdq_destroy(pdq);
}

static void luma_is_what_grey_is(void **state)
{
	static uint8_t rgb[100 * 90 * 3], luma[100 * 90];
	struct vg_pdq *pdq = vg_pdq_create();
	struct vg_pdq_result of_rgb, of_luma;
	(void)state;
	for (unsigned i = 0; i < sizeof(luma); i++) {
		luma[i] = (uint8_t)(16 + i * i % 100);
		memset(rgb + 3 * i, luma[i], 3);
	}
	vg_pdq_hash_wide(pdq, &(struct vg_pdq_wide_picture){ rgb, 300, 100, 90, VG_PDQ_RGB }, &of_rgb);
	vg_pdq_hash_wide(pdq, &(struct vg_pdq_wide_picture){ luma, 100, 100, 90, VG_PDQ_LUMA }, &of_luma);
	assert_in_range(of_luma.quality + 1, of_rgb.quality, of_rgb.quality + 2);
	vg_pdq_destroy(pdq);
}

static void what_is_too_small_or_too_large_is_zero(void **state)
{
	static const struct vg_pdq_result none;
	static uint8_t bytes[3 * 8200 * 5];
	static const uint32_t sizes[][2] = { { 4, 5 }, { 5, 4 }, { 8193, 5 }, { 5, 8193 }, { 0, 0 } };
	struct vg_pdq *pdq = vg_pdq_create();
	struct vg_pdq_result result;
	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(sizes); i++) {
		struct vg_pdq_wide_picture p = { bytes, 3 * 8200, sizes[i][0], sizes[i][1], VG_PDQ_RGB };
		vg_pdq_hash_wide(pdq, &p, &result);
		assert_memory_equal(&result, &none, sizeof(none));
	}
	vg_pdq_hash_wide(pdq, &(struct vg_pdq_wide_picture){ bytes, 3 * 8200, 8192, 5, VG_PDQ_RGB }, &result);
	vg_pdq_destroy(pdq);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_filter_of_the_reference_at_every_size),
		cmocka_unit_test(up_to_512_it_is_the_plane_of_a_picture),
		cmocka_unit_test(luma_is_what_grey_is),
		cmocka_unit_test(what_is_too_small_or_too_large_is_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
