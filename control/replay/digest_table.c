#include "control/replay/digest_table.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Lines of one path are kept together, in the order they came; a file's own line before its members'. */
struct row {
	json_t *object;
	char *line;
};
struct rows {
	struct row *at;
	size_t n, room;
};

static void drop(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		json_decref(rows->at[i].object);
		free(rows->at[i].line);
	}
	free(rows->at);
}

static enum vg_err load(const char *path, struct rows *rows)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	enum vg_err err = in ? VG_OK : VG_EIO;
	while (!err && getline(&line, &room, in) > 0) {
		if (rows->n == rows->room) {
			size_t n = rows->room ? 2 * rows->room : 64;
			struct row *more = realloc(rows->at, n * sizeof(*more));
			if (!more) {
				err = VG_ENOMEM;
				break;
			}
			rows->at = more;
			rows->room = n;
		}
		rows->at[rows->n] = (struct row){ json_loads(line, 0, NULL), line };
		line = NULL;
		room = 0;
		if (!rows->at[rows->n++].object)
			err = VG_ECORRUPT;
	}
	free(line);
	if (in)
		fclose(in);
	return err;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "-";
}

static void print_name(const char *name, FILE *out)
{
	for (; *name; name++)
		fputc((unsigned char)*name < 0x20 || *name == 0x7f ? '?' : *name, out);
	fputc('\n', out);
}

static void print_row(json_t *object, const char *path, FILE *out)
{
	const char *member = json_string_value(json_object_get(object, "member"));
	const char *indent = member ? "    " : "";
	const json_t *quality = json_object_get(object, "pdq_quality"), *frame;
	const char *algo;
	json_t *made;
	size_t i;
	fputs(indent, out);
	print_name(member ? member : path, out);
	fprintf(out, "%s  type     %s, %lld bytes\n", indent, text_of(object, "type"),
		(long long)json_integer_value(json_object_get(object, "size")));
	fprintf(out, "%s  md5      %s\n", indent, text_of(object, "md5"));
	fprintf(out, "%s  sha1     %s\n", indent, text_of(object, "sha1"));
	fprintf(out, "%s  sha256   %s\n", indent, text_of(object, "sha256"));
	if (json_is_integer(quality))
		fprintf(out, "%s  pdq      %s\n%s  quality  %lld\n", indent, text_of(object, "pdq"), indent,
			(long long)json_integer_value(quality));
	else
		fprintf(out, "%s  pdq      -\n", indent);
	json_object_foreach(json_object_get(object, "plugins"), algo, made)
		fprintf(out, "%s  %-8s %s, quality %lld\n", indent, algo, text_of(made, "value"),
			(long long)json_integer_value(json_object_get(made, "quality")));
	if (json_is_integer(json_object_get(object, "frames")))
		fprintf(out, "%s  frames   %lld%s\n", indent,
			(long long)json_integer_value(json_object_get(object, "frames")),
			json_is_string(json_object_get(object, "film")) ? ", of a part of the film" : "");
	json_array_foreach(json_object_get(object, "vpdq"), i, frame)
		fprintf(out, "%s  vpdq     %s\n", indent, json_string_value(frame) ? json_string_value(frame) : "-");
}

enum vg_err vg_digest_table(const char *objects_path, const char *const *paths, size_t n_paths, int as_json, FILE *out,
			    size_t *n_missing)
{
	struct rows rows = { 0 };
	enum vg_err err = load(objects_path, &rows);
	*n_missing = 0;
	for (size_t p = 0; !err && p < n_paths; p++) {
		int n_printed = 0;
		for (unsigned members = 0; members < 2; members++)
			for (size_t i = 0; i < rows.n; i++) {
				json_t *object = rows.at[i].object;
				int is_member = json_is_string(json_object_get(object, "member"));
				if (strcmp(text_of(object, "capture"), paths[p]) || is_member != (int)members)
					continue;
				if (as_json)
					fputs(rows.at[i].line, out);
				else
					print_row(object, paths[p], out);
				n_printed++;
			}
		*n_missing += !n_printed;
	}
	drop(&rows);
	return err ? err : fflush(out) ? VG_EIO : VG_OK;
}
