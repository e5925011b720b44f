#pragma once
/* bytes: bounded spans of foreign bytes and unaligned big/little-endian loads and stores. Pure, any thread.
 * No load here checks a length: the caller has compared with n_bytes first. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed bytes; the owner is named where the span is handed out. */
struct vg_span {
	const uint8_t *at;
	size_t n_bytes;
};

static inline uint16_t vg_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t vg_be24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}
static inline uint32_t vg_be32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}
static inline uint64_t vg_be64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof(v));
	return __builtin_bswap64(v);
}
static inline uint16_t vg_le16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}
static inline uint32_t vg_le32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}
static inline uint64_t vg_le64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}
static inline void vg_put_be32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
}
/* Writes n_bytes as 2*n_bytes lower-case hex digits and a NUL; `text` holds 2*n_bytes+1. */
static inline void vg_hex(const uint8_t *bytes, size_t n_bytes, char *text)
{
	static const char digit[] = "0123456789abcdef";
	for (size_t i = 0; i < n_bytes; i++) {
		text[2 * i] = digit[bytes[i] >> 4];
		text[2 * i + 1] = digit[bytes[i] & 15];
	}
	text[2 * n_bytes] = 0;
}
/* Reads exactly 2*n_bytes hex digits of either case; returns 0, or -1 on anything else (bytes then undefined). */
static inline int vg_unhex(const char *text, uint8_t *bytes, size_t n_bytes)
{
	for (size_t i = 0; i < 2 * n_bytes; i++) {
		char c = text[i];
		int v = c >= '0' && c <= '9'   ? c - '0'
			: c >= 'a' && c <= 'f' ? c - 'a' + 10
			: c >= 'A' && c <= 'F' ? c - 'A' + 10
					       : -1;
		if (v < 0)
			return -1;
		bytes[i / 2] = (uint8_t)(i & 1 ? bytes[i / 2] << 4 | v : v);
	}
	return 0;
}
