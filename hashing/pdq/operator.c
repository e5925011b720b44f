/* operator: composes the two box passes and the decimation in double and rounds once. A box of window w averages,
 * around sample i, the samples i-(w-h) .. i+h-1 that exist, h = (w+2)/2 (the reference's "Jarosz" filter). */
#include "hashing/pdq/operator.h"

#include <string.h>

#include <vigil/base.h>

#define WINDOW_DIVISOR 128u /* window = ceil(n / 128) */

/* A line around one output: the samples from `low` on. */
struct stretch {
	uint32_t low;
	double sums[2 * VG_PDQ_MAX_WINDOW];
};

/* Adds the mean around sample `centre` times `share`; returns the first and one past the last sample of it. */
static void box(uint32_t n, uint32_t window, uint32_t centre, double share, struct stretch *s, uint32_t *begin,
		uint32_t *end)
{
	uint32_t half = (window + 2) / 2, before = window - half;
	*begin = centre > before ? centre - before : 0;
	*end = centre + half < n ? centre + half : n;
	for (uint32_t i = *begin; i < *end; i++)
		s->sums[i - s->low] += share / (*end - *begin);
}

void vg_pdq_operator_line(uint32_t n, uint32_t n_taps, uint32_t *begins, float (*weight)[VG_PDQ_OUTPUTS])
{
	uint32_t window = (n + WINDOW_DIVISOR - 1) / WINDOW_DIVISOR, before = window - (window + 2) / 2;
	for (uint32_t out = 0; out < VG_PDQ_OUTPUTS; out++) {
		uint32_t centre = (uint32_t)((2ull * out + 1) * n / (2 * VG_PDQ_OUTPUTS)), begin, end, from, to,
			 low = n, high = 0;
		struct stretch first = { .low = centre > 2 * before ? centre - 2 * before : 0 }, both = first;
		box(n, window, centre, 1, &first, &begin, &end);
		for (uint32_t i = begin; i < end; i++) {
			box(n, window, i, first.sums[i - first.low], &both, &from, &to);
			low = from < low ? from : low;
			high = to > high ? to : high;
		}
		/* Near the end of the line the taps that do not exist are put in front, with weight 0. */
		begins[out] = low + n_taps <= n ? low : n - n_taps;
		for (uint32_t t = 0; t < n_taps; t++)
			weight[t][out] = 0;
		for (uint32_t i = low; i < high; i++)
			weight[i - begins[out]][out] = (float)both.sums[i - both.low];
	}
}

uint32_t vg_pdq_operator_taps(uint32_t n_samples)
{
	return 2 * ((n_samples + WINDOW_DIVISOR - 1) / WINDOW_DIVISOR) - 1;
}

/* Each weight of the reference's samples goes to the two small samples around its place. */
static void make_scaled(struct vg_pdq_operator *op)
{
	const struct vg_luma_axis *axis = &op->axis;
	const uint32_t n_taps = vg_pdq_operator_taps(axis->n_reference);
	float exact[VG_PDQ_MAX_TAPS][VG_PDQ_OUTPUTS], sums[VG_PDQ_MAX_TAPS][VG_PDQ_OUTPUTS] = { 0 };
	uint32_t begins[VG_PDQ_OUTPUTS], first[VG_PDQ_OUTPUTS], low, high = 0, part, n_most = 1;
	vg_pdq_operator_line(axis->n_reference, n_taps, begins, exact);
	for (uint32_t out = 0; out < VG_PDQ_OUTPUTS; out++) {
		vg_scaled_place(axis->side, axis->eighths, axis->n_reference, begins[out], &first[out], &high, &part);
		for (uint32_t t = 0; t < n_taps; t++) {
			vg_scaled_place(axis->side, axis->eighths, axis->n_reference, begins[out] + t, &low, &high,
					&part);
			VG_INVARIANT_HOT(high - first[out] < VG_PDQ_MAX_TAPS);
			sums[low - first[out]][out] += exact[t][out] * (float)(16 - part) / 16;
			sums[high - first[out]][out] += exact[t][out] * (float)part / 16;
		}
		n_most = high - first[out] + 1 > n_most ? high - first[out] + 1 : n_most;
	}
	op->n_taps = n_most | 1;
	for (uint32_t out = 0; out < VG_PDQ_OUTPUTS; out++) {
		bool fits = first[out] + op->n_taps <= axis->n_samples;
		op->begin[out] = fits ? first[out] : axis->n_samples - op->n_taps;
		for (uint32_t t = 0; t < op->n_taps && first[out] + t < axis->n_samples; t++)
			op->weight[first[out] + t - op->begin[out]][out] = sums[t][out];
	}
}

void vg_pdq_operator_make(struct vg_pdq_operator *op, const struct vg_luma_axis *axis)
{
	memset(op, 0, sizeof(*op));
	op->axis = *axis;
	if (axis->side) {
		make_scaled(op);
		return;
	}
	op->n_taps = vg_pdq_operator_taps(axis->n_samples);
	vg_pdq_operator_line(axis->n_samples, op->n_taps, op->begin, op->weight);
}

const struct vg_pdq_operator *vg_pdq_operator_get(struct vg_pdq_operators *cache, const struct vg_luma_axis *axis)
{
	for (uint32_t i = 0; i < VG_PDQ_N_OPERATORS; i++)
		if (!memcmp(&cache->at[i].axis, axis, sizeof(*axis)))
			return &cache->at[i];
	struct vg_pdq_operator *op = &cache->at[cache->next];
	cache->next = (cache->next + 1) % VG_PDQ_N_OPERATORS;
	vg_pdq_operator_make(op, axis);
	return op;
}

void vg_pdq_operator_pair(struct vg_pdq_operators *cache, const struct vg_luma_axis *of_rows,
			  const struct vg_luma_axis *of_cols, const struct vg_pdq_operator **rows,
			  const struct vg_pdq_operator **cols)
{
	_Static_assert(VG_PDQ_N_OPERATORS >= 2, "two at a time");
	(void)vg_pdq_operator_get(cache, of_rows);
	*cols = vg_pdq_operator_get(cache, of_cols);
	/* Where the columns took its place, the rows' is made again, in the next one. */
	*rows = vg_pdq_operator_get(cache, of_rows);
}
