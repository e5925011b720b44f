#include "control/lists/list_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <vigil/base.h>
#include <vigil/bytes.h>

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
	return algo == VG_ALGO_MD5                             ? 16
	       : algo == VG_ALGO_SHA1                          ? 20
	       : algo == VG_ALGO_SHA256 || algo == VG_ALGO_PDQ ? 32
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
}

__attribute__((format(printf, 2, 3))) static enum vg_err wrong(struct vg_list_text *text, const char *format, ...)
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
		return wrong(text, "vpdq lists are not supported yet; remove the line");
	row->algo = vg_list_algo(name);
	if (row->algo == VG_ALGO_NONE)
		return wrong(text, "the algorithm is none of md5, sha1, sha256, pdq; correct or remove the line");
	row->n_value = vg_list_value_bytes(row->algo);
	if (!value)
		return wrong(text, "no value follows the algorithm; write algo,value[,entry_id[,class[,note]]]");
	if (strlen(value) != 2 * row->n_value || vg_unhex(value, row->value, row->n_value))
		return wrong(text, "a value of %s has %u hex digits; correct or remove the line", name,
			     2 * row->n_value);
	const char *forbidden = vg_list_value_forbidden(row->algo, row->value);
	return forbidden ? wrong(text, "%s and would match everywhere; remove the line", forbidden) : VG_OK;
}

static enum vg_err parse_line(struct vg_list_text *text)
{
	char *at = text->text;
	struct vg_list_row row = { .line = text->line };
	if (text->line == 1 && text->n_line >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		at += 3;
	if (text->n_line && text->text[text->n_line - 1] == '\r')
		text->text[--text->n_line] = 0;
	for (size_t i = 0; i < text->n_line; i++)
		if ((unsigned char)text->text[i] < 0x20 && text->text[i] != '\t')
			return wrong(text, "a control character; remove it");
	while (*at == ' ' || *at == '\t')
		at++;
	if (!*at || *at == '#')
		return VG_OK;
	const char *name = field(&at, 0), *value = field(&at, 0);
	enum vg_err err = value_of(text, &row, name, value);
	if (err)
		return err;
	const char *id = field(&at, 0), *entry_class = field(&at, 0), *note = field(&at, 1);
	row.id = id ? id : "";
	row.entry_class = entry_class ? entry_class : "";
	row.note = note ? note : "";
	if (strlen(row.id) > VG_LIST_TEXT_ID || strlen(row.entry_class) > VG_LIST_TEXT_CLASS ||
	    strlen(row.note) > VG_LIST_TEXT_NOTE)
		return wrong(text, "entry_id, class and note have at most %d, %d and %d bytes; shorten",
			     VG_LIST_TEXT_ID, VG_LIST_TEXT_CLASS, VG_LIST_TEXT_NOTE);
	return text->fn(text->ctx, &row);
}

enum vg_err vg_list_text_feed(struct vg_list_text *text, const char *bytes, size_t n_bytes)
{
	while (n_bytes) {
		const char *end = memchr(bytes, '\n', n_bytes);
		size_t n = end ? (size_t)(end - bytes) : n_bytes;
		if (n > VG_LIST_TEXT_LINE - text->n_line)
			return wrong(text, "longer than %d bytes; this is no list line", VG_LIST_TEXT_LINE);
		memcpy(text->text + text->n_line, bytes, n);
		text->n_line += n;
		text->text[text->n_line] = 0;
		if (!end)
			return VG_OK;
		enum vg_err err = parse_line(text);
		if (err)
			return err;
		text->n_line = 0;
		text->line++;
		bytes = end + 1;
		n_bytes -= n + 1;
	}
	return VG_OK;
}

enum vg_err vg_list_text_end(struct vg_list_text *text)
{
	return text->n_line ? parse_line(text) : VG_OK;
}
