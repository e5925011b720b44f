#include "control/cases/text.h"

#include <stdint.h>
#include <string.h>

/* Length of the well-formed character at p (at most n bytes are there), or 0. RFC 3629 section 4: no overlong form, no
 * surrogate, nothing above U+10FFFF. */
static size_t character(const unsigned char *p, size_t n, uint32_t *code)
{
	size_t length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	if (!length || length > n)
		return 0;
	*code = length == 1 ? p[0] : p[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	if ((length == 3 && *code < 0x800) || (length == 4 && *code < 0x10000) || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return length;
}

static int is_xml(uint32_t code)
{
	return code >= 0x20 ? code != 0xfffe && code != 0xffff : code == '\t' || code == '\n' || code == '\r';
}

size_t vg_case_text(const char *from, size_t n_from, char *to, size_t n_to)
{
	static const char instead[] = "\xef\xbf\xbd";
	const unsigned char *p = (const unsigned char *)from;
	size_t out = 0;
	for (size_t i = 0; i < n_from;) {
		uint32_t code = 0;
		size_t eaten = character(p + i, n_from - i, &code), n = eaten;
		const char *piece = from + i;
		if (!eaten || !is_xml(code)) {
			piece = instead;
			n = 3;
			eaten = eaten ? eaten : 1;
		}
		if (out + n >= n_to)
			break;
		memcpy(to + out, piece, n);
		out += n;
		i += eaten;
	}
	to[out] = 0;
	return out;
}
