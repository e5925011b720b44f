/* average_hash: the documented example of a plug-in (docs/plugins.md). The picture is laid out as 8 x 8 fields; a bit says
 * whether a field is lighter than the mean of all 64. Simple, small, and easily fooled: to learn from, not to report by.
 *
 *	cc -shared -fPIC -fvisibility=hidden -O2 -Iinclude examples/plugin_average_hash.c -o average_hash.so */
#include <stddef.h>

#include <vigil/plugin.h>

#define SIDE     8u
#define N_FIELDS (SIDE * SIDE)

/* Mean of the plane's part that field `idx` of SIDE along one axis covers: [begin, end), at least one sample. */
static uint32_t begin_of(uint32_t idx, uint32_t n)
{
	return idx * n / SIDE;
}

static uint32_t end_of(uint32_t idx, uint32_t n)
{
	uint32_t begin = begin_of(idx, n), end = (idx + 1) * n / SIDE;
	return end > begin ? end : begin + 1;
}

static uint32_t mean_of(const struct vg_plugin_picture *picture, uint32_t row_idx, uint32_t col_idx)
{
	uint32_t begin_row = begin_of(row_idx, picture->n_rows), end_row = end_of(row_idx, picture->n_rows);
	uint32_t begin_col = begin_of(col_idx, picture->n_cols), end_col = end_of(col_idx, picture->n_cols);
	uint64_t sum = 0, n = (uint64_t)(end_row - begin_row) * (end_col - begin_col);
	for (uint32_t row = begin_row; row < end_row; row++)
		for (uint32_t col = begin_col; col < end_col; col++)
			sum += picture->luma[(size_t)row * picture->stride + col];
	return (uint32_t)(sum * 256 / n); /* in 256ths, so that flat skies still have an order */
}

static int hash(void *state, const struct vg_plugin_picture *picture, uint8_t *value, uint32_t *quality)
{
	uint32_t mean[N_FIELDS], sum = 0, lowest = UINT32_MAX, highest = 0;
	(void)state;
	for (uint32_t i = 0; i < N_FIELDS; i++) {
		mean[i] = mean_of(picture, i / SIDE, i % SIDE);
		sum += mean[i];
		lowest = mean[i] < lowest ? mean[i] : lowest;
		highest = mean[i] > highest ? mean[i] : highest;
	}
	for (uint32_t i = 0; i < N_FIELDS / 8; i++)
		value[i] = 0;
	for (uint32_t i = 0; i < N_FIELDS; i++)
		value[i / 8] |= (uint8_t)((mean[i] > sum / N_FIELDS) << (7 - i % 8));
	*quality = (highest - lowest) * 100 / (255 * 256); /* a flat picture has none */
	return 0;
}

static const struct vg_plugin plugin = {
	.abi = VG_PLUGIN_ABI,
	.n_bytes = sizeof(struct vg_plugin),
	.algo = "average_hash",
	.n_value_bytes = N_FIELDS / 8,
	.hash = hash,
	.algo_version = 1,
	.distance = VG_PLUGIN_DISTANCE_HAMMING, /* alike: 5 of its 64 bits, say */
};

const struct vg_plugin *vg_plugin_v1(void)
{
	return &plugin;
}
