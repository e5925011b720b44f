/* Keys are ours and written as they are; values come from the wire. A value is written whole or, at the end of the
 * buffer, spoils the text as a whole: a half line must never look like a line. */
#include "control/replay/json_text.h"

#include <stdio.h>
#include <string.h>

#include <vigil/bytes.h>

static void add(struct vg_json_text *text, const char *bytes, size_t n_bytes)
{
	if (text->is_full || n_bytes > text->cap_bytes - text->n_bytes) {
		text->is_full = 1;
		return;
	}
	memcpy(text->at + text->n_bytes, bytes, n_bytes);
	text->n_bytes += n_bytes;
}

static void add_key(struct vg_json_text *text, const char *key)
{
	if (!text->is_first)
		add(text, ",", 1);
	text->is_first = 0;
	if (!key)
		return;
	add(text, "\"", 1);
	add(text, key, strlen(key));
	add(text, "\":", 2);
}

/* Length of the legal UTF-8 sequence at s (RFC 3629 section 4: no surrogates, nothing overlong), 0 = none. */
static size_t utf8_length(const uint8_t *s, size_t n)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t n_more;
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		n_more = 1;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		n_more = 2;
		low = s[0] == 0xe0 ? 0xa0 : low;
		high = s[0] == 0xed ? 0x9f : high;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		n_more = 3;
		low = s[0] == 0xf0 ? 0x90 : low;
		high = s[0] == 0xf4 ? 0x8f : high;
	} else {
		return 0;
	}
	if (n <= n_more || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i <= n_more; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n_more + 1;
}

void vg_json_text_init(struct vg_json_text *text, char *buffer, size_t cap_bytes)
{
	*text = (struct vg_json_text){ .at = buffer, .cap_bytes = cap_bytes, .is_first = 1 };
}

void vg_json_text_open(struct vg_json_text *text, const char *key, char bracket)
{
	add_key(text, key);
	add(text, &bracket, 1);
	text->is_first = 1;
}

void vg_json_text_close(struct vg_json_text *text, char bracket)
{
	add(text, &bracket, 1);
	text->is_first = 0;
}

void vg_json_text_bytes(struct vg_json_text *text, const char *key, const char *value, size_t n_bytes)
{
	static const char replacement[] = "\xef\xbf\xbd";
	const uint8_t *s = (const uint8_t *)value;
	size_t n;
	if (!value || !n_bytes) {
		vg_json_text_null(text, key);
		return;
	}
	add_key(text, key);
	add(text, "\"", 1);
	for (size_t i = 0; i < n_bytes; i += n) {
		char escape[8];
		n = utf8_length(s + i, n_bytes - i);
		if (!n) {
			add(text, replacement, 3);
			n = 1;
		} else if (s[i] == '"' || s[i] == '\\') {
			escape[0] = '\\';
			escape[1] = (char)s[i];
			add(text, escape, 2);
		} else if (s[i] < 0x20 || s[i] == 0x7f) {
			add(text, escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04x", s[i]));
		} else {
			add(text, value + i, n);
		}
	}
	add(text, "\"", 1);
}

void vg_json_text_str(struct vg_json_text *text, const char *key, const char *value)
{
	vg_json_text_bytes(text, key, value, value ? strlen(value) : 0);
}

void vg_json_text_u64(struct vg_json_text *text, const char *key, uint64_t value)
{
	char digits[24];
	add_key(text, key);
	add(text, digits, (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value));
}

void vg_json_text_real(struct vg_json_text *text, const char *key, double value, int n_digits)
{
	char digits[400];
	add_key(text, key);
	add(text, digits, (size_t)snprintf(digits, sizeof(digits), "%.*f", n_digits, value));
}

void vg_json_text_null(struct vg_json_text *text, const char *key)
{
	add_key(text, key);
	add(text, "null", 4);
}

void vg_json_text_hex(struct vg_json_text *text, const char *key, const uint8_t *bytes, size_t n_bytes)
{
	char digits[129];
	n_bytes = n_bytes > 64 ? 64 : n_bytes;
	vg_hex(bytes, n_bytes, digits);
	vg_json_text_bytes(text, key, digits, 2 * n_bytes);
}

void vg_json_text_bool(struct vg_json_text *text, const char *key, int value)
{
	add_key(text, key);
	add(text, value ? "true" : "false", value ? 4 : 5);
}

size_t vg_json_text_end(struct vg_json_text *text)
{
	add(text, "\n", 1);
	return text->is_full ? 0 : text->n_bytes;
}
