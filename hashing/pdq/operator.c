/* operator: composes the two box passes and the decimation in double and rounds once. A box of window w averages,
 * around sample i, the samples i-(w-h) .. i+h-1 that exist, h = (w+2)/2 (the reference's "Jarosz" filter). */
#include "hashing/pdq/operator.h"

#include <string.h>

#include "hashing/image/luma.h"

#define WINDOW_DIVISOR 128u /* window = ceil(n / 128) */

/* Adds the mean around sample `centre` times `share` to `sums`; returns the first and one past the last sample of it.
 * */
static void box(uint32_t n, uint32_t window, uint32_t centre, double share, double *sums, uint32_t *begin,
		uint32_t *end)
{
	uint32_t half = (window + 2) / 2, before = window - half;
	*begin = centre > before ? centre - before : 0;
	*end = centre + half < n ? centre + half : n;
	for (uint32_t i = *begin; i < *end; i++)
		sums[i] += share / (*end - *begin);
}

void vg_pdq_operator_make(struct vg_pdq_operator *op, uint32_t n_samples)
{
	uint32_t n = n_samples, window = (n + WINDOW_DIVISOR - 1) / WINDOW_DIVISOR;
	double first[VG_LUMA_SIDE], both[VG_LUMA_SIDE];
	memset(op, 0, sizeof(*op));
	op->n_samples = n;
	op->n_taps = 2 * window - 1;
	for (uint32_t out = 0; out < VG_PDQ_OUTPUTS; out++) {
		uint32_t centre = (2 * out + 1) * n / (2 * VG_PDQ_OUTPUTS), begin, end, from, to, low = n, high = 0;
		memset(first, 0, sizeof(*first) * n);
		memset(both, 0, sizeof(*both) * n);
		box(n, window, centre, 1, first, &begin, &end);
		for (uint32_t i = begin; i < end; i++) {
			box(n, window, i, first[i], both, &from, &to);
			low = from < low ? from : low;
			high = to > high ? to : high;
		}
		/* Near the end of the line the taps that do not exist are put in front, with weight 0. */
		op->begin[out] = low + op->n_taps <= n ? low : n - op->n_taps;
		for (uint32_t i = low; i < high; i++)
			op->weight[i - op->begin[out]][out] = (float)both[i];
	}
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
