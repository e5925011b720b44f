#include "control/config/value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"

/* Decimal digits with an optional K, M, G or T; -1 where it is anything else or too large. */
static int number(const char *text, int with_suffix, uint64_t *value)
{
	static const char suffixes[] = "KMGT";
	char *end;
	if (text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno)
		return -1;
	const char *at = *end && with_suffix ? strchr(suffixes, *end) : NULL;
	if (at) {
		unsigned shift = 10 * (unsigned)(at - suffixes + 1);
		if (*value > UINT64_MAX >> shift)
			return -1;
		*value <<= shift;
		end++;
	}
	return *end ? -1 : 0;
}

static int set_number(const struct vg_option *o, char *at, const char *text, char *why, size_t n_why)
{
	uint64_t value;
	if (o->type == VG_OPTION_DISTANCE && !strcmp(text, "never")) {
		memcpy(at, &(uint32_t){ VG_CONFIG_NEVER }, sizeof(uint32_t));
		return 0;
	}
	if (number(text, o->type == VG_OPTION_U64, &value) || value < o->min || value > o->max) {
		snprintf(why, n_why, "%s is a number from %" PRIu64 " to %" PRIu64 "%s%s%s; write one", o->key, o->min,
			 o->max, o->unit[0] ? " (" : "", o->unit, o->unit[0] ? ")" : "");
		return -1;
	}
	if (o->type == VG_OPTION_U64)
		memcpy(at, &value, sizeof(value));
	else
		memcpy(at, &(uint32_t){ (uint32_t)value }, sizeof(uint32_t));
	return 0;
}

/* Digits, and after a point one to three more. */
static int set_seconds(const struct vg_option *o, char *at, const char *text, char *why, size_t n_why)
{
	const char *point = strchr(text, '.');
	size_t n_whole = point ? (size_t)(point - text) : strlen(text), n_part = point ? strlen(point + 1) : 0;
	char digits[16] = { 0 };
	uint64_t ms;
	if (n_whole > 0 && n_whole < 8 && n_part <= 3 && (n_part || !point)) {
		memcpy(digits, text, n_whole);
		memcpy(digits + n_whole, "000", 3);
		if (n_part)
			memcpy(digits + n_whole, point + 1, n_part);
	}
	if (number(digits, 0, &ms) || ms < o->min || ms > o->max) {
		snprintf(why, n_why, "%s is seconds from %g to %g with up to three decimals; write them", o->key,
			 (double)o->min / 1000, (double)o->max / 1000);
		return -1;
	}
	memcpy(at, &(uint32_t){ (uint32_t)ms }, sizeof(uint32_t));
	return 0;
}

/* The place of text among "a|b|c", or -1. */
static int choice(const char *choices, const char *text)
{
	size_t n = strlen(text);
	int place = 0;
	for (const char *p = choices; n;) {
		const char *end = strchr(p, '|');
		size_t n_p = end ? (size_t)(end - p) : strlen(p);
		if (n_p == n && !memcmp(p, text, n))
			return place;
		if (!end)
			break;
		p = end + 1;
		place++;
	}
	return -1;
}

static int set_choice(const struct vg_option *o, char *at, const char *text, char *why, size_t n_why)
{
	const char *choices = o->type == VG_OPTION_BOOL ? "no|yes|false|true" : o->choices;
	int place = choice(choices, text);
	if (place < 0) {
		snprintf(why, n_why, "%s is one of %s; write one of these", o->key,
			 o->type == VG_OPTION_BOOL ? "yes|no" : choices);
		return -1;
	}
	if (o->type == VG_OPTION_BOOL)
		place &= 1;
	memcpy(at, &(uint32_t){ (uint32_t)place }, sizeof(uint32_t));
	return 0;
}

