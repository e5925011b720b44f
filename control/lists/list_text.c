#include "control/lists/list_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <vigil/base.h>
#include <vigil/bytes.h>

#include "control/lists/list_url.h"

/* MD5, SHA-1, SHA-256 of the empty input (RFC 1321 A.5; FIPS 180-4 examples). */
static const uint8_t empty_md5[16] = { 0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04,
				       0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e };
static const uint8_t empty_sha1[20] = { 0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d, 0x32, 0x55,
					0xbf, 0xef, 0x95, 0x60, 0x18, 0x90, 0xaf, 0xd8, 0x07, 0x09 };
static const uint8_t empty_sha256[32] = { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
					  0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
					  0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55 };

uint32_t vg_list_value_bytes(enum vg_algo algo)
{
	return algo == VG_ALGO_MD5                                                    ? 16
	       : algo == VG_ALGO_SHA1                                                 ? 20
	       : algo == VG_ALGO_SHA256 || algo == VG_ALGO_PDQ || algo == VG_ALGO_URL ? 32
										      : 0;
}

enum vg_algo vg_list_algo(const char *name)
{
	for (unsigned algo = VG_ALGO_MD5; algo <= VG_ALGO_PDQ; algo++)
		if (!strcmp(vg_algo_str(algo), name))
			return (enum vg_algo)algo;
	return VG_ALGO_NONE;
}

const char *vg_list_value_forbidden(enum vg_algo algo, const uint8_t *value)
{
	const uint8_t *empty = algo == VG_ALGO_MD5      ? empty_md5
			       : algo == VG_ALGO_SHA1   ? empty_sha1
			       : algo == VG_ALGO_SHA256 ? empty_sha256
							: NULL;
	if (empty)
		return memcmp(empty, value, vg_list_value_bytes(algo)) ? NULL : "this is the digest of the empty file";
	for (unsigned i = 1; i < 32; i++)
		if (value[i] != value[0])
			return NULL;
	return value[0] == 0 || value[0] == 0xff ? "this is the hash of a blank picture" : NULL;
}

void vg_list_text_init(struct vg_list_text *text, vg_list_row_fn fn, void *ctx)
{
	memset(text, 0, sizeof(*text));
	text->fn = fn;
	text->ctx = ctx;
	text->line = 1;
	text->default_id = "";
}

void vg_list_text_urls(struct vg_list_text *text)
{
	text->is_urls = 1;
}

enum vg_err vg_list_text_wrong(struct vg_list_text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(text->why, sizeof(text->why), format, args);
	va_end(args);
	return VG_EINVAL;
}

/* Cuts the field that begins at *at, trims blanks and moves *at behind its comma (NULL after the last). `last` takes
 * commas too. */
static char *field(char **at, int last)
{
	char *begin = *at, *end;
	if (!begin)
		return NULL;
	end = last ? NULL : strchr(begin, ',');
	*at = end ? end + 1 : NULL;
	end = end ? end : begin + strlen(begin);
	while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = 0;
	while (*begin == ' ' || *begin == '\t')
		begin++;
	return begin;
}

static enum vg_err value_of(struct vg_list_text *text, struct vg_list_row *row, const char *name, const char *value)
{
	if (!strcmp(name, "vpdq"))
		return vg_list_text_wrong(text, "a video is a line video,entry_id and its frames below; write it so");
	row->algo = vg_list_algo(name);
	if (row->algo == VG_ALGO_NONE)
		return vg_list_text_wrong(text, "the algorithm is none of md5, sha1, sha256, pdq (a plug-in's: "
						"plugin,NAME@VERSION,…); correct or remove the line");
	row->n_value = vg_list_value_bytes(row->algo);
	if (!value)
		return vg_list_text_wrong(text,
					  "no value follows the algorithm; write algo,value[,entry_id[,class[,note]]]");
	if (strlen(value) != 2 * row->n_value || vg_unhex(value, row->value, row->n_value))
		return vg_list_text_wrong(text, "a value of %s has %u hex digits; correct or remove the line", name,
					  2 * row->n_value);
	const char *forbidden = vg_list_value_forbidden(row->algo, row->value);
	return forbidden ? vg_list_text_wrong(text, "%s and would match everywhere; remove the line", forbidden)
			 : VG_OK;
}

/* The URL at the beginning of a line; *at moves to its other fields. */
static enum vg_err url_of(struct vg_list_text *text, struct vg_list_row *row, char **at)
{
	char *url = *at;
	const char *why;
	size_t n = strcspn(url, " \t");
	*at = url[n] ? url + n + 1 : NULL;
	url[n] = 0;
	row->algo = VG_ALGO_URL;
	row->n_value = vg_list_value_bytes(VG_ALGO_URL);
	why = vg_list_url_value(url, row->value);
	return why ? vg_list_text_wrong(text, "%s", why) : VG_OK;
}

