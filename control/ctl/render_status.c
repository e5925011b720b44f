#include "control/ctl/render.h"

#include <stdint.h>
#include <string.h>

static long long number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* A word of vigild's own; another thing shows as "?". */
static const char *word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "?";
}

/* Seconds as the largest two units. */
static const char *span(const json_t *object, const char *key, char *text, size_t n_text)
{
	const json_t *value = json_object_get(object, key);
	long long s = (long long)json_integer_value(value);
	if (!json_is_integer(value))
		snprintf(text, n_text, "-");
	else if (s < 60)
		snprintf(text, n_text, "%lld s", s);
	else if (s < 3600)
		snprintf(text, n_text, "%lld min %lld s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, n_text, "%lld h %lld min", s / 3600, s % 3600 / 60);
	else
		snprintf(text, n_text, "%lld d %lld h", s / 86400, s % 86400 / 3600);
	return text;
}

static const char *bytes(const json_t *object, const char *key, char *text, size_t n_text)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
	const json_t *value = json_object_get(object, key);
	double n = (double)json_integer_value(value);
	unsigned unit = 0;
	for (; n >= 1024 && unit < 5; unit++)
		n /= 1024;
	if (json_is_integer(value))
		snprintf(text, n_text, unit ? "%.1f %s" : "%.0f %s", n, units[unit]);
	else
		snprintf(text, n_text, "-");
	return text;
}

static void programs(const json_t *list, FILE *out)
{
	const char *head = "programs";
	json_t *p;
	size_t i;
	json_array_foreach(list, i, p)
	{
		const json_t *index = json_object_get(p, "index");
		char name[80];
		snprintf(name, sizeof(name), json_is_integer(index) ? "%.60s %lld" : "%.60s",
			 json_string_value(json_object_get(p, "name")), (long long)json_integer_value(index));
		fprintf(out, "%-10s %-18s %s", head, name, json_is_true(json_object_get(p, "up")) ? "up" : "DOWN");
		if (number(p, "restarts"))
			fprintf(out, ", %lld restarts", number(p, "restarts"));
		if (json_is_string(json_object_get(p, "trouble")))
			fprintf(out, ", %s", word(p, "trouble"));
		fputc('\n', out);
		head = "";
	}
}

static void ports(const json_t *list, FILE *out)
{
	const char *head = "ports";
	char text[80], name[80];
	json_t *p;
	size_t i;
	json_array_foreach(list, i, p)
	{
		long long n_lost = number(p, "missed") + number(p, "errors") + number(p, "no_buffer") +
				   number(p, "tx_errors");
		vg_render_value(json_object_get(p, "name"), name, sizeof(name));
		fprintf(out, "%-10s %-16s link %s, ", head, name, word(p, "link"));
		if (json_is_integer(json_object_get(p, "pair")))
			fprintf(out, "inline pair %lld, ", number(p, "pair"));
		else
			fprintf(out, "%s (%lld queues), ", word(p, "share"), number(p, "queues"));
		fprintf(out, "%lld frames (%s), %lld lost%s\n", number(p, "rx_packets"),
			bytes(p, "rx_bytes", text, sizeof(text)), n_lost,
			json_is_true(json_object_get(p, "losing")) ? ": LOSING FRAMES" : "");
		head = "";
	}
}

static void inline_pairs(const json_t *list, FILE *out)
{
	const char *head = "inline";
	char text[80];
	json_t *p;
	size_t i;
	json_array_foreach(list, i, p)
	{
		fprintf(out, "%-10s pair %lld %s, %lld frames (%s), %lld dropped, %lld copies shed, inspector %s\n",
			head, number(p, "pair"), json_is_true(json_object_get(p, "up")) ? "up" : "DOWN",
			number(p, "frames"), bytes(p, "bytes", text, sizeof(text)), number(p, "tx_dropped"),
			number(p, "copies_shed"), json_is_true(json_object_get(p, "inspected")) ? "up" : "DOWN");
		head = "";
	}
}

/* Where another supervisor starts the hashers no line of a program says what stops them. */
static void hasher_troubles(const json_t *list, FILE *out)
{
	size_t i;
	json_t *h;
	json_array_foreach(list, i, h) if (json_is_string(json_object_get(h, "trouble")))
		fprintf(out, "%-10s %lld does not start: %s\n", "hasher", number(h, "index"), word(h, "trouble"));
}

static void hashers(const json_t *list, long long generation, FILE *out)
{
	size_t i, n_linked = 0, n_behind = 0, n_braked = 0;
	json_t *h;
	json_array_foreach(list, i, h)
	{
		int linked = json_is_true(json_object_get(h, "linked"));
		n_linked += (size_t)linked;
		n_behind += linked && number(h, "generation") != generation;
		n_braked += json_is_true(json_object_get(h, "braked"));
	}
	fprintf(out, "%-10s %zu of %zu linked", "hashers", n_linked, json_array_size(list));
	if (n_behind)
		fprintf(out, ", %zu with another list generation", n_behind);
	if (n_braked)
		fprintf(out, ", %zu BRAKED: their matches are held", n_braked);
	fputc('\n', out);
}

