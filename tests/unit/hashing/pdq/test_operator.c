/* operator: against the two running box filters and the decimation done one after the other, for every side length. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hashing/pdq/operator.h"

/* The reference's box: means over i-(w-h) .. i+h-1, cut at the borders. */
static void box(const double *in, double *out, int n, int window)
{
	int half = (window + 2) / 2;
	for (int i = 0; i < n; i++) {
		int begin = i - (window - half), end = i + half - 1;
		double sum = 0;
		begin = begin < 0 ? 0 : begin;
		end = end > n - 1 ? n - 1 : end;
		for (int k = begin; k <= end; k++)
			sum += in[k];
		out[i] = sum / (end - begin + 1);
	}
}

static void it_does_what_two_boxes_and_decimation_do_for_every_length(void **state)
{
	(void)state;
	for (int n = 5; n <= 512; n++) {
		double line[512], once[512], twice[512];
		struct vg_pdq_operator op;
		int window = (n + 127) / 128;
		for (int i = 0; i < n; i++)
			line[i] = (i * 7919 + n) % 256;
		box(line, once, n, window);
		box(once, twice, n, window);
		vg_pdq_operator_make(&op, (uint32_t)n);
		assert_true(op.n_taps <= VG_PDQ_MAX_TAPS);
		for (unsigned i = 0; i < VG_PDQ_OUTPUTS; i++) {
			double sum = 0, weights = 0;
			assert_true(op.begin[i] + op.n_taps <= (uint32_t)n);
			for (unsigned t = 0; t < op.n_taps; t++) {
				sum += op.weight[t][i] * line[op.begin[i] + t];
				weights += op.weight[t][i];
			}
			assert_true(fabs(weights - 1) < 1e-5);
			assert_true(fabs(sum - twice[(int)((i + 0.5) * n / 64)]) < 1e-3);
		}
	}
}

/* 1,2,3,4,3,2,1 of 16 over samples 8i+2 .. 8i+8. */
static void at_512_it_is_the_tent_of_the_reference(void **state)
{
	static const float tent[7] = { 1, 2, 3, 4, 3, 2, 1 };
	struct vg_pdq_operator op;
	(void)state;
	vg_pdq_operator_make(&op, 512);
	assert_int_equal(op.n_taps, 7);
	for (unsigned i = 0; i < 63; i++) {
		assert_int_equal(op.begin[i], 8 * i + 2);
		for (unsigned t = 0; t < 7; t++)
			assert_true(op.weight[t][i] == tent[t] / 16);
	}
}

static void up_to_128_samples_nothing_is_blurred(void **state)
{
	struct vg_pdq_operator op;
	(void)state;
	for (uint32_t n = 5; n <= 128; n++) {
		vg_pdq_operator_make(&op, n);
		assert_int_equal(op.n_taps, 1);
		for (unsigned i = 0; i < VG_PDQ_OUTPUTS; i++) {
			assert_int_equal(op.begin[i], (2 * i + 1) * n / 128);
			assert_true(op.weight[0][i] == 1);
		}
	}
}

static void the_cache_gives_what_making_gives(void **state)
{
	static struct vg_pdq_operators cache;
	struct vg_pdq_operator fresh;
	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t n = 5 + i * i % 37 * 13 % 508;
		const struct vg_pdq_operator *op = vg_pdq_operator_get(&cache, n);
		vg_pdq_operator_make(&fresh, n);
		assert_memory_equal(op, &fresh, sizeof(fresh));
		assert_ptr_equal(vg_pdq_operator_get(&cache, n), op);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_does_what_two_boxes_and_decimation_do_for_every_length),
		cmocka_unit_test(at_512_it_is_the_tent_of_the_reference),
		cmocka_unit_test(up_to_128_samples_nothing_is_blurred),
		cmocka_unit_test(the_cache_gives_what_making_gives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
