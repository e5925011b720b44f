/* score: are the files of a manifest among the objects of a replay?
 * usage: test-score MANIFEST.csv OBJECTS.jsonl [--min PERCENT] [--only CAPTURE[:MODE]]... [--except CAPTURE:MODE]...
 *        [--missing]
 * A manifest row (pcap,proto,mode,dir,cport,sport,file,size,md5,sha1,sha256,recoverable,note) that is recoverable
 * counts as found when an object of the same capture (by base name), state complete, of that size, bears its MD5,
 * SHA-1 and SHA-256; each object serves one row. Prints a line per capture and mode and a total;
 * exit 1 below --min (default 100). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define N_COLUMNS 13
#define N_WORDS   64

enum { PCAP, PROTO, MODE, DIR, CPORT, SPORT, FILE_NAME, SIZE, MD5, SHA1, SHA256, RECOVERABLE, NOTE };

struct row {
	char *line, *col[N_COLUMNS];
	int found;
};
struct object {
	char *capture, *md5, *sha1, *sha256;
	long long size;
	int used;
};
struct score {
	struct row *rows;
	struct object *objects;
	size_t n_rows, n_objects;
	const char *only[N_WORDS], *except[N_WORDS];
	int n_only, n_except;
};

static void die(const char *what, const char *name)
{
	fprintf(stderr, "test-score: %s %s\n", what, name);
	exit(2);
}

static void *grow(void *array, size_t n, size_t each_bytes)
{
	if (n & (n - 1))
		return array;
	array = realloc(array, (n ? 2 * n : 1) * each_bytes);
	if (!array)
		die("no memory for", "rows");
	return array;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* CAPTURE or CAPTURE:MODE against a row. */
static int word_fits(const char *word, const struct row *r)
{
	size_t n = strlen(r->col[PCAP]);
	if (strncmp(word, r->col[PCAP], n))
		return 0;
	return !word[n] || (word[n] == ':' && !strcmp(word + n + 1, r->col[MODE]));
}

static int row_wanted(const struct score *s, const struct row *r)
{
	int wanted = s->n_only == 0;
	for (int i = 0; i < s->n_only; i++)
		wanted |= word_fits(s->only[i], r);
	for (int i = 0; i < s->n_except; i++)
		wanted &= !word_fits(s->except[i], r);
	return wanted && !strcmp(r->col[RECOVERABLE], "1");
}

static void read_manifest(struct score *s, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[4096];
	if (!f || !fgets(line, sizeof(line), f))
		die("cannot read", path);
	while (fgets(line, sizeof(line), f)) {
		struct row r = { .line = strdup(line) };
		char *rest = r.line;
		for (int c = 0; c < N_COLUMNS; c++)
			r.col[c] = rest ? strsep(&rest, ",\r\n") : NULL;
		if (!r.col[RECOVERABLE] || !row_wanted(s, &r)) {
			free(r.line);
			continue;
		}
		s->rows = grow(s->rows, s->n_rows, sizeof(r));
		s->rows[s->n_rows++] = r;
	}
	fclose(f);
}

static char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));
	return strdup(value ? value : "");
}

static void read_objects(struct score *s, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0, n_line = 0;
	if (!f)
		die("cannot read", path);
	while (getline(&line, &room, f) > 0) {
		json_error_t err;
		json_t *o = json_loads(line, 0, &err);
		n_line++;
		if (!json_is_object(o)) {
			fprintf(stderr, "%s:%zu: %s\n", path, n_line, err.text);
			exit(2);
		}
		char *state = text(o, "state"), *capture = text(o, "capture");
		struct object one = { strdup(base_name(capture)),
				      text(o, "md5"),
				      text(o, "sha1"),
				      text(o, "sha256"),
				      json_integer_value(json_object_get(o, "size")),
				      0 };
		if (!strcmp(state, "complete")) {
			s->objects = grow(s->objects, s->n_objects, sizeof(one));
			s->objects[s->n_objects++] = one;
		}
		free(state);
		free(capture);
		json_decref(o);
	}
	free(line);
	fclose(f);
}

static int row_find(struct score *s, struct row *r)
{
	for (size_t i = 0; i < s->n_objects; i++) {
		struct object *o = &s->objects[i];
		if (o->used || o->size != atoll(r->col[SIZE]) || strcmp(o->md5, r->col[MD5]) ||
		    strcmp(o->sha1, r->col[SHA1]) || strcmp(o->sha256, r->col[SHA256]) ||
		    strcmp(o->capture, r->col[PCAP]))
			continue;
		o->used = 1;
		return 1;
	}
	return 0;
}

/* One line for each capture or for each capture and mode, at the first row of it. */
static void print_groups(const struct score *s, int by_mode)
{
	for (size_t i = 0; i < s->n_rows; i++) {
		const struct row *r = &s->rows[i];
		size_t n = 0, n_found = 0, first = 1;
		for (size_t k = 0; k < s->n_rows; k++) {
			const struct row *other = &s->rows[k];
			if (strcmp(other->col[PCAP], r->col[PCAP]) ||
			    (by_mode && strcmp(other->col[MODE], r->col[MODE])))
				continue;
			first &= k >= i;
			n++;
			n_found += (size_t)other->found;
		}
		if (first)
			printf("%-24s %-22s %5zu of %5zu  %6.2f%%\n", r->col[PCAP], by_mode ? r->col[MODE] : "all",
			       n_found, n, 100.0 * (double)n_found / (double)n);
	}
}

int main(int argc, char **argv)
{
	static struct score s;
	double min = 100;
	int missing = 0;
	if (argc < 3 || !strcmp(argv[1], "--help"))
		die("usage:", "test-score MANIFEST.csv OBJECTS.jsonl [--min PERCENT] [--only CAPTURE[:MODE]]..."
			      " [--except CAPTURE:MODE]... [--missing]");
	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "--missing"))
			missing = 1;
		else if (!strcmp(argv[i], "--min") && i + 1 < argc)
			min = atof(argv[++i]);
		else if (!strcmp(argv[i], "--only") && i + 1 < argc && s.n_only < N_WORDS)
			s.only[s.n_only++] = argv[++i];
		else if (!strcmp(argv[i], "--except") && i + 1 < argc && s.n_except < N_WORDS)
			s.except[s.n_except++] = argv[++i];
		else
			die("what is", argv[i]);
	}
	read_manifest(&s, argv[1]);
	read_objects(&s, argv[2]);
	size_t n_found = 0;
	for (size_t i = 0; i < s.n_rows; i++) {
		s.rows[i].found = row_find(&s, &s.rows[i]);
		n_found += (size_t)s.rows[i].found;
	}
	print_groups(&s, 1);
	print_groups(&s, 0);
	for (size_t i = 0; missing && i < s.n_rows; i++)
		if (!s.rows[i].found)
			printf("missing: %s %s %s port %s %s (%s bytes)\n", s.rows[i].col[PCAP], s.rows[i].col[MODE],
			       s.rows[i].col[DIR], s.rows[i].col[CPORT], s.rows[i].col[FILE_NAME], s.rows[i].col[SIZE]);
	double percent = s.n_rows ? 100.0 * (double)n_found / (double)s.n_rows : 0;
	printf("found %zu of %zu = %.2f%% (%zu complete objects)\n", n_found, s.n_rows, percent, s.n_objects);
	return percent < min;
}
