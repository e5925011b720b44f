/* list_text, videos: frames by lines, and as a JSON list of strings (RFC 8259; strings without escapes: a hash, a
 * number and a number need none). */
#include <ctype.h>
#include <string.h>

#include <vigil/bytes.h>

#include "control/lists/list_text.h"

enum { JSON_NONE, JSON_BEGIN, JSON_FIRST, JSON_VALUE, JSON_STRING, JSON_BEHIND };

enum vg_err vg_list_text_end_video(struct vg_list_text *text)
{
	if (text->in_video && !text->n_frames)
		return vg_list_text_wrong(text, "the video before this has no frames; add them or remove it");
	text->in_video = 0;
	return VG_OK;
}

enum vg_err vg_list_text_video(struct vg_list_text *text, const char *id, const char *entry_class, const char *note)
{
	struct vg_list_row row = {
		.algo = VG_ALGO_VPDQ, .id = id, .entry_class = entry_class, .note = note, .line = text->line
	};
	if (!*id)
		return vg_list_text_wrong(text, "a video has no name; write video,entry_id");
	if (strlen(id) > VG_LIST_TEXT_ID || strlen(entry_class) > VG_LIST_TEXT_CLASS ||
	    strlen(note) > VG_LIST_TEXT_NOTE)
		return vg_list_text_wrong(text, "entry_id, class and note have at most %d, %d and %d bytes; shorten",
					  VG_LIST_TEXT_ID, VG_LIST_TEXT_CLASS, VG_LIST_TEXT_NOTE);
	text->has_rows = text->in_video = 1;
	text->n_frames = 0;
	return text->fn(text->ctx, &row);
}

/* Frames at the very beginning are those of the video that the file is. */
static enum vg_err begin_unnamed(struct vg_list_text *text)
{
	if (text->in_video)
		return VG_OK;
	if (text->has_rows)
		return vg_list_text_wrong(text, "frames of no video; write a line video,entry_id before them");
	return vg_list_text_video(text, text->default_id, "", "");
}

/* Cuts the next field off, or returns NULL. */
static char *next(char **at)
{
	char *begin = *at;
	if (!begin)
		return NULL;
	*at = strchr(begin, ',');
	if (*at)
		*(*at)++ = 0;
	while (*begin == ' ' || *begin == '\t')
		begin++;
	for (size_t n = strlen(begin); n && (begin[n - 1] == ' ' || begin[n - 1] == '\t');)
		begin[--n] = 0;
	return begin;
}

static int is_number(const char *text, size_t max_digits, int may_have_point)
{
	size_t n = 0, n_points = 0;
	for (; *text; text++) {
		n += isdigit((unsigned char)*text) != 0;
		n_points += *text == '.';
		if (!isdigit((unsigned char)*text) && *text != '.')
			return 0;
	}
	return n && n <= max_digits && n_points <= (may_have_point ? 1 : 0);
}

static enum vg_err give(struct vg_list_text *text, const char *hash, const char *quality, const char *timestamp)
{
	struct vg_list_row row = {
		.algo = VG_ALGO_VPDQ, .n_value = 32, .id = "", .entry_class = "", .note = "", .line = text->line
	};
	unsigned value = 0;
	if (!hash || strlen(hash) != 64 || vg_unhex(hash, row.value, 32))
		return vg_list_text_wrong(text, "the hash of a frame has 64 hex digits; correct the line");
	for (const char *at = quality; quality && is_number(quality, 3, 0) && *at; at++)
		value = value * 10 + (unsigned)(*at - '0');
	if (!quality || !is_number(quality, 3, 0) || value > 100)
		return vg_list_text_wrong(text, "the quality of a frame is 0 to 100; correct the line");
	if (!timestamp || !is_number(timestamp, 20, 1))
		return vg_list_text_wrong(text, "the time of a frame is a number of seconds; correct the line");
	row.quality = (uint8_t)value;
	if (value >= VG_PDQ_MIN_QUALITY && vg_list_value_forbidden(VG_ALGO_PDQ, row.value))
		return vg_list_text_wrong(text, "the hash of a blank picture, which would match everywhere; remove it");
	text->n_frames++;
	return text->fn(text->ctx, &row);
}

enum vg_err vg_list_text_frame(struct vg_list_text *text, char *line)
{
	char *at = line;
	const char *number = next(&at), *quality = next(&at), *hash = next(&at), *timestamp = next(&at);
	if (!is_number(number, 10, 0))
		return vg_list_text_wrong(text, "a frame is frame,quality,hash,timestamp; correct the line");
	enum vg_err err = begin_unnamed(text);
	return err ? err : give(text, hash, quality, timestamp);
}

static enum vg_err end_string(struct vg_list_text *text)
{
	char *at = text->text;
	text->text[text->n_line] = 0;
	text->n_line = 0;
	text->in_json = JSON_BEHIND;
	const char *hash = next(&at), *quality = next(&at), *timestamp = next(&at);
	return give(text, hash, quality, timestamp);
}

static enum vg_err end_list(struct vg_list_text *text)
{
	text->in_json = JSON_NONE;
	return vg_list_text_end_video(text);
}

static enum vg_err string_byte(struct vg_list_text *text, char byte)
{
	if (byte == '"')
		return end_string(text);
	if ((unsigned char)byte < 0x20 || byte == '\\' || text->n_line == VG_LIST_TEXT_LINE)
		return vg_list_text_wrong(text, "a frame is \"hash,quality,timestamp\"; correct the list");
	text->text[text->n_line++] = byte;
	return VG_OK;
}

enum vg_err vg_list_text_json(struct vg_list_text *text, char byte)
{
	int state = text->in_json;
	if (state == JSON_STRING)
		return string_byte(text, byte);
	text->line += byte == '\n';
	if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n')
		return VG_OK;
	if (state == JSON_BEGIN) { /* the bracket itself */
		text->in_json = JSON_FIRST;
		if (text->in_video && text->n_frames)
			return vg_list_text_wrong(text,
						  "a second list of frames; write a line video,entry_id before it");
		return begin_unnamed(text);
	}
	if (byte == ']' && state != JSON_VALUE)
		return end_list(text);
	if (byte == '"' && state != JSON_BEHIND) {
		text->in_json = JSON_STRING;
		return VG_OK;
	}
	if (byte == ',' && state == JSON_BEHIND) {
		text->in_json = JSON_VALUE;
		return VG_OK;
	}
	return vg_list_text_wrong(text, "not a JSON list of strings; correct it");
}
