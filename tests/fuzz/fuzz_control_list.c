/* List files: whole or in pieces, the rows and the verdict are the same (list_cuts.h), and a row's fields stay within
 * their limits. */
#include <vigil/plugin_index.h>

#include "tests/lib/list_cuts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum vg_err on_row(void *ctx, const struct vg_list_row *row)
{
	int is_video = row->algo == VG_ALGO_VPDQ;
	if (row->plugin) {
		const struct vg_list_plugin *p = row->plugin;
		VG_INVARIANT(row->algo == VG_ALGO_PLUGIN && !row->n_value && vg_plugin_algo_ok(p->algo) && p->version);
		VG_INVARIANT(p->n_value_bytes && p->n_value_bytes <= VG_PLUGIN_VALUE_BYTES &&
			     p->max_distance <= vg_plugin_max_distance(p->n_value_bytes));
		list_sum_row(ctx, row);
		return VG_OK;
	}
	VG_INVARIANT(is_video ? row->n_value == 0 || row->n_value == 32
			      : row->n_value == vg_list_value_bytes(row->algo) && row->n_value);
	VG_INVARIANT(row->quality <= 100 && (!is_video || row->n_value || row->id[0]));
	VG_INVARIANT((is_video && row->quality < 50) ||
		     !vg_list_value_forbidden(is_video ? VG_ALGO_PDQ : row->algo, row->value));
	list_sum_row(ctx, row);
	return VG_OK;
}

static void begin(struct vg_list_text *text)
{
	text->default_id = "film";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	list_cuts(data, size, on_row, begin);
	return 0;
}
