#include "control/lists/suppress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/bytes.h>

#include "control/lists/list_text.h"
#include "control/lists/list_url.h"

#define MAX_ROWS 1000000

struct value_row {
	uint8_t algo, value[32]; /* the rest of a shorter value is zero */
};
struct entry_row {
	char id[VG_LIST_TEXT_ID + 1], list[128]; /* list "" = any */
};
struct vg_suppress {
	struct value_row *values;
	struct entry_row *entries;
	size_t n_values, n_entries, cap_values, cap_entries;
};

static int by_value(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct value_row));
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct entry_row *)a)->id, ((const struct entry_row *)b)->id);
}

/* Room for one more of n items of n_item bytes. */
static int grow(void **items, size_t n, size_t *cap, size_t n_item)
{
	if (n < *cap)
		return 0;
	size_t more = *cap ? *cap * 2 : 64;
	void *bigger = n >= MAX_ROWS ? NULL : realloc(*items, more * n_item);
	if (!bigger)
		return -1;
	*items = bigger;
	*cap = more;
	return 0;
}

static const char *add_entry(struct vg_suppress *s, const char *id, const char *list)
{
	void *items = s->entries;
	if (!id || !id[0] || strlen(id) > VG_LIST_TEXT_ID || (list && strlen(list) > 127))
		return "an entry line is entry,ID[,list]; correct it";
	if (grow(&items, s->n_entries, &s->cap_entries, sizeof(*s->entries)))
		return "too many rows; shorten the file";
	s->entries = items;
	struct entry_row *row = &s->entries[s->n_entries++];
	memset(row, 0, sizeof(*row));
	strcpy(row->id, id);
	strcpy(row->list, list ? list : "");
	return NULL;
}

static const char *add_value(struct vg_suppress *s, const char *name, const char *value)
{
	void *items = s->values;
	struct value_row row = { .algo = (uint8_t)vg_list_algo(name) };
	uint32_t n = vg_list_value_bytes((enum vg_algo)row.algo);
	const char *wrong = NULL;
	if (!strcmp(name, "url")) {
		wrong = value ? vg_list_url_value(value + strspn(value, " \t"), row.value) : "url,URL; correct it";
		row.algo = VG_ALGO_URL;
		n = VG_LIST_URL_VALUE;
	} else if (!n || !value || strlen(value) != 2 * n || vg_unhex(value, row.value, n)) {
		wrong = "this is neither algo,value nor entry,ID[,list]; correct it";
	}
	if (wrong)
		return wrong;
	if (grow(&items, s->n_values, &s->cap_values, sizeof(*s->values)))
		return "too many rows; shorten the file";
	s->values = items;
	s->values[s->n_values++] = row;
	return NULL;
}

static const char *add_line(struct vg_suppress *s, char *line)
{
	char *end = line + strcspn(line, "\r\n"), *save = NULL;
	*end = 0;
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return NULL;
	const char *name = strtok_r(line, ",", &save), *second = strtok_r(NULL, ",", &save);
	if (name && !strcmp(name, "entry"))
		return add_entry(s, second, strtok_r(NULL, ",", &save));
	return add_value(s, name ? name : "", second);
}

static void release(struct vg_suppress *s)
{
	free(s->values);
	free(s->entries);
	free(s);
}

void vg_suppress_destroy(struct vg_suppress *suppress)
{
	if (suppress)
		release(suppress);
}

/* What is wrong with the last of *n_lines, or NULL. */
static const char *read_lines(struct vg_suppress *s, FILE *file, unsigned long *n_lines)
{
	char line[VG_LIST_TEXT_LINE];
	const char *wrong = NULL;
	while (!wrong && fgets(line, sizeof(line), file)) {
		++*n_lines;
		wrong = strlen(line) == sizeof(line) - 1 ? "too long a line; correct it" : add_line(s, line);
	}
	return !wrong && ferror(file) ? "cannot be read" : wrong;
}

struct vg_suppress *vg_suppress_load_fd(int fd, const char *name, char *why, size_t n_why)
{
	struct vg_suppress *s = calloc(1, sizeof(*s));
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	unsigned long n_lines = 0;
	const char *wrong = NULL;
	if (!s || (fd >= 0 && !file)) {
		snprintf(why, n_why, "out of memory");
		if (fd >= 0 && !file)
			close(fd);
		goto refuse;
	}
	if (file) {
		rewind(file); /* others may have read it through their descriptor */
		wrong = read_lines(s, file, &n_lines);
	}
	if (wrong) {
		snprintf(why, n_why, "%s:%lu: %s", name, n_lines, wrong);
		goto refuse;
	}
	if (s->n_values)
		qsort(s->values, s->n_values, sizeof(*s->values), by_value);
	if (s->n_entries)
		qsort(s->entries, s->n_entries, sizeof(*s->entries), by_id);
	goto out;
refuse:
	if (s)
		release(s);
	s = NULL;
out:
	if (file)
		fclose(file);
	return s;
}

struct vg_suppress *vg_suppress_load(const char *path, char *why, size_t n_why)
{
	int fd = -1;
	if (path && path[0]) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			snprintf(why, n_why, "%s: %s", path, strerror(errno));
			return NULL;
		}
	}
	return vg_suppress_load_fd(fd, path, why, n_why);
}

int vg_suppress_has(const struct vg_suppress *s, enum vg_algo algo, const uint8_t *value, const char *list,
		    const char *entry_id)
{
	struct value_row key = { .algo = (uint8_t)algo };
	size_t low = 0, high;
	if (!s)
		return 0;
	memcpy(key.value, value, vg_list_value_bytes(algo));
	if (s->n_values && bsearch(&key, s->values, s->n_values, sizeof(*s->values), by_value))
		return 1;
	if (!entry_id || !entry_id[0])
		return 0;
	for (high = s->n_entries; low < high;) {
		size_t mid = low + (high - low) / 2;
		if (strcmp(s->entries[mid].id, entry_id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < s->n_entries && !strcmp(s->entries[low].id, entry_id); low++)
		if (!s->entries[low].list[0] || !strcmp(s->entries[low].list, list))
			return 1;
	return 0;
}

uint32_t vg_suppress_n(const struct vg_suppress *suppress)
{
	return suppress ? (uint32_t)(suppress->n_values + suppress->n_entries) : 0;
}
