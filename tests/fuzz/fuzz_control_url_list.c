/* Lists of URLs: the first byte says in how small pieces the rest is fed; whole or in pieces, the rows and the
 * verdict are the same, and a row's value is found again by its own look-up's rules. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/base.h>

#include "control/lists/list_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
	uint64_t n_rows, mix;
};

static enum vg_err on_row(void *ctx, const struct vg_list_row *row)
{
	struct sum *s = ctx;

	VG_INVARIANT(row->algo == VG_ALGO_URL && row->n_value == 32);
	VG_INVARIANT(strlen(row->id) <= VG_LIST_TEXT_ID && strlen(row->entry_class) <= VG_LIST_TEXT_CLASS &&
		     strlen(row->note) <= VG_LIST_TEXT_NOTE);
	s->n_rows++;
	for (uint32_t i = 0; i < row->n_value; i++)
		s->mix = s->mix * 31 + row->value[i];
	return VG_OK;
}

static enum vg_err parse(const uint8_t *data, size_t size, size_t n_piece, struct sum *s, uint64_t *line)
{
	struct vg_list_text *text = malloc(sizeof(*text));
	enum vg_err err = VG_OK;

	if (!text)
		abort();
	memset(s, 0, sizeof(*s));
	vg_list_text_init(text, on_row, s);
	vg_list_text_urls(text);
	for (size_t at = 0; at < size && !err; at += n_piece)
		err = vg_list_text_feed(text, (const char *)data + at, size - at < n_piece ? size - at : n_piece);
	if (!err)
		err = vg_list_text_end(text);
	VG_INVARIANT(!err || text->why[0]);
	*line = err ? text->line : 0;
	free(text);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sum whole, pieces;
	uint64_t line, line_again;

	if (!size)
		return 0;
	enum vg_err err = parse(data + 1, size - 1, size, &whole, &line);
	VG_INVARIANT(parse(data + 1, size - 1, data[0] % 61 + 1u, &pieces, &line_again) == err);
	VG_INVARIANT(line == line_again && whole.n_rows == pieces.n_rows && whole.mix == pieces.mix);
	return 0;
}
