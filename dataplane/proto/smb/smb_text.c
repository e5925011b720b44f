/* UTF-16 to UTF-8, and the user of NTLM. */
#include <string.h>

#include <vigil/bytes.h>

#include "dataplane/proto/smb/smb_text.h"

#define NTLM_AUTHENTICATE 3u
#define NTLM_HEAD         64u /* MS-NLMP 2.2.1.3: to the end of NegotiateFlags */
#define NTLM_UNICODE      1u  /* NTLMSSP_NEGOTIATE_UNICODE */

static size_t rune_put(char *text, size_t n, size_t cap, uint32_t rune, int *cut)
{
	uint8_t out[4];
	size_t n_out = rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;

	if (n + n_out > cap) {
		*cut = 1;
		return n;
	}
	if (n_out == 1) {
		out[0] = (uint8_t)rune;
	} else {
		for (size_t i = n_out; --i; rune >>= 6)
			out[i] = (uint8_t)(0x80 | (rune & 0x3f));
		out[0] = (uint8_t)((0xf00 >> n_out & 0xf0) | rune);
	}
	memcpy(text + n, out, n_out);
	return n + n_out;
}

size_t vg_smb_text_add(char *text, size_t n, size_t cap, const uint8_t *name, size_t n_bytes, int is_utf16, int *cut)
{
	size_t step = is_utf16 ? 2 : 1;

	for (size_t i = 0; i + step <= n_bytes && !*cut; i += step) {
		uint32_t rune = is_utf16 ? vg_le16(name + i) : name[i];
		if (!rune)
			break;
		if (is_utf16 && rune >= 0xd800 && rune < 0xe000) {
			uint32_t low = rune < 0xdc00 && i + 4 <= n_bytes ? vg_le16(name + i + 2) : 0;
			if (low >= 0xdc00 && low < 0xe000) {
				rune = 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			} else {
				rune = 0xfffd;
			}
		}
		if (!is_utf16 && rune >= 0x80) { /* some code page: as it is */
			if (n == cap)
				*cut = 1;
			else
				text[n++] = (char)rune;
			continue;
		}
		n = rune_put(text, n, cap, rune == '\\' ? '/' : rune, cut);
	}
	return n;
}

size_t vg_smb_text_user(char *text, size_t cap, const uint8_t *token, size_t n_token, int *cut)
{
	const uint8_t *at = n_token ? memmem(token, n_token, "NTLMSSP", 8) : NULL, *field;
	size_t n = 0, n_left, off, n_field;
	int is_utf16;

	if (!at)
		return 0;
	n_left = n_token - (size_t)(at - token);
	if (n_left < NTLM_HEAD || vg_le32(at + 8) != NTLM_AUTHENTICATE)
		return 0;
	is_utf16 = !!(vg_le32(at + 60) & NTLM_UNICODE);
	for (unsigned i = 0; i < 2; i++) { /* domain at 28, user at 36: length, room, offset */
		field = at + 28 + 8 * i;
		n_field = vg_le16(field);
		off = vg_le32(field + 4);
		if (off > n_left || n_field > n_left - off) {
			*cut = 1;
			n_field = 0;
		}
		if (i && !n_field)
			return 0;
		if (i && n && n < cap)
			text[n++] = ';';
		n = vg_smb_text_add(text, n, cap, at + (n_field ? off : 0), n_field, is_utf16, cut);
	}
	return n;
}