/* "2 review, 1 filed" out of an object of numbers; what is 0 or ends in _s is left out. */
static void states(const json_t *object, FILE *out)
{
	const char *key, *between = "";
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		size_t n = strlen(key);
		if (!json_is_integer(value) || !json_integer_value(value) || (n > 2 && !strcmp(key + n - 2, "_s")))
			continue;
		fprintf(out, "%s%lld %s", between, (long long)json_integer_value(value), key);
		between = ", ";
	}
	if (!*between)
		fputs("none", out);
}

/* Lists that are being read; until the first are in use nothing is judged. */
static void building(const json_t *build, int has_lists, FILE *out)
{
	const char *phase = json_string_value(json_object_get(build, "phase"));
	char text[80];
	if (phase)
		fprintf(out, "%-10s building (%s), %lld of %lld files, %lld entries, since %s%s\n", "lists", phase,
			number(build, "lists_read"), number(build, "lists"), number(build, "entries"),
			span(build, "since_s", text, sizeof(text)),
			has_lists ? "" : "; none in use yet: hashers wait for them");
}

void vg_render_status(const json_t *s, FILE *out)
{
	const json_t *link = json_object_get(s, "link"), *lists = json_object_get(s, "lists");
	const json_t *cases = json_object_get(s, "cases"), *reports = json_object_get(s, "reports");
	const json_t *evidence = json_object_get(s, "evidence"), *matches = json_object_get(s, "matches");
	char text[80], more[80];
	vg_render_value(json_object_get(s, "appliance"), text, sizeof(text));
	fprintf(out, "%-10s %s, version %s, up %s\n", "vigil", text, json_string_value(json_object_get(s, "version")),
		span(s, "up_s", more, sizeof(more)));
	programs(json_object_get(s, "programs"), out);
	fprintf(out, "%-10s %s, %lld packets (%s), %lld missed, %lld without buffer, %lld flows\n", "link",
		json_is_true(json_object_get(link, "dataplane_linked")) ? "up" : "DOWN", number(link, "packets"),
		bytes(link, "bytes", text, sizeof(text)), number(link, "missed"), number(link, "no_buffer"),
		number(link, "flows"));
	ports(json_object_get(s, "ports"), out);
	inline_pairs(json_object_get(s, "inline"), out);
	fprintf(out, "%-10s %lld handed to hashers, %lld shed, %lld lost\n", "objects", number(link, "objects"),
		number(link, "objects_shed"), number(link, "objects_lost"));
	hashers(json_object_get(s, "hashers"), number(lists, "generation"), out);
	if (!json_array_size(json_object_get(s, "programs")))
		hasher_troubles(json_object_get(s, "hashers"), out);
	building(json_object_get(lists, "building"), number(lists, "generation") != 0, out);
	if (number(lists, "generation") || !json_is_object(json_object_get(lists, "building")))
		fprintf(out, "%-10s generation %lld, %s old, %lld entries of %lld lists, %lld suppressed\n", "lists",
			number(lists, "generation"), span(lists, "age_s", text, sizeof(text)), number(lists, "entries"),
			number(lists, "lists"), number(lists, "suppressed"));
	fprintf(out, "%-10s %lld taken, %lld held; refused: ", "matches", number(matches, "taken"),
		number(matches, "held"));
	states(json_object_get(matches, "refused"), out);
	fprintf(out, "\n%-10s ", "cases");
	states(cases, out);
	if (json_is_integer(json_object_get(cases, "oldest_review_s")))
		fprintf(out, "; oldest review waits %s", span(cases, "oldest_review_s", text, sizeof(text)));
	fprintf(out, "\n%-10s ", "reports");
	if (json_object_size(reports)) {
		states(reports, out);
		vg_render_value(json_object_get(reports, "last_receipt"), more, sizeof(more));
		fprintf(out, "; oldest pending %s, last receipt %s, reporter %s%s",
			span(reports, "oldest_pending_s", text, sizeof(text)), more,
			json_is_true(json_object_get(reports, "reporter_linked")) ? "up" : "DOWN",
			json_is_true(json_object_get(reports, "breaker_open")) ? ", endpoint FAILING: paused" : "");
	} else {
		fputs("off", out);
	}
	fprintf(out, "\n%-10s %lld files, %s; %s free\n", "evidence", number(evidence, "files"),
		bytes(evidence, "bytes", text, sizeof(text)), bytes(evidence, "disk_free_bytes", more, sizeof(more)));
}
