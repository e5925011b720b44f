/* xml_text: the receiver refuses a whole report (4100) for one control character in a file name; so nothing goes into
 * a document that has not passed here. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "control/report/xml_text.h"

#define REPLACEMENT 0xfffdu
#define CUT_NOTE    " [cut]"

/* Decodes one character (RFC 3629); *n says how many bytes it took. Malformed: U+FFFD and one byte. */
static uint32_t decode(const uint8_t *p, size_t *n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = p[0] < 0x80                   ? 1
		     : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
		     : (p[0] & 0xf0) == 0xe0       ? 3
		     : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
						   : 0;
	uint32_t c;

	*n = 1;
	if (len == 1)
		return p[0];
	if (!len)
		return REPLACEMENT;
	c = p[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80) /* also the NUL at the end */
			return REPLACEMENT;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff)
		return REPLACEMENT;
	*n = len;
	return c;
}
static int is_legal(uint32_t c)
{
	return c == 9 || c == 10 || c == 13 || (c >= 0x20 && c < 0xd800) || (c >= 0xe000 && c < 0xfffe) || c >= 0x10000;
}
static size_t encode(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)((0xf00u >> len & 0xf0u) | c);
	return len;
}

int vg_xml_legal(const char *in, char *out, size_t cap, size_t max_units)
{
	const uint8_t *p = (const uint8_t *)in;
	const size_t n_note = sizeof(CUT_NOTE) - 1;
	size_t n_out = 0, n_units = 0, n_fit = 0; /* n_fit: as far as the note would still find room behind it */

	while (*p) {
		size_t n;
		uint32_t c = decode(p, &n);
		char piece[4];
		size_t n_piece, units;

		if (!is_legal(c))
			c = REPLACEMENT;
		n_piece = encode(c, piece);
		units = c >= 0x10000 ? 2 : 1;
		if (n_units + n_note <= max_units && n_out + n_note < cap)
			n_fit = n_out;
		if (n_units + units > max_units || n_out + n_piece >= cap) {
			n_out = n_fit;
			if (n_note <= max_units && n_note < cap) {
				memcpy(out + n_out, CUT_NOTE, n_note);
				n_out += n_note;
			}
			out[n_out] = 0;
			return 1;
		}
		memcpy(out + n_out, piece, n_piece);
		n_out += n_piece;
		n_units += units;
		p += n;
	}
	out[n_out] = 0;
	return 0;
}

int vg_xml_url(const char *in, char *out, size_t cap, size_t max_chars)
{
	static const char digit[] = "0123456789ABCDEF";
	const char *rest = !strncasecmp(in, "http://", 7) ? in + 7 : !strncasecmp(in, "https://", 8) ? in + 8 : NULL;
	size_t n = 0, limit = cap - 1 < max_chars ? cap - 1 : max_chars;

	if (!rest || !*rest || strchr("/?#", *rest))
		return -1;
	for (const char *p = in; *p; p++) {
		uint8_t c = (uint8_t)*p;
		int plain = c > 0x20 && c < 0x7f && !strchr("\"<>\\^`{|}", c);
		if (n + (plain ? 1 : 3) > limit) {
			out[n] = 0;
			return 1;
		}
		if (plain) {
			out[n++] = (char)c;
		} else {
			out[n++] = '%';
			out[n++] = digit[c >> 4];
			out[n++] = digit[c & 15];
		}
	}
	out[n] = 0;
	return 0;
}

void vg_xml_time(int64_t wall_ns, char out[32])
{
	const int64_t last_s = 253402300799; /* 9999-12-31T23:59:59Z; beyond what int64_t nanoseconds hold today */
	time_t s = (time_t)(wall_ns < 0 ? 0 : wall_ns / 1000000000);
	int ms = wall_ns < 0 ? 0 : (int)(wall_ns / 1000000 % 1000);
	struct tm tm;
	char head[24];

	if (s > last_s)
		s = last_s;
	gmtime_r(&s, &tm);
	strftime(head, sizeof(head), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, 32, "%s.%03dZ", head, ms);
}

int vg_xml_is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == 0;
}
