#pragma once
/* letters: what one letter of a text form is worth. */
#include <stdint.h>

#define VG_NO_BASE64 64u

/* 0 .. 63, of both alphabets (RFC 4648 4 and 5); VG_NO_BASE64: of neither. */
static inline unsigned vg_base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - (unsigned)'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : VG_NO_BASE64;
}

/* 0 .. 15, of capitals and small letters; -1: no hex digit. */
static inline int vg_hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
