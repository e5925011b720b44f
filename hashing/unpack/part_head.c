/* Line by line, then parameter by parameter; every step is bounded by the line it is in. */
#include "hashing/unpack/part_head.h"

#include <string.h>
#include <strings.h>

struct text {
	const char *at;
	size_t n;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct text trim(struct text t)
{
	while (t.n && is_space(t.at[0]))
		t.at++, t.n--;
	while (t.n && is_space(t.at[t.n - 1]))
		t.n--;
	return t;
}

static bool same(struct text t, const char *word)
{
	return t.n == strlen(word) && !strncasecmp(t.at, word, t.n);
}

static bool begins(struct text t, const char *word)
{
	return t.n >= strlen(word) && !strncasecmp(t.at, word, strlen(word));
}

/* Cuts the next ;-separated piece off `rest`, not inside quotes. */
static struct text next_parameter(struct text *rest)
{
	struct text piece = { rest->at, 0 };
	bool quoted = false;
	size_t i;

	for (i = 0; i < rest->n && (quoted || rest->at[i] != ';'); i++) {
		if (quoted && rest->at[i] == '\\' && i + 1 < rest->n && rest->at[i + 1] == '"')
			i++;
		else if (rest->at[i] == '"')
			quoted = !quoted;
	}
	piece.n = i < rest->n ? i : rest->n;
	rest->at += i < rest->n ? i + 1 : rest->n;
	rest->n -= i < rest->n ? i + 1 : rest->n;
	return trim(piece);
}

/* Splits name=value and takes the quotes off the value. False where there is no '='. */
static bool split(struct text piece, struct text *name, struct text *value)
{
	const char *eq = memchr(piece.at, '=', piece.n);

	if (!piece.n || !eq)
		return false;
	*name = trim((struct text){ piece.at, (size_t)(eq - piece.at) });
	*value = trim((struct text){ eq + 1, piece.n - (size_t)(eq - piece.at) - 1 });
	if (value->n && value->at[0] == '"') {
		value->at++, value->n--;
		if (value->n && value->at[value->n - 1] == '"')
			value->n--;
	}
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* Appends one byte; what is too long loses its beginning. */
static void put(struct vg_part_head *h, char c)
{
	if (!c)
		return;
	if (h->n_filename == VG_PART_NAME_BYTES) {
		memmove(h->filename, h->filename + 1, VG_PART_NAME_BYTES - 1);
		h->n_filename--;
	}
	h->filename[h->n_filename++] = c;
}

/* \" is an escaped quote; other backslashes are part of the name (browsers on Windows never escaped them). */
static void put_plain(struct vg_part_head *h, struct text value)
{
	for (size_t i = 0; i < value.n; i++) {
		if (value.at[i] == '\\' && i + 1 < value.n && value.at[i + 1] == '"')
			i++;
		put(h, value.at[i]);
	}
}

/* Percent-escaped; Latin-1 becomes UTF-8, anything else is kept as it is. */
static void put_escaped(struct vg_part_head *h, struct text value, bool latin)
{
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = (uint8_t)value.at[i];
		if (c == '%' && i + 2 < value.n && hex_digit(value.at[i + 1]) >= 0 && hex_digit(value.at[i + 2]) >= 0) {
			c = (uint8_t)(hex_digit(value.at[i + 1]) << 4 | hex_digit(value.at[i + 2]));
			i += 2;
		}
		if (latin && c >= 0x80) {
			put(h, (char)(0xc0 | c >> 6));
			c = 0x80 | (c & 0x3f);
		}
		put(h, (char)c);
	}
}

/* charset'language'percent-escaped. True: it is Latin-1. */
static bool put_extended(struct vg_part_head *h, struct text value)
{
	const char *first = value.n ? memchr(value.at, '\'', value.n) : NULL;
	const char *second = first ? memchr(first + 1, '\'', value.n - (size_t)(first + 1 - value.at)) : NULL;
	bool latin = begins(value, "iso-8859-1'");

	if (!second)
		return false;
	value.n -= (size_t)(second + 1 - value.at);
	value.at = second + 1;
	h->n_filename = 0;
	put_escaped(h, value, latin);
	return latin;
}

/* Is this the next of the pieces that a long name comes in: filename*0, filename*1* (percent-escaped), ... (RFC 2231
 * 3, 4.1)? They stand in order. */
static bool is_piece(struct text name, unsigned no, bool *escaped)
{
	unsigned said = 0;
	size_t at = 9;

	if (!begins(name, "filename*") || name.n <= at)
		return false;
	for (; at < name.n && name.at[at] >= '0' && name.at[at] <= '9' && said < 1000; at++)
		said = said * 10 + (unsigned)(name.at[at] - '0');
	*escaped = at > 9 && at + 1 == name.n && name.at[at] == '*';
	return at > 9 && (*escaped || at == name.n) && said == no;
}

static void put_field(struct vg_part_head *h, struct text value)
{
	h->n_field = 0;
	for (size_t i = 0; i < value.n && h->n_field < VG_PART_FIELD; i++) {
		if (value.at[i] == '\\' && i + 1 < value.n && value.at[i + 1] == '"')
			i++;
		if (value.at[i])
			h->field[h->n_field++] = value.at[i];
	}
}

static void on_disposition(struct vg_part_head *h, struct text rest)
{
	struct text name, value;
	unsigned n_pieces = 0;
	bool extended = false, escaped, latin = false, is_form = begins(rest, "form-data");

	while (rest.n) {
		if (!split(next_parameter(&rest), &name, &value))
			continue;
		if (same(name, "filename*")) {
			h->has_filename = extended = true;
			(void)put_extended(h, value);
		} else if (is_piece(name, n_pieces, &escaped)) {
			h->has_filename = extended = true;
			if (!n_pieces)
				h->n_filename = 0;
			if (escaped && !n_pieces)
				latin = put_extended(h, value);
			else if (escaped)
				put_escaped(h, value, latin);
			else
				put_plain(h, value);
			n_pieces++;
		} else if (same(name, "filename") && !extended) {
			h->has_filename = true;
			h->n_filename = 0;
			put_plain(h, value);
		} else if (is_form && same(name, "name")) {
			put_field(h, value);
		}
	}
}

static void on_type(struct vg_part_head *h, struct text rest)
{
	struct text name, value;

	bool is_multipart = begins(rest, "multipart/");
	h->is_text = begins(rest, "text/");
	while (rest.n) {
		if (!split(next_parameter(&rest), &name, &value))
			continue;
		if (same(name, "name") && !h->has_filename) { /* RFC 2045's way to name a file */
			h->has_filename = true;
			h->n_filename = 0;
			put_plain(h, value);
		}
		if (is_multipart && same(name, "boundary") && value.n && value.n <= VG_PART_BOUNDARY) {
			memcpy(h->boundary, value.at, value.n);
			h->n_boundary = (uint16_t)value.n;
		}
	}
}

/* Digits, saturating; false: none. */
static bool take_number(struct text *rest, uint64_t *number)
{
	size_t n = 0;

	*number = 0;
	for (; n < rest->n && rest->at[n] >= '0' && rest->at[n] <= '9'; n++)
		*number = *number > (UINT64_MAX - 9) / 10 ? UINT64_MAX : *number * 10 + (uint64_t)(rest->at[n] - '0');
	rest->at += n;
	rest->n -= n;
	return n != 0;
}

static bool take_char(struct text *rest, char c)
{
	bool is_there = rest->n && rest->at[0] == c;

	rest->at += is_there;
	rest->n -= is_there;
	return is_there;
}

/* "bytes 0-499/1234" or ".../ *" */
static void on_range(struct vg_part_head *h, struct text value)
{
	uint64_t last;

	if (!begins(value, "bytes"))
		return;
	value = trim((struct text){ value.at + 5, value.n - 5 });
	if (!take_number(&value, &h->range_off) || !take_char(&value, '-') || !take_number(&value, &last) ||
	    !take_char(&value, '/') || last < h->range_off)
		return;
	if (!take_number(&value, &h->range_total))
		h->range_total = UINT64_MAX;
	h->has_range = h->range_total > last;
}

static void on_line(struct vg_part_head *h, struct text line)
{
	const char *colon = line.n ? memchr(line.at, ':', line.n) : NULL;
	struct text name, value;

	if (!colon)
		return;
	name = trim((struct text){ line.at, (size_t)(colon - line.at) });
	value = trim((struct text){ colon + 1, line.n - (size_t)(colon - line.at) - 1 });
	if (same(name, "content-disposition"))
		on_disposition(h, value);
	else if (same(name, "content-type"))
		on_type(h, value);
	else if (same(name, "content-range"))
		on_range(h, value);
	else if (same(name, "content-transfer-encoding"))
		h->transfer = same(value, "base64")             ? VG_TRANSFER_BASE64
			      : same(value, "quoted-printable") ? VG_TRANSFER_QUOTED
								: VG_TRANSFER_PLAIN;
}

void vg_part_head_read(const char *text, size_t n_text, struct vg_part_head *head)
{
	size_t begin = 0;

	memset(head, 0, sizeof(*head));
	head->is_text = true;
	while (begin < n_text) {
		size_t end = begin;
		/* A line goes on where the next one begins with white space. */
		while (end < n_text &&
		       !(text[end] == '\n' && (end + 1 == n_text || (text[end + 1] != ' ' && text[end + 1] != '\t'))))
			end++;
		on_line(head, (struct text){ text + begin, end - begin });
		begin = end + 1;
	}
}