static enum vg_err plugin_of(struct vg_list_text *text, struct vg_list_row *row, const char *name, char **at,
			     struct vg_list_plugin *plugin)
{
	const char *distance = field(at, 0), *value = field(at, 0);
	row->algo = VG_ALGO_PLUGIN;
	row->plugin = plugin;
	return vg_list_text_plugin(text, name, distance, value, plugin);
}

static enum vg_err parse_line(struct vg_list_text *text)
{
	char *at = text->text;
	struct vg_list_row row = { .line = text->line };
	struct vg_list_plugin plugin;
	if (text->line == 1 && text->n_line >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		at += 3;
	if (text->n_line && text->text[text->n_line - 1] == '\r')
		text->text[--text->n_line] = 0;
	for (size_t i = 0; i < text->n_line; i++)
		if ((unsigned char)text->text[i] < 0x20 && text->text[i] != '\t')
			return vg_list_text_wrong(text, "a control character; remove it");
	while (*at == ' ' || *at == '\t')
		at++;
	if (!*at || *at == '#')
		return VG_OK;
	size_t n_digits = strspn(at, "0123456789"), n_blanks = strspn(at + n_digits, " \t");
	if (!text->is_urls && n_digits && at[n_digits + n_blanks] == ',') /* no algorithm is called that */
		return vg_list_text_frame(text, at);
	const char *name = text->is_urls ? "" : field(&at, 0), *value = text->is_urls ? "" : field(&at, 0);
	int is_video = !strcmp(name, "video"), is_plugin = !strcmp(name, "plugin");
	enum vg_err err = vg_list_text_end_video(text);
	if (!err && text->is_urls)
		err = url_of(text, &row, &at);
	else if (!err && is_plugin)
		err = plugin_of(text, &row, value, &at, &plugin);
	else if (!err && !is_video)
		err = value_of(text, &row, name, value);
	if (err)
		return err;
	if (is_video) {
		const char *its_class = field(&at, 0), *its_note = field(&at, 1);
		return vg_list_text_video(text, value ? value : "", its_class ? its_class : "",
					  its_note ? its_note : "");
	}
	const char *id = field(&at, 0), *entry_class = field(&at, 0), *note = field(&at, 1);
	row.id = id ? id : "";
	row.entry_class = entry_class ? entry_class : "";
	row.note = note ? note : "";
	if (strlen(row.id) > VG_LIST_TEXT_ID || strlen(row.entry_class) > VG_LIST_TEXT_CLASS ||
	    strlen(row.note) > VG_LIST_TEXT_NOTE)
		return vg_list_text_wrong(text, "entry_id, class and note have at most %d, %d and %d bytes; shorten",
					  VG_LIST_TEXT_ID, VG_LIST_TEXT_CLASS, VG_LIST_TEXT_NOTE);
	text->has_rows = 1;
	return text->fn(text->ctx, &row);
}

/* Whether the line gathered so far begins a JSON list: its `[` is the last byte there. */
static int begins_json(const struct vg_list_text *text)
{
	size_t at = text->line == 1 && text->n_line >= 3 && !memcmp(text->text, "\xef\xbb\xbf", 3) ? 3 : 0;
	while (at < text->n_line && (text->text[at] == ' ' || text->text[at] == '\t'))
		at++;
	return at == text->n_line;
}

/* Up to a line's end, or to the `[` that begins a list. Moves *bytes behind what it took. */
static enum vg_err feed_line(struct vg_list_text *text, const char **bytes, const char *end)
{
	const char *at = *bytes;
	for (; at < end && *at != '\n'; at++) {
		if (*at == '[' && begins_json(text)) {
			text->in_json = 1;
			text->n_line = 0;
			*bytes = at;
			return VG_OK;
		}
		if (text->n_line == VG_LIST_TEXT_LINE)
			return vg_list_text_wrong(text, "longer than %d bytes; this is no list line",
						  VG_LIST_TEXT_LINE);
		text->text[text->n_line++] = *at;
	}
	text->text[text->n_line] = 0;
	*bytes = at;
	if (at == end)
		return VG_OK;
	enum vg_err err = parse_line(text);
	if (err)
		return err;
	text->n_line = 0;
	text->line++;
	*bytes = at + 1;
	return VG_OK;
}

enum vg_err vg_list_text_feed(struct vg_list_text *text, const char *bytes, size_t n_bytes)
{
	const char *end = bytes + n_bytes;
	enum vg_err err = VG_OK;
	while (bytes < end && !err)
		err = text->in_json ? vg_list_text_json(text, *bytes++) : feed_line(text, &bytes, end);
	return err;
}

enum vg_err vg_list_text_end(struct vg_list_text *text)
{
	if (text->in_json)
		return vg_list_text_wrong(text, "the list of frames has no end; complete it");
	enum vg_err err = text->n_line ? parse_line(text) : VG_OK;
	return err ? err : vg_list_text_end_video(text);
}
