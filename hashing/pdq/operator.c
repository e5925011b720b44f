/* operator: composes the two box passes and the decimation in double and rounds once. A box of window w averages,
 * around sample i, the samples i-(w-h) .. i+h-1 that exist, h = (w+2)/2 (the reference's "Jarosz" filter). */
#include "hashing/pdq/operator.h"

#include <string.h>

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

void vg_pdq_operator_make(struct vg_pdq_operator *op, uint32_t n_samples)
{
	memset(op, 0, sizeof(*op));
	op->n_samples = n_samples;
	op->n_taps = vg_pdq_operator_taps(n_samples);
	vg_pdq_operator_line(n_samples, op->n_taps, op->begin, op->weight);
}

const struct vg_pdq_operator *vg_pdq_operator_get(struct vg_pdq_operators *cache, uint32_t n_samples)
{
	for (uint32_t i = 0; i < VG_PDQ_N_OPERATORS; i++)
		if (cache->at[i].n_samples == n_samples)
			return &cache->at[i];
	struct vg_pdq_operator *op = &cache->at[cache->next];
	cache->next = (cache->next + 1) % VG_PDQ_N_OPERATORS;
	vg_pdq_operator_make(op, n_samples);
	return op;
}

void vg_pdq_operator_pair(struct vg_pdq_operators *cache, uint32_t n_rows, uint32_t n_cols,
			  const struct vg_pdq_operator **rows, const struct vg_pdq_operator **cols)
{
	_Static_assert(VG_PDQ_N_OPERATORS >= 2, "two at a time");
	(void)vg_pdq_operator_get(cache, n_rows);
	*cols = vg_pdq_operator_get(cache, n_cols);
	/* Where the columns took its place, the rows' is made again, in the next one. */
	*rows = vg_pdq_operator_get(cache, n_rows);
}
