/* Lists of URLs: whole or in pieces, the rows and the verdict are the same (list_cuts.h). */
#include "tests/lib/list_cuts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum vg_err on_row(void *ctx, const struct vg_list_row *row)
{
	VG_INVARIANT(row->algo == VG_ALGO_URL && row->n_value == 32);
	list_sum_row(ctx, row);
	return VG_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	list_cuts(data, size, on_row, vg_list_text_urls);
	return 0;
}
