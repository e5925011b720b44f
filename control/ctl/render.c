#include "control/ctl/render.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 12
#define MAX_DEPTH   6

struct columns {
	unsigned n;
	char key[MAX_COLUMNS][32], title[MAX_COLUMNS][32];
	size_t width[MAX_COLUMNS];
};

size_t vg_render_value(const json_t *value, char *text, size_t n_text)
{
	char *dumped = NULL;
	const char *from;
	size_t n = 0;
	if (json_is_string(value))
		from = json_string_value(value);
	else if (!value || json_is_null(value))
		from = "-";
	else
		from = dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
	for (; from && from[n] && n + 1 < n_text; n++) {
		unsigned char c = (unsigned char)from[n];
		text[n] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	text[n] = 0;
	free(dumped);
	return n;
}

/* Bytes of text that show at most max characters, and how many that are. */
static size_t fit(const char *text, size_t max, size_t *n_shown)
{
	size_t at = 0;
	*n_shown = 0;
	while (text[at] && *n_shown < max) {
		at++;
		while (((unsigned char)text[at] & 0xc0) == 0x80)
			at++;
		++*n_shown;
	}
	return at;
}

static void read_columns(const char *from, struct columns *columns)
{
	memset(columns, 0, sizeof(*columns));
	while (*from && columns->n < MAX_COLUMNS) {
		size_t n = strcspn(from, " "), n_key = strcspn(from, ":");
		if (n_key >= n)
			return;
		snprintf(columns->key[columns->n], sizeof(columns->key[0]), "%.*s", (int)n_key, from);
		snprintf(columns->title[columns->n], sizeof(columns->title[0]), "%.*s", (int)(n - n_key - 1),
			 from + n_key + 1);
		columns->width[columns->n] = n - n_key - 1;
		columns->n++;
		from += n + (from[n] == ' ');
	}
}

static void render_table(const char *spec, const json_t *rows, FILE *out)
{
	struct columns columns;
	char text[512];
	size_t i, n_shown;
	json_t *row;
	read_columns(spec, &columns);
	json_array_foreach(rows, i, row)
	{
		for (unsigned c = 0; c < columns.n; c++) {
			vg_render_value(json_object_get(row, columns.key[c]), text, sizeof(text));
			fit(text, VG_RENDER_MAX_WIDTH, &n_shown);
			columns.width[c] = n_shown > columns.width[c] ? n_shown : columns.width[c];
		}
	}
	for (unsigned c = 0; c < columns.n; c++)
		fprintf(out, "%-*s%s", c + 1 < columns.n ? (int)columns.width[c] : 0, columns.title[c],
			c + 1 < columns.n ? "  " : "\n");
	json_array_foreach(rows, i, row)
	{
		for (unsigned c = 0; c < columns.n; c++) {
			size_t n_bytes;
			int last = c + 1 == columns.n;
			vg_render_value(json_object_get(row, columns.key[c]), text, sizeof(text));
			n_bytes = fit(text, last ? sizeof(text) : VG_RENDER_MAX_WIDTH, &n_shown);
			fwrite(text, 1, n_bytes, out);
			fprintf(out, "%*s", last ? 0 : (int)(columns.width[c] - n_shown) + 2, "");
			if (last)
				fputc('\n', out);
		}
	}
	if (!json_array_size(rows))
		fputs("(none)\n", out);
}

static int is_plain(const json_t *value)
{
	return !json_is_object(value) && !json_is_array(value);
}

/* Plain values first, then what has parts of its own, indented. */
static void render_object(const json_t *object, unsigned depth, FILE *out)
{
	char text[4096];
	const char *key;
	json_t *value, *item;
	size_t i;
	int indent = (int)(2 * depth);
	json_object_foreach((json_t *)(uintptr_t)object, key, value) if (is_plain(value))
	{
		vg_render_value(value, text, sizeof(text));
		fprintf(out, "%*s%-*s %s\n", indent, "", 18 - indent, key, text);
	}
	if (depth >= MAX_DEPTH)
		return;
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		if (is_plain(value))
			continue;
		fprintf(out, "%*s%s:%s\n", indent, "", key,
			json_array_size(value) || json_object_size(value) ? "" : " none");
		if (json_is_object(value))
			render_object(value, depth + 1, out);
		json_array_foreach(value, i, item)
		{
			fprintf(out, "%*s- %zu\n", indent + 2, "", i + 1);
			render_object(item, depth + 2, out);
		}
	}
}

void vg_render(const struct vg_command *command, const json_t *answer, FILE *out)
{
	char text[4096];
	const char *key;
	json_t *value;
	if (!strcmp(command->noun, "status")) {
		vg_render_status(answer, out);
	} else if (command->columns && json_is_array(answer)) {
		render_table(command->columns, answer, out);
	} else if (command->columns && json_is_object(answer)) {
		/* plain values above, the one list below */
		json_object_foreach((json_t *)(uintptr_t)answer, key, value) if (is_plain(value))
		{
			vg_render_value(value, text, sizeof(text));
			fprintf(out, "%-12s %s\n", key, text);
		}
		json_object_foreach((json_t *)(uintptr_t)answer, key, value) if (json_is_array(value))
			render_table(command->columns, value, out);
	} else {
		render_object(answer, 0, out);
	}
}
