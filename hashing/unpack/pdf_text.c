/* White space may lie anywhere; a last group may be short. */
#include "hashing/unpack/pdf_text.h"

#include <stdbool.h>

static bool is_space(uint8_t c)
{
	return !c || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

size_t vg_pdf_text_hex(const uint8_t *text, size_t n, uint8_t *to)
{
	size_t n_digits = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = text[i], v;
		if (is_space(c))
			continue;
		if (c >= '0' && c <= '9')
			v = (uint8_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = (uint8_t)((c | 32) - 'a' + 10);
		else
			break;
		to[n_digits / 2] = (uint8_t)(n_digits % 2 ? to[n_digits / 2] | v : v << 4);
		n_digits++;
	}
	return (n_digits + 1) / 2;
}

/* A group of n_digits (5, or fewer at the end: then one byte fewer than digits) as bytes. */
static size_t group(uint64_t v, unsigned n_digits, uint8_t *to)
{
	size_t n = n_digits - 1;

	for (unsigned i = n_digits; i < 5; i++)
		v = v * 85 + 84;
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(v >> (24 - 8 * i));
	return n;
}

size_t vg_pdf_text_85(const uint8_t *text, size_t n, uint8_t *to)
{
	uint64_t v = 0;
	unsigned n_digits = 0;
	size_t n_out = 0;

	for (size_t i = n >= 2 && text[0] == '<' && text[1] == '~' ? 2 : 0; i < n; i++) {
		uint8_t c = text[i];
		if (is_space(c))
			continue;
		if (c == 'z' && !n_digits) {
			for (unsigned k = 0; k < 4; k++)
				to[n_out++] = 0;
			continue;
		}
		if (c < '!' || c > 'u')
			break;
		v = v * 85 + (unsigned)(c - '!');
		if (++n_digits < 5)
			continue;
		n_out += group(v, 5, to + n_out);
		v = n_digits = 0;
	}
	return n_digits > 1 ? n_out + group(v, n_digits, to + n_out) : n_out;
}
