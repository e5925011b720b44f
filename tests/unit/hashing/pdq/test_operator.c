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
		vg_pdq_operator_make(&op, &(struct vg_luma_axis){ .n_samples = (uint32_t)n });
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
	vg_pdq_operator_make(&op, &(struct vg_luma_axis){ .n_samples = 512 });
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
		vg_pdq_operator_make(&op, &(struct vg_luma_axis){ .n_samples = n });
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
		struct vg_luma_axis axis = { .n_samples = 5 + i * i % 37 * 13 % 508 };
		if (i % 3 == 0)
			axis = (struct vg_luma_axis){ vg_scaled_n(2000 + i % 17, 1), 2000 + i % 17, 1, 512 };
		const struct vg_pdq_operator *op = vg_pdq_operator_get(&cache, &axis);
		vg_pdq_operator_make(&fresh, &axis);
		assert_memory_equal(op, &fresh, sizeof(fresh));
		assert_ptr_equal(vg_pdq_operator_get(&cache, &axis), op);
	}
}

/* The places that image/scaled.h names, one by one, then the reference's own operator. */
static void of_a_smaller_picture_it_takes_the_samples_between_its_own(void **state)
{
	(void)state;
	for (uint32_t side = 240; side < 4200; side += 1 + side % 7)
		for (uint32_t eighths = 1; eighths < 8; eighths *= 2) {
			double line[512], big[512];
			struct vg_luma_axis axis = { vg_scaled_n(side, eighths), side, eighths,
						     side < 512 ? side : 512 };
			struct vg_pdq_operator op, exact;
			if (axis.n_samples < 32 || axis.n_samples > 512)
				continue;
			for (uint32_t i = 0; i < axis.n_samples; i++)
				line[i] = (i * 7919 + side) % 256;
			for (uint32_t i = 0; i < axis.n_reference; i++) {
				uint32_t full = (uint32_t)((uint64_t)i * side / axis.n_reference);
				double at = (full + 0.5) * eighths / 8 - 0.5;
				at = at < 0 ? 0 : at > axis.n_samples - 1 ? axis.n_samples - 1 : at;
				uint32_t low = (uint32_t)at, high = low + 1 < axis.n_samples ? low + 1 : low;
				big[i] = line[low] + (at - low) * (line[high] - line[low]);
			}
			vg_pdq_operator_make(&op, &axis);
			vg_pdq_operator_make(&exact, &(struct vg_luma_axis){ .n_samples = axis.n_reference });
			assert_true(op.n_taps <= VG_PDQ_MAX_TAPS && op.n_taps % 2);
			for (unsigned i = 0; i < VG_PDQ_OUTPUTS; i++) {
				double sum = 0, wanted = 0;
				assert_true(op.begin[i] + op.n_taps <= axis.n_samples);
				for (unsigned t = 0; t < op.n_taps; t++)
					sum += op.weight[t][i] * line[op.begin[i] + t];
				for (unsigned t = 0; t < exact.n_taps; t++)
					wanted += exact.weight[t][i] * big[exact.begin[i] + t];
				assert_true(fabs(sum - wanted) < 1e-3);
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_does_what_two_boxes_and_decimation_do_for_every_length),
		cmocka_unit_test(at_512_it_is_the_tent_of_the_reference),
		cmocka_unit_test(up_to_128_samples_nothing_is_blurred),
		cmocka_unit_test(of_a_smaller_picture_it_takes_the_samples_between_its_own),
		cmocka_unit_test(the_cache_gives_what_making_gives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