static int set_text(const struct vg_option *o, char *at, const char *text, const char *dir, char *why, size_t n_why)
{
	int is_path = o->type == VG_OPTION_PATH || o->type == VG_OPTION_PATHS;
	int is_relative = is_path && text[0] && text[0] != '/' && dir[0];
	size_t n = strlen(text) + (is_relative ? strlen(dir) + 1 : 0);
	if (n < o->min) {
		snprintf(why, n_why, "%s is empty; write one", o->key);
		return -1;
	}
	if (n > o->max) {
		snprintf(why, n_why, "%s is longer than %" PRIu64 " characters; shorten it", o->key, o->max);
		return -1;
	}
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			snprintf(why, n_why, "%s holds a control character; remove it", o->key);
			return -1;
		}
	at[0] = 0;
	if (is_relative) {
		strcpy(at, dir);
		strcat(at, "/");
	}
	strcat(at, text);
	return 0;
}

int vg_value_set(const struct vg_option *option, void *base, const char *text, const char *dir, char *why, size_t n_why)
{
	char *at = (char *)base + option->off;
	uint32_t count;
	switch (option->type) {
	case VG_OPTION_U32:
	case VG_OPTION_U64:
	case VG_OPTION_DISTANCE:
		return set_number(option, at, text, why, n_why);
	case VG_OPTION_SECONDS:
		return set_seconds(option, at, text, why, n_why);
	case VG_OPTION_BOOL:
	case VG_OPTION_CHOICE:
		return set_choice(option, at, text, why, n_why);
	case VG_OPTION_TEXT:
	case VG_OPTION_PATH:
		return set_text(option, at, text, dir, why, n_why);
	case VG_OPTION_TEXTS:
	case VG_OPTION_PATHS:
		break;
	}
	memcpy(&count, (char *)base + option->count_off, sizeof(count));
	if (count >= option->n_items) {
		snprintf(why, n_why, "%s has more than %zu items; remove some", option->key, option->n_items);
		return -1;
	}
	if (set_text(option, at + count * (option->max + 1), text, dir, why, n_why))
		return -1;
	count++;
	memcpy((char *)base + option->count_off, &count, sizeof(count));
	return 0;
}

void vg_value_write_text(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void write_choice(const char *choices, uint32_t place, FILE *out)
{
	for (; place; place--) {
		const char *end = strchr(choices, '|');
		if (!end)
			return;
		choices = end + 1;
	}
	fwrite(choices, 1, strcspn(choices, "|"), out);
}

void vg_value_write(const struct vg_option *option, const void *base, FILE *out)
{
	const char *at = (const char *)base + option->off;
	uint32_t small = 0;
	uint64_t large = 0;
	if (option->type == VG_OPTION_U64)
		memcpy(&large, at, sizeof(large));
	else if (option->type < VG_OPTION_TEXT)
		memcpy(&small, at, sizeof(small));
	switch (option->type) {
	case VG_OPTION_U32:
		fprintf(out, "%" PRIu32, small);
		return;
	case VG_OPTION_U64:
		fprintf(out, "%" PRIu64, large);
		return;
	case VG_OPTION_DISTANCE:
		if (small == VG_CONFIG_NEVER)
			fputs("never", out);
		else
			fprintf(out, "%" PRIu32, small);
		return;
	case VG_OPTION_SECONDS:
		fprintf(out, "%" PRIu32 ".%03" PRIu32, small / 1000, small % 1000);
		return;
	case VG_OPTION_BOOL:
		fputs(small ? "yes" : "no", out);
		return;
	case VG_OPTION_CHOICE:
		write_choice(option->choices, small, out);
		return;
	case VG_OPTION_TEXT:
	case VG_OPTION_PATH:
		vg_value_write_text(at, out);
		return;
	case VG_OPTION_TEXTS:
	case VG_OPTION_PATHS:
		break;
	}
	memcpy(&small, (const char *)base + option->count_off, sizeof(small));
	fputc('[', out);
	for (uint32_t i = 0; i < small; i++) {
		fputs(i ? ", " : "", out);
		vg_value_write_text(at + i * (option->max + 1), out);
	}
	fputc(']', out);
}
