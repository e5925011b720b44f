#pragma once
/* list_cuts: a list fed whole and in pieces gives the same rows and the same verdict. For fuzz targets. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/base.h>

#include "control/lists/list_text.h"

struct list_sum {
	uint64_t n_rows, mix;
};

/* Adds a row, whose texts must keep to their limits. */
static inline void list_sum_row(struct list_sum *s, const struct vg_list_row *row)
{
	VG_INVARIANT(strlen(row->id) <= VG_LIST_TEXT_ID && strlen(row->entry_class) <= VG_LIST_TEXT_CLASS &&
		     strlen(row->note) <= VG_LIST_TEXT_NOTE);
	s->n_rows++;
	for (uint32_t i = 0; i < row->n_value; i++)
		s->mix = s->mix * 31 + row->value[i];
	for (uint32_t i = 0; row->plugin && i < row->plugin->n_value_bytes; i++)
		s->mix = s->mix * 31 + row->plugin->value[i] + row->plugin->max_distance;
	for (const char *p = row->note; *p; p++)
		s->mix = s->mix * 31 + (uint8_t)*p;
}

/* begin: readies the text further, or NULL. *line: of the error, 0 where there is none. */
static inline enum vg_err list_parse(const uint8_t *data, size_t size, size_t n_piece, vg_list_row_fn on_row,
				     void (*begin)(struct vg_list_text *text), struct list_sum *s, uint64_t *line)
{
	struct vg_list_text *text = malloc(sizeof(*text));
	enum vg_err err = VG_OK;

	if (!text)
		abort();
	memset(s, 0, sizeof(*s));
	vg_list_text_init(text, on_row, s);
	begin(text);
	for (size_t at = 0; at < size && !err; at += n_piece)
		err = vg_list_text_feed(text, (const char *)data + at, size - at < n_piece ? size - at : n_piece);
	if (!err)
		err = vg_list_text_end(text);
	VG_INVARIANT(!err || text->why[0]);
	*line = err ? text->line : 0;
	free(text);
	return err;
}

/* The first byte says in how small pieces the rest is fed. */
static inline void list_cuts(const uint8_t *data, size_t size, vg_list_row_fn on_row,
			     void (*begin)(struct vg_list_text *text))
{
	struct list_sum whole, pieces;
	uint64_t line, line_again;
	enum vg_err err;

	if (!size)
		return;
	err = list_parse(data + 1, size - 1, size, on_row, begin, &whole, &line);
	VG_INVARIANT(list_parse(data + 1, size - 1, data[0] % 61 + 1u, on_row, begin, &pieces, &line_again) == err);
	VG_INVARIANT(line == line_again && whole.n_rows == pieces.n_rows && whole.mix == pieces.mix);
}
