#pragma once
/* scaled: where the samples that the reference takes of a side of the full picture lie on a picture that was decoded
 * smaller, and the scale that keeps its hash (PDQ.md section 9). A decoder that works at n eighths makes n x n samples
 * of each block of 8 x 8, so that full column s has its centre at ((2s + 1) * n - 8) / 16 columns of the small picture.
 * Pure. */
#include <stdint.h>

#include "hashing/image/luma.h"

#define VG_SCALED_MIN_SIDE 240u /* samples of the shorter side: no hash of fair quality moves by more than 10 bits */

/* How the samples of one side of a plane lie. */
struct vg_luma_axis {
	uint32_t n_samples;   /* of the plane */
	uint32_t side;        /* pixels of the full picture; 0: each sample is one that the reference takes */
	uint32_t eighths;     /* of the decoded picture; 0 where side is 0 */
	uint32_t n_reference; /* samples that the reference takes of that side; 0 where side is 0 */
};

/* Samples of a side decoded at n eighths. */
static inline uint32_t vg_scaled_n(uint32_t side, uint32_t eighths)
{
	return (uint32_t)(((uint64_t)side * eighths + 7) / 8);
}
/* The smallest of the scales that libjpeg-turbo has vector code for (1/8, 2/8, 4/8) at which the shorter side has
 * VG_SCALED_MIN_SIDE samples; 8: none has. */
static inline uint32_t vg_scaled_choose(uint32_t width, uint32_t height)
{
	uint32_t side = width < height ? width : height, n = 1;
	while (n < 8 && vg_scaled_n(side, n) < VG_SCALED_MIN_SIDE)
		n *= 2;
	return n;
}
/* Reference sample `idx` of n_reference lies between samples *low and *low + 1 (or *high, where that is no more) of
 * the small picture, *sixteenths of the way. */
static inline void vg_scaled_place(uint32_t side, uint32_t eighths, uint32_t n_reference, uint32_t idx, uint32_t *low,
				   uint32_t *high, uint32_t *sixteenths)
{
	uint64_t full = (uint64_t)idx * side / n_reference, at = (2 * full + 1) * eighths;
	uint32_t last = vg_scaled_n(side, eighths) - 1;
	at = at > 8 ? at - 8 : 0;
	*low = (uint32_t)(at / 16) < last ? (uint32_t)(at / 16) : last;
	*high = *low < last ? *low + 1 : last;
	*sixteenths = (uint32_t)(at % 16);
}
/* The axes of a plane. */
static inline struct vg_luma_axis vg_luma_axis(const struct vg_luma *luma, bool of_rows)
{
	uint32_t n = of_rows ? luma->n_rows : luma->n_cols, side = of_rows ? luma->height : luma->width;
	bool is_large = luma->width > VG_LUMA_SIDE || luma->height > VG_LUMA_SIDE;
	if (!luma->eighths || vg_scaled_n(side, luma->eighths) > VG_LUMA_SIDE)
		return (struct vg_luma_axis){ .n_samples = n };
	return (struct vg_luma_axis){ n, side, luma->eighths, is_large ? VG_LUMA_SIDE : side };
}
